#include "page/page_internal.h"

#include "base/utf8.h"
#include "page/headings_table.h"
#include "text/fold.h"

/* No heading of the table is longer than this, marks around it included. */
enum { HEADING_BYTES_MAX = 160 };

enum { HEADINGS = sizeof related_headings / sizeof *related_headings };

static bool
find(struct pm_bytes folded)
{
	size_t low = 0, high = HEADINGS;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = pm_bytes_compare(folded,
		    pm_bytes_of(related_headings[middle]));

		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

/* One word; of Han, Kana or Hangul, two characters. */
static bool
one_word(struct pm_bytes folded)
{
	size_t at = 0, n = 0;
	bool east = false;

	while (at < folded.n) {
		uint32_t c = pm_utf8_next(folded, &at);

		if (c == ' ')
			return false;
		if (c >= 0x3000)
			east = true;
		n++;
	}
	return !east || n <= 2;
}

static bool
has_digit(struct pm_bytes line)
{
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] >= '0' && line.p[i] <= '9')
			return true;
	return false;
}

int
pm_page_heading_look_up(enum pm_page_heading *out, struct pm_bytes text,
    struct pm_span line, struct pm_buf *scratch, struct pm_err *err)
{
	int rc;

	*out = PM_PAGE_HEADING_UNKNOWN;
	/* No heading has a digit, and many titles have. */
	if (line.n < 4 || line.n > HEADING_BYTES_MAX ||
	    has_digit(pm_page_bytes(text, line)))
		return PM_OK;
	pm_buf_reset(scratch);
	if ((rc = pm_fold(scratch, pm_page_bytes(text, line), err)) != PM_OK)
		return rc;
	if (find(pm_buf_bytes(scratch)))
		*out = one_word(pm_buf_bytes(scratch)) ?
		    PM_PAGE_HEADING_WEAK : PM_PAGE_HEADING_KNOWN;
	return PM_OK;
}
