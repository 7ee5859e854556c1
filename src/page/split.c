/*
 * Body and lists of teasers.
 *
 * The page is read from the top, line by line, for the first place where a
 * list begins; the list is read to its end, then the rest is looked at in the
 * same way.  What stands before the first list is body; what stands between
 * lists, or after the last, is body when it is long, else shell (a footer).
 *
 * A list begins
 *   - below a heading we know, with two groups that have a cut snippet or a
 *     time, or (unless the heading is a single word) one that has both;
 *   - with no such heading, with three groups that all have a time, and of
 *     which two have a cut snippet, or all have no snippet and relative times.
 *
 * Most lines are far from any list.  A group has a sign, a line that begins
 * with a dash or ends in an ellipsis, among the few lines below its title:
 * only titles near a sign are looked at, and groups read lately are kept,
 * because looking ahead and going on read the same ones.
 */
#include "page/page_internal.h"

enum {
	BLANKS_BETWEEN_MAX = 16,     /* blank lines between two groups */
	LOOK_AHEAD = 5,              /* groups that decide whether a list begins */
	TIMED_GROUPS_MIN = 3,
	LEAD_WORDS_MIN = 6,          /* of a first lead that was not cut */
	HEADING_CHARACTERS_MAX = 60,
	HEADING_BYTES_MAX = 4 * HEADING_CHARACTERS_MAX,
	HEADING_WORDS_MAX = 8,
	INTRUDERS_MAX = 2,           /* short lines between groups of a list */
	FOOTER_CHARACTERS_MAX = 200, /* must be fewer */
	FOOTER_WORDS_MAX = 20,       /* in one line */
	GROUPS_KEPT = 8,             /* of those read last */
	LINES_KEPT = 8               /* of those passed on the way to a sign */
};
_Static_assert(LINES_KEPT > (int)PM_PAGE_GROUP_LINES_MAX, "leap needs them");

struct kept_line {
	size_t begin;
	struct pm_page_line line;
};

struct kept_group {
	size_t at;                   /* SIZE_MAX: none */
	bool is_group;
	struct pm_page_group group;
};

struct split {
	struct pm_text_page *page;
	struct pm_arena *arena;
	struct pm_bytes text;
	struct pm_err *err;
	struct pm_buf fold;          /* scratch */
	struct pm_text_teaser *teaser;
	size_t teaser_capacity;
	struct pm_span *body;
	size_t body_capacity;
	size_t segment;              /* where the text not yet used begins */
	struct pm_page_line above;   /* last line with text before the one
	                              * looked at; at == end: none */
	bool has_more_above;         /* and another one before that */
	size_t sign;                 /* where the next line with a sign begins;
	                              * not below the line looked at: unknown */
	size_t sign_lines;           /* how many lines with text further down */
	struct kept_line passed[LINES_KEPT];    /* line i at i % LINES_KEPT */
	size_t passed_n;
	struct kept_group kept[GROUPS_KEPT];
	size_t kept_next;
};

/* pm_page_group_read, remembered. */
static bool
read_group(struct split *s, struct pm_page_group *out, size_t at)
{
	struct kept_group *kept;

	for (size_t i = 0; i < GROUPS_KEPT; i++)
		if (s->kept[i].at == at) {
			*out = s->kept[i].group;
			return s->kept[i].is_group;
		}
	kept = &s->kept[s->kept_next++ % GROUPS_KEPT];
	kept->at = at;
	kept->is_group = pm_page_group_read(&kept->group, s->text, at);
	*out = kept->group;
	return kept->is_group;
}

/* Find the first line with a sign at or below `at`. */
static void
find_sign(struct split *s, size_t at)
{
	s->passed_n = 0;
	while (at < s->text.n) {
		struct kept_line *passed =
		    &s->passed[s->passed_n % LINES_KEPT];

		if (s->text.p[at] == '\n') {
			at++;
			continue;
		}
		if (!pm_page_line_read(&passed->line, s->text, at, s->text.n))
			break;
		if (passed->line.at < passed->line.end) {
			if (pm_page_has_sign(s->text,
			    pm_page_line_span(&passed->line)))
				break;
			passed->begin = at;
			s->passed_n++;
		}
		at = passed->line.next;
	}
	s->sign = at;
	s->sign_lines = s->passed_n + 1;
}

/* Go on with the first line that is near the sign just found. */
static size_t
leap(struct split *s)
{
	size_t i = s->passed_n - PM_PAGE_GROUP_LINES_MAX;

	s->above = s->passed[(i - 1) % LINES_KEPT].line;
	s->has_more_above = true;
	s->sign_lines = PM_PAGE_GROUP_LINES_MAX + 1;
	return s->passed[i % LINES_KEPT].begin;
}

/* May a group begin with the line?  To be asked of each in turn. */
static bool
is_near_sign(struct split *s, size_t at, const struct pm_page_line *line)
{
	if (s->sign <= at)
		find_sign(s, line->next);
	else
		s->sign_lines--;
	return s->sign < s->text.n &&
	    s->sign_lines <= PM_PAGE_GROUP_LINES_MAX;
}

static bool
is_short_line(const struct split *s, struct pm_span line)
{
	return line.n <= HEADING_BYTES_MAX &&
	    !pm_page_has_more_characters(s->text, line,
	    HEADING_CHARACTERS_MAX) &&
	    !pm_page_has_more_words(s->text, line, HEADING_WORDS_MAX);
}

static int
look_up(struct split *s, enum pm_page_heading *heading, struct pm_span line)
{
	*heading = PM_PAGE_HEADING_UNKNOWN;
	if (!is_short_line(s, line))
		return PM_OK;
	return pm_page_heading_look_up(heading, s->text, line, &s->fold,
	    s->err);
}

static int
push_teaser(struct split *s, const struct pm_text_teaser *teaser)
{
	struct pm_text_page *page = s->page;

	if (page->teaser_n == s->teaser_capacity) {
		size_t n = s->teaser_capacity == 0 ? 8 :
		    2 * s->teaser_capacity;
		void *more = pm_realloc_array(s->teaser, n,
		    sizeof *s->teaser, s->err);

		if (more == NULL)
			return PM_ENOMEM;
		s->teaser = more;
		s->teaser_capacity = n;
	}
	s->teaser[page->teaser_n++] = *teaser;
	return PM_OK;
}

static int
push_body(struct split *s, struct pm_span span)
{
	struct pm_text_page *page = s->page;

	if (page->body_n == s->body_capacity) {
		size_t n = s->body_capacity == 0 ? 2 : 2 * s->body_capacity;
		void *more = pm_realloc_array(s->body, n, sizeof *s->body,
		    s->err);

		if (more == NULL)
			return PM_ENOMEM;
		s->body = more;
		s->body_capacity = n;
	}
	s->body[page->body_n++] = span;
	return PM_OK;
}

/* Few characters, and no line that reads like prose. */
static bool
is_footer(const struct split *s, struct pm_span span)
{
	size_t at = span.at, end = span.at + span.n, characters = 0;

	while (at < end) {
		struct pm_page_line line;
		struct pm_span text;

		if (!pm_page_line_read(&line, s->text, at, s->text.n))
			return false;
		text = pm_page_line_span(&line);
		if (text.n > 4 * FOOTER_CHARACTERS_MAX)
			return false;
		characters += pm_page_characters(s->text, text);
		if (characters >= FOOTER_CHARACTERS_MAX ||
		    pm_page_has_more_words(s->text, text, FOOTER_WORDS_MAX))
			return false;
		at = line.next;
	}
	return true;
}

/* The text up to `to` is behind us: body or shell? */
static int
end_segment(struct split *s, size_t to)
{
	struct pm_span span = pm_page_trim(s->text, s->segment, to);

	if (span.n == 0)
		return PM_OK;
	if (s->page->teaser_n > 0 && is_footer(s, span))
		return PM_OK;
	return push_body(s, span);
}

/*
 * Without a known heading, the line above a list could be read as the first
 * title, and the first title as part of its snippet.  The other groups tell:
 * they have fewer lines, or no blank line where the first one has.
 */
static bool
first_is_shaped_like_the_rest(const struct pm_page_group *group, size_t n)
{
	size_t fewest = 0;
	bool gap = false;

	for (size_t i = 1; i < n; i++) {
		if (group[i].teaser.snippet.n == 0)
			continue;
		if (fewest == 0 || group[i].text_lines < fewest)
			fewest = group[i].text_lines;
		gap = gap || group[i].gap;
	}
	return group[0].text_lines <= (fewest == 0 ? 1 : fewest) &&
	    (gap || !group[0].gap);
}

static bool
is_strong(const struct pm_page_group *group)
{
	return group->cut || group->teaser.time.n > 0;
}

static bool
is_complete(const struct pm_page_group *group)
{
	return group->cut && group->teaser.time.n > 0;
}

/* Groups that begin at `at`, at most max, none before is in group[]. */
static size_t
look_ahead(struct split *s, struct pm_page_group *group, size_t n,
    size_t max)
{
	while (n < max) {
		size_t at = group[n - 1].next, blanks;

		if (!pm_page_skip_blank(s->text, &at, BLANKS_BETWEEN_MAX,
		    &blanks) || !read_group(s, &group[n], at))
			break;
		n++;
	}
	return n;
}

static bool
convinces_below(enum pm_page_heading heading,
    const struct pm_page_group *group, size_t n)
{
	size_t strong = 0;
	bool complete = false;

	for (size_t i = 0; i < n; i++) {
		strong += is_strong(&group[i]);
		complete = complete || is_complete(&group[i]);
	}
	return strong >= 2 ||
	    (complete && heading == PM_PAGE_HEADING_KNOWN);
}

/* A caption and a credit make no teaser; a lead of some length may. */
static bool
is_first_of_unannounced(const struct split *s,
    const struct pm_page_group *group)
{
	return group->cut || group->teaser.snippet.n == 0 ||
	    pm_page_has_more_words(s->text, group->teaser.snippet,
	    LEAD_WORDS_MIN - 1);
}

/*
 * Three groups with times, alike: all with snippets, two of them cut, or all
 * without and with relative times ("planned - 2001" is a chronology).
 */
static bool
convinces_alone(const struct split *s, const struct pm_page_group *group,
    size_t n)
{
	size_t cut = 0, bare = 0, relative = 0;

	if (n < TIMED_GROUPS_MIN || !is_first_of_unannounced(s, &group[0]))
		return false;
	for (size_t i = 0; i < TIMED_GROUPS_MIN; i++) {
		if (group[i].teaser.time.n == 0)
			return false;
		cut += group[i].cut;
		bare += group[i].teaser.snippet.n == 0;
		relative += group[i].teaser.when.kind == PM_TIME_RELATIVE;
	}
	if (bare == TIMED_GROUPS_MIN)
		return relative == TIMED_GROUPS_MIN;
	return bare == 0 && cut + 1 >= TIMED_GROUPS_MIN &&
	    first_is_shaped_like_the_rest(group, n);
}

/*
 * A mark above the first title: this site prints tags and times above titles,
 * and we would give each teaser those of its neighbour.
 */
static bool
has_marks_above(const struct split *s)
{
	struct pm_span line = pm_page_line_span(&s->above);
	struct pm_span item;
	struct pm_time_text when;

	return line.n > 0 && (pm_page_dash(&item, s->text, line) ||
	    pm_page_time(&when, s->text, line));
}

/* May the line above be taken for the heading of a list that has times? */
static bool
is_heading_by_place(const struct split *s)
{
	struct pm_span line = pm_page_line_span(&s->above);

	if (line.n == 0 || !is_short_line(s, line) ||
	    pm_page_ends_sentence(s->text, line))
		return false;
	/* The only line above the first list is the whole body, however
	 * short it is, unless it says otherwise. */
	return s->has_more_above || s->page->teaser_n > 0 ||
	    s->text.p[line.at + line.n - 1] == ':';
}

/*
 * Does a list begin with the line at `at`?  *begins is where its heading, if
 * it has one, begins.
 */
static int
list_begins(struct split *s, bool *yes, struct pm_page_group *first,
    size_t *begins, size_t at)
{
	struct pm_page_group group[LOOK_AHEAD];
	enum pm_page_heading above = PM_PAGE_HEADING_UNKNOWN, own;
	size_t n = 1;
	struct pm_span item, line = pm_page_line_span(&s->above);
	int rc;

	*yes = false;
	if (!read_group(s, &group[0], at))
		return PM_OK;
	if (line.n > 0 && !pm_page_dash(&item, s->text, line) &&
	    (rc = look_up(s, &above, line)) != PM_OK)
		return rc;
	if (above == PM_PAGE_HEADING_UNKNOWN && group[0].teaser.time.n == 0)
		return PM_OK;
	if ((rc = look_up(s, &own, group[0].teaser.title)) != PM_OK)
		return rc;
	if (own != PM_PAGE_HEADING_UNKNOWN)
		return PM_OK;
	n = look_ahead(s, group, n, LOOK_AHEAD);
	*begins = at;
	*first = group[0];
	if (above != PM_PAGE_HEADING_UNKNOWN &&
	    convinces_below(above, group, n)) {
		*yes = true;
		*begins = s->above.at;
	} else if (convinces_alone(s, group, n) && !has_marks_above(s)) {
		*yes = true;
		if (above != PM_PAGE_HEADING_UNKNOWN ||
		    is_heading_by_place(s))
			*begins = s->above.at;
	}
	return PM_OK;
}

/*
 * Does the group go on with the list that began with *first?  A list whose
 * groups have marks must not swallow the paragraphs below it.
 */
static bool
belongs(const struct split *s, const struct pm_page_group *first,
    const struct pm_page_group *group)
{
	const struct pm_text_teaser *teaser = &group->teaser;

	if (teaser->time.n > 0)
		return true;
	if (group->cut)
		return first->mark_lines == 0 || group->mark_lines > 0 ||
		    group->next == s->text.n;
	return first->teaser.time.n == 0 &&
	    group->mark_lines == first->mark_lines;
}

/* "Popular", "Advertisement": a heading inside the list? */
static int
is_intruder(struct split *s, bool *yes, const struct pm_page_group *first,
    const struct pm_page_group *group, bool is_group)
{
	struct pm_span line = group->teaser.title;
	enum pm_page_heading heading;
	int rc;

	*yes = false;
	if (line.n == 0 || !is_short_line(s, line))
		return PM_OK;
	if ((rc = pm_page_heading_look_up(&heading, s->text, line, &s->fold,
	    s->err)) != PM_OK)
		return rc;
	*yes = !is_group || heading != PM_PAGE_HEADING_UNKNOWN ||
	    (group->gap && !first->gap &&
	    group->text_lines > first->text_lines);
	return PM_OK;
}

/*
 * The next group of the list, *at or after it; false in *yes when the list is
 * over.  Short lines may stand before a group that is complete.
 */
static int
next_group(struct split *s, bool *yes, struct pm_page_group *group,
    const struct pm_page_group *first, size_t at)
{
	size_t blanks, intruders = 0;
	int rc;

	*yes = false;
	while (pm_page_skip_blank(s->text, &at, BLANKS_BETWEEN_MAX,
	    &blanks)) {
		bool is_group = read_group(s, group, at) &&
		    belongs(s, first, group);
		struct pm_page_line line;
		bool intruder;

		if ((rc = is_intruder(s, &intruder, first, group,
		    is_group)) != PM_OK)
			return rc;
		if (!intruder) {
			*yes = is_group &&
			    (intruders == 0 || is_complete(group));
			return PM_OK;
		}
		if (++intruders > INTRUDERS_MAX || !pm_page_line_read(&line,
		    s->text, at, HEADING_BYTES_MAX))
			return PM_OK;
		at = line.next;
	}
	return PM_OK;
}

static int
read_list(struct split *s, const struct pm_page_group *first, size_t *end)
{
	struct pm_page_group group = *first;
	bool yes = true;
	int rc = PM_OK;

	while (yes) {
		if ((rc = push_teaser(s, &group.teaser)) != PM_OK)
			return rc;
		*end = group.next;
		if (s->page->teaser_n == PM_PAGE_TEASERS_MAX)
			return PM_OK;
		if ((rc = next_group(s, &yes, &group, first, *end)) != PM_OK)
			return rc;
	}
	return PM_OK;
}

static int
take_list(struct split *s, const struct pm_page_group *first, size_t begins,
    size_t at, size_t *end)
{
	bool is_first = s->page->teaser_n == 0;
	int rc;

	if (is_first && begins < at)
		s->page->heading = pm_page_line_span(&s->above);
	if ((rc = end_segment(s, begins)) != PM_OK ||
	    (rc = read_list(s, first, end)) != PM_OK)
		return rc;
	s->segment = *end;
	s->above.at = s->above.end = *end;
	s->has_more_above = false;
	s->sign = 0;
	return PM_OK;
}

/* The line at *at has text: take the list that begins with it, or pass it. */
static int
scan_line(struct split *s, const struct pm_page_line *line, size_t *at)
{
	struct pm_page_group first;
	size_t begins;
	bool yes = false;
	int rc;

	if (is_near_sign(s, *at, line)) {
		if ((rc = list_begins(s, &yes, &first, &begins, *at)) != PM_OK)
			return rc;
	} else if (s->sign == s->text.n) {
		*at = s->text.n;
		return PM_OK;
	} else if (s->sign_lines > PM_PAGE_GROUP_LINES_MAX + 1) {
		*at = leap(s);
		return PM_OK;
	}
	if (yes)
		return take_list(s, &first, begins, *at, at);
	s->has_more_above = s->above.at < s->above.end;
	s->above = *line;
	*at = line->next;
	return PM_OK;
}

static int
scan(struct split *s, size_t at)
{
	while (at < s->text.n && s->page->teaser_n < PM_PAGE_TEASERS_MAX) {
		struct pm_page_line line;
		int rc;

		if (s->text.p[at] == '\n') {
			at++;
			continue;
		}
		if (!pm_page_line_read(&line, s->text, at, s->text.n))
			break;
		if (line.at == line.end)
			at = line.next;
		else if ((rc = scan_line(s, &line, &at)) != PM_OK)
			return rc;
	}
	return end_segment(s, s->text.n);
}

/* A body in pieces keeps its line ends: they are joined as they are. */
static void
keep_line_ends(struct split *s)
{
	for (size_t i = 0; i + 1 < s->page->body_n; i++) {
		struct pm_span *body = &s->body[i];
		size_t end = body->at + body->n;
		const uint8_t *line_end = memchr(s->text.p + end, '\n',
		    s->body[i + 1].at - end);

		if (line_end != NULL)
			body->n = (size_t)(line_end - s->text.p) + 1 -
			    body->at;
	}
}

static int
hand_over(struct split *s)
{
	struct pm_text_page *page = s->page;

	keep_line_ends(s);
	if (page->body_n > 0 && (page->body = pm_arena_copy(s->arena, s->body,
	    page->body_n * sizeof *s->body, s->err)) == NULL)
		return PM_ENOMEM;
	if (page->teaser_n > 0 && (page->teaser = pm_arena_copy(s->arena,
	    s->teaser, page->teaser_n * sizeof *s->teaser, s->err)) == NULL)
		return PM_ENOMEM;
	return PM_OK;
}

int
pm_page_split(struct pm_text_page *out, struct pm_arena *arena,
    struct pm_bytes text, size_t from, struct pm_err *err)
{
	struct split s = {
		.page = out, .arena = arena, .text = text, .err = err,
		.segment = from
	};
	int rc;

	for (size_t i = 0; i < GROUPS_KEPT; i++)
		s.kept[i].at = SIZE_MAX;
	pm_buf_init(&s.fold);
	if ((rc = scan(&s, from)) == PM_OK)
		rc = hand_over(&s);
	pm_buf_clear(&s.fold);
	pm_free(s.teaser);
	pm_free(s.body);
	return rc;
}
