/*
 * One teaser: a title line; a snippet of one to three lines that was cut with
 * an ellipsis, or a short lead that was not, or none; then marks, "- tag" and
 * "- 6 hours ago".  What a list of them needs to be believed is in split.c;
 * here is what a single one may look like at all.
 */
#include "page/page_internal.h"

/* Wide enough for real titles, narrow enough that a paragraph is none. */
enum {
	TITLE_BYTES_MAX = 1000,
	TITLE_CHARACTERS_MAX = 250,
	TITLE_WORDS_MAX = 30,
	SENTENCE_TITLE_WORDS_MAX = 20,  /* when it ends in a full stop */
	SNIPPET_LINES_MAX = 3,
	SNIPPET_BYTES_MAX = 4096,       /* one line of it */
	SNIPPET_WORDS_MAX = 120,
	LEAD_WORDS_MAX = 60,            /* a snippet that was not cut */
	BARE_SNIPPET_WORDS_MIN = 4,     /* nothing else speaks for it */
	TAG_CHARACTERS_MAX = 80,
	TAG_WORDS_MAX = 10,
	MARK_BYTES_MAX = 400,
	QUOTE_WORDS_MIN = 8,            /* a snippet that begins with a dash */
	BLANKS_INSIDE_MAX = 3
};

_Static_assert(PM_PAGE_GROUP_LINES_MAX == SNIPPET_LINES_MAX + 2,
    "a snippet, a time before it, and a mark");

struct reader {
	struct pm_page_group *group;
	struct pm_bytes text;
	size_t at;               /* where the next line begins */
};

static bool
read_title(struct reader *r)
{
	struct pm_page_line line;
	struct pm_span item, span;

	if (!pm_page_line_read(&line, r->text, r->at, TITLE_BYTES_MAX) ||
	    line.at == line.end)
		return false;
	span = pm_page_line_span(&line);
	if (pm_page_dash(&item, r->text, span))
		return false;
	r->group->teaser.title = pm_page_strip_hashes(r->text, span);
	r->group->text_lines = 1;
	r->group->next = r->at = line.next;
	return true;
}

/* "– We have it, – said the minister at the opening of the..." */
static bool
is_cut_quotation(struct pm_bytes text, struct pm_span line)
{
	return pm_page_ends_in_ellipsis(text, line) &&
	    pm_page_has_more_words(text, line, QUOTE_WORDS_MIN - 1);
}

/*
 * Collect lines up to one that ends in an ellipsis, to a mark, or to a blank
 * line.  There may be one more than a snippet has: a bare time may stand
 * between title and snippet.
 */
static size_t
collect_lines(struct reader *r, struct pm_page_line *line, size_t max)
{
	size_t n = 0;

	while (n < max && r->at < r->text.n) {
		struct pm_span item, span;

		if (!pm_page_line_read(&line[n], r->text, r->at,
		    SNIPPET_BYTES_MAX) || line[n].at == line[n].end)
			break;
		span = pm_page_line_span(&line[n]);
		if (pm_page_dash(&item, r->text, span) &&
		    (n > 0 || !is_cut_quotation(r->text, span)))
			break;
		r->at = line[n++].next;
		if (pm_page_ends_in_ellipsis(r->text, span)) {
			r->group->cut = true;
			break;
		}
	}
	return n;
}

/* Does a mark follow, not further away than marks stand? */
static bool
mark_follows(const struct reader *r)
{
	struct pm_page_line line;
	struct pm_span item;
	size_t at = r->at, blanks;

	return pm_page_skip_blank(r->text, &at, BLANKS_INSIDE_MAX, &blanks) &&
	    pm_page_line_read(&line, r->text, at, MARK_BYTES_MAX) &&
	    pm_page_dash(&item, r->text, pm_page_line_span(&line));
}

static bool
read_snippet(struct reader *r)
{
	struct pm_text_teaser *teaser = &r->group->teaser;
	struct pm_page_line line[SNIPPET_LINES_MAX + 1];
	size_t n, blanks, first = 0;

	if (!pm_page_skip_blank(r->text, &r->at, BLANKS_INSIDE_MAX, &blanks))
		return false;
	n = collect_lines(r, line, SNIPPET_LINES_MAX + 1);
	if (!r->group->cut && !mark_follows(r))
		return false;
	if (n == 0)
		return true;
	r->group->gap = blanks > 0;
	r->group->next = r->at;
	if (pm_page_time(&teaser->when, r->text,
	    pm_page_line_span(&line[0]))) {
		teaser->time = pm_page_line_span(&line[0]);
		first = 1;
	}
	if (n - first > SNIPPET_LINES_MAX)
		return false;
	if (n > first)
		teaser->snippet = (struct pm_span){ line[first].at,
		    line[n - 1].end - line[first].at };
	r->group->text_lines += n - first;
	return true;
}

/* Of letters: digits and ASCII punctuation alone say nothing. */
static bool
has_word(struct pm_bytes s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 0x80 || (s.p[i] >= 'A' && s.p[i] <= 'Z') ||
		    (s.p[i] >= 'a' && s.p[i] <= 'z'))
			return true;
	return false;
}

static bool
has_digit(struct pm_bytes text, struct pm_span item)
{
	for (size_t i = item.at; i < item.at + item.n; i++)
		if (text.p[i] >= '0' && text.p[i] <= '9')
			return true;
	return false;
}

/* Tags are names: items of a list that end like clauses are body. */
static bool
is_tag(struct pm_bytes text, struct pm_span item)
{
	uint8_t last = text.p[item.at + item.n - 1];

	return last != ',' && last != ';' && last != ':' &&
	    !pm_page_ends_in_stop(text, item) &&
	    !pm_page_has_more_characters(text, item, TAG_CHARACTERS_MAX) &&
	    !pm_page_has_more_words(text, item, TAG_WORDS_MAX) &&
	    (has_word(pm_page_bytes(text, item)) || has_digit(text, item));
}

enum mark { MARK_NONE, MARK_TAKEN, MARK_TOO_MANY };

static enum mark
read_mark(struct reader *r, const struct pm_page_line *line)
{
	struct pm_text_teaser *teaser = &r->group->teaser;
	struct pm_span item, span = pm_page_line_span(line);
	struct pm_time_text when;

	if (!pm_page_dash(&item, r->text, span)) {
		if (teaser->time.n > 0 || teaser->snippet.n == 0 ||
		    !pm_page_time(&teaser->when, r->text, span))
			return MARK_NONE;
		teaser->time = span;
		return MARK_TAKEN;
	}
	if (pm_page_time(&when, r->text, item)) {
		/* A second time is left to the shell. */
		if (teaser->time.n == 0) {
			teaser->time = item;
			teaser->when = when;
		}
		return MARK_TAKEN;
	}
	if (!is_tag(r->text, item))
		return MARK_NONE;
	if (teaser->tag_n == PM_PAGE_TAGS_MAX)
		return MARK_TOO_MANY;
	teaser->tag[teaser->tag_n++] = item;
	return MARK_TAKEN;
}

static bool
read_marks(struct reader *r)
{
	size_t at = r->at, blanks;
	struct pm_page_line line;

	while (pm_page_skip_blank(r->text, &at, BLANKS_INSIDE_MAX, &blanks) &&
	    pm_page_line_read(&line, r->text, at, MARK_BYTES_MAX)) {
		enum mark mark = read_mark(r, &line);

		if (mark == MARK_NONE)
			break;
		/* More times than tags are no marks of a teaser either. */
		if (mark == MARK_TOO_MANY ||
		    ++r->group->mark_lines > PM_PAGE_TAGS_MAX + 2)
			return false;
		r->group->next = at = line.next;
	}
	return true;
}

static bool
is_plausible_title(const struct pm_page_group *group, struct pm_bytes text,
    bool marked)
{
	struct pm_span title = group->teaser.title;
	struct pm_time_text when;

	if (pm_page_has_more_characters(text, title, TITLE_CHARACTERS_MAX) ||
	    pm_page_has_more_words(text, title, TITLE_WORDS_MAX))
		return false;
	if (pm_page_ends_in_stop(text, title) && (!marked ||
	    pm_page_has_more_words(text, title, SENTENCE_TITLE_WORDS_MAX)))
		return false;
	/* Two cut lines, and no more, are two cut titles. */
	if (!marked && pm_page_ends_in_ellipsis(text, title))
		return false;
	/* "1", "2", "3": places in a list of the most read. */
	return has_word(pm_page_bytes(text, title)) &&
	    !pm_page_time(&when, text, title);
}

static bool
is_plausible(const struct pm_page_group *group, struct pm_bytes text)
{
	struct pm_span snippet = group->teaser.snippet;
	bool timed = group->teaser.time.n > 0;
	bool marked = group->mark_lines > 0 || timed;

	if (snippet.n == 0)
		return group->mark_lines > 0 && timed &&
		    is_plausible_title(group, text, marked);
	if (group->cut)
		return (marked || pm_page_has_more_words(text, snippet,
		    BARE_SNIPPET_WORDS_MIN - 1)) &&
		    !pm_page_has_more_words(text, snippet,
		    SNIPPET_WORDS_MAX) &&
		    is_plausible_title(group, text, marked);
	return group->mark_lines > 0 &&
	    !pm_page_has_more_words(text, snippet, LEAD_WORDS_MAX) &&
	    is_plausible_title(group, text, marked);
}

bool
pm_page_group_read(struct pm_page_group *out, struct pm_bytes text, size_t at)
{
	struct reader r = { out, text, at };

	memset(out, 0, sizeof *out);
	return read_title(&r) && read_snippet(&r) && read_marks(&r) &&
	    is_plausible(out, text);
}
