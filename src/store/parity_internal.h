/*
 * parity_internal.h - what the files behind parity.h share: the shape of a
 * group, its code, and its file.  Bytes: src/FORMAT.md, "Parity".
 */
#ifndef PM_STORE_PARITY_INTERNAL_H
#define PM_STORE_PARITY_INTERNAL_H

#include "base/buf.h"
#include "base/pool.h"
#include "store/parity.h"
#include "store/volume.h"

enum {
	PM_PARITY_VERSION = 1,
	PM_PARITY_HEADER = 512,
	PM_PARITY_HEAD_MAX = 392,        /* of the copy of HEAD */
	PM_PARITY_DIGEST = 16,           /* of a SHA-256 */
	PM_PARITY_ENTRY = PM_PARITY_DIGEST + 4,
	PM_PARITY_CHUNK = 32,            /* entries under one check value */
	PM_PARITY_BLOCK_MIN = 512,
	PM_PARITY_BLOCK_MAX = 16 << 10,
	PM_PARITY_CODE_MAX = 255,        /* blocks of one code */
	PM_PARITY_NAME = 48,
	PM_PARITY_GROUPS_MAX = 1 << 14   /* of a volume: 1 TiB */
};

/* What a header says. */
struct pm_parity_shape {
	uint32_t volume, group, percent;
	uint64_t bytes;                  /* covered, from the group's start */
	uint32_t block;
	uint32_t data_n;                 /* blocks that are covered */
	uint32_t codes;                  /* block i is of code i mod codes */
	uint32_t rows;                   /* parity blocks of each code */
	bool ends;                       /* the volume is sealed, and ends here */
	uint8_t sha256[PM_SHA256_BYTES]; /* of what is covered */
	uint32_t head_n;
	uint8_t head[PM_PARITY_HEAD_MAX];
};

/* bytes: 1 to PM_PARITY_GROUP_BYTES. */
void pm_parity_shape_choose(struct pm_parity_shape *out, uint64_t bytes,
    uint32_t percent);

static inline uint64_t
pm_parity_start(const struct pm_parity_shape *shape)
{
	return shape->group * PM_PARITY_GROUP_BYTES;
}

static inline uint32_t
pm_parity_blocks(const struct pm_parity_shape *shape)
{
	return shape->codes * shape->rows;
}

/* Data blocks of each code; the last ones may be missing, and are zeros. */
static inline uint32_t
pm_parity_columns(const struct pm_parity_shape *shape)
{
	return (shape->data_n + shape->codes - 1) / shape->codes;
}

/* Bytes of data block i: all of them but for the last. */
static inline size_t
pm_parity_block_bytes(const struct pm_parity_shape *shape, uint32_t i)
{
	uint64_t left = shape->bytes - (uint64_t)i * shape->block;

	return left < shape->block ? (size_t)left : shape->block;
}

static inline size_t
pm_parity_table_bytes(const struct pm_parity_shape *shape)
{
	size_t n = (size_t)shape->data_n + pm_parity_blocks(shape);

	return n * PM_PARITY_ENTRY + (n + PM_PARITY_CHUNK - 1) /
	    PM_PARITY_CHUNK * PM_PARITY_DIGEST;
}

/* Does a volume count?  Those that were replaced do not. */
static inline bool
pm_parity_counts(const struct pm_head *head, uint32_t volume)
{
	return volume <= head->volume && (head->drop_from == 0 ||
	    volume < head->drop_from || volume > head->drop_to);
}

static inline uint64_t
pm_parity_file_bytes(const struct pm_parity_shape *shape)
{
	return 2 * (PM_PARITY_HEADER + pm_parity_table_bytes(shape)) +
	    (uint64_t)pm_parity_blocks(shape) * shape->block;
}

/* ---- parity_code.c: arithmetic ---- */

/* A systematic code of `columns` data blocks and `rows` parity blocks, any
 * `columns` of which give all; together at most PM_PARITY_CODE_MAX. */
struct pm_parity_code;
int pm_parity_code_new(struct pm_parity_code **out, unsigned columns,
    unsigned rows, struct pm_err *err);
void pm_parity_code_free(struct pm_parity_code *code);   /* accepts NULL */
/* Add data block `column` to the parity blocks, which begin as zeros.
 * Thread-safe for different parity blocks. */
void pm_parity_code_add(const struct pm_parity_code *code, unsigned column,
    const uint8_t *data, size_t n, uint8_t *const *parity);
/*
 * Make data[missing[i]] again, n bytes each, from the others and the parity
 * blocks; parity[row] NULL: it is not there.  Missing ones ascend and are as
 * many as parity blocks that are there, or fewer.
 */
int pm_parity_code_mend(const struct pm_parity_code *code, size_t n,
    uint8_t *const *data, const uint8_t *const *parity,
    const unsigned *missing, unsigned missing_n, struct pm_err *err);

/* CRC-32C without any inversion, so that it can be rolled along. */
uint32_t pm_parity_weak(struct pm_bytes bytes);
struct pm_parity_roll {
	uint32_t in[256], out[256];
};
void pm_parity_roll_init(struct pm_parity_roll *roll, size_t block);
static inline uint32_t
pm_parity_roll_on(const struct pm_parity_roll *roll, uint32_t weak,
    uint8_t out, uint8_t in)
{
	return roll->in[(weak ^ in) & 255] ^ weak >> 8 ^ roll->out[out];
}

/* ---- parity_file.c: one file ---- */

struct pm_parity_entry {
	uint8_t digest[PM_PARITY_DIGEST];
	uint32_t weak;
	bool known;                      /* its stretch of the table is whole */
};

void pm_parity_name(char out[PM_PARITY_NAME], uint32_t volume,
    uint32_t group);                 /* "parity/000001-0000.par" */
/* Free with pm_free. */
char *pm_parity_path(const char *archive, uint32_t volume, uint32_t group,
    struct pm_err *err);

/* Files that are there, ascending; PM_ENOTFOUND: no parity/.  Free *out with
 * pm_free. */
struct pm_parity_at {
	uint32_t volume, group;
};
int pm_parity_list(struct pm_parity_at **out, size_t *n, const char *archive,
    struct pm_err *err);

void pm_parity_entry_fill(struct pm_parity_entry *entry,
    struct pm_bytes block);
/* Also compares the check value, where they are equal that far. */
bool pm_parity_entry_fits(const struct pm_parity_entry *entry,
    struct pm_bytes block);

/* Lay out a file but for its parity blocks, which are at
 * pm_parity_blocks_at; file has pm_parity_file_bytes. */
size_t pm_parity_blocks_at(const struct pm_parity_shape *shape);
void pm_parity_fill(uint8_t *file, const struct pm_parity_shape *shape,
    const struct pm_parity_entry *entry);

/* A file open for reading.  What can be read of it is used. */
struct pm_parity_file {
	int fd;
	char *path;
	uint64_t bytes;
	struct pm_parity_shape shape;
	struct pm_parity_entry *entry;   /* data blocks, then parity blocks */
	unsigned headers;                /* that are whole: 1 or 2 */
	unsigned chunks_damaged;         /* stretches of the tables, of both */
};
/* Its headers.  PM_ENOTFOUND; PM_ECORRUPT: neither is whole and of this
 * group. */
int pm_parity_file_open(struct pm_parity_file *out, const char *archive,
    struct pm_parity_at at, struct pm_err *err);
void pm_parity_file_close(struct pm_parity_file *file);
/* Fill entry. */
int pm_parity_file_table(struct pm_parity_file *file, struct pm_err *err);
/* Parity block i, if it is whole; p has room for it.  *moved: not at its place
 * from the front.  Needs the table. */
bool pm_parity_file_block(const struct pm_parity_file *file, uint32_t i,
    uint8_t *p, bool *moved);

/* ---- parity_make.c: a group's file ---- */

struct pm_parity_maker {
	const char *archive;
	struct pm_pool *pool;            /* NULL: on this thread */
	unsigned threads;
	struct pm_bytes head;            /* HEAD as it is */
};
/*
 * The file of a group, into *out.  shape says which one, how many bytes, and
 * percent and ends; the rest is filled in.  old may be NULL.  PM_ECORRUPT (the
 * volume ends before; it is not what old vouches for), PM_EIO (it cannot be
 * read), PM_ENOMEM.
 */
int pm_parity_make(struct pm_buf *out, struct pm_parity_shape *shape,
    const struct pm_parity_maker *maker, const struct pm_parity_shape *old,
    struct pm_err *err);

/* ---- parity_find.c: where the blocks of a volume are ---- */

enum pm_parity_block {
	PM_BLOCK_GOOD,                   /* at its place */
	PM_BLOCK_MOVED,                  /* elsewhere in the file */
	PM_BLOCK_UNKNOWN,                /* its digest is lost */
	PM_BLOCK_BAD,
	PM_BLOCK_MENDED,
	PM_BLOCK_LOST
};

struct pm_parity_group {
	bool have;                       /* a file; else the rest is nothing */
	struct pm_parity_file file;      /* not open, but with its table */
	uint64_t *where;                 /* of each data block in the volume */
	uint8_t *state;                  /* of each, a pm_parity_block */
	bool *row_there;                 /* parity blocks that are whole */
	bool damaged;                    /* not all are good; else row_there is
	                                  * not filled */
};

struct pm_parity_find {
	const char *archive;
	uint32_t volume;
	int fd;                          /* -1: there is no such file */
	char *path;
	uint64_t bytes;                  /* of it */
	struct pm_parity_group *group;
	uint32_t group_n;                /* the last one has a file */
};
/* PM_ENOTFOUND: neither volume nor parity. */
int pm_parity_find(struct pm_parity_find *out, const char *archive,
    uint32_t volume, struct pm_err *err);
void pm_parity_find_clear(struct pm_parity_find *find);
/* n bytes of the volume, zeros for what it does not have or give; whether all
 * were read. */
bool pm_parity_find_read(const struct pm_parity_find *find, uint8_t *p,
    size_t n, uint64_t offset);

/* ---- parity_check.c ---- */

/* Tell what is wrong with a group; the callback's answer. */
int pm_parity_say(const struct pm_parity_tell *tell, struct pm_parity_at at,
    const char *text);
/* Look at all bytes of an open file; why[] says what is wrong, if not whole. */
enum { PM_PARITY_WHY = 256 };
int pm_parity_file_check(bool *whole, char why[PM_PARITY_WHY],
    struct pm_parity_file *file, struct pm_err *err);

#endif
