#include "page/page_internal.h"

enum { FRONT_MATTER_MAX = 64 << 10 };

static bool
is_fence(struct pm_bytes text, const struct pm_page_line *line)
{
	return line->end - line->at == 3 &&
	    memcmp(text.p + line->at, "---", 3) == 0;
}

/*
 * A text may begin with a rule and have another one further down: without a
 * "key: value" or a comment under the first, nothing is taken away.
 */
static bool
looks_like_yaml(struct pm_bytes text, const struct pm_page_line *line)
{
	const uint8_t *p = text.p + line->at;
	size_t n = line->end - line->at;
	size_t i = 0;

	if (p[0] == '#')
		return true;
	while (i < n && i < 64 && ((p[i] >= 'a' && p[i] <= 'z') ||
	    (p[i] >= 'A' && p[i] <= 'Z') || (p[i] >= '0' && p[i] <= '9') ||
	    p[i] >= 0x80 || p[i] == '_' || p[i] == '-' || p[i] == '.' ||
	    p[i] == '"' || p[i] == '\''))
		i++;
	return i > 0 && i < n && p[i] == ':' && (i + 1 == n ||
	    p[i + 1] == ' ' || p[i + 1] == '\t');
}

/* The end of the block that the fence before `at` opens; 0: there is none. */
static size_t
find_end(struct pm_bytes text, size_t at)
{
	size_t begin = at;
	bool seen = false;

	while (at < text.n && at - begin < FRONT_MATTER_MAX) {
		struct pm_page_line line;

		if (!pm_page_line_read(&line, text, at, FRONT_MATTER_MAX))
			return 0;
		if (is_fence(text, &line) && text.p[at] == '-')
			return line.next - begin <= FRONT_MATTER_MAX ?
			    line.next : 0;
		if (!seen && line.at < line.end) {
			if (!looks_like_yaml(text, &line))
				return 0;
			seen = true;
		}
		at = line.next;
	}
	return 0;
}

size_t
pm_page_front_matter(struct pm_bytes capture)
{
	size_t at = 0, end;
	struct pm_page_line line;

	if (capture.n >= 3 && memcmp(capture.p, "\xef\xbb\xbf", 3) == 0)
		at = 3;
	if (capture.n - at < 3 || capture.p[at] != '-' ||
	    !pm_page_line_read(&line, capture, at, FRONT_MATTER_MAX) ||
	    !is_fence(capture, &line))
		return at;
	end = find_end(capture, line.next);
	return end != 0 ? end : at;
}
