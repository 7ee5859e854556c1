/*
 * split.h - a record file (JSON, JSONL, CSV, TSV, WARC, ARC) cut into records,
 * forward, in the memory of one state machine.
 *
 * Records are stretches of the file that follow one another without a gap, so
 * that joined in order they are the file.  What stands between two records
 * (line ends, ",", white space) belongs to the one before it; what stands
 * before the first (a BOM, "[", the header line of a CSV file) is record 0,
 * which is not there when it would be empty.  Record N is FILE#N.
 */
#ifndef PM_INTAKE_SPLIT_H
#define PM_INTAKE_SPLIT_H

#include <stdbool.h>

#include "base/buf.h"

enum {
	PM_SPLIT_CONTEXT_BYTES = 64 << 10,
	PM_SPLIT_AHEAD_BYTES = 16 << 10,   /* a step asks for no more */
	PM_SPLIT_LISTING_MAX = 16 << 20
};

enum pm_split_kind {
	PM_SPLIT_NONE,       /* no record file: a capture of its own */
	PM_SPLIT_JSON_LINES, /* a value a line; or values one after the other */
	PM_SPLIT_JSON_ARRAY, /* one array of objects */
	PM_SPLIT_CSV,        /* rows, quoted fields (RFC 4180); `,`, `;` or tab */
	PM_SPLIT_WARC, PM_SPLIT_ARC
};

struct pm_split {
	enum pm_split_kind kind;
	enum pm_reader reader;       /* how its records are read */
	uint64_t ordinal;            /* of the record at hand */
	struct pm_buf context;       /* for the reader: the header line of a CSV
	                              * file without its end; empty when it has
	                              * none */
	/* Set by a step that met something broken, which was passed over or kept
	 * as a record that is read as it can be; static; the caller reports it
	 * and sets NULL. */
	const char *complaint;
	int64_t file_bytes;          /* all of them; 0 or less: not known */
	/* State of the machines. */
	uint8_t separator;
	bool begun;                  /* bytes of the record at hand were used */
	bool next;                   /* it has ended */
	bool by_depth;
	bool in_string, escaped, started, between, counted, closed;
	uint64_t depth, base;
	uint64_t left;               /* bytes to come that were announced */
	struct pm_buf held;          /* a header that is not complete yet */
	uint64_t match;
};

/* What only readers of pages know of the head of a JSON file. */
struct pm_split_asks {
	/* An array of objects without a body. */
	bool (*is_listing)(struct pm_bytes head);
	/* An object with an array of objects with bodies: where the first of
	 * these begins; 0: it is none. */
	size_t (*wrapped)(struct pm_bytes head);
};

void pm_split_init(struct pm_split *split);
void pm_split_clear(struct pm_split *split);

/*
 * Decide by the head of the file (all of it if `whole`), else by its name, and
 * make ready for the first step.  forced other than PM_READER_AUTO decides
 * alone.  A file that holds a listing is PM_SPLIT_NONE, read as JSON, if it has
 * no more than PM_SPLIT_LISTING_MAX bytes (bytes -1: not known, so it is cut).
 * Records in the array of an object are cut like those of an array; what stands
 * behind them belongs to the last.  asks: NULL: neither is known.
 */
int pm_split_begin(struct pm_split *split, enum pm_reader forced,
    struct pm_bytes head, bool whole, int64_t bytes, struct pm_bytes path,
    const struct pm_split_asks *asks, struct pm_err *err);

/*
 * How many of the n bytes at p, the next of the file, belong to the record at
 * hand, in *used; *ended says that it ends behind them.  At most n, and at
 * least 1 unless the record ended before them, or more is needed to tell
 * (neither used nor ended: come again with these bytes and more; never asked
 * with PM_SPLIT_AHEAD_BYTES or at the end).  end: nothing follows; then the
 * step that uses the last byte ends its record.  A step after one that ended
 * is of the next record; split->ordinal is that of the bytes used.
 */
int pm_split_step(size_t *used, bool *ended, struct pm_split *split,
    const uint8_t *p, size_t n, bool end, struct pm_err *err);

#endif
