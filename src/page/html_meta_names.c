/* Names of <meta>, and strings as pages write them. */
#include "page/html_meta_internal.h"

static const struct pm_meta_name names[] = {
	{ "article-published-time", PM_META_PUBLISHED, 0,
	    "article:published_time" },
	{ "article-published", PM_META_PUBLISHED, 0, "article:published" },
	{ "article-published-date", PM_META_PUBLISHED, 0,
	    "article:published_date" },
	{ "article-publication-date", PM_META_PUBLISHED, 0,
	    "article:publication_date" },
	{ "article-publicationdate", PM_META_PUBLISHED, 0, NULL },
	{ "article-post-date", PM_META_PUBLISHED, 0, NULL },
	{ "article-date-original", PM_META_PUBLISHED, 0, NULL },
	{ "article-created", PM_META_PUBLISHED, 5, NULL },
	{ "og-article-published-time", PM_META_PUBLISHED, 1,
	    "og:article:published_time" },
	{ "og-article-published", PM_META_PUBLISHED, 1, NULL },
	{ "og-published-time", PM_META_PUBLISHED, 1, "og:published_time" },
	{ "og-pubdate", PM_META_PUBLISHED, 1, "og:pubdate" },
	{ "og-datepublished", PM_META_PUBLISHED, 1, NULL },
	{ "og-publish-date", PM_META_PUBLISHED, 1, NULL },
	{ "og-regdate", PM_META_PUBLISHED, 1, NULL },
	{ "og-question-published-time", PM_META_PUBLISHED, 1, NULL },
	{ "og-release-date", PM_META_PUBLISHED, 3, NULL },
	{ "datepublished", PM_META_PUBLISHED, 2, "itemprop datePublished" },
	{ "date-published", PM_META_PUBLISHED, 2, NULL },
	{ "rnews-datepublished", PM_META_PUBLISHED, 2, NULL },
	{ "originalpublicationdate", PM_META_PUBLISHED, 2, NULL },
	{ "dc-date-issued", PM_META_PUBLISHED, 3, "DC.date.issued" },
	{ "dc-date-publication", PM_META_PUBLISHED, 3, NULL },
	{ "dc-issued", PM_META_PUBLISHED, 3, "DC.issued" },
	{ "dcterms-issued", PM_META_PUBLISHED, 3, "dcterms.issued" },
	{ "dcterms-available", PM_META_PUBLISHED, 4, "dcterms.available" },
	{ "dc-date", PM_META_PUBLISHED, 4, "DC.date" },
	{ "dcterms-date", PM_META_PUBLISHED, 4, "dcterms.date" },
	{ "dc-created", PM_META_PUBLISHED, 5, "DC.created" },
	{ "dc-date-created", PM_META_PUBLISHED, 5, "DC.date.created" },
	{ "dcterms-created", PM_META_PUBLISHED, 5, "dcterms.created" },
	{ "parsely-pub-date", PM_META_PUBLISHED, 3, "parsely-pub-date" },
	{ "sailthru-date", PM_META_PUBLISHED, 3, "sailthru.date" },
	{ "bt-pubdate", PM_META_PUBLISHED, 3, NULL },
	{ "cxenseparse-recs-publishtime", PM_META_PUBLISHED, 3, NULL },
	{ "mediator-published-time", PM_META_PUBLISHED, 3, NULL },
	{ "shareaholic-article-published-time", PM_META_PUBLISHED, 3, NULL },
	{ "vr-published-time", PM_META_PUBLISHED, 3, NULL },
	{ "twt-published-at", PM_META_PUBLISHED, 3, NULL },
	{ "analyticsattributes-articledate", PM_META_PUBLISHED, 3, NULL },
	{ "dcsext-articlefirstpublished", PM_META_PUBLISHED, 3, NULL },
	{ "citation-online-date", PM_META_PUBLISHED, 4,
	    "citation_online_date" },
	{ "citation-publication-date", PM_META_PUBLISHED, 4,
	    "citation_publication_date" },
	{ "citation-date", PM_META_PUBLISHED, 4, "citation_date" },
	{ "prism-publicationdate", PM_META_PUBLISHED, 4, NULL },
	{ "pubdate", PM_META_PUBLISHED, 4, NULL },
	{ "pub-date", PM_META_PUBLISHED, 4, NULL },
	{ "publishdate", PM_META_PUBLISHED, 4, NULL },
	{ "publish-date", PM_META_PUBLISHED, 4, NULL },
	{ "publish-time", PM_META_PUBLISHED, 4, NULL },
	{ "published-date", PM_META_PUBLISHED, 4, NULL },
	{ "published-time", PM_META_PUBLISHED, 4, NULL },
	{ "published-at", PM_META_PUBLISHED, 4, NULL },
	{ "published", PM_META_PUBLISHED, 4, NULL },
	{ "publisheddate", PM_META_PUBLISHED, 4, NULL },
	{ "publication-date", PM_META_PUBLISHED, 4, NULL },
	{ "publicationdate", PM_META_PUBLISHED, 4, NULL },
	{ "publishtime", PM_META_PUBLISHED, 4, NULL },
	{ "ptime", PM_META_PUBLISHED, 4, NULL },
	{ "rbpubdate", PM_META_PUBLISHED, 4, NULL },
	{ "dateposted", PM_META_PUBLISHED, 4, NULL },
	{ "displaydate", PM_META_PUBLISHED, 4, NULL },
	{ "release-date", PM_META_PUBLISHED, 5, NULL },
	{ "date", PM_META_PUBLISHED, 58, NULL },
	{ "article-date", PM_META_PUBLISHED, 4, NULL },
	{ "datecreated", PM_META_PUBLISHED, 58, NULL },
	{ "date-created", PM_META_PUBLISHED, 58, NULL },
	{ "created", PM_META_PUBLISHED, 58, NULL },
	{ "content-create-date", PM_META_PUBLISHED, 58, NULL },
	{ "doc-date", PM_META_PUBLISHED, 58, NULL },
	{ "pdate", PM_META_PUBLISHED, 58, NULL },
	{ "gentime", PM_META_PUBLISHED, 58, NULL },

	{ "article-modified-time", PM_META_MODIFIED, 0,
	    "article:modified_time" },
	{ "article-modified", PM_META_MODIFIED, 0, NULL },
	{ "article-modified-date", PM_META_MODIFIED, 0, NULL },
	{ "article-post-modified", PM_META_MODIFIED, 0, NULL },
	{ "article-updated-time", PM_META_MODIFIED, 0, NULL },
	{ "og-article-modified-time", PM_META_MODIFIED, 1, NULL },
	{ "og-modified-time", PM_META_MODIFIED, 1, NULL },
	{ "og-updated-time", PM_META_MODIFIED, 1, "og:updated_time" },
	{ "datemodified", PM_META_MODIFIED, 2, "itemprop dateModified" },
	{ "date-modified", PM_META_MODIFIED, 2, NULL },
	{ "dateupdate", PM_META_MODIFIED, 2, NULL },
	{ "dc-date-modified", PM_META_MODIFIED, 3, "DC.date.modified" },
	{ "dc-modified", PM_META_MODIFIED, 3, "DC.modified" },
	{ "dcterms-modified", PM_META_MODIFIED, 3, "dcterms.modified" },
	{ "bt-moddate", PM_META_MODIFIED, 3, NULL },
	{ "shareaholic-article-modified-time", PM_META_MODIFIED, 3, NULL },
	{ "lastmod", PM_META_MODIFIED, 4, NULL },
	{ "last-modified", PM_META_MODIFIED, 4, NULL },
	{ "lastmodified", PM_META_MODIFIED, 4, NULL },
	{ "last-updated", PM_META_MODIFIED, 4, NULL },
	{ "modified", PM_META_MODIFIED, 4, NULL },
	{ "modified-time", PM_META_MODIFIED, 4, NULL },
	{ "modificationdate", PM_META_MODIFIED, 4, NULL },
	{ "revision-date", PM_META_MODIFIED, 4, NULL },
	{ "updated-time", PM_META_MODIFIED, 4, NULL },
	{ "lastdate", PM_META_MODIFIED, 4, NULL },
	{ "utime", PM_META_MODIFIED, 4, NULL },

	{ "og-title", PM_META_TITLE, 0, "og:title" },
	{ "parsely-title", PM_META_TITLE, 1, NULL },
	{ "sailthru-title", PM_META_TITLE, 1, NULL },
	{ "citation-title", PM_META_TITLE, 1, NULL },
	{ "twitter-title", PM_META_TITLE, 2, "twitter:title" },
	{ "dc-title", PM_META_TITLE, 3, "DC.title" },
	{ "dcterms-title", PM_META_TITLE, 3, NULL },

	{ "article-section", PM_META_SECTION, 0, NULL },
	{ "og-article-section", PM_META_SECTION, 0, NULL },
	{ "parsely-section", PM_META_SECTION, 1, NULL },
	{ "cxenseparse-recs-category", PM_META_SECTION, 1, NULL },
	{ "section", PM_META_SECTION, 2, NULL },
	{ "articlesection", PM_META_SECTION, 2, NULL },

	{ "article-tag", PM_META_TAG, 0, NULL },
	{ "og-article-tag", PM_META_TAG, 0, NULL },
	{ "parsely-tags", PM_META_TAG, 0, NULL },
	{ "news-keywords", PM_META_TAG, 0, NULL },
	{ "sailthru-tags", PM_META_TAG, 0, NULL },
	{ "citation-keywords", PM_META_TAG, 0, NULL },
	{ "keywords", PM_META_TAG, 0, NULL },
	{ "keyword", PM_META_TAG, 0, NULL },

	{ "og-site-name", PM_META_SITE, 0, NULL },
	{ "application-name", PM_META_SITE, 1, NULL },
	{ "dc-publisher", PM_META_SITE, 2, NULL },
	{ "dcterms-publisher", PM_META_SITE, 2, NULL },
	{ "publisher", PM_META_SITE, 3, NULL },

	{ "og-url", PM_META_URL, 0, "og:url" },
	{ "parsely-link", PM_META_URL, 1, NULL },
	{ "twitter-url", PM_META_URL, 2, NULL },

	{ "content-language", PM_META_LANG, 1, NULL },
	{ "og-locale", PM_META_LANG, 2, NULL },
	{ "inlanguage", PM_META_LANG, 3, NULL },
	{ "dc-language", PM_META_LANG, 3, NULL },
	{ "dcterms-language", PM_META_LANG, 3, NULL },
	{ "language", PM_META_LANG, 4, NULL }
};

static uint8_t
lower(uint8_t b)
{
	return b >= 'A' && b <= 'Z' ? (uint8_t)(b + 32) : b;
}

const struct pm_meta_name *
pm_meta_name_find(struct pm_bytes name)
{
	char key[40];

	name = pm_meta_trim(name);
	if (name.n == 0 || name.n >= sizeof key)
		return NULL;
	for (size_t i = 0; i < name.n; i++) {
		uint8_t b = lower(name.p[i]);

		key[i] = b == '.' || b == ':' || b == '_' ? '-' : (char)b;
	}
	key[name.n] = '\0';
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (names[i].name[0] == key[0] &&
		    strcmp(names[i].name, key) == 0)
			return &names[i];
	return NULL;
}

struct pm_bytes
pm_meta_trim(struct pm_bytes s)
{
	while (s.n > 0 && s.p[0] <= ' ') {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && s.p[s.n - 1] <= ' ')
		s.n--;
	return s;
}

bool
pm_meta_is(struct pm_bytes s, const char *word)
{
	for (size_t i = 0; i < s.n; i++)
		if (word[i] == '\0' || lower(s.p[i]) != (uint8_t)word[i])
			return false;
	return word[s.n] == '\0';
}

enum { SQUEEZED = 512 };

/* Letters and digits alone, in lower case. */
static size_t
squeeze(uint8_t out[SQUEEZED], struct pm_bytes s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n && n < SQUEEZED; i++) {
		uint8_t b = lower(s.p[i]);

		/* Quotes and dashes of typography: U+2010 to U+203F. */
		if (b == 0xe2 && i + 2 < s.n && s.p[i + 1] == 0x80)
			i += 2;
		else if (b >= 0x80 || (b >= 'a' && b <= 'z') ||
		    (b >= '0' && b <= '9'))
			out[n++] = b;
	}
	return n;
}

bool
pm_meta_same_title(struct pm_bytes a, struct pm_bytes b)
{
	uint8_t x[SQUEEZED], y[SQUEEZED];
	size_t n = squeeze(x, a), m = squeeze(y, b);
	size_t shorter = n < m ? n : m, same = 0;

	while (same < shorter && x[same] == y[same])
		same++;
	if (shorter == 0 || (shorter < 10 && n != m))
		return false;
	return same == shorter || (same >= 16 && 10 * same >= 7 * shorter);
}

bool
pm_meta_inside(struct pm_bytes a, struct pm_bytes b)
{
	uint8_t x[SQUEEZED], y[SQUEEZED];
	size_t n = squeeze(x, a), m = squeeze(y, b);

	if (n < 3)
		return false;
	for (size_t i = 0; i + n <= m; i++)
		if (y[i] == x[0] && memcmp(y + i, x, n) == 0)
			return true;
	return false;
}

/* Host and path. */
static struct pm_bytes
bare_url(struct pm_bytes url)
{
	struct pm_bytes host = pm_url_host(url);
	const uint8_t *end = url.p + url.n;

	if (host.n == 0)
		return host;
	for (const uint8_t *p = host.p; p < end; p++)
		if (*p == '?' || *p == '#')
			end = p;
	while (end > host.p && end[-1] == '/')
		end--;
	return (struct pm_bytes){ host.p, (size_t)(end - host.p) };
}

bool
pm_meta_same_url(struct pm_bytes a, struct pm_bytes b)
{
	a = bare_url(a);
	b = bare_url(b);
	return a.n > 0 && pm_bytes_equal(a, b);
}

static bool
is_block(unsigned element)
{
	switch (element) {
	case PM_HTML_p: case PM_HTML_div: case PM_HTML_br: case PM_HTML_li:
	case PM_HTML_h1: case PM_HTML_h2: case PM_HTML_h3: case PM_HTML_h4:
	case PM_HTML_h5: case PM_HTML_h6: case PM_HTML_blockquote:
	case PM_HTML_section: case PM_HTML_tr: case PM_HTML_ul:
	case PM_HTML_ol: case PM_HTML_pre: case PM_HTML_figure:
		return true;
	default:
		return false;
	}
}

/* Text of nodes with white space collapsed; out has room for all of it. */
static size_t
collapse(uint8_t *out, const struct pm_html_tree *tree)
{
	uint32_t block_end = 0;
	uint8_t gap = 0;
	size_t n = 0;

	for (uint32_t i = 0; i < tree->node_n; i++) {
		const struct pm_html_node *node = &tree->node[i];

		if (is_block(node->element) || i == block_end)
			gap = '\n';
		if (is_block(node->element))
			block_end = node->end;
		for (size_t k = 0; k < node->text.n; k++) {
			uint8_t b = node->text.p[k];

			if (b <= ' ' || b == 0x7f) {
				gap = b == '\n' ? b : gap == 0 ? ' ' : gap;
				continue;
			}
			if (gap != 0 && n > 0)
				out[n++] = gap;
			gap = 0;
			out[n++] = b;
		}
	}
	return n;
}

/* White space as one space each; lines: line ends stay. */
static int
tidy(struct pm_bytes *out, struct pm_arena *arena, bool lines,
    struct pm_err *err)
{
	struct pm_bytes in = *out;
	uint8_t gap = 0, *p;
	size_t n = 0, i = 0;

	while (i < in.n && (in.p[i] > ' ' || (in.p[i] == ' ' &&
	    in.p[i + 1] > ' ')))
		i++;
	if (i == in.n)
		return PM_OK;
	if ((p = pm_arena_alloc(arena, in.n, err)) == NULL)
		return PM_ENOMEM;
	for (i = 0; i < in.n; i++) {
		if (in.p[i] <= ' ' || in.p[i] == 0x7f) {
			gap = lines && in.p[i] == '\n' ? '\n' :
			    gap == 0 ? ' ' : gap;
			continue;
		}
		if (gap != 0 && n > 0)
			p[n++] = gap;
		gap = 0;
		p[n++] = in.p[i];
	}
	*out = (struct pm_bytes){ p, n };
	return PM_OK;
}

int
pm_meta_plain(struct pm_bytes *out, struct pm_arena *arena,
    struct pm_bytes text, bool lines, struct pm_err *err)
{
	struct pm_html_tree tree;
	size_t n = 0;
	uint8_t *p;
	int rc;

	*out = text = pm_meta_trim(text);
	if (text.n == 0)
		return PM_OK;
	if (memchr(text.p, '&', text.n) == NULL &&
	    memchr(text.p, '<', text.n) == NULL)
		return tidy(out, arena, lines, err);
	if ((rc = pm_html_tree_parse(&tree, arena, text, err)) != PM_OK)
		return rc;
	if (!lines)
		return tree.node_n == 0 ? PM_OK :
		    pm_html_text(out, arena, &tree, 0, err);
	for (uint32_t i = 0; i < tree.node_n; i++)
		n += tree.node[i].text.n + 1;
	if ((p = pm_arena_alloc(arena, n, err)) == NULL)
		return PM_ENOMEM;
	*out = (struct pm_bytes){ p, collapse(p, &tree) };
	return PM_OK;
}
