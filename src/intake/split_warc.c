#include "intake/split_internal.h"

enum pm_split_kind
pm_split_warc_looks(struct pm_bytes head)
{
	(void)head;
	return PM_SPLIT_NONE;
}

int
pm_split_warc_begin(struct pm_split *split, struct pm_bytes head,
    struct pm_err *err)
{
	(void)split;
	(void)head;
	(void)err;
	return PM_OK;
}

int
pm_split_warc_step(size_t *used, bool *ended, struct pm_split *split,
    const uint8_t *p, size_t n, bool end, struct pm_err *err)
{
	(void)split;
	(void)p;
	(void)err;
	*used = n;
	*ended = end;
	return PM_OK;
}
