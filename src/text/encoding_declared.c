/*
 * The label that a page has in its first KB: <meta charset=...>,
 * <meta http-equiv ... content="text/html; charset=...">, <?xml encoding=...?>,
 * and @charset of a style sheet is none.
 */
#include "text/encoding_internal.h"

enum { DECLARED_MAX = 1024, LABEL_MAX = 40 };

static bool
begins(struct pm_bytes s, size_t at, const char *word)
{
	size_t n = strlen(word);

	if (s.n - at < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		uint8_t c = s.p[at + i];

		if ((c >= 'A' && c <= 'Z' ? c + 0x20 : c) != (uint8_t)word[i])
			return false;
	}
	return true;
}

static bool
is_label(uint8_t c)
{
	return c > ' ' && c < 0x7f && strchr("\"'<>;,?/", c) == NULL;
}

static size_t
skip(struct pm_bytes s, size_t at, const char *any)
{
	while (at < s.n && (s.p[at] <= ' ' || strchr(any, s.p[at]) != NULL))
		at++;
	return at;
}

/* The value of `name` within s, a tag. */
static struct pm_bytes
value_of(struct pm_bytes s, const char *name)
{
	struct pm_bytes none = { NULL, 0 };

	for (size_t at = 0; at < s.n; at++) {
		size_t from, to;

		if (!begins(s, at, name))
			continue;
		from = skip(s, at + strlen(name), "");
		if (from == s.n || s.p[from] != '=')
			continue;
		from = skip(s, from + 1, "\"'");
		for (to = from; to < s.n && is_label(s.p[to]);)
			to++;
		if (to > from && to - from <= LABEL_MAX)
			return (struct pm_bytes){ s.p + from, to - from };
	}
	return none;
}

static size_t
comment_end(struct pm_bytes s, size_t at)
{
	while (at < s.n && !begins(s, at, "-->"))
		at++;
	return at;
}

struct pm_bytes
pm_encoding_declared(struct pm_bytes bytes)
{
	struct pm_bytes label = { NULL, 0 };

	if (bytes.n > DECLARED_MAX)
		bytes.n = DECLARED_MAX;
	for (size_t at = 0, end; at < bytes.n; at = end + 1) {
		const uint8_t *open = memchr(bytes.p + at, '<', bytes.n - at);
		const uint8_t *close;
		struct pm_bytes tag;

		if (open == NULL)
			break;
		at = (size_t)(open - bytes.p);
		close = memchr(open, '>', bytes.n - at);
		end = close == NULL ? bytes.n : (size_t)(close - bytes.p);
		tag = (struct pm_bytes){ open, end - at };
		if (begins(tag, 0, "<meta"))
			label = value_of(tag, "charset");
		else if (begins(tag, 0, "<?xml"))
			label = value_of(tag, "encoding");
		else if (begins(tag, 0, "<!--"))
			end = comment_end(bytes, at + 2);
		if (label.n > 0)
			break;
	}
	return label;
}
