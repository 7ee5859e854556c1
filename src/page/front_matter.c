/*
 * Front matter: where it ends, and what it says.
 */
#include "page/fields.h"
#include "page/page_internal.h"

enum { FRONT_MATTER_MAX = 64 << 10, KEY_BYTES_MAX = 64 };

static bool
is_fence(struct pm_bytes text, const struct pm_page_line *line, uint8_t mark)
{
	const uint8_t *p = text.p + line->at;

	return line->end - line->at == 3 && p[0] == mark && p[1] == mark &&
	    p[2] == mark;
}

static bool
is_key_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c >= 0x80 || c == '_' || c == '-' ||
	    c == '.' || c == '"' || c == '\'';
}

/* Bytes of the key that a line begins with. */
static size_t
key_length(struct pm_bytes line)
{
	size_t i = 0;

	while (i < line.n && i < KEY_BYTES_MAX && is_key_byte(line.p[i]))
		i++;
	return i;
}

/*
 * A text may begin with a rule and have another one further down: without a
 * "key: value" ("key = value", a table, in TOML) or a comment under the first,
 * nothing is taken away.
 */
static bool
looks_like_fields(struct pm_bytes line, uint8_t mark)
{
	size_t i = key_length(line);

	if (line.p[0] == '#' || (mark == '+' && line.p[0] == '['))
		return true;
	if (mark == '-')
		return i > 0 && i < line.n && line.p[i] == ':' &&
		    (i + 1 == line.n || line.p[i + 1] == ' ' ||
		    line.p[i + 1] == '\t');
	while (i < line.n && line.p[i] == ' ')
		i++;
	return i > 0 && i < line.n && line.p[i] == '=';
}

/* The end of the block that the fence before `at` opens, and where its last
 * line begins; 0: there is none. */
static size_t
find_end(size_t *fence, struct pm_bytes text, size_t at, uint8_t mark)
{
	size_t begin = at;
	bool seen = false;

	while (at < text.n && at - begin < FRONT_MATTER_MAX) {
		struct pm_page_line line;

		if (!pm_page_line_read(&line, text, at, FRONT_MATTER_MAX))
			return 0;
		*fence = at;
		if (is_fence(text, &line, mark) && text.p[at] == mark)
			return line.next - begin <= FRONT_MATTER_MAX ?
			    line.next : 0;
		if (!seen && line.at < line.end) {
			if (!looks_like_fields(pm_page_bytes(text,
			    pm_page_line_span(&line)), mark))
				return 0;
			seen = true;
		}
		at = line.next;
	}
	return 0;
}

static size_t
find(struct pm_bytes *block, struct pm_bytes capture)
{
	size_t at = 0, end, fence;
	struct pm_page_line line;
	uint8_t mark;

	*block = (struct pm_bytes){ NULL, 0 };
	if (capture.n >= 3 && memcmp(capture.p, "\xef\xbb\xbf", 3) == 0)
		at = 3;
	if (capture.n - at < 3)
		return at;
	mark = capture.p[at];
	if ((mark != '-' && mark != '+') ||
	    !pm_page_line_read(&line, capture, at, FRONT_MATTER_MAX) ||
	    !is_fence(capture, &line, mark))
		return at;
	end = find_end(&fence, capture, line.next, mark);
	if (end == 0)
		return at;
	*block = (struct pm_bytes){ capture.p + line.next,
	    fence - line.next };
	return end;
}

size_t
pm_page_front_matter(struct pm_bytes capture)
{
	struct pm_bytes block;

	return find(&block, capture);
}

struct pm_bytes
pm_front_matter_block(struct pm_bytes capture)
{
	struct pm_bytes block;

	(void)find(&block, capture);
	return block;
}

/* ---- line by line: TOML, and YAML that is none ---- */

static struct pm_bytes
unquoted(struct pm_bytes s)
{
	s = pm_field_trim(s);
	if (s.n >= 2 && (s.p[0] == '"' || s.p[0] == '\'') &&
	    s.p[s.n - 1] == s.p[0]) {
		s.p++;
		s.n -= 2;
	}
	return s;
}

/* What stands between quotes may have a comma in it. */
static size_t
list_item_end(struct pm_bytes inside)
{
	uint8_t quote = 0;

	for (size_t i = 0; i < inside.n; i++) {
		uint8_t c = inside.p[i];

		if (quote != 0)
			quote = c == quote ? 0 : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (c == ',')
			return i;
	}
	return inside.n;
}

/* [a, "b"] */
static int
read_list(struct pm_field_value *value, struct pm_arena *arena,
    struct pm_bytes inside, struct pm_err *err)
{
	struct pm_bytes *list = pm_arena_alloc(arena,
	    PM_PAGE_OWN_TAGS_MAX * sizeof *list, err);

	if (list == NULL)
		return PM_ENOMEM;
	while (inside.n > 0 && value->list_n < PM_PAGE_OWN_TAGS_MAX) {
		size_t n = list_item_end(inside);
		struct pm_bytes item = unquoted((struct pm_bytes){ inside.p,
		    n });

		if (item.n > 0)
			list[value->list_n++] = item;
		n += n < inside.n;
		inside.p += n;
		inside.n -= n;
	}
	value->list = list;
	return PM_OK;
}

static int
read_line(struct pm_fields *fields, struct pm_arena *arena,
    struct pm_bytes line, uint8_t mark, struct pm_err *err)
{
	struct pm_field_value value = { .rank = 0 };
	size_t n = key_length(line), at = n;
	enum pm_field field;

	while (at < line.n && line.p[at] == ' ')
		at++;
	if (n == 0 || at == line.n || line.p[at] != (mark == '+' ? '=' : ':'))
		return PM_OK;
	value.name = unquoted((struct pm_bytes){ line.p, n });
	value.text = pm_field_trim((struct pm_bytes){ line.p + at + 1,
	    line.n - at - 1 });
	field = pm_field_of_name(&value.rank, value.name);
	if (!pm_fields_want(fields, field, value.rank))
		return PM_OK;
	if (value.text.n >= 2 && value.text.p[0] == '[' &&
	    value.text.p[value.text.n - 1] == ']') {
		if (read_list(&value, arena, (struct pm_bytes){
		    value.text.p + 1, value.text.n - 2 }, err) != PM_OK)
			return PM_ENOMEM;
		value.text.n = 0;
	}
	value.text = unquoted(value.text);
	pm_fields_offer(fields, field, &value);
	return PM_OK;
}

static int
read_lines(struct pm_fields *fields, struct pm_arena *arena,
    struct pm_bytes block, uint8_t mark, struct pm_err *err)
{
	size_t at = 0;

	*fields = (struct pm_fields){ .unread = { NULL, 0 } };
	while (at < block.n) {
		struct pm_page_line line;

		if (!pm_page_line_read(&line, block, at, block.n))
			break;
		at = line.next;
		/* Tables of TOML are about something else. */
		if (mark == '+' && line.at < line.end &&
		    block.p[line.at] == '[')
			break;
		if (line.at < line.end && read_line(fields, arena,
		    pm_page_bytes(block, pm_page_line_span(&line)), mark,
		    err) != PM_OK)
			return PM_ENOMEM;
	}
	return PM_OK;
}

/* The first line that is neither blank nor a comment tells. */
static bool
is_toml(struct pm_bytes block)
{
	size_t at = 0;

	while (at < block.n) {
		struct pm_page_line line;
		struct pm_bytes bytes;

		if (!pm_page_line_read(&line, block, at, block.n))
			return false;
		bytes = pm_page_bytes(block, pm_page_line_span(&line));
		at = line.next;
		if (bytes.n > 0 && bytes.p[0] != '#')
			return looks_like_fields(bytes, '+') &&
			    !looks_like_fields(bytes, '-');
	}
	return false;
}

int
pm_front_matter_read(struct pm_page *page, struct pm_arena *arena,
    struct pm_bytes block, struct pm_err *err)
{
	struct pm_fields fields = { .unread = { NULL, 0 } };
	bool broken = false;
	int rc;

	if (is_toml(block)) {
		rc = read_lines(&fields, arena, block, '+', err);
	} else {
		rc = pm_yaml_read(&fields, &broken, arena, block, err);
		if (rc == PM_OK && broken) {
			pm_page_note(page, "front matter",
			    "not YAML: read line by line");
			rc = read_lines(&fields, arena, block, '-', err);
		}
	}
	return rc == PM_OK ? pm_fields_head(page, arena, &fields, err) : rc;
}
