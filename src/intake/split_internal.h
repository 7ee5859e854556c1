/*
 * split_internal.h - what the files of splitting share.
 *
 * split.c        which kind a file is; counts the records
 * split_json.c   JSON, by lines or by depth
 * split_csv.c    rows
 * split_warc.c   WARC and ARC
 *
 * A machine's step is as pm_split_step, but for ordinal, which split.c counts:
 * a step after one that ended is of the next record, and split->begun is false
 * in the first step of each.  The cut must not depend on how the file is dealt
 * out to steps.
 *
 * *used 0 without *ended asks for more: the caller comes again with the same
 * bytes and more behind them.  Not with end, and not with
 * PM_SPLIT_AHEAD_BYTES or more.
 */
#ifndef PM_INTAKE_SPLIT_INTERNAL_H
#define PM_INTAKE_SPLIT_INTERNAL_H

#include "intake/split.h"

/* Length of the UTF-8 mark at the beginning, or 0. */
size_t pm_split_mark(struct pm_bytes head);

/* split_json.c */
/* Sets kind and state and returns true if the head is one of JSON that is
 * cut. */
bool pm_split_json_begin(struct pm_split *split, struct pm_bytes head);
/* The records in the array of an object, the first of which begins at byte
 * first. */
void pm_split_wrapped_begin(struct pm_split *split, size_t first);
/* By lines, whatever the head is. */
void pm_split_lines_begin(struct pm_split *split, struct pm_bytes head);
int pm_split_json_step(size_t *used, bool *ended, struct pm_split *split,
    const uint8_t *p, size_t n, bool end, struct pm_err *err);

/* split_csv.c */
enum pm_split_table {
	PM_SPLIT_TABLE_LOOK,         /* only if its head leaves no doubt */
	PM_SPLIT_TABLE_NAMED         /* it is called one */
};
/* separator 0: find out.  PM_END: not taken for a table. */
int pm_split_csv_begin(struct pm_split *split, struct pm_bytes head,
    bool whole, enum pm_split_table table, uint8_t separator,
    struct pm_err *err);
int pm_split_csv_step(size_t *used, bool *ended, struct pm_split *split,
    const uint8_t *p, size_t n, bool end, struct pm_err *err);

/* split_warc.c */
/* PM_SPLIT_WARC or PM_SPLIT_ARC if the head is one's, else PM_SPLIT_NONE. */
enum pm_split_kind pm_split_warc_looks(struct pm_bytes head);
/*
 * Make ready for split->kind, which is set, as is ordinal = 1; reader is set
 * too.  Something may stand before the first record (when the reader was
 * forced): then set ordinal to 0.
 */
int pm_split_warc_begin(struct pm_split *split, struct pm_bytes head,
    struct pm_err *err);
int pm_split_warc_step(size_t *used, bool *ended, struct pm_split *split,
    const uint8_t *p, size_t n, bool end, struct pm_err *err);

#endif
