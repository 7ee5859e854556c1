/*
 * page_internal.h - what the files of the page floor share.
 *
 * Offsets are into the whole capture.  Everything that looks ahead reads a
 * bounded number of lines of bounded length, so that a page costs time linear
 * in its bytes, whatever is in it.
 */
#ifndef PM_PAGE_PAGE_INTERNAL_H
#define PM_PAGE_PAGE_INTERNAL_H

#include "page/text_page.h"

enum { PM_PAGE_BYTES_MAX = 64 << 20 };

/* line.c */

/* A line without the white space around it; at == end: blank. */
struct pm_page_line {
	size_t at, end;
	size_t next;     /* where the line after it begins */
};

/*
 * The line that begins at `at`, which must be inside text.  False when it is
 * longer than max bytes, its end included.
 */
bool pm_page_line_read(struct pm_page_line *out, struct pm_bytes text,
    size_t at, size_t max);

/*
 * Move *at over blank lines to the next line with text.  False when there is
 * none, or more than max blank lines (or far too long ones) stand before it.
 */
bool pm_page_skip_blank(struct pm_bytes text, size_t *at, size_t max,
    size_t *skipped);

/* Without white space, line ends included, at both ends. */
struct pm_span pm_page_trim(struct pm_bytes text, size_t from, size_t to);

/* Without Markdown's "## " in front and "##" behind; never empty, if the
 * line is not. */
struct pm_span pm_page_strip_hashes(struct pm_bytes text, struct pm_span line);

/* True for "- text", "* text", "• text" ...; *item is the text. */
bool pm_page_dash(struct pm_span *item, struct pm_bytes text,
    struct pm_span line);

/* "...", "[…]", "(...)", ". . ." and so on, quotes behind them allowed. */
bool pm_page_ends_in_ellipsis(struct pm_bytes text, struct pm_span line);

/* Does it begin with a dash, or end in an ellipsis? */
bool pm_page_has_sign(struct pm_bytes text, struct pm_span line);

/* A full stop or its like: . ! ? … ; and those of other scripts. */
bool pm_page_ends_sentence(struct pm_bytes text, struct pm_span line);
bool pm_page_ends_in_stop(struct pm_bytes text, struct pm_span line);

size_t pm_page_characters(struct pm_bytes text, struct pm_span span);
/* Runs between white space; two characters of a script without spaces count
 * as a word too. */
size_t pm_page_words(struct pm_bytes text, struct pm_span span);

/* More than n, without counting when the bytes tell. */
bool pm_page_has_more_words(struct pm_bytes text, struct pm_span span,
    size_t n);
bool pm_page_has_more_characters(struct pm_bytes text, struct pm_span span,
    size_t n);

/* The whole of span is a time (short ones only are looked at). */
bool pm_page_time(struct pm_time_text *out, struct pm_bytes text,
    struct pm_span span);

static inline struct pm_span
pm_page_line_span(const struct pm_page_line *line)
{
	return (struct pm_span){ line->at, line->end - line->at };
}

static inline struct pm_bytes
pm_page_bytes(struct pm_bytes text, struct pm_span span)
{
	return (struct pm_bytes){ text.p + span.at, span.n };
}

/* plain.c: a control character makes it binary, whatever else is in it. */
enum pm_page_plain { PM_PAGE_PLAIN, PM_PAGE_BINARY, PM_PAGE_NOT_UTF8 };
enum pm_page_plain pm_page_plain(struct pm_bytes text);

/* sniff.c: which reader a capture looks like; PM_READER_OPAQUE: none, and the
 * reason. */
struct pm_page_looks {
	enum pm_reader reader;
	const char *reason;
};
struct pm_page_looks pm_page_looks(struct pm_bytes capture,
    struct pm_bytes path);

/* front_matter.c: where the text begins, after a BOM and front matter. */
size_t pm_page_front_matter(struct pm_bytes capture);

/* headings.c */
enum pm_page_heading {
	PM_PAGE_HEADING_UNKNOWN,
	PM_PAGE_HEADING_WEAK,    /* one word, as "Related": needs support */
	PM_PAGE_HEADING_KNOWN
};

/* Is the line a heading of related articles?  scratch is for the fold. */
int pm_page_heading_look_up(enum pm_page_heading *out, struct pm_bytes text,
    struct pm_span line, struct pm_buf *scratch, struct pm_err *err);

/* group.c: a title, its snippet, and the marks ("- x") under them. */
struct pm_page_group {
	struct pm_text_teaser teaser;
	size_t next;         /* where the line after the group begins */
	size_t text_lines;   /* of title and snippet */
	size_t mark_lines;   /* under them, times included */
	bool cut;            /* the snippet ends in an ellipsis */
	bool gap;            /* blank lines between title and snippet */
};

/* One of so many lines with text below the title has a sign. */
enum { PM_PAGE_GROUP_LINES_MAX = 5 };

/* Does a group begin with the line at `at`? */
bool pm_page_group_read(struct pm_page_group *out, struct pm_bytes text,
    size_t at);

/* split.c: fills body, heading and teaser of *out from text[from..n). */
int pm_page_split(struct pm_text_page *out, struct pm_arena *arena,
    struct pm_bytes text, size_t from, struct pm_err *err);

#endif
