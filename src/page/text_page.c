#include "page/page_internal.h"

enum {
	TITLE_CHARACTERS_MAX = 150,
	TITLE_WORDS_MIN = 3,            /* unless marked: "Share" is none */
	TITLE_LINES = 12,               /* among which "# title" is looked for */
	MENU_WORDS_MAX = 12,            /* a line that may stand above it */
	PARAGRAPH_CHARACTERS_MIN = 80,  /* what stands below a title */
	DATE_LINES_FIRST = 3,           /* lines of the body looked at */
	DATE_LINES_LAST = 2,
	DATE_LABEL_BYTES_MAX = 48,      /* "Published:" */
	PROSE_BYTES_MAX = 1024
};

/* The next line with text of a body span; false at its end. */
static bool
next_line(struct pm_span *out, struct pm_bytes text, struct pm_span span,
    size_t *at)
{
	struct pm_bytes head = { text.p, span.at + span.n };

	while (*at < head.n) {
		struct pm_page_line line;

		if (!pm_page_line_read(&line, head, *at, head.n))
			return false;
		*at = line.next;
		*out = pm_page_line_span(&line);
		if (out->n > 0)
			return true;
	}
	return false;
}

/* The last line with text before *end, which it moves. */
static bool
line_before(struct pm_span *out, struct pm_bytes text, struct pm_span span,
    size_t *end)
{
	while (*end > span.at) {
		size_t begin = *end - 1;

		while (begin > span.at && text.p[begin - 1] != '\n')
			begin--;
		*out = pm_page_trim(text, begin, *end);
		*end = begin;
		if (out->n > 0)
			return true;
	}
	return false;
}

/* A line that is a time, or one word, a colon and a time. */
static bool
is_dateline(struct pm_time_text *out, struct pm_bytes text,
    struct pm_span line)
{
	const uint8_t *p = text.p + line.at;
	size_t i = 0;

	if (pm_page_time(out, text, line))
		return true;
	while (i < line.n && i < DATE_LABEL_BYTES_MAX && p[i] > ' ' &&
	    p[i] != ':' && !(p[i] >= '0' && p[i] <= '9'))
		i++;
	if (i == 0 || i >= line.n || p[i] != ':')
		return false;
	return pm_page_time(out, text, pm_page_trim(text, line.at + i + 1,
	    line.at + line.n));
}

static void
find_dateline(struct pm_text_page *page, struct pm_bytes text)
{
	struct pm_span first = page->body[0];
	struct pm_span last = page->body[page->body_n - 1];
	size_t at = first.at, end = last.at + last.n;
	struct pm_span line;

	for (int i = 0; i < DATE_LINES_FIRST && !page->has_dateline &&
	    next_line(&line, text, first, &at); i++)
		page->has_dateline = is_dateline(&page->dateline, text, line);
	for (int i = 0; i < DATE_LINES_LAST && !page->has_dateline &&
	    line_before(&line, text, last, &end); i++)
		page->has_dateline = is_dateline(&page->dateline, text, line);
}

static bool
blank_line_at(struct pm_bytes text, size_t at)
{
	size_t blanks, next = at;

	return at < text.n && (!pm_page_skip_blank(text, &next, 1, &blanks) ||
	    blanks > 0);
}

/* Is there a paragraph, past a dateline, that is longer than the title? */
static bool
paragraph_follows(struct pm_bytes text, struct pm_span body, size_t at,
    size_t title_characters)
{
	struct pm_time_text when;
	struct pm_span line;
	size_t characters;

	if (!next_line(&line, text, body, &at) ||
	    (is_dateline(&when, text, line) &&
	    !next_line(&line, text, body, &at)))
		return false;
	characters = pm_page_characters(text, line);
	/* Letters that are syllables or words say more with fewer. */
	return characters > title_characters &&
	    (characters >= PARAGRAPH_CHARACTERS_MIN ||
	    pm_page_has_more_words(text, line,
	    PARAGRAPH_CHARACTERS_MIN / 5 - 1));
}

/*
 * "## title" in the first line, or "# title" below a few short lines, as the
 * menu of the site leaves them.
 */
static bool
find_marked_title(struct pm_text_page *page, struct pm_bytes text)
{
	struct pm_span body = page->body[0];
	struct pm_span line, bare;
	size_t at = body.at;

	for (int i = 0; i < TITLE_LINES && next_line(&line, text, body, &at) &&
	    line.n <= 4 * TITLE_CHARACTERS_MAX; i++) {
		bare = pm_page_strip_hashes(text, line);
		if (bare.n > 0 && bare.at != line.at &&
		    (i == 0 || text.p[line.at + 1] == ' ')) {
			page->title = bare;
			return true;
		}
		if (pm_page_has_more_words(text, line, MENU_WORDS_MAX))
			break;
	}
	return false;
}

static void
find_title(struct pm_text_page *page, struct pm_bytes text)
{
	struct pm_span body = page->body[0];
	struct pm_span line, item;
	struct pm_time_text when;
	size_t at = body.at, characters;

	if (find_marked_title(page, text) ||
	    !next_line(&line, text, body, &at) ||
	    line.n > 4 * TITLE_CHARACTERS_MAX)
		return;
	characters = pm_page_characters(text, line);
	if (characters <= TITLE_CHARACTERS_MAX &&
	    pm_page_has_more_words(text, line, TITLE_WORDS_MIN - 1) &&
	    !pm_page_ends_sentence(text, line) &&
	    !pm_page_dash(&item, text, line) &&
	    !is_dateline(&when, text, line) && blank_line_at(text, at) &&
	    paragraph_follows(text, body, at, characters))
		page->title = line;
}

static void
find_date_in_prose(struct pm_text_page *page, struct pm_bytes text)
{
	struct pm_span body = page->body[0];
	struct pm_time_text when;
	struct pm_span line;
	size_t at = body.at, where, n;

	while (next_line(&line, text, body, &at)) {
		/* A menu may stand above the title. */
		if (line.at < page->title.at + page->title.n ||
		    is_dateline(&when, text, line))
			continue;
		if (line.n > PROSE_BYTES_MAX) {
			line.n = PROSE_BYTES_MAX;
			while ((text.p[line.at + line.n] & 0xc0) == 0x80)
				line.n--;
		}
		page->has_prose = pm_time_find(&page->prose, &where, &n,
		    pm_page_bytes(text, line));
		return;
	}
}

int
pm_text_page_parse(struct pm_text_page *out, struct pm_arena *arena,
    struct pm_bytes text, struct pm_err *err)
{
	struct pm_text_page page = { .kind = PM_PAGE_OPAQUE };
	int rc = pm_page_split(&page, arena, text, pm_page_front_matter(text),
	    err);

	if (rc != PM_OK)
		return rc;
	if (page.body_n > 0) {
		page.kind = PM_PAGE_PAGE;
		find_title(&page, text);
		find_dateline(&page, text);
		find_date_in_prose(&page, text);
	} else if (page.teaser_n > 0) {
		page.kind = PM_PAGE_LIST;
	} else {
		page.reason = "no text beside front matter";
	}
	*out = page;
	return PM_OK;
}
