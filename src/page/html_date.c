/*
 * Dates that stand in the page.
 *
 * A date is worth more the more a machine was told of it, and the nearer it
 * stands to the headline or the body.  Times of teasers, comments and
 * footers are of something else.
 */
#include "page/html_meta_internal.h"

enum {
	TEXT_MAX = 200,              /* of an element that may be a date */
	NODES_MAX = 60,              /* of its subtree */
	TEXTS_MAX = 12,              /* dates in prose that are kept */
	PROSE_MAX = 20000            /* bytes of prose that are looked at */
};

struct scan {
	struct pm_html_dates *dates;
	const struct pm_html_tree *tree;
	const struct pm_html_body_at *body;
	uint32_t headline;
	uint32_t article, article_end;   /* the one of the headline or body */
	uint32_t other_end;              /* of what is about something else */
	uint32_t doubt_end;              /* of what may be */
	uint32_t dated_end;              /* of an element that gave a date */
	size_t at, headline_at, body_end_at;   /* in bytes of text */
	size_t texts, prose;
	struct pm_bytes label;           /* the text before */
};

static bool
is_plausible(const struct pm_time_text *when)
{
	return when->kind == PM_TIME_RELATIVE || when->year == 0 ||
	    (when->year >= 1995 && when->year <= 2100);
}

/* "2/11/2025" */
static bool
is_slashed(struct pm_bytes text)
{
	size_t i = 0, slashes = 0;

	for (; i < text.n && ((text.p[i] >= '0' && text.p[i] <= '9') ||
	    text.p[i] == '/'); i++)
		slashes += text.p[i] == '/';
	return slashes == 2 && i > 2 && (text.p[1] == '/' ||
	    text.p[2] == '/');
}

static void
swap_month(struct pm_time_text *when)
{
	int32_t month = when->day;

	if (month < 1 || month > 12 || when->month < 1)
		return;
	when->day = when->month;
	when->month = month;
}

bool
pm_html_date_parse(struct pm_time_text *out, struct pm_bytes text,
    bool month_first)
{
	struct pm_time_text when;
	struct pm_when instant;
	size_t at, n;

	text = pm_meta_trim(text);
	if (text.n == 0 || text.n > TEXT_MAX)
		return false;
	if (pm_time_parse(&when, text)) {
		if (month_first && is_slashed(text))
			swap_month(&when);
	} else if (text.n >= 4 && text.n <= 7 &&
	    pm_when_parse(&instant, text, NULL)) {
		when = (struct pm_time_text){ .kind = PM_TIME_ABSOLUTE,
		    .hour = -1, .precision = instant.precision };
		when.year = (text.p[0] - '0') * 1000 + (text.p[1] - '0') *
		    100 + (text.p[2] - '0') * 10 + text.p[3] - '0';
		when.month = text.n < 7 ? 1 :
		    (text.p[5] - '0') * 10 + text.p[6] - '0';
	} else if (!pm_time_find(&when, &at, &n, text) || at > 40)
		return false;
	if (when.kind != PM_TIME_ABSOLUTE || when.year == 0 ||
	    !is_plausible(&when))
		return false;
	*out = when;
	return true;
}

/* ---- where it stands ---- */

static bool
is_text(const struct pm_html_node *node)
{
	return node->element == PM_HTML_TEXT;
}

static void
measure(struct scan *s)
{
	size_t at = 0;

	s->headline_at = s->body_end_at = SIZE_MAX;
	for (uint32_t i = 0; i < s->tree->node_n; i++) {
		if (s->headline != 0 &&
		    i == s->tree->node[s->headline].end)
			s->headline_at = at;
		if (s->body->first != 0 && i == s->body->end)
			s->body_end_at = at;
		at += s->tree->node[i].text.n;
	}
}

/* The smallest article around the headline, or the body. */
static void
find_article(struct scan *s)
{
	uint32_t i = s->headline != 0 ? s->headline : s->body->first;
	const struct pm_html_node *node;

	if (i >= s->tree->node_n)
		return;
	for (unsigned depth = 0; i != 0 && depth < 300; depth++) {
		node = &s->tree->node[i];
		if (node->element == PM_HTML_article ||
		    node->element == PM_HTML_main) {
			s->article = i;
			s->article_end = node->end;
			return;
		}
		i = node->parent;
	}
}

/* How near to the headline or to the end of the body. */
static int
worth_of_place(const struct scan *s, uint32_t node)
{
	int worth = 0;

	if (s->article != 0)
		worth += node > s->article && node < s->article_end ? 40 :
		    -100;
	if (s->body_end_at != SIZE_MAX && s->at >= s->body_end_at &&
	    s->at - s->body_end_at < 300)
		worth += 20;
	if (s->headline_at == SIZE_MAX)
		return worth;
	if (s->at >= s->headline_at) {
		size_t d = s->at - s->headline_at;

		return worth + (d < 200 ? 100 : d < 600 ? 70 : d < 2000 ?
		    20 : 0);
	}
	return worth + (s->headline_at - s->at < 150 ? 80 :
	    s->headline_at - s->at < 400 ? 20 : -60);
}

static bool
holds_page(const struct scan *s, uint32_t from, uint32_t end)
{
	return (s->headline >= from && s->headline < end) ||
	    (s->body->first != 0 && s->body->first >= from &&
	    s->body->first < end);
}

static bool
inside_article(const struct scan *s, uint32_t node)
{
	return node > s->article && node < s->article_end;
}

/* ---- candidates ---- */

static void
offer(struct scan *s, uint32_t node, const struct pm_time_text *when,
    int worth, unsigned signs, const char *from)
{
	if ((signs & PM_SIGN_OTHER) != 0 || !is_plausible(when))
		return;
	worth += worth_of_place(s, node);
	if (node < s->doubt_end)
		worth -= 200;
	if ((signs & PM_SIGN_PUBLISHED) != 0)
		worth += 60;
	if (when->kind == PM_TIME_RELATIVE)
		worth -= 150;
	else if (when->year == 0 || when->precision > PM_DAY)
		worth -= 250;
	pm_html_date_add(s->dates, when, worth,
	    (signs & PM_SIGN_MODIFIED) != 0 &&
	    (signs & PM_SIGN_PUBLISHED) == 0, from);
}

/* Text of the subtree, white space collapsed, up to max bytes. */
static struct pm_bytes
gather(uint8_t out[TEXT_MAX], const struct pm_html_tree *tree, uint32_t node)
{
	uint32_t end = tree->node[node].end;
	bool gap = false;
	size_t n = 0;

	for (uint32_t i = node; i < end; i++) {
		struct pm_bytes text = tree->node[i].text;

		gap = gap || !is_text(&tree->node[i]);
		for (size_t k = 0; k < text.n && n + 1 < TEXT_MAX; k++) {
			if (text.p[k] <= ' ') {
				gap = true;
				continue;
			}
			if (gap && n > 0)
				out[n++] = ' ';
			gap = false;
			out[n++] = text.p[k];
		}
	}
	return (struct pm_bytes){ out, n };
}

static size_t
first_digit(struct pm_bytes text)
{
	size_t i = 0;

	while (i < text.n && (text.p[i] < '0' || text.p[i] > '9'))
		i++;
	return i;
}

/* "Posted: 11.02.19 at 10:00 by X": what prose would not show. */
static bool
parse_from_digit(struct pm_time_text *when, struct pm_bytes text)
{
	size_t at = first_digit(text);
	struct pm_bytes rest = { text.p + at, text.n - at };

	if (at == text.n)
		return false;
	if (pm_time_parse(when, rest))
		return true;
	for (rest.n = 0; rest.n < text.n - at && rest.p[rest.n] > ' ';)
		rest.n++;
	return rest.n >= 6 && pm_time_parse(when, rest);
}

/* All dates in the text of an element, each with the words before it. */
static bool
offer_text(struct scan *s, uint32_t node, struct pm_bytes text, int worth,
    unsigned signs, const char *from)
{
	struct pm_time_text when;
	size_t at, n, found = 0;
	unsigned label = pm_date_label(s->label);

	if (pm_time_parse(&when, text)) {
		if (s->dates->month_first && is_slashed(text))
			swap_month(&when);
		offer(s, node, &when, worth, signs | label, from);
		return true;
	}
	while (found < 3 && pm_time_find(&when, &at, &n, text)) {
		struct pm_bytes before = { text.p, at };

		if (s->dates->month_first && is_slashed((struct pm_bytes)
		    { text.p + at, n }))
			swap_month(&when);
		if (found > 0 || at > 2)
			label = pm_date_label(before);
		offer(s, node, &when, worth - 5 - 5 * (int)found,
		    (signs & ~(label != 0 ? (unsigned)PM_SIGN_MODIFIED : 0)) |
		    label, from);
		text.p += at + n;
		text.n -= at + n;
		found++;
	}
	if (found > 0)
		return true;
	if ((signs & PM_SIGN_DATE) == 0 || !parse_from_digit(&when, text))
		return false;
	offer(s, node, &when, worth - 20, signs | pm_date_label(
	    (struct pm_bytes){ text.p, first_digit(text) }) | label, from);
	return true;
}

static bool
element_text(struct scan *s, uint32_t i, int worth, unsigned signs,
    const char *from)
{
	uint8_t buffer[TEXT_MAX];
	struct pm_bytes text;

	if (s->tree->node[i].end - i > NODES_MAX)
		return false;
	text = gather(buffer, s->tree, i);
	return text.n >= 5 && first_digit(text) < text.n &&
	    offer_text(s, i, text, worth, signs, from);
}

/* datetime="...", content="...", title="...": said to machines. */
static bool
offer_value(struct scan *s, uint32_t i, enum pm_html_attribute name,
    int worth, unsigned signs, const char *from)
{
	struct pm_bytes value = pm_html_attr(s->tree, i, name);
	struct pm_time_text when;

	if (value.n == 0 || !pm_html_date_parse(&when, value,
	    s->dates->month_first))
		return false;
	offer(s, i, &when, worth, signs, from);
	return true;
}

static bool
read_itemprop(struct scan *s, uint32_t i)
{
	struct pm_bytes prop = pm_html_attr(s->tree, i, PM_HTML_AT_itemprop);
	const char *from = "itemprop datePublished";
	unsigned signs = PM_SIGN_DATE | PM_SIGN_PUBLISHED;
	int worth = 300;

	if (prop.n == 0)
		return false;
	if (pm_meta_is(prop, "datemodified") ||
	    pm_meta_is(prop, "dateupdate")) {
		signs = PM_SIGN_DATE | PM_SIGN_MODIFIED;
		from = "itemprop dateModified";
	} else if (pm_meta_is(prop, "datecreated")) {
		signs = PM_SIGN_DATE;
		from = "itemprop dateCreated";
	} else if (!pm_meta_is(prop, "datepublished") &&
	    !pm_meta_is(prop, "datepublished datecreated") &&
	    !pm_meta_is(prop, "pubdate"))
		return false;
	return offer_value(s, i, PM_HTML_AT_datetime, worth, signs, from) ||
	    offer_value(s, i, PM_HTML_AT_content, worth, signs, from) ||
	    offer_value(s, i, PM_HTML_AT_title, worth, signs, from) ||
	    element_text(s, i, worth - 20, signs, from);
}

static bool
read_time(struct scan *s, uint32_t i, unsigned signs)
{
	bool pubdate = pm_html_attr(s->tree, i, PM_HTML_AT_pubdate).p != NULL;
	int worth = pubdate ? 280 : 220;
	uint8_t buffer[TEXT_MAX];
	struct pm_bytes text = gather(buffer, s->tree, i);

	text.n = first_digit(text);
	signs |= PM_SIGN_DATE | pm_date_label(text.n > 3 ? text : s->label);
	return offer_value(s, i, PM_HTML_AT_datetime, worth, signs,
	    pubdate ? "<time pubdate>" : "<time datetime>") ||
	    element_text(s, i, worth - 30, signs, "<time>");
}

static unsigned
signs_of(const struct pm_html_tree *tree, uint32_t i)
{
	const struct pm_html_node *node = &tree->node[i];
	unsigned signs = 0;

	for (uint32_t k = node->attr; k < node->attr + node->attr_n; k++)
		switch (tree->attr[k].name) {
		case PM_HTML_AT_class: case PM_HTML_AT_id:
		case PM_HTML_AT_role: case PM_HTML_AT_itemprop:
		case PM_HTML_AT_itemtype:
			signs |= pm_date_signs(tree->attr[k].value);
			break;
		default:
			break;
		}
	return signs;
}

static bool
is_about_other(const struct scan *s, uint32_t i, unsigned signs)
{
	const struct pm_html_node *node = &s->tree->node[i];

	switch (node->element) {
	case PM_HTML_aside:
		if ((signs & (PM_SIGN_DATE | PM_SIGN_META)) != 0 &&
		    inside_article(s, i))
			return false;
		break;
	case PM_HTML_nav: case PM_HTML_select:
	case PM_HTML_textarea: case PM_HTML_script: case PM_HTML_style:
	case PM_HTML_template: case PM_HTML_button:
		break;
	case PM_HTML_article:
		if (s->article == 0)
			return false;
		break;
	default:
		return false;
	}
	return !holds_page(s, i, node->end);
}

/* A site's header has the time of day, its footer when it was made. */
static bool
is_doubtful(const struct scan *s, uint32_t i, unsigned signs)
{
	const struct pm_html_node *node = &s->tree->node[i];

	if ((signs & PM_SIGN_OTHER) == 0 && (inside_article(s, i) ||
	    (node->element != PM_HTML_footer &&
	    (node->element != PM_HTML_header || s->headline == 0))))
		return false;
	return !holds_page(s, i, node->end);
}

/* A short block with parts, near the headline: "<b>11</b> February 2025". */
static bool
is_brief_block(const struct scan *s, uint32_t i)
{
	const struct pm_html_node *node = &s->tree->node[i];

	switch (node->element) {
	case PM_HTML_p: case PM_HTML_div: case PM_HTML_span: case PM_HTML_li:
	case PM_HTML_td: case PM_HTML_small: case PM_HTML_em:
	case PM_HTML_h4: case PM_HTML_h5: case PM_HTML_h6:
		break;
	default:
		return false;
	}
	return node->end - i > 3 && node->end - i < 14 &&
	    s->headline_at != SIZE_MAX && (s->at >= s->headline_at ?
	    s->at - s->headline_at < 600 : s->headline_at - s->at < 200);
}

static void
read_element(struct scan *s, uint32_t i)
{
	const struct pm_html_node *node = &s->tree->node[i];
	unsigned signs = signs_of(s->tree, i);

	if (is_about_other(s, i, signs)) {
		s->other_end = node->end;
		return;
	}
	if (node->end > s->doubt_end && is_doubtful(s, i, signs))
		s->doubt_end = node->end;
	if (read_itemprop(s, i) || (node->element == PM_HTML_time &&
	    read_time(s, i, signs))) {
		s->dated_end = node->end;
		return;
	}
	if ((signs & PM_SIGN_DATE) != 0) {
		if (offer_value(s, i, PM_HTML_AT_title, 220, signs,
		    "title of a date") || offer_value(s, i,
		    PM_HTML_AT_content, 220, signs, "content of a date") ||
		    element_text(s, i, 200, signs, "text marked as a date"))
			return;
	}
	if ((signs & PM_SIGN_META) != 0 && i >= s->dated_end)
		(void)element_text(s, i, 150, signs & ~(unsigned)
		    PM_SIGN_MODIFIED, "text beside a byline");
	else if (i >= s->dated_end && is_brief_block(s, i))
		(void)element_text(s, i, PM_WORTH_TEXT, 0,
		    "a date in a line");
}

/* Text that nothing says is a date. */
static void
read_text(struct scan *s, uint32_t i)
{
	struct pm_bytes text = pm_meta_trim(s->tree->node[i].text);
	struct pm_time_text when;
	size_t at, n;
	bool brief = text.n <= 120;
	int worth = brief ? PM_WORTH_TEXT : 20;

	if (text.n < 6 || s->texts == TEXTS_MAX || s->prose > PROSE_MAX)
		return;
	s->prose += text.n;
	if (first_digit(text) == text.n && (text.p[0] < 0x80))
		return;
	if (brief) {
		unsigned label = pm_date_label(s->label);

		if (label == 0 ? pm_time_parse(&when, text) &&
		    when.kind == PM_TIME_ABSOLUTE : parse_from_digit(&when,
		    text)) {
			offer(s, i, &when, worth + 20, label,
			    "a line that is a date");
			s->texts++;
			return;
		}
	}
	if (!pm_time_find(&when, &at, &n, text) || when.year == 0)
		return;
	s->texts++;
	if (brief && s->dates->month_first && is_slashed((struct pm_bytes)
	    { text.p + at, n }))
		swap_month(&when);
	offer(s, i, &when, worth - (int)(at > 100 ? 20 : at / 5),
	    pm_date_label((struct pm_bytes){ text.p, at }),
	    brief ? "a date in a line" : "a date in the text");
}

/* Text that may say what the date behind it is. */
static struct pm_bytes
label_of(struct pm_bytes text)
{
	enum { LABEL_BYTES = 48 };

	text = pm_meta_trim(text);
	return text.n <= LABEL_BYTES ? text : (struct pm_bytes){ NULL, 0 };
}

void
pm_html_dates_find(struct pm_html_dates *dates,
    const struct pm_html_tree *tree, const struct pm_html_body_at *body,
    uint32_t headline)
{
	struct scan s = { .dates = dates, .tree = tree, .body = body,
	    .headline = headline };

	measure(&s);
	find_article(&s);
	for (uint32_t i = 0; i < tree->node_n;) {
		const struct pm_html_node *node = &tree->node[i];

		if (is_text(node)) {
			read_text(&s, i);
			s.at += node->text.n;
			if (pm_meta_trim(node->text).n > 0)
				s.label = label_of(node->text);
		} else if (node->element != PM_HTML_head) {
			read_element(&s, i);
			if (i < s.other_end) {
				for (; i < s.other_end; i++)
					s.at += tree->node[i].text.n;
				continue;
			}
		}
		i++;
	}
}
