/*
 * Rows of tables (RFC 4180, and what is written in its place).
 */
#include "page/fields.h"
#include "page/page_internal.h"

enum {
	COLUMNS_MAX = 256,
	SEPARATOR_LOOK_BYTES = 64 << 10,
	TEXT_BYTES_MIN = 80,         /* a guess: a column that is the text */
	TITLE_BYTES_MAX = 300,
	TITLE_WORDS_MIN = 2
};

struct column {
	struct pm_bytes raw;         /* between the quotes, if there are any */
	bool quoted;
};

struct row {
	struct column column[COLUMNS_MAX];
	size_t n;
};

/* The first `"` of a quoted field that is not doubled, or its end. */
static size_t
quoted_end(struct pm_bytes text, size_t at)
{
	while (at < text.n) {
		const uint8_t *quote = memchr(text.p + at, '"', text.n - at);

		if (quote == NULL)
			return text.n;
		at = (size_t)(quote - text.p);
		if (at + 1 == text.n || text.p[at + 1] != '"')
			return at;
		at += 2;
	}
	return text.n;
}

static bool
ends_field(uint8_t c, uint8_t separator)
{
	return c == separator || c == '\n' || c == '\r';
}

static struct column
read_column(struct pm_bytes text, size_t *at, uint8_t separator)
{
	struct column column = { .quoted = *at < text.n &&
	    text.p[*at] == '"' };
	size_t begin = *at + column.quoted, end = begin;

	if (column.quoted) {
		end = quoted_end(text, begin);
		*at = end < text.n ? end + 1 : end;
	}
	/* What stands behind the closing quote is nobody's. */
	while (*at < text.n && !ends_field(text.p[*at], separator))
		(*at)++;
	if (!column.quoted)
		end = *at;
	column.raw = (struct pm_bytes){ text.p + begin, end - begin };
	return column;
}

static void
read_row(struct row *row, struct pm_bytes text, uint8_t separator)
{
	size_t at = 0;

	row->n = 0;
	while (row->n < COLUMNS_MAX) {
		row->column[row->n++] = read_column(text, &at, separator);
		if (at == text.n || text.p[at] != separator)
			break;
		at++;
	}
}

/* What stands most often outside of quotes. */
static uint8_t
find_separator(const struct pm_page_input *in, struct pm_bytes text)
{
	static const char candidates[] = ",;\t|";
	size_t count[sizeof candidates] = { 0 };
	bool quoted = false;
	size_t best = 0;

	if (in->reader == PM_READER_TSV)
		return '\t';
	if (text.n > SEPARATOR_LOOK_BYTES)
		text.n = SEPARATOR_LOOK_BYTES;
	for (size_t i = 0; i < text.n; i++) {
		const char *found;

		if (text.p[i] == '"')
			quoted = !quoted;
		if (quoted || text.p[i] == '\0' ||
		    (found = strchr(candidates, text.p[i])) == NULL)
			continue;
		count[found - candidates]++;
	}
	/* A tab is hardly ever in prose. */
	count[2] *= 4;
	for (size_t i = 1; candidates[i] != '\0'; i++)
		if (count[i] > count[best])
			best = i;
	return (uint8_t)candidates[best];
}

static int
value_of(struct pm_bytes *out, struct pm_arena *arena,
    const struct column *column, struct pm_err *err)
{
	struct pm_bytes raw = column->raw;
	size_t n = 0;
	uint8_t *p;

	*out = raw;
	if (!column->quoted || raw.n == 0 ||
	    memchr(raw.p, '"', raw.n) == NULL)
		return PM_OK;
	if ((p = pm_arena_alloc(arena, raw.n, err)) == NULL)
		return PM_ENOMEM;
	for (size_t i = 0; i < raw.n; i++) {
		p[n++] = raw.p[i];
		i += raw.p[i] == '"';
	}
	*out = (struct pm_bytes){ p, n };
	return PM_OK;
}

/* ---- which column is what ---- */

static void
offer(struct pm_fields *fields, struct pm_bytes *written, const char *name,
    const struct column *column, struct pm_bytes value)
{
	pm_fields_offer_text(fields, pm_bytes_of(name), value);
	if (strcmp(name, "text") == 0)
		*written = column->raw;
}

static int
by_header(struct pm_fields *fields, struct pm_bytes *written, bool *any,
    struct pm_arena *arena, const struct row *header, const struct row *row,
    struct pm_err *err)
{
	*any = false;
	for (size_t i = 0; i < header->n; i++) {
		struct pm_field_value value = { .rank = 0 };
		enum pm_field field;

		value.name = pm_field_trim(header->column[i].raw);
		field = pm_field_of_name(&value.rank, value.name);
		*any = *any || field != PM_FIELD_NONE;
		if (i >= row->n || !pm_fields_want(fields, field, value.rank))
			continue;
		if (value_of(&value.text, arena, &row->column[i], err) !=
		    PM_OK)
			return PM_ENOMEM;
		pm_fields_offer(fields, field, &value);
		if (field == PM_FIELD_TEXT &&
		    fields->value[field].name.p == value.name.p)
			*written = row->column[i].raw;
	}
	return PM_OK;
}

/* What trafilatura writes; NULL: passed over. */
static int
by_trafilatura(struct pm_fields *fields, struct pm_bytes *written,
    struct pm_arena *arena, const struct row *row, struct pm_err *err)
{
	static const char *const names[] = { "url", NULL, NULL, "hostname",
	    "title", NULL, "date", "text", NULL, NULL, NULL };
	struct pm_bytes value;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (names[i] == NULL)
			continue;
		if (value_of(&value, arena, &row->column[i], err) != PM_OK)
			return PM_ENOMEM;
		offer(fields, written, names[i], &row->column[i], value);
	}
	return PM_OK;
}

static bool
may_be_title(struct pm_bytes value)
{
	struct pm_span whole = { 0, value.n };

	return value.n <= TITLE_BYTES_MAX && pm_page_has_more_words(value,
	    whole, TITLE_WORDS_MIN - 1);
}

static size_t
longest(const struct row *row)
{
	size_t best = 0;

	for (size_t i = 1; i < row->n; i++)
		if (row->column[i].raw.n > row->column[best].raw.n)
			best = i;
	return best;
}

/* Each name once; the text is the longest if it is long. */
static int
by_guess(struct pm_fields *fields, struct pm_bytes *written,
    struct pm_arena *arena, const struct row *row, struct pm_err *err)
{
	size_t text = longest(row);
	bool title = false, url = false, date = false;

	for (size_t i = 0; i < row->n; i++) {
		struct pm_time_text when;
		struct pm_bytes value;

		if (value_of(&value, arena, &row->column[i], err) != PM_OK)
			return PM_ENOMEM;
		if (!url && pm_field_is_url(pm_field_trim(value))) {
			offer(fields, written, "url", &row->column[i], value);
			url = true;
		} else if (i == text && value.n >= TEXT_BYTES_MIN) {
			offer(fields, written, "text", &row->column[i],
			    value);
		} else if (!date && value.n <= 64 &&
		    pm_time_parse(&when, value)) {
			offer(fields, written, "date", &row->column[i],
			    value);
			date = true;
		} else if (!title && may_be_title(value)) {
			offer(fields, written, "title", &row->column[i],
			    value);
			title = true;
		}
	}
	return PM_OK;
}

static bool
is_trafilatura(const struct row *row, uint8_t separator)
{
	return separator == '\t' && row->n == 11 &&
	    pm_field_is_url(row->column[0].raw);
}

static struct pm_bytes
without_bom(struct pm_bytes text)
{
	if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0) {
		text.p += 3;
		text.n -= 3;
	}
	return text;
}

static int
read_fields(struct pm_fields *fields, struct pm_bytes *written,
    struct pm_page *page, struct pm_arena *arena,
    const struct pm_page_input *in, struct pm_bytes text, struct pm_err *err)
{
	struct pm_bytes context = without_bom(in->context);
	uint8_t separator = find_separator(in, context.n > 0 ? context :
	    text);
	struct row row, header;
	bool any;

	read_row(&row, text, separator);
	if (context.n > 0) {
		read_row(&header, context, separator);
		if (by_header(fields, written, &any, arena, &header, &row,
		    err) != PM_OK)
			return PM_ENOMEM;
		if (any)
			return PM_OK;
	}
	if (is_trafilatura(&row, separator)) {
		pm_page_note(page, "format", "columns as trafilatura's");
		return by_trafilatura(fields, written, arena, &row, err);
	}
	pm_page_note(page, "format", "columns without names: guessed");
	return by_guess(fields, written, arena, &row, err);
}

int
pm_page_read_csv(struct pm_page *out, struct pm_arena *arena,
    const struct pm_page_input *in, struct pm_bytes text, struct pm_err *err)
{
	struct pm_fields fields = { .unread = { NULL, 0 } };
	struct pm_bytes written = { NULL, 0 };
	int rc;

	out->reader = in->reader == PM_READER_TSV ? "tsv" : "csv";
	text = without_bom(text);
	if (pm_field_trim(text).n == 0) {
		out->reason = "empty";
		return PM_OK;
	}
	if (in->context.n > 0 && pm_bytes_equal(pm_field_trim(text),
	    pm_field_trim(without_bom(in->context)))) {
		out->reason = "the header line of a table";
		return PM_OK;
	}
	rc = read_fields(&fields, &written, out, arena, in, text, err);
	if (rc == PM_OK)
		rc = pm_fields_head(out, arena, &fields, err);
	return rc == PM_OK ? pm_fields_body(out, arena, in, &fields, written,
	    err) : rc;
}
