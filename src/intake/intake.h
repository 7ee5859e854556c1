/*
 * intake.h - what the user points at, as a sequence of records.
 *
 * A record is one file's bytes and where they came from: a file, a member of
 * a directory, a member of a container that libarchive reads (tar, zip, 7z,
 * cpio, iso; gz, xz, zst, bz2 around them or around one file), nested to
 * depth_max, standard input, or what an @list names.  Links, devices and the
 * like are reported, not followed.  Nothing is ever fatal but the
 * environment: an input that cannot be read is reported, and reading goes on.
 *
 * Calling sequence: open, then next / read ... until PM_END, close.
 *
 * Paths of records: a directory's members relative to it; a file named
 * directly or in a list as written, without leading "/" and "./"; a
 * container's members by member path when the container was named directly
 * (or is standard input), else "path/of/container/member"; "-" for standard
 * input that is no container.  Paths are bytes and may hold anything.
 *
 * Directories are walked in byte order of names; containers in their order.
 */
#ifndef PM_INTAKE_INTAKE_H
#define PM_INTAKE_INTAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "pressmark.h"

struct pm_intake;

enum pm_intake_problem {
	PM_INTAKE_SKIPPED,      /* link, device, socket, or a time that
	                         * cannot be stored: reported only */
	PM_INTAKE_UNREADABLE,   /* could not be opened or read */
	PM_INTAKE_DAMAGED,      /* a container is broken or cut short here */
	PM_INTAKE_CHANGED       /* size or time changed while it was read */
};

struct pm_intake_options {
	const char *const *input;    /* paths, "-" or "@list" */
	size_t input_n;
	unsigned depth_max;          /* containers within containers; 0: 8 */
	const char *exclude;         /* a directory that is not gone into: the
	                              * archive that is written; NULL: none */
	/* A container is given up (PM_INTAKE_DAMAGED) when it has grown to
	 * over bomb_bytes and over bomb_ratio times what was read of it;
	 * 0: 4 GiB and 1000. */
	uint64_t bomb_bytes;
	uint64_t bomb_ratio;
	enum pm_reader reader;       /* forced on every file; 0: look */
	const struct pm_split_asks *asks;   /* split.h; NULL: nothing known */
	/* path and text live for the call. */
	void (*report)(void *context, enum pm_intake_problem problem,
	    struct pm_bytes path, const char *text);
	/* Asked while a pipe or a terminal says nothing; other than 0: wait
	 * no longer, PM_ECANCELLED.  NULL: wait. */
	int (*waiting)(void *context);
	void *context;
};

struct pm_record {
	struct pm_bytes path;        /* borrowed until the next call of next */
	struct pm_bytes input;       /* last component of the input's name;
	                              * lives as long as the intake */
	int64_t mtime_ns;
	uint32_t mode;               /* permission bits */
	int64_t bytes;               /* claimed size, -1 when not known */
	/* Of a record file (split.h) path is FILE#ordinal, and these are set;
	 * else file.n is 0, and path is the file's own. */
	struct pm_bytes file;        /* borrowed like path */
	uint64_t file_serial;        /* another one for each record file met */
	uint64_t ordinal;
	enum pm_reader reader;       /* how to read it; PM_READER_AUTO: look */
	struct pm_bytes context;     /* see split.h; borrowed like path */
};

int pm_intake_open(struct pm_intake **out,
    const struct pm_intake_options *options, struct pm_err *err);
void pm_intake_close(struct pm_intake *intake);   /* accepts NULL */

/* PM_OK, PM_END, or an error of the environment (PM_ENOMEM, PM_ECANCELLED).
 * What was not read of the last record is skipped. */
int pm_intake_next(struct pm_intake *intake, const struct pm_record **out,
    struct pm_err *err);

/*
 * Up to n bytes of the current record; *got is 0 at its end.  PM_EINPUT when
 * the rest cannot be read (already reported; the caller drops the record or
 * keeps what it has).
 */
int pm_intake_read(struct pm_intake *intake, void *p, size_t n, size_t *got,
    struct pm_err *err);

/* Bytes read from files so far, for progress; and the sum of the sizes of the
 * inputs named, 0 when that is not known. */
uint64_t pm_intake_bytes_read(const struct pm_intake *intake);
uint64_t pm_intake_bytes_total(const struct pm_intake *intake);

#endif
