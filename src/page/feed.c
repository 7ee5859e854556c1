/*
 * Feeds by libxml2's reader: RSS of all versions, RDF, Atom.  The reader is
 * given the text from the root element on, so that there is no declaration of
 * an encoding that was left behind, and no DTD whose entities could grow.
 */
#include <libxml/HTMLparser.h>
#include <libxml/parser.h>
#include <libxml/xmlreader.h>

#include "base/err.h"
#include "base/list.h"
#include "base/utf8.h"
#include "page/fields.h"
#include "page/page_internal.h"

enum {
	REFERENCE_BYTES_MAX = 12,
	TAG_BYTES_MAX = 4096,
	TEXT_BYTES_MAX = 4 << 20,    /* of one field */
	CATEGORIES_MAX = 16,
	VALUES = 48                  /* bytes of a name that is looked at */
};

/* ---- markup as text ---- */

/* The character that "&...;" at s.p[at] means, and its length; 0: none. */
static size_t
reference(uint32_t *c, struct pm_bytes s, size_t at)
{
	char name[REFERENCE_BYTES_MAX + 1];
	const htmlEntityDesc *entity;
	size_t n = 0;

	while (at + 1 + n < s.n && n < REFERENCE_BYTES_MAX &&
	    s.p[at + 1 + n] != ';' && s.p[at + 1 + n] > ' ') {
		name[n] = (char)s.p[at + 1 + n];
		n++;
	}
	if (n == 0 || at + 1 + n >= s.n || s.p[at + 1 + n] != ';')
		return 0;
	name[n] = '\0';
	if (name[0] == '#') {
		bool hex = name[1] == 'x' || name[1] == 'X';
		char *end;
		unsigned long value = strtoul(name + 1 + hex, &end,
		    hex ? 16 : 10);

		if (*end != '\0' || end == name + 1 + hex || value < '\t' ||
		    value > 0x10ffff || (value >= 0xd800 && value < 0xe000) ||
		    name[1 + hex] == '-' || name[1 + hex] == '+')
			return 0;
		*c = value < ' ' ? ' ' : (uint32_t)value;
		return n + 2;
	}
	if (strcmp(name, "apos") == 0) {
		*c = '\'';
		return n + 2;
	}
	if ((entity = htmlEntityLookup((const xmlChar *)name)) == NULL)
		return 0;
	*c = entity->value;
	return n + 2;
}

/*
 * Bytes of the tag or comment at s.p[at]; 0: it is none.  *close: the next ">",
 * looked for once.
 */
static size_t
tag_length(size_t *close, struct pm_bytes s, size_t at)
{
	uint8_t next = at + 1 < s.n ? s.p[at + 1] : 0;
	size_t left = s.n - at;
	const uint8_t *end;

	if (next != '/' && next != '!' && next != '?' &&
	    !((next | 0x20) >= 'a' && (next | 0x20) <= 'z'))
		return 0;
	if (left >= 4 && memcmp(s.p + at, "<!--", 4) == 0) {
		for (size_t i = at + 4; i + 3 <= s.n; i++)
			if (memcmp(s.p + i, "-->", 3) == 0)
				return i + 3 - at;
		return left;
	}
	if (*close <= at) {
		end = memchr(s.p + at, '>', left);
		*close = end == NULL ? s.n : (size_t)(end - s.p);
	}
	return *close == s.n || *close - at >= TAG_BYTES_MAX ? 0 :
	    *close - at + 1;
}

/* Tags within words part nothing: <b>, <a>, <i>, <em>, <span> ... */
static bool
is_inline(struct pm_bytes s, size_t at)
{
	static const char *const names[] = { "a", "abbr", "b", "cite", "code",
	    "del", "em", "font", "i", "ins", "mark", "q", "s", "small",
	    "span", "strong", "sub", "sup", "time", "u" };
	char name[8];
	size_t n = 0;

	at += s.p[at + 1] == '/' ? 2 : 1;
	while (at + n < s.n && n < sizeof name - 1 &&
	    (s.p[at + n] | 0x20) >= 'a' && (s.p[at + n] | 0x20) <= 'z') {
		name[n] = (char)(s.p[at + n] | 0x20);
		n++;
	}
	name[n] = '\0';
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* The text with tags as blanks; *n bytes, no more than there were. */
static size_t
strip(uint8_t *to, struct pm_bytes s)
{
	size_t n = 0, close = 0, length;

	for (size_t at = 0; at < s.n;) {
		uint32_t c;

		if (s.p[at] == '<' &&
		    (length = tag_length(&close, s, at)) > 0) {
			if (!is_inline(s, at))
				to[n++] = ' ';
			at += length;
		} else if (s.p[at] == '&' &&
		    (length = reference(&c, s, at)) > 0) {
			n += pm_utf8_put(to + n, c == 0xa0 ? ' ' : c);
			at += length;
		} else {
			to[n++] = s.p[at++];
		}
	}
	return n;
}

int
pm_field_markup(struct pm_bytes *out, struct pm_arena *arena,
    struct pm_bytes text, struct pm_err *err)
{
	uint8_t *p;

	if (text.n == 0 || (memchr(text.p, '<', text.n) == NULL &&
	    memchr(text.p, '&', text.n) == NULL))
		return pm_field_line(out, arena, text, err);
	if ((p = pm_arena_alloc(arena, text.n, err)) == NULL)
		return PM_ENOMEM;
	return pm_field_line(out, arena, (struct pm_bytes){ p,
	    strip(p, text) }, err);
}

/* ---- the feed ---- */

struct reading {
	struct pm_page *page;
	struct pm_arena *arena;
	struct pm_err *err;
	xmlTextReaderPtr reader;
	LIST(struct pm_page_teaser) teasers;
	struct pm_fields feed, item;
	int feed_depth, item_depth;  /* -1: not inside */
	int field_depth;             /* -1: no field is open */
	char name[VALUES];           /* of the open field, as offered */
	bool cut;
	struct pm_buf text;          /* of the open field */
	struct pm_bytes *category;   /* of the item */
	size_t category_n;
};

/* Names of feeds that mean something else elsewhere, or that differ. */
static const char *
common_name(const char *prefix, const char *name)
{
	static const struct {
		const char *prefix, *name, *common;
	} names[] = {
		{ "content", "encoded", "contentencoded" },
		{ "dc", "subject", "category" },
		{ "dc", "publisher", "publisher" },
		{ "dc", "creator", NULL },
		{ "media", "title", "ogtitle" },
		{ "media", "description", "ogdescription" },
		{ "", "issued", "publishtime" },
		{ "dcterms", "created", "created" },
		{ "dcterms", "issued", "publishtime" },
		{ "dcterms", "modified", "modified" }
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i].prefix, prefix) == 0 &&
		    strcmp(names[i].name, name) == 0)
			return names[i].common;
	if (prefix[0] != '\0' && strcmp(prefix, "dc") != 0 &&
	    strcmp(prefix, "atom") != 0 && strcmp(prefix, "rss") != 0 &&
	    strcmp(prefix, "atom03") != 0)
		return NULL;
	return name;
}

static bool
is_element(xmlTextReaderPtr reader, const char *name)
{
	const char *local = (const char *)xmlTextReaderConstLocalName(reader);

	return local != NULL && strcmp(local, name) == 0;
}

/* An attribute's value into the arena; n = 0: it is not there. */
static int
attribute(struct pm_bytes *out, struct reading *r, const char *name)
{
	xmlChar *value = xmlTextReaderGetAttribute(r->reader,
	    (const xmlChar *)name);

	*out = (struct pm_bytes){ NULL, 0 };
	if (value == NULL)
		return PM_OK;
	out->n = strlen((const char *)value);
	out->p = pm_arena_copy(r->arena, value, out->n, r->err);
	xmlFree(value);
	return out->p != NULL ? PM_OK : PM_ENOMEM;
}

static struct pm_fields *
open_fields(struct reading *r)
{
	return r->item_depth >= 0 ? &r->item : &r->feed;
}

static int
add_category(struct reading *r, struct pm_bytes text)
{
	if (r->item_depth < 0 || r->category_n == CATEGORIES_MAX)
		return PM_OK;
	if (r->category == NULL && (r->category = pm_arena_alloc(r->arena,
	    CATEGORIES_MAX * sizeof *r->category, r->err)) == NULL)
		return PM_ENOMEM;
	if (pm_field_present(text))
		r->category[r->category_n++] = text;
	return PM_OK;
}

static int
offer(struct reading *r, const char *name, struct pm_bytes text)
{
	struct pm_bytes copy = { NULL, 0 };

	if (strcmp(name, "category") == 0)
		return add_category(r, text);
	copy.n = strlen(name);
	copy.p = pm_arena_copy(r->arena, name, copy.n, r->err);
	if (copy.p == NULL)
		return PM_ENOMEM;
	pm_fields_offer_text(open_fields(r), copy, text);
	return PM_OK;
}

/* Atom's <link rel href>; what has no rel or "alternate" is the page. */
static int
take_link(struct reading *r)
{
	struct pm_bytes href, rel;

	if (attribute(&href, r, "href") != PM_OK ||
	    attribute(&rel, r, "rel") != PM_OK)
		return PM_ENOMEM;
	if (href.n == 0 || (rel.n > 0 &&
	    !pm_bytes_equal(rel, pm_bytes_of("alternate"))))
		return PM_OK;
	return offer(r, "url", href);
}

static int
take_attributes(struct reading *r, const char *name)
{
	struct pm_bytes text;

	if (strcmp(name, "link") == 0)
		return take_link(r);
	if (strcmp(name, "category") != 0)
		return PM_OK;
	if (attribute(&text, r, "term") != PM_OK)
		return PM_ENOMEM;
	return text.n > 0 ? add_category(r, text) : PM_OK;
}

static int
open_field(struct reading *r, int depth)
{
	const char *prefix = (const char *)xmlTextReaderConstPrefix(r->reader);
	const char *name = (const char *)xmlTextReaderConstLocalName(
	    r->reader);
	bool empty = xmlTextReaderIsEmptyElement(r->reader) == 1;
	size_t n;

	if (name == NULL || (name = common_name(prefix == NULL ? "" : prefix,
	    name)) == NULL || (n = strlen(name)) >= sizeof r->name)
		return PM_OK;
	memcpy(r->name, name, n + 1);
	if (take_attributes(r, r->name) != PM_OK)
		return PM_ENOMEM;
	pm_buf_reset(&r->text);
	r->field_depth = empty ? -1 : depth;
	return PM_OK;
}

static int
close_field(struct reading *r)
{
	struct pm_bytes text = { NULL, r->text.n };

	r->field_depth = -1;
	text.p = pm_arena_copy(r->arena, r->text.p, r->text.n, r->err);
	if (text.p == NULL)
		return PM_ENOMEM;
	if (strcmp(r->name, "id") == 0 || strcmp(r->name, "guid") == 0)
		return offer(r, "homepageurl", text);
	return offer(r, strcmp(r->name, "contentencoded") == 0 ?
	    "content_html" : r->name, text);
}

static int
close_item(struct reading *r)
{
	struct pm_field_value tags = { .name = pm_bytes_of("category"),
	    .list = r->category, .list_n = r->category_n };
	struct pm_page_teaser teaser;
	bool found;

	r->item_depth = -1;
	if (r->category_n > 0)
		pm_fields_offer(&r->item, PM_FIELD_SECTION, &tags);
	if (pm_fields_teaser(&teaser, &found, r->arena, &r->item, r->err) !=
	    PM_OK)
		return PM_ENOMEM;
	if (!found)
		return PM_OK;
	if (r->teasers.n == PM_PAGE_TEASERS_MAX) {
		r->cut = true;
		return PM_OK;
	}
	if (LIST_ROOM(r->teasers, r->err) != PM_OK)
		return PM_ENOMEM;
	r->teasers.p[r->teasers.n++] = teaser;
	return PM_OK;
}

static int
take_start(struct reading *r, int depth)
{
	bool empty = xmlTextReaderIsEmptyElement(r->reader) == 1;

	if (r->field_depth >= 0) {
		/* Inside of XHTML words stay apart. */
		return pm_buf_append_byte(&r->text, ' ', r->err);
	}
	if (r->item_depth < 0 && (is_element(r->reader, "item") ||
	    is_element(r->reader, "entry"))) {
		r->item = (struct pm_fields){ .unread = { NULL, 0 } };
		r->category = NULL;
		r->category_n = 0;
		r->item_depth = empty ? -1 : depth;
		return PM_OK;
	}
	if (r->item_depth >= 0)
		return depth == r->item_depth + 1 ? open_field(r, depth) :
		    PM_OK;
	if (r->feed_depth < 0 && (is_element(r->reader, "channel") ||
	    is_element(r->reader, "feed"))) {
		r->feed_depth = empty ? -1 : depth;
		return PM_OK;
	}
	if (r->feed_depth >= 0 && depth == r->feed_depth + 1)
		return open_field(r, depth);
	return PM_OK;
}

static int
take_end(struct reading *r, int depth)
{
	if (r->field_depth >= 0)
		return depth == r->field_depth ? close_field(r) : PM_OK;
	if (depth == r->item_depth)
		return close_item(r);
	if (depth == r->feed_depth)
		r->feed_depth = -1;
	return PM_OK;
}

static int
take_text(struct reading *r)
{
	const char *text = (const char *)xmlTextReaderConstValue(r->reader);

	if (r->field_depth < 0 || text == NULL ||
	    r->text.n + strlen(text) > TEXT_BYTES_MAX)
		return PM_OK;
	return pm_buf_append_str(&r->text, text, r->err);
}

static int
read_nodes(struct reading *r, bool *broken)
{
	int rc = PM_OK, more;

	while ((more = xmlTextReaderRead(r->reader)) == 1 && rc == PM_OK) {
		int type = xmlTextReaderNodeType(r->reader);
		int depth = xmlTextReaderDepth(r->reader);

		switch (type) {
		case XML_READER_TYPE_ELEMENT:
			rc = take_start(r, depth);
			break;
		case XML_READER_TYPE_END_ELEMENT:
			rc = take_end(r, depth);
			break;
		case XML_READER_TYPE_TEXT:
		case XML_READER_TYPE_CDATA:
		case XML_READER_TYPE_WHITESPACE:
		case XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
			rc = take_text(r);
			break;
		default:
			break;
		}
	}
	*broken = more < 0;
	return rc;
}

static int
fill(struct reading *r, bool broken)
{
	struct pm_page *page = r->page;
	int rc = pm_fields_head(page, r->arena, &r->feed, r->err);

	if (rc != PM_OK)
		return rc;
	if (pm_field_host(page->url).n > 0)
		page->source = pm_field_host(page->url);
	page->date_n = 0;            /* of the feed: when it was made */
	page->has_modified = false;
	if (broken)
		pm_page_note(page, "format", "broken XML: read as far as it is"
		    " whole");
	if (r->cut)
		pm_page_note(page, "teasers",
		    "more than 10,000: the others are left out");
	if (r->teasers.n == 0) {
		page->reason = broken ? "broken XML" : "a feed without items";
		return PM_OK;
	}
	page->teaser = pm_arena_copy(r->arena, r->teasers.p,
	    r->teasers.n * sizeof *page->teaser, r->err);
	if (page->teaser == NULL)
		return PM_ENOMEM;
	page->teaser_n = r->teasers.n;
	page->kind = PM_PAGE_LIST;
	return PM_OK;
}

/* From the root element on. */
static struct pm_bytes
root_of(struct pm_bytes text)
{
	struct pm_bytes none = { NULL, 0 };
	size_t at = 0, n, close;

	while (at + 1 < text.n) {
		const uint8_t *open = memchr(text.p + at, '<', text.n - at);

		if (open == NULL)
			return none;
		at = (size_t)(open - text.p);
		if (at + 1 < text.n && text.p[at + 1] != '!' &&
		    text.p[at + 1] != '?')
			return (struct pm_bytes){ open, text.n - at };
		close = at;
		if ((n = tag_length(&close, text, at)) == 0)
			return none;
		at += n;
	}
	return none;
}

/* Is "&..." at s.p[at] a reference that XML knows by itself? */
static bool
is_known_reference(struct pm_bytes s, size_t at)
{
	static const char *const known[] = { "amp;", "lt;", "gt;", "quot;",
	    "apos;" };
	uint32_t c;

	if (at + 1 < s.n && s.p[at + 1] == '#')
		return reference(&c, s, at) > 0;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (s.n - at - 1 >= strlen(known[i]) &&
		    memcmp(s.p + at + 1, known[i], strlen(known[i])) == 0)
			return true;
	return false;
}

/*
 * Other references ("&nbsp;") and a bare "&" are errors that feeds are full of:
 * they are made text, "&amp;nbsp;".  CDATA is left alone.
 */
static int
mend(struct pm_buf *out, struct pm_bytes s, struct pm_err *err)
{
	static const char cdata[] = "<![CDATA[";
	const size_t mark = sizeof cdata - 1;
	int rc = PM_OK;
	size_t done = 0;

	for (size_t at = 0; at < s.n && rc == PM_OK; at++) {
		if (s.p[at] == '<' && s.n - at > mark &&
		    memcmp(s.p + at, cdata, mark) == 0) {
			for (at += mark; at + 3 < s.n &&
			    memcmp(s.p + at, "]]>", 3) != 0; at++)
				;
		} else if (s.p[at] == '&' && !is_known_reference(s, at)) {
			rc = pm_buf_append(out, s.p + done, at + 1 - done,
			    err);
			if (rc == PM_OK)
				rc = pm_buf_append_str(out, "amp;", err);
			done = at + 1;
		}
	}
	return rc != PM_OK ? rc : pm_buf_append(out, s.p + done, s.n - done,
	    err);
}

static bool
is_feed(struct pm_bytes root)
{
	static const char *const names[] = { "rss", "feed", "rdf:RDF", "RDF",
	    "atom:feed", "channel" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t n = strlen(names[i]);

		if (root.n > n + 1 && memcmp(root.p + 1, names[i], n) == 0 &&
		    (root.p[1 + n] <= ' ' || root.p[1 + n] == '>'))
			return true;
	}
	return false;
}

int
pm_page_read_feed(struct pm_page *out, struct pm_arena *arena,
    const struct pm_page_input *in, struct pm_bytes text, struct pm_err *err)
{
	struct reading reading = { .page = out, .arena = arena, .err = err,
	    .feed_depth = -1, .item_depth = -1, .field_depth = -1 };
	struct pm_bytes root = root_of(text);
	struct pm_buf mended = { .n = 0 };
	bool broken = false;
	int rc;

	(void)in;
	out->reader = "feed";
	if (root.n > PM_PAGE_BYTES_MAX || !is_feed(root)) {
		out->reason = "XML that is no feed";
		return PM_OK;
	}
	if ((rc = mend(&mended, root, err)) != PM_OK)
		goto done;
	reading.reader = xmlReaderForMemory((const char *)mended.p,
	    (int)mended.n, NULL, "UTF-8", XML_PARSE_NONET |
	    XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	if (reading.reader == NULL) {
		rc = pm_fail(err, PM_ENOMEM, "out of memory (XML)");
		goto done;
	}
	rc = read_nodes(&reading, &broken);
	if (rc == PM_OK)
		rc = fill(&reading, broken);
	xmlFreeTextReader(reading.reader);
done:
	pm_buf_clear(&mended);
	pm_buf_clear(&reading.text);
	pm_free(reading.teasers.p);
	return rc;
}
