/*
 * intake_internal.h - what the files of intake share.
 *
 * intake.c     the sequence of records: which source comes next, and whether
 *              it is a record or a container to go into
 * walk.c       inputs, lists and directories: which file comes next
 * source.c     the bytes of one file or member, read forward
 * container.c  libarchive over a source: members, one after the other
 * container_bytes.c   what libarchive is given to read
 * unpack.c     members of a .warc.gz or .warc.zst, past damage: unpack.h
 * sniff.c      which containers we go into
 * split*.c     where a record file is cut; see split_internal.h
 *
 * I1: no byte is lost by looking: the head of a source that was read to see
 *     what it is stays in source.head and is read again, so that whatever
 *     cannot be opened as a container is still there as a record.
 * I2: a fault is reported once, by whoever saw it first; source.failed and
 *     container.ended keep the others quiet.
 */
#ifndef PM_INTAKE_INTAKE_INTERNAL_H
#define PM_INTAKE_INTAKE_INTERNAL_H

#include <locale.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "intake/intake.h"
#include "intake/split.h"

struct archive;
struct archive_entry;
struct pm_container;
struct pm_unpack;

enum {
	PM_HEAD_BYTES = 64 << 10,     /* past 0x8006, where ISO 9660 says so */
	PM_BLOCK_BYTES = 1 << 20,     /* what libarchive is given of a file */
	PM_NESTED_BYTES = 256 << 10,  /* and of a member */
	PM_HELD_BYTES = 64 << 20,     /* of members in memory, all levels */
	PM_GAPS_MAX = 256,            /* in one file that are told apart */
	PM_PATH_BYTES_MAX = 64 << 10, /* of a member, with what it is in */
	PM_LIST_BYTES = 64 << 10,     /* longest line of a list */
	PM_CUT_BYTES = 256 << 10,     /* of a record file in memory */
	PM_COMPLAINTS_MAX = 16        /* of one record file, then no more */
};

enum pm_format {
	PM_FORMAT_PLAIN,
	PM_FORMAT_TAR, PM_FORMAT_CPIO, PM_FORMAT_ZIP, PM_FORMAT_7Z,
	PM_FORMAT_ISO, PM_FORMAT_RAR,
	/* one compressed file, which may be any of the above */
	PM_FORMAT_GZIP, PM_FORMAT_XZ, PM_FORMAT_ZSTD, PM_FORMAT_BZIP2,
	PM_FORMAT_LZ4
};

/* The bytes of one file or member. */
struct pm_source {
	int fd;                       /* -1: closed, or a member */
	struct pm_container *outer;   /* whose member it is, or NULL */
	bool borrowed;                /* fd is not ours to close */
	bool regular;                 /* fd can be read at any offset */
	bool failed;                  /* reading failed; it was reported */
	bool checked;                 /* size and time were looked at again */
	struct pm_file_info info;     /* kind is meaningless for a member */
	int64_t bytes;                /* claimed size or -1 */
	struct pm_buf head;           /* I1 */
	size_t head_at;
	struct pm_buf path;           /* as in a record */
	struct pm_bytes input;
	bool direct;                  /* named, not met in a directory */
};

struct pm_container {
	struct pm_intake *intake;
	struct pm_container *outer;   /* the one it was met in, or NULL */
	struct pm_source source;      /* its own bytes */
	enum pm_format format;
	unsigned depth;
	struct archive *archive;
	struct archive_entry *entry;
	struct pm_unpack *unpack;     /* instead of them: unpack.h */
	uint64_t gap[PM_GAPS_MAX];    /* positions before which bytes were
	                               * lost, in order */
	size_t gap_n;
	unsigned faults;              /* that it reported */
	bool opening;                 /* what is read is kept: I1 */
	bool pending;                 /* entry was read and not yet taken */
	bool complained;              /* of headers that cannot be read */
	bool no_memory;               /* why its bytes cannot be read */
	bool ended;                   /* given up; it was reported */
	bool memory;                  /* source.head is all of it */
	bool transparent;             /* the tar in a tar.gz */
	bool empty;                   /* a compressed file of no bytes */
	uint64_t offset;              /* when it can be sought */
	uint8_t *block;
	const uint8_t *data;          /* of the member, not yet given out */
	size_t data_n;
	uint64_t data_at;             /* where it belongs in the member */
	uint64_t position;            /* how far the member was given out */
	bool data_end;
	int fault;                    /* what libarchive said, below 0 */
	const uint8_t *last;          /* what libarchive was given last */
	size_t last_n;
	uint64_t members;
	uint64_t consumed;            /* bytes of it read */
	uint64_t unpacked;            /* bytes its members had so far */
	uint64_t records;             /* bytes of records below it so far */
	struct pm_buf prefix;         /* of its members' paths */
};

/* Directories open in a walk. */
struct pm_walk_level {
	struct pm_names names;
	size_t next;
	size_t path_n;                /* of walk.path, without its slash */
};

struct pm_walk {
	struct pm_walk_level *level;
	size_t n, capacity;
	struct pm_buf path;           /* of the directory or file at hand */
	size_t root_n;                /* the part that is not in records */
	struct pm_bytes input;
};

struct pm_list {
	bool open;
	int fd;
	bool end;
	bool skipping;                /* the rest of a line too long */
	uint8_t separator;
	struct pm_buf buf;
	size_t at;
	char *name;                   /* for reports; the input's */
};

/* The record file at hand, which is intake.source.  Of the block, bytes
 * before at were cut, the last run of them not yet given out. */
struct pm_cutting {
	bool open;
	struct pm_split split;
	uint8_t *block;
	size_t at, n, run;
	bool ended;                   /* the record at hand, behind run */
	bool end;                     /* nothing follows the block */
	bool failed;                  /* because it cannot be read */
	uint64_t begin, passed;       /* of the record, and of what was cut */
	size_t gap_next;              /* of its container */
	unsigned complaints;
	uint64_t serial;
	struct pm_buf path;           /* of the record */
};

struct pm_intake {
	char **input;
	size_t input_n, input_next;
	unsigned depth_max;
	uint64_t bomb_bytes, bomb_ratio;
	void (*report)(void *context, enum pm_intake_problem problem,
	    struct pm_bytes path, const char *text);
	int (*waiting)(void *context);
	void *context;
	enum pm_reader reader;
	const struct pm_split_asks *asks;
	bool cancelled;               /* by waiting: nothing is reported now */
	struct pm_arena names;        /* of inputs */
	struct pm_list list;
	struct pm_walk walk;
	struct pm_container *top;     /* innermost open container */
	struct pm_source source;      /* of the record at hand */
	struct pm_cutting cutting;
	struct pm_record record;
	uint64_t bytes_read, bytes_total;
	bool excludes;
	struct pm_file_info exclude;  /* device and inode count */
	locale_t bytes_locale;        /* names are bytes */
	locale_t utf8_locale;         /* names are stored as UTF-16; or 0 */
};

void pm_intake_report(struct pm_intake *intake,
    enum pm_intake_problem problem, struct pm_bytes path, const char *fmt,
    ...) __attribute__((format(printf, 4, 5)));
/* What the system said, without the path: reports name that themselves. */
const char *pm_intake_reason(const struct pm_err *err);

/* sniff.c */
enum pm_format pm_sniff(struct pm_bytes head, struct pm_bytes path);
const char *pm_format_name(enum pm_format format);
bool pm_format_is_filter(enum pm_format format);
/* The magic is so long that nothing else has it by chance. */
bool pm_format_is_certain(enum pm_format format);
struct pm_bytes pm_path_base(struct pm_bytes path);
/* Without leading slashes and "./". */
struct pm_bytes pm_path_relative(struct pm_bytes path);
/* Append the name of the one file in a compressed one. */
int pm_path_append_unpacked(struct pm_buf *out, struct pm_bytes path,
    struct pm_err *err);

/* source.c */
void pm_source_init(struct pm_source *source);
void pm_source_clear(struct pm_source *source);
/* Ready for another file; keeps memory. */
void pm_source_reset(struct pm_source *source);
/* Bytes from the head, else from the file or member; *got 0 at the end.
 * PM_EINPUT when they cannot be read, after reporting it. */
int pm_source_read(struct pm_intake *intake, struct pm_source *source,
    void *p, size_t n, size_t *got, struct pm_err *err);
/* Go on reading into the head until it has n bytes or all there are. */
int pm_source_fill(struct pm_intake *intake, struct pm_source *source,
    size_t n, struct pm_err *err);
void pm_source_check_changed(struct pm_intake *intake,
    struct pm_source *source);

/* container.c */
/* PM_OK, and source is the container's; PM_END when it is to be read as a
 * plain record (source is as it was); PM_ENOMEM. */
int pm_container_open(struct pm_container **out, struct pm_intake *intake,
    struct pm_source *source, enum pm_format format, struct pm_err *err);
void pm_container_close(struct pm_container *container);
/* The next member that has bytes, into an empty source; PM_END. */
int pm_container_next(struct pm_container *container,
    struct pm_source *source, struct pm_err *err);
int pm_container_read(struct pm_container *container,
    const struct pm_source *source, void *p, size_t n, size_t *got,
    struct pm_err *err);
/* Count bytes given to the caller; PM_EINPUT when a container grew too far. */
int pm_container_count_record(struct pm_container *container, size_t n,
    struct pm_err *err);

/* container_bytes.c */
/* How reports call it. */
struct pm_bytes pm_container_path(const struct pm_container *container);
/* Read all of what only opens with seeking, as far as memory allows; the
 * rest of a zip can be streamed.  PM_END when it cannot be opened so. */
int pm_container_hold(struct pm_container *container, struct pm_err *err);
void pm_container_set_callbacks(struct pm_container *container);
/* A pm_unpack_pull. */
int pm_container_pull(void *container, const uint8_t **p, size_t *n,
    struct pm_err *err);

/* walk.c */
int pm_walk_next_file(struct pm_intake *intake, struct pm_source *source,
    struct pm_err *err);
void pm_walk_clear(struct pm_intake *intake);
uint64_t pm_walk_named_bytes(char *const *input, size_t n);

#endif
