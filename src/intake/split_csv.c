#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "intake/split_internal.h"

/*
 * A quote opens a field only where the field begins; elsewhere it is a
 * character like others.  Between quotes two of them are one character, and
 * line ends are text.
 *
 * split->in_string: between quotes, the first of which is split->match bytes
 * back; escaped: a quote was met there, which ends the field or is the first
 * of two; started: the field at hand has begun; between: the row has ended;
 * left: bytes before the first row.
 */

enum {
	QUOTED_MAX = 1 << 20,        /* longer ones are taken for a mistake */
	NAME_MAX_BYTES = 64,
	LOOK_ROWS = 16
};

/* Where a or b stands, or n. */
static size_t
find_either(const uint8_t *p, size_t n, uint8_t a, uint8_t b)
{
	size_t i = 0;

#ifdef __SSE2__
	const __m128i all_a = _mm_set1_epi8((char)a);
	const __m128i all_b = _mm_set1_epi8((char)b);

	for (; n - i >= 16; i += 16) {
		__m128i c = _mm_loadu_si128((const __m128i *)(const void *)
		    (p + i));
		int mask = _mm_movemask_epi8(_mm_or_si128(
		    _mm_cmpeq_epi8(c, all_a), _mm_cmpeq_epi8(c, all_b)));

		if (mask != 0)
			return i + (size_t)__builtin_ctz((unsigned)mask);
	}
#endif
	while (i < n && p[i] != a && p[i] != b)
		i++;
	return i;
}

/* ---- steps ---- */

static void
end_row(struct pm_split *split)
{
	split->in_string = split->started = false;
	split->between = true;
}

/* From p[i], outside of quotes.  Returns where to go on. */
static size_t
pass_plain(struct pm_split *split, const uint8_t *p, size_t i, size_t n)
{
	size_t at = i + find_either(p + i, n - i, '\n', '"');
	bool started = at > i ? p[at - 1] != split->separator :
	    split->started;

	split->started = started;
	if (at == n)
		return n;
	if (p[at] == '\n') {
		end_row(split);
	} else if (started) {
		return at + 1;
	} else {
		split->in_string = split->started = true;
		split->match = 0;
	}
	return at + 1;
}

/* From p[i], between quotes, i < n.  Returns where to go on. */
static size_t
pass_quoted(struct pm_split *split, const uint8_t *p, size_t i, size_t n)
{
	size_t room = n - i, at;

	if (split->escaped) {
		split->escaped = false;
		split->in_string = p[i] == '"';
		split->match++;
		return i + (split->in_string ? 1 : 0);
	}
	if (split->match >= QUOTED_MAX) {
		at = find_either(p + i, room, '\n', '"');
	} else {
		const uint8_t *found;

		if (room > QUOTED_MAX - split->match)
			room = (size_t)(QUOTED_MAX - split->match);
		found = memchr(p + i, '"', room);
		at = found == NULL ? room : (size_t)(found - (p + i));
	}
	split->match += at;
	if (at == room)
		return i + at;
	split->match++;
	if (p[i + at] == '"') {
		split->escaped = true;
	} else {
		split->complaint = "has a quote that is not closed";
		end_row(split);
	}
	return i + at + 1;
}

int
pm_split_csv_step(size_t *used, bool *ended, struct pm_split *split,
    const uint8_t *p, size_t n, bool end, struct pm_err *err)
{
	size_t i = split->left < n ? (size_t)split->left : n;

	(void)err;
	split->left -= i;
	while (i < n && !split->between)
		i = split->in_string ? pass_quoted(split, p, i, n) :
		    pass_plain(split, p, i, n);
	while (i < n && (p[i] == '\n' || p[i] == '\r'))
		i++;
	*used = i;
	*ended = i < n;
	if (*ended)
		split->between = false;
	if (end && i == n && split->in_string && !split->escaped)
		split->complaint = "ends inside quotes";
	return PM_OK;
}

/* ---- the head ---- */

struct row {
	size_t end;                  /* without its line end */
	size_t next;                 /* where another begins */
	bool complete;               /* its line end was there */
	size_t fields;
	unsigned groups;             /* bits of enum group */
	bool known;                  /* a name of a field is among them */
	bool is_data;                /* a field is no name: long, or a URL */
};

enum group { GROUP_NONE, GROUP_URL = 1, GROUP_TITLE = 2, GROUP_TEXT = 4,
	GROUP_DATE = 8 };

static const struct {
	const char *name;
	enum group group;
} names[] = {
	{ "url", GROUP_URL }, { "link", GROUP_URL }, { "uri", GROUP_URL },
	{ "canonicalurl", GROUP_URL }, { "canonicallink", GROUP_URL },
	{ "title", GROUP_TITLE }, { "headline", GROUP_TITLE },
	{ "titlefull", GROUP_TITLE }, { "pagetitle", GROUP_TITLE },
	{ "text", GROUP_TEXT }, { "maintext", GROUP_TEXT },
	{ "articlebody", GROUP_TEXT }, { "plaintext", GROUP_TEXT },
	{ "rawcontent", GROUP_TEXT }, { "content", GROUP_TEXT },
	{ "contenttext", GROUP_TEXT }, { "contenthtml", GROUP_TEXT },
	{ "html", GROUP_TEXT }, { "body", GROUP_TEXT },
	{ "article", GROUP_TEXT }, { "fulltext", GROUP_TEXT },
	{ "articletext", GROUP_TEXT },
	{ "date", GROUP_DATE }, { "published", GROUP_DATE },
	{ "datepublish", GROUP_DATE }, { "datepublished", GROUP_DATE },
	{ "publishdate", GROUP_DATE }, { "publisheddate", GROUP_DATE },
	{ "publishedat", GROUP_DATE }, { "publishingdate", GROUP_DATE },
	{ "pubdate", GROUP_DATE }, { "timestamp", GROUP_DATE },
	{ "createdat", GROUP_DATE }, { "datedownload", GROUP_DATE },
	{ "dateextracted", GROUP_DATE }, { "scrapedat", GROUP_DATE },
	{ "description", GROUP_NONE }, { "summary", GROUP_NONE },
	{ "author", GROUP_NONE }, { "authors", GROUP_NONE },
	{ "source", GROUP_NONE }, { "sourcedomain", GROUP_NONE },
	{ "hostname", GROUP_NONE }, { "publisher", GROUP_NONE },
	{ "language", GROUP_NONE }, { "lang", GROUP_NONE },
	{ "tags", GROUP_NONE }, { "keywords", GROUP_NONE },
	{ "section", GROUP_NONE }, { "category", GROUP_NONE },
};

/* Is it the same but for case, "_", "-" and spaces? */
static bool
is_name(const char *name, struct pm_bytes field)
{
	for (size_t i = 0; i < field.n; i++) {
		uint8_t c = field.p[i];

		if (c == '_' || c == '-' || c == ' ')
			continue;
		if (c >= 'A' && c <= 'Z')
			c = (uint8_t)(c + 32);
		if (*name == '\0' || (uint8_t)*name++ != c)
			return false;
	}
	return *name == '\0';
}

static bool
is_address(struct pm_bytes field)
{
	return (field.n > 7 && memcmp(field.p, "http://", 7) == 0) ||
	    (field.n > 8 && memcmp(field.p, "https://", 8) == 0);
}

static void
add_field(struct row *row, struct pm_bytes field)
{
	row->fields++;
	if (field.n >= 2 && field.p[0] == '"' &&
	    field.p[field.n - 1] == '"') {
		field.p++;
		field.n -= 2;
	}
	if (field.n > NAME_MAX_BYTES || is_address(field)) {
		row->is_data = true;
		return;
	}
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (!is_name(names[i].name, field))
			continue;
		row->known = true;
		row->groups |= (unsigned)names[i].group;
		return;
	}
}

static void
read_row(struct row *row, struct pm_bytes head, size_t at, uint8_t separator)
{
	size_t field = at;
	bool quoted = false;

	*row = (struct row){ 0 };
	for (; at < head.n; at++) {
		uint8_t c = head.p[at];

		if (quoted && c == '"' && at + 1 < head.n &&
		    head.p[at + 1] == '"')
			at++;
		else if (c == '"' && (quoted || at == field))
			quoted = !quoted;
		else if (quoted)
			continue;
		else if (c == '\n')
			break;
		else if (c == separator) {
			add_field(row, (struct pm_bytes){ head.p + field,
			    at - field });
			field = at + 1;
		}
	}
	row->end = at;
	row->complete = at < head.n;
	row->next = at + row->complete;
	while (row->next < head.n && (head.p[row->next] == '\n' ||
	    head.p[row->next] == '\r'))
		row->next++;
	if (row->complete && at > field && head.p[at - 1] == '\r')
		row->end--;
	add_field(row, (struct pm_bytes){ head.p + field, row->end - field });
}

static unsigned
count_groups(unsigned groups)
{
	unsigned n = 0;

	for (; groups != 0; groups &= groups - 1)
		n++;
	return n;
}

/* How much speaks for the separator: names in the first row, then rows with
 * as many fields each. */
static uint64_t
weigh(struct pm_bytes head, size_t at, bool whole, uint8_t separator)
{
	struct row row;
	size_t least = SIZE_MAX, most = 0;
	uint64_t weight = 0;

	for (int i = 0; i < LOOK_ROWS && at < head.n; i++, at = row.next) {
		read_row(&row, head, at, separator);
		if (i > 0 && !row.complete && !whole)
			break;
		if (i == 0 && count_groups(row.groups) > 1 && !row.is_data)
			weight = (uint64_t)count_groups(row.groups) << 40;
		if (row.fields < least)
			least = row.fields;
		if (row.fields > most)
			most = row.fields;
	}
	if (least < 2 || least == SIZE_MAX)
		return weight;
	/* Tabs are rare in prose, commas are not. */
	if (separator == '\t')
		weight += (uint64_t)1 << 30;
	if (least == most)
		weight += (uint64_t)1 << 31;
	return weight + least;
}

static uint8_t
find_separator(struct pm_bytes head, size_t at, bool whole)
{
	static const uint8_t candidate[] = { ',', '\t', ';' };
	uint8_t best = candidate[0];
	uint64_t best_weight = 0;

	for (size_t i = 0; i < sizeof candidate; i++) {
		uint64_t weight = weigh(head, at, whole, candidate[i]);

		if (weight > best_weight) {
			best_weight = weight;
			best = candidate[i];
		}
	}
	return best;
}

/* Two names of what every article has, and a second row that fits. */
static bool
is_surely_table(struct pm_bytes head, const struct row *first,
    uint8_t separator)
{
	struct row second;

	if (count_groups(first->groups) < 2 || first->next == head.n)
		return false;
	read_row(&second, head, first->next, separator);
	return second.complete ? second.fields == first->fields :
	    second.fields > 1 && second.fields <= first->fields;
}

int
pm_split_csv_begin(struct pm_split *split, struct pm_bytes head, bool whole,
    enum pm_split_table table, uint8_t separator, struct pm_err *err)
{
	size_t mark = pm_split_mark(head), at = mark;
	struct row row;
	bool has_header;

	if (head.n > PM_SPLIT_CONTEXT_BYTES) {
		head.n = PM_SPLIT_CONTEXT_BYTES;
		whole = false;
	}
	while (at < head.n && (head.p[at] == '\n' || head.p[at] == '\r'))
		at++;
	if (separator == 0)
		separator = find_separator(head, at, whole);
	read_row(&row, head, at, separator);
	has_header = row.known && !row.is_data && (row.complete || whole);
	if (table == PM_SPLIT_TABLE_LOOK && !(has_header &&
	    is_surely_table(head, &row, separator)))
		return PM_END;
	split->separator = separator;
	if (has_header) {
		split->left = at;
		split->ordinal = 0;
		return pm_buf_append(&split->context, head.p + at,
		    row.end - at, err);
	}
	split->left = mark;
	split->between = at > 0;
	split->ordinal = at == 0;
	return PM_OK;
}
