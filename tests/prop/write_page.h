/*
 * write_page.h - tables, feeds, HTML pages in many encodings, texts and
 * Markdown with front matter.
 */
#ifndef PM_TESTS_PROP_WRITE_PAGE_H
#define PM_TESTS_PROP_WRITE_PAGE_H

#include <unicode/ucnv.h>

#include "write.h"

/* ---- CSV and TSV ---- */

static inline void
put_field(struct writer *w, char separator, void (*value)(struct writer *w,
    const struct story *story), const struct story *story)
{
	struct pm_buf text;
	struct writer inner = aside(w, &text);
	bool quoted = separator != '\t' || once_in(w, 2);

	pm_buf_init(&text);
	value(&inner, story);
	if (quoted && !once_in(w, 8)) {
		put_s(w, "\"");
		for (size_t i = 0; i < text.n; i++)
			put(w, text.p[i] == '"' ? "\"\"" : (char *)text.p + i,
			    text.p[i] == '"' ? 2 : 1);
		put_s(w, once_in(w, 100) ? "" : "\"");
	} else {
		for (size_t i = 0; i < text.n; i++)
			put(w, text.p[i] == '\n' || text.p[i] == separator ?
			    " " : (char *)text.p + i, 1);
	}
	pm_buf_clear(&text);
}

static inline void
put_row(struct writer *w, char separator)
{
	const struct story *story = any_story(w);

	put_field(w, separator, put_url, story);
	putf(w, "%c", separator);
	put_field(w, separator, put_title, story);
	putf(w, "%c", separator);
	put_field(w, separator, put_text, story);
	putf(w, "%c", separator);
	put_field(w, separator, put_any_date, story);
	for (size_t i = once_in(w, 10) ? below(w, 5) : 0; i > 0; i--)
		putf(w, "%c%zu", separator, i);
}

static inline void
write_table(struct writer *w, char separator)
{
	const char *end = any_line_end(w);
	const char *title = ANY(w, "title", "headline", "\"Title\"");

	if (!once_in(w, 3))
		putf(w, "url%c%s%ctext%cdate%s", separator, title, separator,
		    separator, end);
	for (size_t i = 0, n = below(w, 7); i < n; i++) {
		put_row(w, separator);
		if (i + 1 < n || once_in(w, 2))
			put_s(w, end);
	}
}

static inline void
write_csv(struct writer *w)
{
	write_table(w, once_in(w, 3) ? ';' : ',');
}

static inline void
write_tsv(struct writer *w)
{
	write_table(w, '\t');
}

/* ---- XML and HTML ---- */

static inline void
put_xml(struct writer *w, void (*value)(struct writer *w,
    const struct story *story), const struct story *story)
{
	struct pm_buf text;
	struct writer inner = aside(w, &text);
	bool cdata = once_in(w, 6), quot = once_in(w, 2);

	pm_buf_init(&text);
	value(&inner, story);
	put_s(w, cdata ? "<![CDATA[" : "");
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (cdata || strchr("<>&\"", c) == NULL || c == 0)
			put(w, &c, 1);
		else if (c == '"')
			put_s(w, quot ? "&quot;" : "\"");
		else
			put_s(w, c == '<' ? "&lt;" : c == '>' ? "&gt;" :
			    once_in(w, 9) ? "&#38;" : "&amp;");
	}
	put_s(w, cdata ? "]]>" : "");
	pm_buf_clear(&text);
}

static inline void
put_element(struct writer *w, const char *name, void (*value)(
    struct writer *w, const struct story *story), const struct story *story)
{
	putf(w, "<%s>", name);
	put_xml(w, value, story);
	putf(w, "</%.*s>%s", (int)strcspn(name, " "), name,
	    ANY(w, "", "\n", "\r\n    "));
}

static inline void
write_rss(struct writer *w)
{
	put_s(w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<rss version=\"2.0\"><channel><title>One</title>\n");
	for (size_t i = 0, n = below(w, 5); i < n; i++) {
		const struct story *story = any_story(w);

		put_s(w, "<item>");
		put_element(w, "title", put_title, story);
		put_element(w, "link", put_url, story);
		put_element(w, ANY(w, "description", "content:encoded"),
		    once_in(w, 2) ? put_markup : put_snippet, story);
		put_element(w, "pubDate", put_any_date, story);
		put_s(w, "</item>\n");
	}
	put_s(w, "</channel></rss>\n");
}

static inline void
write_atom(struct writer *w)
{
	put_s(w, "<feed xmlns=\"http://www.w3.org/2005/Atom\">");
	for (size_t i = 0, n = below(w, 5); i < n; i++) {
		const struct story *story = any_story(w);

		put_s(w, "<entry>");
		put_element(w, "title", put_title, story);
		put_element(w, "id", put_url, story);
		put_element(w, ANY(w, "content type=\"html\"", "summary"),
		    once_in(w, 2) ? put_markup : put_text, story);
		put_element(w, "updated", put_any_date, story);
		put_s(w, "</entry>");
	}
	put_s(w, "</feed>");
}

static inline void
put_html_head(struct writer *w, const struct story *story,
    const char *charset)
{
	put_s(w, ANY(w, "<!DOCTYPE html>\n<html>", "<html lang=ru>", ""));
	put_s(w, "<head>");
	if (charset != NULL)
		putf(w, "<meta charset=\"%s\">", charset);
	put_element(w, "title", put_title, story);
	if (once_in(w, 2)) {
		put_s(w, "<meta property=\"article:published_time\" "
		    "content=\"");
		put_date(w);
		put_s(w, "\">\n");
	}
	if (once_in(w, 3)) {
		put_s(w, "<link rel=canonical href=\"");
		put_url(w, story);
		put_s(w, "\">");
	}
	put_s(w, "</head><body>\n");
}

static inline void
put_html(struct writer *w, const char *charset)
{
	const struct story *story = any_story(w);

	put_html_head(w, story, charset);
	put_element(w, "h1", put_title, story);
	for (size_t i = 0, n = below(w, 3); i < n; i++)
		put_element(w, "p", put_text, story);
	put_s(w, ANY(w, "", "<script>if (a<b) x='</p>';</script>",
	    "<!-- a -- b -->", "<div><table><tr><td>1"));
	if (once_in(w, 2)) {
		put_s(w, "<div class=\"related\"><h2>Related</h2>");
		for (size_t i = 0, n = 1 + below(w, 4); i < n; i++) {
			const struct story *other = any_story(w);

			put_s(w, "<div><a href=\"");
			put_url(w, other);
			put_s(w, "\">");
			put_xml(w, put_title, other);
			put_s(w, "</a>");
			put_element(w, "p", put_snippet, other);
			put_s(w, "</div>");
		}
		put_s(w, "</div>");
	}
	put_s(w, ANY(w, "</body></html>\n", "</body>", ""));
}

static inline void
write_html(struct writer *w)
{
	put_html(w, ANY(w, "utf-8", "UTF-8", "windows-1251", "nonsense"));
}

static inline void
put_as(struct writer *w, const char *charset, const struct pm_buf *text)
{
	int32_t most = (int32_t)(4 * text->n + 16);
	char *p = malloc((size_t)most);
	UErrorCode status = U_ZERO_ERROR;
	int32_t n;

	assert_non_null(p);
	n = ucnv_convert(charset, "UTF-8", p, most, (char *)text->p,
	    (int32_t)text->n, &status);
	assert_true(U_SUCCESS(status));
	put(w, p, (size_t)n);
	free(p);
}

static inline void
write_encoded(struct writer *w)
{
	const char *charset = ANY(w, "windows-1251", "koi8-r", "UTF-16",
	    "UTF-16LE", "UTF-16BE", "gb18030", "Shift_JIS", "iso-8859-1",
	    "UTF-32", "ISO-2022-JP", "big5");
	struct pm_buf text;
	struct writer inner = aside(w, &text);

	pm_buf_init(&text);
	if (once_in(w, 4))
		put_text(&inner, any_story(w));
	else
		put_html(&inner, once_in(w, 3) ? NULL : charset);
	put_as(w, charset, &text);
	pm_buf_clear(&text);
}

/* ---- texts ---- */

static inline void
put_teasers(struct writer *w, const char *end)
{
	putf(w, "%s%s", ANY(w, "Related", "Похожие", "Read also", "***"), end);
	for (size_t i = 0, n = 1 + below(w, 4); i < n; i++) {
		const struct story *story = any_story(w);

		put_title(w, story);
		put_s(w, end);
		put_snippet(w, story);
		putf(w, "%s- %zu hours ago%s- City%s", end, i, end, end);
	}
}

static inline void
write_text(struct writer *w)
{
	const struct story *story = any_story(w);
	const char *end = any_line_break(w);

	if (once_in(w, 2)) {
		put_title(w, story);
		put_s(w, end);
	}
	put_text(w, story);
	if (!once_in(w, 3))
		put_teasers(w, end);
}

static inline void
write_markdown(struct writer *w)
{
	const struct story *story = any_story(w);
	const char *end = any_line_break(w);

	putf(w, "---%stitle: %s", end, ANY(w, "", "\"", "'", ">-\n  ", "&a "));
	put_title(w, story);
	putf(w, "%sdate: ", end);
	put_date(w);
	putf(w, "%stags: %s%surl: ", end, ANY(w, "[a, b]", "\n- a\n- \"b: c\"",
	    "a; b", "{x: [y"), end);
	put_url(w, story);
	putf(w, "%s%s%s", end, ANY(w, "---", "---", "...", ""), end);
	if (!once_in(w, 5))
		put_text(w, story);
	if (once_in(w, 3))
		put_teasers(w, end);
}

static inline void
write_noise(struct writer *w)
{
	size_t n = below(w, 3000);
	bool ascii = once_in(w, 3);

	for (size_t i = 0; i < n; i++) {
		uint8_t c = (uint8_t)below(w, ascii ? 128 : 256);

		put(w, &c, 1);
	}
}

static inline void
write_nothing(struct writer *w)
{
	put_s(w, ANY(w, "", "", "\n", " ", "\xef\xbb\xbf", "{}", "[]"));
}

#endif
