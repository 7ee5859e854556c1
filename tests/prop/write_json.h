/*
 * write_json.h - JSON lines, arrays, single objects, listings and JSON feeds,
 * written as many programs would.
 */
#ifndef PM_TESTS_PROP_WRITE_JSON_H
#define PM_TESTS_PROP_WRITE_JSON_H

#include "write.h"

struct json_style {
	enum { RAW, ESCAPED, MIXED } past_ascii;
	bool upper, slash, long_controls;
	const char *colon, *comma;
	const char *line;                /* between members; "" on one line */
};

static inline struct json_style
any_json_style(struct writer *w)
{
	return (struct json_style){
		.past_ascii = once_in(w, 5) ? MIXED : once_in(w, 2) ?
		    ESCAPED : RAW,
		.upper = once_in(w, 3), .slash = once_in(w, 3),
		.long_controls = once_in(w, 5),
		.colon = ANY(w, ":", ": ", " : "),
		.comma = ANY(w, ",", ", ", " ,"),
		.line = ANY(w, "", "", "", "\n  ", "\r\n\t"),
	};
}

static inline void
put_unit(struct writer *w, const struct json_style *style, unsigned unit)
{
	putf(w, style->upper ? "\\u%04X" : "\\u%04x", unit);
}

static inline void
put_escaped(struct writer *w, const struct json_style *style, uint32_t c)
{
	if (c >= 0x10000) {
		put_unit(w, style, 0xd800 + ((c - 0x10000) >> 10));
		c = 0xdc00 + ((c - 0x10000) & 0x3ff);
	}
	put_unit(w, style, c);
}

static inline void
put_json_ascii(struct writer *w, const struct json_style *style, uint8_t c)
{
	static const char shorts[] = "\b\f\n\r\t\"\\", letters[] = "bfnrt\"\\";
	const char *at = c == 0 ? NULL : strchr(shorts, c);

	if (at != NULL && !(style->long_controls && c < ' '))
		putf(w, "\\%c", letters[at - shorts]);
	else if (c < ' ' || (style->past_ascii == MIXED && once_in(w, 40)))
		put_unit(w, style, c);
	else if (c == '/' && style->slash)
		put_s(w, "\\/");
	else
		put(w, &c, 1);
}

/* text is UTF-8. */
static inline void
put_json_string(struct writer *w, const struct json_style *style,
    const struct pm_buf *text)
{
	put_s(w, "\"");
	for (size_t at = 0, n; at < text->n; at += n) {
		uint8_t c = text->p[at];
		uint32_t point;

		n = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
		if (c < 0x80) {
			put_json_ascii(w, style, c);
			continue;
		}
		assert_true(at + n <= text->n && n > 1);
		point = c & (0x7fu >> n);
		for (size_t i = 1; i < n; i++)
			point = point << 6 | (text->p[at + i] & 0x3f);
		if (style->past_ascii == ESCAPED ||
		    (style->past_ascii == MIXED && once_in(w, 2)))
			put_escaped(w, style, point);
		else
			put(w, text->p + at, n);
	}
	put_s(w, once_in(w, 300) ? "\\ud800\\x\"" : "\"");
}

/* `"name": ` with a separator before it, unless it is the first. */
static inline void
put_name(struct writer *w, const struct json_style *style, bool *first,
    const char *name)
{
	putf(w, "%s%s\"%s\"%s", *first ? "" : style->comma, style->line, name,
	    style->colon);
	*first = false;
}

static inline void
put_member(struct writer *w, const struct json_style *style, bool *first,
    const char *name, void (*value)(struct writer *w,
    const struct story *story), const struct story *story)
{
	struct pm_buf text;
	struct writer inner = aside(w, &text);

	pm_buf_init(&text);
	value(&inner, story);
	put_name(w, style, first, name);
	put_json_string(w, style, &text);
	pm_buf_clear(&text);
}

/* Values that say nothing to us, some of them deep. */
static inline void
put_odd_member(struct writer *w, const struct json_style *style, bool *first)
{
	size_t depth = once_in(w, 4) ? below(w, 600) : 0;

	put_name(w, style, first, ANY(w, "id", "meta", "x", "text", "title"));
	for (size_t i = 0; i < depth; i++)
		put_s(w, "[");
	put_s(w, ANY(w, "null", "1", "-1.5e300", "true", "{}", "[1, {\"a\": []}]",
	    "\"\"", "\"None\"", "{\"text\": \"inner\", \"url\": null}"));
	for (size_t i = 0; i < depth; i++)
		put_s(w, "]");
}

static inline void
put_related(struct writer *w, const struct json_style *style, bool *first)
{
	put_name(w, style, first, ANY(w, "related", "more", "relatedArticles"));
	put_s(w, "[");
	for (size_t i = 0, n = below(w, 4); i < n; i++) {
		const struct story *story = any_story(w);
		bool inner = true;

		put_s(w, i == 0 ? "{" : ",{");
		put_member(w, style, &inner, "title", put_title, story);
		put_member(w, style, &inner, "description", put_snippet,
		    story);
		put_member(w, style, &inner, "url", put_url, story);
		put_s(w, "}");
	}
	put_s(w, "]");
}

static inline void
put_json_record(struct writer *w, const struct json_style *style)
{
	const struct story *story = any_story(w);
	bool first = true;

	put_s(w, "{");
	if (once_in(w, 2))
		put_member(w, style, &first, ANY(w, "url", "link",
		    "canonical_link"), put_url, story);
	put_member(w, style, &first, ANY(w, "title", "headline", "Name"),
	    put_title, story);
	if (once_in(w, 4))
		put_odd_member(w, style, &first);
	if (once_in(w, 5))
		put_member(w, style, &first, ANY(w, "html", "contentHtml",
		    "text"), put_markup, story);
	if (!once_in(w, 6))
		put_member(w, style, &first, ANY(w, "text", "maintext",
		    "article_body", "content"), put_text, story);
	if (once_in(w, 3))
		put_member(w, style, &first, "description", put_snippet,
		    story);
	if (once_in(w, 2))
		put_member(w, style, &first, ANY(w, "date", "date_publish",
		    "datePublished", "crawled"), put_any_date, story);
	if (once_in(w, 3))
		put_member(w, style, &first, ANY(w, "tags", "section"),
		    put_tag, story);
	if (once_in(w, 5))
		put_related(w, style, &first);
	put_s(w, *style->line == '\0' ? "}" : once_in(w, 2) ? "\n}" : " }");
}

static inline void
write_json_lines(struct writer *w)
{
	struct json_style style = any_json_style(w);
	const char *end = any_line_end(w);

	style.line = "";
	for (size_t i = 0, n = below(w, 8); i < n; i++) {
		if (once_in(w, 15))
			put_s(w, ANY(w, "no json", "[1, 2]", "\"text\"", "{",
			    "null", "# a comment", "{} {}"));
		else
			put_json_record(w, &style);
		if (i + 1 < n || !once_in(w, 3))
			put_s(w, end);
	}
}

static inline void
write_json_array(struct writer *w)
{
	struct json_style style = any_json_style(w);
	size_t n = below(w, 6);

	put_s(w, ANY(w, "[", "[\n", " [\r\n  "));
	for (size_t i = 0; i < n; i++) {
		put_json_record(w, &style);
		if (i + 1 < n || once_in(w, 12))
			putf(w, "%s%s", style.comma, ANY(w, "", "\n"));
	}
	put_s(w, ANY(w, "]", "\n]\n", "]\r\n\r\n", "] x", ""));
}

static inline void
write_json_object(struct writer *w)
{
	struct json_style style = any_json_style(w);

	for (size_t i = 0, n = once_in(w, 5) ? 3 : 1; i < n; i++) {
		put_json_record(w, &style);
		put_s(w, ANY(w, "", "\n", "\n\n", ""));
	}
}

/* Teasers: titles, snippets and addresses, no texts. */
static inline void
write_json_listing(struct writer *w)
{
	struct json_style style = any_json_style(w);

	put_s(w, "[");
	for (size_t i = 0, n = 1 + below(w, 8); i < n; i++) {
		const struct story *story = any_story(w);
		bool first = true;

		put_s(w, i == 0 ? "{" : ",\n{");
		put_member(w, &style, &first, "title", put_title, story);
		put_member(w, &style, &first, "url", put_url, story);
		if (once_in(w, 2))
			put_member(w, &style, &first, "description",
			    put_snippet, story);
		if (once_in(w, 2))
			put_member(w, &style, &first, "date", put_any_date,
			    story);
		put_s(w, "}");
	}
	put_s(w, "]");
}

static inline void
write_json_feed(struct writer *w)
{
	struct json_style style = any_json_style(w);
	size_t n = below(w, 5);

	put_s(w, "{\"version\": \"https://jsonfeed.org/version/1.1\", "
	    "\"title\": \"One\", \"items\": [");
	for (size_t i = 0; i < n; i++) {
		const struct story *story = any_story(w);
		bool first = true;

		put_s(w, i == 0 ? "{" : ",{");
		put_member(w, &style, &first, "id", put_url, story);
		put_member(w, &style, &first, "url", put_url, story);
		put_member(w, &style, &first, "title", put_title, story);
		put_member(w, &style, &first, ANY(w, "content_text",
		    "summary"), put_text, story);
		put_member(w, &style, &first, "content_html", put_markup,
		    story);
		put_member(w, &style, &first, "date_published", put_any_date,
		    story);
		put_s(w, "}");
	}
	put_s(w, "]}");
}

#endif
