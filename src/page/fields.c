/*
 * Names of fields, and what they say into a page.
 */
#include "page/fields.h"

enum {
	NAME_BYTES_MAX = 24,         /* of the longest in the table, and more */
	URL_BYTES_MAX = 8192
};

/* In order of the name; the rank is the place in the list of its field. */
static const struct {
	const char *name;
	uint8_t field, rank;
} names[] = {
	{ "abstract", PM_FIELD_DESCRIPTION, 4 },
	{ "article", PM_FIELD_TEXT, 8 },
	{ "articlebody", PM_FIELD_TEXT, 1 },
	{ "articlehtml", PM_FIELD_HTML, 5 },
	{ "articlemodifiedtime", PM_FIELD_MODIFIED, 12 },
	{ "articlepublishedtime", PM_FIELD_PUBLISHED, 14 },
	{ "articlesection", PM_FIELD_SECTION, 1 },
	{ "articletag", PM_FIELD_TAGS, 5 },
	{ "articletext", PM_FIELD_TEXT, 10 },
	{ "articleurl", PM_FIELD_URL, 11 },
	{ "body", PM_FIELD_TEXT, 7 },
	{ "bodyhtml", PM_FIELD_HTML, 4 },
	{ "bodytext", PM_FIELD_TEXT, 11 },
	{ "canonical", PM_FIELD_URL, 7 },
	{ "canonicallink", PM_FIELD_URL, 1 },
	{ "canonicalurl", PM_FIELD_URL, 2 },
	{ "categories", PM_FIELD_TAGS, 4 },
	{ "category", PM_FIELD_SECTION, 3 },
	{ "content", PM_FIELD_TEXT, 6 },
	{ "contenthtml", PM_FIELD_HTML, 0 },
	{ "contentrendered", PM_FIELD_HTML, 2 },
	{ "contenttext", PM_FIELD_TEXT, 4 },
	{ "crawldate", PM_FIELD_CRAWLED, 6 },
	{ "crawled", PM_FIELD_CRAWLED, 1 },
	{ "crawledat", PM_FIELD_CRAWLED, 7 },
	{ "crawltime", PM_FIELD_CRAWLED, 9 },
	{ "created", PM_FIELD_PUBLISHED, 10 },
	{ "createdat", PM_FIELD_PUBLISHED, 11 },
	{ "createdutc", PM_FIELD_PUBLISHED, 20 },
	{ "date", PM_FIELD_PUBLISHED, 8 },
	{ "datecrawled", PM_FIELD_CRAWLED, 8 },
	{ "datedownload", PM_FIELD_CRAWLED, 0 },
	{ "dateextracted", PM_FIELD_CRAWLED, 4 },
	{ "datemodified", PM_FIELD_MODIFIED, 0 },
	{ "datemodify", PM_FIELD_MODIFIED, 1 },
	{ "datepublish", PM_FIELD_PUBLISHED, 0 },
	{ "datepublished", PM_FIELD_PUBLISHED, 1 },
	{ "datetime", PM_FIELD_PUBLISHED, 17 },
	{ "dateupdated", PM_FIELD_MODIFIED, 7 },
	{ "description", PM_FIELD_DESCRIPTION, 0 },
	{ "domain", PM_FIELD_SOURCE, 5 },
	{ "downloaddate", PM_FIELD_CRAWLED, 15 },
	{ "excerpt", PM_FIELD_DESCRIPTION, 3 },
	{ "excerptrendered", PM_FIELD_DESCRIPTION, 6 },
	{ "externalurl", PM_FIELD_URL, 14 },
	{ "fetchdate", PM_FIELD_CRAWLED, 13 },
	{ "fetched", PM_FIELD_CRAWLED, 12 },
	{ "fetchedat", PM_FIELD_CRAWLED, 3 },
	{ "firstseen", PM_FIELD_CRAWLED, 16 },
	{ "fulltext", PM_FIELD_TEXT, 9 },
	{ "headline", PM_FIELD_TITLE, 1 },
	{ "headlinemain", PM_FIELD_TITLE, 8 },
	{ "homepageurl", PM_FIELD_URL, 17 },
	{ "hostname", PM_FIELD_SOURCE, 1 },
	{ "href", PM_FIELD_URL, 15 },
	{ "html", PM_FIELD_HTML, 1 },
	{ "inlanguage", PM_FIELD_LANG, 3 },
	{ "keywords", PM_FIELD_TAGS, 2 },
	{ "lang", PM_FIELD_LANG, 1 },
	{ "langcode", PM_FIELD_LANG, 4 },
	{ "language", PM_FIELD_LANG, 0 },
	{ "lastmod", PM_FIELD_MODIFIED, 13 },
	{ "lastmodified", PM_FIELD_MODIFIED, 6 },
	{ "lastupdated", PM_FIELD_MODIFIED, 11 },
	{ "lead", PM_FIELD_DESCRIPTION, 7 },
	{ "link", PM_FIELD_URL, 3 },
	{ "maintext", PM_FIELD_TEXT, 0 },
	{ "metadescription", PM_FIELD_DESCRIPTION, 5 },
	{ "metakeywords", PM_FIELD_TAGS, 3 },
	{ "metalang", PM_FIELD_LANG, 2 },
	{ "metasitename", PM_FIELD_SOURCE, 4 },
	{ "metatitle", PM_FIELD_TITLE, 6 },
	{ "modificationdate", PM_FIELD_MODIFIED, 5 },
	{ "modified", PM_FIELD_MODIFIED, 2 },
	{ "modifiedat", PM_FIELD_MODIFIED, 4 },
	{ "modifieddate", PM_FIELD_MODIFIED, 3 },
	{ "more", PM_FIELD_TEASERS, 3 },
	{ "name", PM_FIELD_TITLE, 4 },
	{ "newspaper", PM_FIELD_SOURCE, 13 },
	{ "ogdescription", PM_FIELD_DESCRIPTION, 9 },
	{ "ogsitename", PM_FIELD_SOURCE, 14 },
	{ "ogtitle", PM_FIELD_TITLE, 7 },
	{ "ogurl", PM_FIELD_URL, 16 },
	{ "originalurl", PM_FIELD_URL, 9 },
	{ "outlet", PM_FIELD_SOURCE, 9 },
	{ "pagetitle", PM_FIELD_TITLE, 3 },
	{ "pageurl", PM_FIELD_URL, 10 },
	{ "permalink", PM_FIELD_URL, 8 },
	{ "plaintext", PM_FIELD_TEXT, 2 },
	{ "postedat", PM_FIELD_PUBLISHED, 19 },
	{ "pubdate", PM_FIELD_PUBLISHED, 7 },
	{ "publication", PM_FIELD_SOURCE, 10 },
	{ "publicationdate", PM_FIELD_PUBLISHED, 12 },
	{ "publishdate", PM_FIELD_PUBLISHED, 2 },
	{ "published", PM_FIELD_PUBLISHED, 5 },
	{ "publishedat", PM_FIELD_PUBLISHED, 4 },
	{ "publisheddate", PM_FIELD_PUBLISHED, 3 },
	{ "publishedprecision", PM_FIELD_PRECISION, 0 },
	{ "publishedsource", PM_FIELD_DATED_BY, 0 },
	{ "publishedtime", PM_FIELD_PUBLISHED, 13 },
	{ "publisher", PM_FIELD_SOURCE, 8 },
	{ "publishername", PM_FIELD_SOURCE, 11 },
	{ "publishingdate", PM_FIELD_PUBLISHED, 6 },
	{ "publishtime", PM_FIELD_PUBLISHED, 15 },
	{ "pubtime", PM_FIELD_PUBLISHED, 16 },
	{ "rawcontent", PM_FIELD_TEXT, 3 },
	{ "rawhtml", PM_FIELD_HTML, 3 },
	{ "recommendations", PM_FIELD_TEASERS, 4 },
	{ "related", PM_FIELD_TEASERS, 0 },
	{ "relatedarticles", PM_FIELD_TEASERS, 1 },
	{ "relatedlinks", PM_FIELD_TEASERS, 2 },
	{ "relatedposts", PM_FIELD_TEASERS, 6 },
	{ "relatedstories", PM_FIELD_TEASERS, 5 },
	{ "retrievedat", PM_FIELD_CRAWLED, 14 },
	{ "rubric", PM_FIELD_SECTION, 4 },
	{ "scraped", PM_FIELD_CRAWLED, 10 },
	{ "scrapedat", PM_FIELD_CRAWLED, 2 },
	{ "scrapedate", PM_FIELD_CRAWLED, 11 },
	{ "section", PM_FIELD_SECTION, 0 },
	{ "sectionname", PM_FIELD_SECTION, 5 },
	{ "site", PM_FIELD_SOURCE, 6 },
	{ "sitename", PM_FIELD_SOURCE, 3 },
	{ "sitesection", PM_FIELD_SECTION, 2 },
	{ "snippet", PM_FIELD_DESCRIPTION, 1 },
	{ "source", PM_FIELD_SOURCE_OR_URL, 5 },
	{ "sourcedomain", PM_FIELD_SOURCE, 0 },
	{ "sourcehostname", PM_FIELD_SOURCE, 2 },
	{ "sourcename", PM_FIELD_SOURCE, 12 },
	{ "sourceurl", PM_FIELD_URL, 12 },
	{ "standfirst", PM_FIELD_DESCRIPTION, 8 },
	{ "summary", PM_FIELD_DESCRIPTION, 2 },
	{ "tags", PM_FIELD_TAGS, 0 },
	{ "text", PM_FIELD_TEXT, 5 },
	{ "threadsite", PM_FIELD_SOURCE, 7 },
	{ "timestamp", PM_FIELD_PUBLISHED, 9 },
	{ "title", PM_FIELD_TITLE, 0 },
	{ "titlefull", PM_FIELD_TITLE, 2 },
	{ "titlerendered", PM_FIELD_TITLE, 5 },
	{ "topic", PM_FIELD_SECTION, 6 },
	{ "topics", PM_FIELD_TAGS, 1 },
	{ "updated", PM_FIELD_MODIFIED, 9 },
	{ "updatedat", PM_FIELD_MODIFIED, 8 },
	{ "updatedate", PM_FIELD_MODIFIED, 10 },
	{ "uri", PM_FIELD_URL, 4 },
	{ "url", PM_FIELD_URL, 0 },
	{ "warcdate", PM_FIELD_CRAWLED, 5 },
	{ "warctargeturi", PM_FIELD_URL, 6 },
	{ "webpublicationdate", PM_FIELD_PUBLISHED, 18 },
	{ "webtitle", PM_FIELD_TITLE, 9 },
	{ "weburl", PM_FIELD_URL, 13 }};

/* Lower case, without what does not count; 0: too long for any in the table. */
static size_t
normal_name(char out[NAME_BYTES_MAX], struct pm_bytes name)
{
	size_t n = 0;

	for (size_t i = 0; i < name.n; i++) {
		uint8_t c = name.p[i];

		if (c == '_' || c == '-' || c == ' ' || c == '.' || c == ':')
			continue;
		if (n == NAME_BYTES_MAX - 1)
			return 0;
		out[n++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
	}
	out[n] = '\0';
	return n;
}

enum pm_field
pm_field_of_name(unsigned *rank, struct pm_bytes name)
{
	size_t low = 0, high = sizeof names / sizeof *names;
	char normal[NAME_BYTES_MAX];

	*rank = 0;
	if (normal_name(normal, name) == 0)
		return PM_FIELD_NONE;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(normal, names[middle].name);

		if (order == 0) {
			*rank = names[middle].rank;
			return (enum pm_field)names[middle].field;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return PM_FIELD_NONE;
}

struct pm_bytes
pm_field_trim(struct pm_bytes text)
{
	while (text.n > 0 && text.p[0] <= ' ') {
		text.p++;
		text.n--;
	}
	while (text.n > 0 && text.p[text.n - 1] <= ' ')
		text.n--;
	return text;
}

static bool
begins_with(struct pm_bytes text, const char *lower)
{
	size_t n = strlen(lower);

	if (text.n < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((text.p[i] >= 'A' && text.p[i] <= 'Z' ?
		    text.p[i] + 32 : text.p[i]) != (uint8_t)lower[i])
			return false;
	return true;
}

bool
pm_field_present(struct pm_bytes value)
{
	static const char *const nothing[] = { "none", "null", "nan" };

	value = pm_field_trim(value);
	for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
		if (value.n == strlen(nothing[i]) &&
		    begins_with(value, nothing[i]))
			return false;
	return value.n > 0;
}

bool
pm_field_is_url(struct pm_bytes text)
{
	size_t host = begins_with(text, "http://") ? 7 :
	    begins_with(text, "https://") ? 8 : 0;

	if (host == 0 || text.n == host || text.n > URL_BYTES_MAX)
		return false;
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] <= ' ' || text.p[i] == 0x7f)
			return false;
	return text.p[host] != '/';
}

struct pm_bytes
pm_field_host(struct pm_bytes url)
{
	struct pm_bytes host = { url.p, 0 };
	size_t at, end;

	if (!pm_field_is_url(url))
		return host;
	at = begins_with(url, "https") ? 8 : 7;
	for (end = at; end < url.n && url.p[end] != '/' && url.p[end] != '?' &&
	    url.p[end] != '#'; end++)
		if (url.p[end] == '@')
			at = end + 1;
	host = (struct pm_bytes){ url.p + at, end - at };
	for (size_t i = 0; i < host.n; i++)
		if (host.p[i] == ':')
			host.n = i;
	if (begins_with(host, "www.")) {
		host.p += 4;
		host.n -= 4;
	}
	return host;
}

/* ---- choosing ---- */

static bool
is_date(enum pm_field field)
{
	return field == PM_FIELD_PUBLISHED || field == PM_FIELD_MODIFIED ||
	    field == PM_FIELD_CRAWLED;
}

bool
pm_fields_want(const struct pm_fields *fields, enum pm_field field,
    unsigned rank)
{
	return field != PM_FIELD_NONE && (fields->value[field].name.n == 0 ||
	    rank < fields->value[field].rank);
}

void
pm_fields_offer(struct pm_fields *fields, enum pm_field field,
    const struct pm_field_value *value)
{
	struct pm_field_value taken = *value;

	if (!pm_fields_want(fields, field, value->rank))
		return;
	if (taken.list_n == 0 && !pm_field_present(taken.text))
		return;
	if (is_date(field) || field == PM_FIELD_URL ||
	    field == PM_FIELD_SOURCE_OR_URL) {
		if (taken.list_n > 0)
			taken.text = taken.list[0];
		taken.list_n = 0;
		taken.text = pm_field_trim(taken.text);
	}
	if (is_date(field) && !pm_time_parse(&taken.when, taken.text)) {
		if (pm_field_present(taken.text))
			fields->unread = taken.name;
		return;
	}
	if (field == PM_FIELD_SOURCE_OR_URL && pm_field_is_url(taken.text) &&
	    pm_fields_want(fields, PM_FIELD_URL, taken.rank))
		fields->value[PM_FIELD_URL] = taken;
	if (field == PM_FIELD_URL && !pm_field_is_url(taken.text))
		return;
	fields->value[field] = taken;
}

void
pm_fields_offer_text(struct pm_fields *fields, struct pm_bytes name,
    struct pm_bytes text)
{
	struct pm_field_value value = { .name = name, .text = text };
	enum pm_field field = pm_field_of_name(&value.rank, name);

	pm_fields_offer(fields, field, &value);
}

/* ---- cleaning ---- */

static bool
is_control(uint8_t c)
{
	return (c < ' ' && c != '\t' && c != '\n' && c != '\r' &&
	    c != '\f') || c == 0x7f;
}

int
pm_field_clean(struct pm_bytes *out, struct pm_arena *arena,
    struct pm_bytes text, struct pm_err *err)
{
	size_t i = 0, n = 0;
	uint8_t *p;

	while (i < text.n && !is_control(text.p[i]))
		i++;
	if (i < text.n) {
		if ((p = pm_arena_alloc(arena, text.n, err)) == NULL)
			return PM_ENOMEM;
		for (i = 0; i < text.n; i++)
			if (!is_control(text.p[i]))
				p[n++] = text.p[i];
		text = (struct pm_bytes){ p, n };
	}
	*out = pm_field_trim(text);
	return PM_OK;
}

static bool
is_one_line(struct pm_bytes text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] < ' ' || text.p[i] == 0x7f ||
		    (text.p[i] == ' ' && i + 1 < text.n &&
		    text.p[i + 1] == ' '))
			return false;
	return true;
}

int
pm_field_line(struct pm_bytes *out, struct pm_arena *arena,
    struct pm_bytes text, struct pm_err *err)
{
	bool space = false;
	size_t n = 0;
	uint8_t *p;

	text = pm_field_trim(text);
	*out = text;
	if (is_one_line(text))
		return PM_OK;
	if ((p = pm_arena_alloc(arena, text.n, err)) == NULL)
		return PM_ENOMEM;
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (is_control(c))
			continue;
		if (c <= ' ') {
			space = n > 0;
			continue;
		}
		if (space)
			p[n++] = ' ';
		space = false;
		p[n++] = c;
	}
	*out = (struct pm_bytes){ p, n };
	return PM_OK;
}
