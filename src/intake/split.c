#include "intake/split.h"

#include <string.h>

#include "intake/split_internal.h"

void
pm_split_init(struct pm_split *split)
{
	*split = (struct pm_split){ .kind = PM_SPLIT_NONE };
	pm_buf_init(&split->context);
	pm_buf_init(&split->held);
}

void
pm_split_clear(struct pm_split *split)
{
	pm_buf_clear(&split->context);
	pm_buf_clear(&split->held);
	pm_split_init(split);
}

/* Ready for another file; keeps memory. */
static void
reset(struct pm_split *split)
{
	struct pm_buf context = split->context, held = split->held;

	*split = (struct pm_split){ .kind = PM_SPLIT_NONE, .ordinal = 1,
	    .context = context, .held = held };
	pm_buf_reset(&split->context);
	pm_buf_reset(&split->held);
}

size_t
pm_split_mark(struct pm_bytes head)
{
	return head.n >= 3 && memcmp(head.p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool
ends_with_any(struct pm_bytes path, const char *const *suffix)
{
	for (; *suffix != NULL; suffix++) {
		size_t n = strlen(*suffix), i = 0;

		if (path.n < n)
			continue;
		while (i < n && lower(path.p[path.n - n + i]) ==
		    (uint8_t)(*suffix)[i])
			i++;
		if (i == n)
			return true;
	}
	return false;
}

static size_t
skip_blank(struct pm_bytes head)
{
	size_t at = pm_split_mark(head);

	while (at < head.n && (head.p[at] == ' ' || head.p[at] == '\t' ||
	    head.p[at] == '\r' || head.p[at] == '\n'))
		at++;
	return at;
}

static bool
is_blank(struct pm_bytes head)
{
	return skip_blank(head) == head.n;
}

/* Of another kind whatever its words are: markup, UTF-16, not text. */
static bool
is_no_table(struct pm_bytes head)
{
	return is_blank(head) || head.p[skip_blank(head)] == '<' ||
	    memchr(head.p, 0, head.n) != NULL;
}

/* UTF-16 or UTF-32: cut at bytes it would be none any more. */
static bool
is_wide(struct pm_bytes head)
{
	return head.n >= 2 && (memcmp(head.p, "\xff\xfe", 2) == 0 ||
	    memcmp(head.p, "\xfe\xff", 2) == 0);
}

struct look {
	struct pm_bytes head, path;
	bool whole;
	int64_t bytes;
	const struct pm_split_asks *asks;
};

static bool
take_json(struct pm_split *split, const struct look *look)
{
	static const char *const lines[] = { ".jsonl", ".ndjson", NULL };
	size_t first = look->asks == NULL ? 0 :
	    look->asks->wrapped(look->head);

	if (first > 0) {
		pm_split_wrapped_begin(split, first);
	} else if (pm_split_json_begin(split, look->head)) {
		if (split->kind == PM_SPLIT_JSON_ARRAY && look->bytes >= 0 &&
		    look->bytes <= PM_SPLIT_LISTING_MAX &&
		    look->asks != NULL && look->asks->is_listing(look->head))
			split->kind = PM_SPLIT_NONE;
	} else if (ends_with_any(look->path, lines) &&
	    !is_blank(look->head)) {
		pm_split_lines_begin(split, look->head);
	} else {
		return false;
	}
	split->reader = PM_READER_JSON;
	return true;
}

static int
take_table(struct pm_split *split, const struct look *look,
    enum pm_split_table table, uint8_t separator, struct pm_err *err)
{
	int rc = pm_split_csv_begin(split, look->head, look->whole, table,
	    separator, err);

	if (rc != PM_OK)
		return rc == PM_END ? PM_OK : rc;
	split->kind = PM_SPLIT_CSV;
	split->reader = split->separator == '\t' ? PM_READER_TSV :
	    PM_READER_CSV;
	return PM_OK;
}

static int
take_warc(struct pm_split *split, enum pm_split_kind kind,
    struct pm_bytes head, struct pm_err *err)
{
	split->kind = kind;
	split->reader = kind == PM_SPLIT_WARC ? PM_READER_WARC :
	    PM_READER_ARC;
	return pm_split_warc_begin(split, head, err);
}

static int
take_as_it_looks(struct pm_split *split, const struct look *look,
    struct pm_err *err)
{
	static const char *const csv[] = { ".csv", NULL };
	static const char *const tsv[] = { ".tsv", ".tab", NULL };
	static const char *const prose[] = { ".md", ".markdown", ".html",
	    ".htm", ".xhtml", NULL };
	enum pm_split_kind kind = pm_split_warc_looks(look->head);

	if (kind != PM_SPLIT_NONE)
		return take_warc(split, kind, look->head, err);
	if (take_json(split, look) || is_no_table(look->head))
		return PM_OK;
	if (ends_with_any(look->path, csv))
		return take_table(split, look, PM_SPLIT_TABLE_NAMED, 0, err);
	if (ends_with_any(look->path, tsv))
		return take_table(split, look, PM_SPLIT_TABLE_NAMED, '\t',
		    err);
	if (ends_with_any(look->path, prose))
		return PM_OK;
	return take_table(split, look, PM_SPLIT_TABLE_LOOK, 0, err);
}

int
pm_split_begin(struct pm_split *split, enum pm_reader forced,
    struct pm_bytes head, bool whole, int64_t bytes, struct pm_bytes path,
    const struct pm_split_asks *asks, struct pm_err *err)
{
	struct look look = { .head = head, .path = path, .whole = whole,
	    .bytes = whole ? (int64_t)head.n : bytes,
	    .asks = asks };

	reset(split);
	split->reader = forced;
	split->file_bytes = look.bytes;
	if (head.n == 0 || is_wide(head))
		return PM_OK;
	switch (forced) {
	case PM_READER_AUTO:
		return take_as_it_looks(split, &look, err);
	case PM_READER_JSON:
		(void)take_json(split, &look);
		return PM_OK;
	case PM_READER_CSV:
		return take_table(split, &look, PM_SPLIT_TABLE_NAMED, 0, err);
	case PM_READER_TSV:
		return take_table(split, &look, PM_SPLIT_TABLE_NAMED, '\t',
		    err);
	case PM_READER_WARC:
		return take_warc(split, PM_SPLIT_WARC, head, err);
	case PM_READER_ARC:
		return take_warc(split, PM_SPLIT_ARC, head, err);
	default:
		return PM_OK;
	}
}

static int
step(size_t *used, bool *ended, struct pm_split *split, const uint8_t *p,
    size_t n, bool end, struct pm_err *err)
{
	switch (split->kind) {
	case PM_SPLIT_JSON_LINES:
	case PM_SPLIT_JSON_ARRAY:
		return pm_split_json_step(used, ended, split, p, n, end, err);
	case PM_SPLIT_CSV:
		return pm_split_csv_step(used, ended, split, p, n, end, err);
	case PM_SPLIT_WARC:
	case PM_SPLIT_ARC:
		return pm_split_warc_step(used, ended, split, p, n, end, err);
	default:
		*used = n;
		return PM_OK;
	}
}

int
pm_split_step(size_t *used, bool *ended, struct pm_split *split,
    const uint8_t *p, size_t n, bool end, struct pm_err *err)
{
	static const uint8_t nothing;
	int rc;

	*used = 0;
	*ended = false;
	if (split->next) {
		split->ordinal++;
		split->next = split->begun = false;
	}
	rc = step(used, ended, split, n == 0 ? &nothing : p, n, end, err);
	if (rc != PM_OK)
		return rc;
	if (*used > 0)
		split->begun = true;
	if (end && *used == n)
		*ended = true;
	split->next = *ended;
	return PM_OK;
}
