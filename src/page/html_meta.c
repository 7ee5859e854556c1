/*
 * What an HTML page says of itself.  One pass takes what stands in <meta>,
 * <link>, <title>, JSON-LD and headings; what is found is weighed after it.
 */
#include "page/html_meta_internal.h"

enum { HEAD_TEXT = 400, HEADINGS_MAX = 24, METAS_MAX = 400, TITLE_MAX = 500,
	HEADLINE_TRIES = 200 };

struct found {
	struct pm_page *page;
	struct pm_arena *arena;
	const struct pm_html_tree *tree;
	struct pm_err *err;
	struct pm_jsonld_list jsonld;
	struct pm_html_dates dates;
	/* The strongest of each field, and how strong. */
	struct pm_bytes field[PM_META_FIELD_N];
	unsigned rank[PM_META_FIELD_N];
	struct pm_bytes title, canonical, base;
	uint32_t heading[HEADINGS_MAX];
	size_t heading_n, metas, shown;
	struct pm_bytes headline;    /* text of the one that is it */
	uint32_t headline_node;
};

static struct pm_bytes
attr(const struct found *f, uint32_t i, enum pm_html_attribute name)
{
	return pm_html_attr(f->tree, i, name);
}

static bool
has_word(struct pm_bytes s, const char *word)
{
	size_t n = strlen(word), at = 0;

	while (at < s.n) {
		size_t end = at;

		while (end < s.n && s.p[end] > ' ')
			end++;
		if (end - at == n &&
		    pm_meta_is((struct pm_bytes){ s.p + at, n }, word))
			return true;
		at = end + 1;
	}
	return false;
}

/* ---- <meta> ---- */

static void
take_field(struct found *f, enum pm_meta_field field, unsigned rank,
    struct pm_bytes value)
{
	value = pm_meta_trim(value);
	if (value.n == 0 || (f->field[field].n > 0 && f->rank[field] <= rank))
		return;
	f->field[field] = value;
	f->rank[field] = rank;
}

static void
take_meta(struct found *f, const struct pm_meta_name *name,
    struct pm_bytes value)
{
	struct pm_time_text when;

	if (name->field != PM_META_PUBLISHED &&
	    name->field != PM_META_MODIFIED) {
		take_field(f, name->field, name->rank, value);
		return;
	}
	if (pm_html_date_parse(&when, value, f->dates.month_first))
		pm_html_date_add(&f->dates, &when,
		    PM_WORTH_META - 10 * (int)name->rank -
		    (when.precision > PM_DAY ? 500 : 0),
		    name->field == PM_META_MODIFIED,
		    name->from != NULL ? name->from : name->name);
}

static const struct pm_meta_name *
name_of_meta(const struct found *f, uint32_t i)
{
	static const enum pm_html_attribute where[] = { PM_HTML_AT_property,
	    PM_HTML_AT_name, PM_HTML_AT_itemprop };
	const struct pm_meta_name *name = NULL;

	/* Below the head, itemprop is of what it stands in. */
	for (size_t k = 0; k < (f->shown < HEAD_TEXT ? 3 : 2) &&
	    name == NULL; k++)
		name = pm_meta_name_find(attr(f, i, where[k]));
	return name;
}

static void
read_meta(struct found *f, uint32_t i)
{
	static const struct pm_meta_name pubdate = { "pubdate",
	    PM_META_PUBLISHED, 3, "<meta pubdate>" };
	static const struct pm_meta_name dated = { "dated",
	    PM_META_PUBLISHED, 30, "<meta> of some date" };
	static const struct pm_meta_name changed = { "changed",
	    PM_META_MODIFIED, 30, "<meta> of some change" };
	unsigned signs;
	const struct pm_meta_name *name = name_of_meta(f, i);
	struct pm_bytes value = attr(f, i, PM_HTML_AT_content);

	if (name == NULL && attr(f, i, PM_HTML_AT_pubdate).p != NULL)
		name = &pubdate;
	if (name == NULL) {
		signs = pm_date_signs(attr(f, i, PM_HTML_AT_name)) |
		    pm_date_signs(attr(f, i, PM_HTML_AT_property));
		if ((signs & PM_SIGN_DATE) != 0 &&
		    (signs & PM_SIGN_OTHER) == 0)
			name = (signs & PM_SIGN_MODIFIED) != 0 ? &changed :
			    &dated;
	}
	if (name == NULL || f->metas++ == METAS_MAX)
		return;
	if (value.n == 0)
		value = attr(f, i, PM_HTML_AT_datetime);
	take_meta(f, name, value);
}

/* ---- the pass ---- */

static void
read_link(struct found *f, uint32_t i)
{
	if (f->canonical.n == 0 &&
	    has_word(attr(f, i, PM_HTML_AT_rel), "canonical"))
		f->canonical = pm_meta_trim(attr(f, i, PM_HTML_AT_href));
}

static int
read_script(struct found *f, uint32_t i)
{
	struct pm_bytes type = attr(f, i, PM_HTML_AT_type);
	uint32_t end = f->tree->node[i].end;
	int rc = PM_OK;

	for (size_t k = 0; k + 2 < type.n; k++)
		if (type.p[k] == 'l' && type.p[k + 1] == 'd' &&
		    type.p[k + 2] == '+')
			goto json;
	return PM_OK;
json:
	for (uint32_t k = i + 1; k < end && rc == PM_OK; k++)
		if (f->tree->node[k].text.n > 0)
			rc = pm_jsonld_read(&f->jsonld, f->arena,
			    f->tree->node[k].text, f->err);
	return rc;
}

static int
read_node(struct found *f, uint32_t i)
{
	switch (f->tree->node[i].element) {
	case PM_HTML_TEXT:
		f->shown += pm_meta_trim(f->tree->node[i].text).n;
		break;
	case PM_HTML_meta:
		read_meta(f, i);
		break;
	case PM_HTML_link:
		read_link(f, i);
		break;
	case PM_HTML_base:
		if (f->base.n == 0)
			f->base = attr(f, i, PM_HTML_AT_href);
		break;
	case PM_HTML_title:
		if (f->title.n == 0 && f->tree->node[i].end - i < 8)
			return pm_html_text(&f->title, f->arena, f->tree, i,
			    f->err);
		break;
	case PM_HTML_script:
		return read_script(f, i);
	case PM_HTML_h1: case PM_HTML_h2: case PM_HTML_h3:
		if (f->heading_n < HEADINGS_MAX)
			f->heading[f->heading_n++] = i;
		break;
	default:
		break;
	}
	return PM_OK;
}

/* ---- address, language, source ---- */

/* An address of the site's front page is none of this page's. */
static bool
is_of_front(struct pm_bytes url, struct pm_bytes fetched)
{
	struct pm_bytes host = pm_url_host(url), other = pm_url_host(fetched);
	size_t path = (size_t)(url.p + url.n - (host.p + host.n));
	size_t long_path = other.n == 0 ? 0 : (size_t)(fetched.p +
	    fetched.n - (other.p + other.n));

	return path <= 1 && long_path > 1;
}

static int
settle_url(struct found *f)
{
	struct pm_page *page = f->page;
	struct pm_bytes fetched = page->url, base = fetched, url;
	struct pm_bytes said[] = { f->canonical, f->field[PM_META_URL],
	    f->jsonld.n > 0 ? f->jsonld.object[0].url :
	    (struct pm_bytes){ NULL, 0 } };
	int rc;

	if (f->base.n > 0) {
		if ((rc = pm_url_resolve(&url, f->arena, base, f->base,
		    f->err)) != PM_OK)
			return rc;
		base = url.n > 0 ? url : base;
	}
	for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
		if (said[i].n == 0)
			continue;
		if ((rc = pm_url_resolve(&url, f->arena, base, said[i],
		    f->err)) != PM_OK)
			return rc;
		if (pm_url_host(url).n > 0 && !is_of_front(url, fetched)) {
			page->url = url;
			pm_page_note(page, "url", i == 0 ? "canonical" :
			    i == 1 ? "og:url" : "JSON-LD");
			return PM_OK;
		}
	}
	return PM_OK;
}

static bool
is_lang_byte(uint8_t b)
{
	return b >= '0' && (b <= '9' || (b | 0x20) >= 'a') &&
	    (b | 0x20) <= 'z' && b != '^' && b != '[' && b != ']' &&
	    b != '\\' && b != '@' && b != '`';
}

/* "en_US" as "en-US"; of several the first. */
static int
take_lang(struct found *f, struct pm_bytes said)
{
	enum { LANG_MAX = 16 };
	uint8_t text[LANG_MAX];
	size_t n = 0;

	said = pm_meta_trim(said);
	for (; n < said.n && n < LANG_MAX; n++) {
		uint8_t b = said.p[n] == '_' ? '-' : said.p[n];

		if (b != '-' && !is_lang_byte(b))
			break;
		text[n] = b;
	}
	if (n < 2 || n == LANG_MAX || f->page->lang.n > 0 ||
	    (n < said.n && said.p[n] != ',' && said.p[n] != ' ' &&
	    said.p[n] != '.' && said.p[n] != ';'))
		return PM_OK;
	f->page->lang.p = pm_arena_copy(f->arena, text, n, f->err);
	if (f->page->lang.p == NULL)
		return PM_ENOMEM;
	f->page->lang.n = n;
	return PM_OK;
}

static int
settle_lang(struct found *f)
{
	int rc = PM_OK;

	for (uint32_t i = 0; i < f->tree->node_n && i < 4 && rc == PM_OK;
	    i++)
		if (f->tree->node[i].element == PM_HTML_html)
			rc = take_lang(f, attr(f, i, PM_HTML_AT_lang));
	if (rc == PM_OK)
		rc = take_lang(f, f->field[PM_META_LANG]);
	for (size_t i = 0; i < f->jsonld.n && rc == PM_OK; i++)
		rc = take_lang(f, f->jsonld.object[i].lang);
	return rc;
}

static struct pm_bytes
site_name(const struct found *f)
{
	struct pm_bytes name = f->field[PM_META_SITE];

	for (size_t i = 0; i < f->jsonld.n && name.n == 0; i++)
		name = f->jsonld.object[i].publisher;
	return name;
}

static int
settle_source(struct found *f)
{
	struct pm_bytes host = pm_url_host(f->page->url);
	uint8_t *p;

	if (host.n == 0)
		return pm_meta_plain(&f->page->source, f->arena, site_name(f),
		    false, f->err);
	if ((p = pm_arena_alloc(f->arena, host.n, f->err)) == NULL)
		return PM_ENOMEM;
	for (size_t i = 0; i < host.n; i++)
		p[i] = host.p[i] >= 'A' && host.p[i] <= 'Z' ?
		    (uint8_t)(host.p[i] + 32) : host.p[i];
	f->page->source = (struct pm_bytes){ p, host.n };
	return PM_OK;
}

/* ---- title ---- */

/* The last " | ", " - " and so on before `end`; 0: none.  *n is its size. */
static size_t
separator_before(struct pm_bytes title, size_t end, size_t *n)
{
	static const char *const marks[] = { " | ", " - ", " – ", " — ",
	    " :: ", " » ", " · ", " • ", " / ", "｜", " ~ " };

	for (size_t at = end; at-- > 1;)
		for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
			*n = strlen(marks[i]);
			if (title.n - at > *n && title.p[at] ==
			    (uint8_t)marks[i][0] &&
			    memcmp(title.p + at, marks[i], *n) == 0)
				return at;
		}
	return 0;
}

static bool
is_site(struct pm_bytes part, struct pm_bytes site, struct pm_bytes host)
{
	return part.n > 0 && ((site.n > 0 && (pm_meta_inside(site, part) ||
	    pm_meta_inside(part, site))) || (host.n > 0 &&
	    (pm_meta_inside(part, host) || pm_meta_inside(host, part))));
}

/* Without the name of the site behind it, or before it. */
static struct pm_bytes
without_site(const struct found *f, struct pm_bytes title)
{
	struct pm_bytes site = site_name(f), host =
	    pm_url_host(f->page->url), part;
	size_t at, n, end;

	if (title.n > TITLE_MAX)
		return title;
	if ((at = separator_before(title, title.n, &n)) == 0)
		return title;
	part = (struct pm_bytes){ title.p + at + n, title.n - at - n };
	if (is_site(part, site, host))
		return (struct pm_bytes){ title.p, at };
	for (end = at; (end = separator_before(title, end, &n)) != 0;)
		at = end;
	(void)separator_before(title, at + 1, &n);
	part = (struct pm_bytes){ title.p, at };
	if (is_site(part, site, host) && title.n - at - n >= 10)
		return (struct pm_bytes){ title.p + at + n,
		    title.n - at - n };
	return title;
}

/* The element, no heading, that has the text of the title. */
static uint32_t
text_of_title(const struct found *f, struct pm_bytes title)
{
	const struct pm_html_tree *tree = f->tree;
	size_t tried = 0;

	for (uint32_t i = 0; title.n >= 12 && i < tree->node_n; i++) {
		struct pm_bytes text = tree->node[i].text;
		uint32_t parent = tree->node[i].parent;

		if (text.n < title.n / 2 || text.n > 2 * title.n ||
		    tree->node[parent].element == PM_HTML_title ||
		    tree->node[parent].element == PM_HTML_script)
			continue;
		if (tried++ == HEADLINE_TRIES)
			return 0;
		if (pm_meta_same_title(text, title))
			return parent;
	}
	return 0;
}

/* Which heading says what the title says; else the first h1 that is more than
 * the name of the site, if only in length. */
static int
find_headline(struct found *f, struct pm_bytes title)
{
	enum { HEADING_NODES = 40, WORDY = 12 };
	struct pm_bytes text, other = { NULL, 0 };
	uint32_t other_node = 0;
	int rc;

	f->headline_node = 0;
	for (size_t i = 0; i < f->heading_n; i++) {
		uint32_t node = f->heading[i];

		if (f->tree->node[node].end - node > HEADING_NODES)
			continue;
		if ((rc = pm_html_text(&text, f->arena, f->tree, node,
		    f->err)) != PM_OK)
			return rc;
		if (text.n > 0 && title.n > 0 &&
		    (pm_meta_same_title(text, title) ||
		    (text.n >= WORDY && pm_meta_inside(text, title)))) {
			f->headline_node = node;
			f->headline = text;
			return PM_OK;
		}
		if (f->tree->node[node].element == PM_HTML_h1 &&
		    text.n >= WORDY && other_node == 0) {
			other_node = node;
			other = text;
		}
	}
	f->headline_node = text_of_title(f, title);
	if (f->headline_node == 0) {
		f->headline_node = other_node;
		f->headline = other;
	}
	return PM_OK;
}

static int
settle_title(struct found *f)
{
	struct pm_bytes said, meta;
	int rc;

	f->title = without_site(f, f->title);
	if ((rc = pm_meta_plain(&meta, f->arena, f->field[PM_META_TITLE],
	    false, f->err)) != PM_OK)
		return rc;
	meta = without_site(f, meta);
	said = f->jsonld.n > 0 && f->jsonld.object[0].kind == 3 ?
	    f->jsonld.object[0].headline : (struct pm_bytes){ NULL, 0 };
	if (said.n == 0 || said.n > TITLE_MAX)
		said = meta.n > 0 ? meta : f->title;
	if ((rc = find_headline(f, said)) != PM_OK)
		return rc;
	if (f->jsonld.n > 0 && f->jsonld.object[0].headline.p == said.p &&
	    said.n > 0) {
		f->page->title = said;
		pm_page_note(f->page, "title", "JSON-LD headline");
	} else if (meta.n > 0) {
		f->page->title = meta;
		pm_page_note(f->page, "title", "og:title or its like");
	} else if (f->headline.n > 0) {
		f->page->title = f->headline;
		pm_page_note(f->page, "title", "heading");
	} else if (f->title.n > 0) {
		f->page->title = f->title;
		pm_page_note(f->page, "title", "<title>");
	}
	return PM_OK;
}

/* ---- tags ---- */

static int
add_tags(struct found *f, struct pm_bytes list)
{
	struct pm_bytes plain;
	int rc = pm_meta_plain(&plain, f->arena, list, false, f->err);

	for (size_t at = 0; rc == PM_OK && at < plain.n;) {
		size_t end = at;

		while (end < plain.n && plain.p[end] != ',' &&
		    plain.p[end] != ';')
			end++;
		pm_page_add_tag(f->page, (struct pm_bytes){ plain.p + at,
		    end - at });
		at = end + 1;
	}
	return rc;
}

static int
add_meta_tags(struct found *f)
{
	int rc = PM_OK;

	for (uint32_t i = 0, n = 0; i < f->tree->node_n && rc == PM_OK; i++) {
		const struct pm_meta_name *name;

		if (f->tree->node[i].element != PM_HTML_meta)
			continue;
		if (n++ == METAS_MAX ||
		    f->page->tag_n == PM_PAGE_OWN_TAGS_MAX)
			break;
		name = name_of_meta(f, i);
		if (name != NULL && name->field == PM_META_TAG)
			rc = add_tags(f, attr(f, i, PM_HTML_AT_content));
	}
	return rc;
}

static int
settle_tags(struct found *f)
{
	const struct pm_jsonld *ld = f->jsonld.n > 0 ? f->jsonld.object :
	    NULL;
	struct pm_bytes section;
	int rc = pm_meta_plain(&section, f->arena,
	    f->field[PM_META_SECTION], false, f->err);

	if (rc != PM_OK)
		return rc;
	pm_page_add_tag(f->page, section);
	for (size_t i = 0; ld != NULL && i < ld->section_n; i++)
		pm_page_add_tag(f->page, ld->section[i]);
	for (size_t i = 0; ld != NULL && i < ld->keyword_n && rc == PM_OK;
	    i++)
		rc = add_tags(f, ld->keyword[i]);
	return rc == PM_OK ? add_meta_tags(f) : rc;
}

/* ---- dates ---- */

static void
add_jsonld_date(struct found *f, struct pm_bytes text, int worth,
    bool modified, const char *from)
{
	struct pm_time_text when;

	if (pm_html_date_parse(&when, text, f->dates.month_first))
		pm_html_date_add(&f->dates, &when, worth -
		    (when.precision > PM_DAY ? 500 : 0), modified, from);
}

static void
add_jsonld_dates(struct found *f)
{
	for (size_t i = 0; i < f->jsonld.n && i < 4; i++) {
		const struct pm_jsonld *ld = &f->jsonld.object[i];
		int worth = (ld->kind == 3 ? PM_WORTH_JSONLD : ld->kind == 2 ?
		    PM_WORTH_META - 25 : PM_WORTH_THING) - (int)i;

		add_jsonld_date(f, ld->published, worth, false,
		    "JSON-LD datePublished");
		add_jsonld_date(f, ld->modified, worth, true,
		    "JSON-LD dateModified");
		add_jsonld_date(f, ld->created, worth - 50, false,
		    "JSON-LD dateCreated");
	}
}

/* Only America writes the month first. */
static bool
writes_month_first(struct pm_bytes lang)
{
	return pm_meta_is(lang, "en-us") || pm_meta_is(lang, "en");
}

int
pm_html_meta(struct pm_page *page, struct pm_bytes *stated_body,
    struct pm_arena *arena, const struct pm_html_tree *tree,
    const struct pm_html_body_at *body, struct pm_err *err)
{
	struct found f = { .page = page, .arena = arena, .tree = tree,
	    .err = err };
	int rc = PM_OK;

	*stated_body = (struct pm_bytes){ NULL, 0 };
	for (uint32_t i = 0; i < tree->node_n && i < 8; i++)
		if (tree->node[i].element == PM_HTML_html)
			f.dates.month_first = writes_month_first(
			    attr(&f, i, PM_HTML_AT_lang));
	for (uint32_t i = 0; i < tree->node_n && rc == PM_OK; i++)
		rc = read_node(&f, i);
	if (rc != PM_OK)
		return rc;
	pm_jsonld_choose(&f.jsonld, f.canonical.n > 0 ? f.canonical :
	    f.field[PM_META_URL].n > 0 ? f.field[PM_META_URL] : page->url,
	    f.field[PM_META_TITLE].n > 0 ? f.field[PM_META_TITLE] : f.title);
	if ((rc = settle_url(&f)) != PM_OK ||
	    (rc = settle_lang(&f)) != PM_OK ||
	    (rc = settle_source(&f)) != PM_OK ||
	    (rc = settle_title(&f)) != PM_OK ||
	    (rc = settle_tags(&f)) != PM_OK)
		return rc;
	add_jsonld_dates(&f);
	if (f.jsonld.n > 0 && f.jsonld.object[0].kind == 3)
		*stated_body = f.jsonld.object[0].body;
	pm_html_dates_find(&f.dates, tree, body, f.headline_node);
	pm_html_dates_settle(page, &f.dates);
	return PM_OK;
}
