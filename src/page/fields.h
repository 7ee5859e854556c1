/*
 * fields.h - names of fields as scrapers write them, and values of records
 * into a page; shared by the readers of JSON, CSV, front matter and feeds.
 *
 * Names are compared without case, `_`, `-`, `.`, `:` and spaces; of several
 * fields
 * that mean the same the first of its list wins; "None", "null", "nan" and ""
 * are missing, and so are dates that cannot be read and addresses that are not
 * absolute.  The lists: facts.md of the design.
 */
#ifndef PM_PAGE_FIELDS_H
#define PM_PAGE_FIELDS_H

#include "page/page.h"

enum pm_field {
	PM_FIELD_NONE, PM_FIELD_TEXT, PM_FIELD_HTML, PM_FIELD_DESCRIPTION,
	PM_FIELD_TITLE, PM_FIELD_URL, PM_FIELD_SOURCE_OR_URL,
	PM_FIELD_PUBLISHED, PM_FIELD_MODIFIED, PM_FIELD_CRAWLED,
	PM_FIELD_TAGS, PM_FIELD_SECTION, PM_FIELD_LANG, PM_FIELD_SOURCE,
	PM_FIELD_TEASERS, PM_FIELD_PRECISION, PM_FIELD_DATED_BY, PM_FIELD_N
};

/* Which field a name means, and *rank, 0 the strongest of that field. */
enum pm_field pm_field_of_name(unsigned *rank, struct pm_bytes name);
/* Not one of the words for nothing. */
bool pm_field_present(struct pm_bytes value);

/* ---- what a record says, field by field ---- */

struct pm_field_value {
	struct pm_bytes name;        /* as it stands in the record; n = 0: absent */
	unsigned rank;
	struct pm_bytes text;        /* or, if list_n > 0, several */
	const struct pm_bytes *list;
	size_t list_n;
	struct pm_time_text when;    /* of dates */
};

struct pm_fields {
	struct pm_field_value value[PM_FIELD_N];
	struct pm_bytes unread;      /* the name of a date that was not read */
};

enum { PM_FIELD_WEAKER = 64 };       /* added to the rank of what is nested */

/* Would a value of that rank be taken? */
bool pm_fields_want(const struct pm_fields *fields, enum pm_field field,
    unsigned rank);
/* Take value->text or list (not both), if it is the strongest so far.  Bytes
 * are borrowed. */
void pm_fields_offer(struct pm_fields *fields, enum pm_field field,
    const struct pm_field_value *value);
/* The same by the name alone. */
void pm_fields_offer_text(struct pm_fields *fields, struct pm_bytes name,
    struct pm_bytes text);

/* Title, address, dates, tags, language and source into *page. */
int pm_fields_head(struct pm_page *page, struct pm_arena *arena,
    const struct pm_fields *fields, struct pm_err *err);
/* A teaser; false in *found when there is no title to it. */
int pm_fields_teaser(struct pm_page_teaser *out, bool *found,
    struct pm_arena *arena, const struct pm_fields *fields,
    struct pm_err *err);
/*
 * The body and what else stands in the text, after the head: fields TEXT, else
 * HTML, else, without a title, DESCRIPTION, else a teaser of itself.  written,
 * bytes of in->capture, is what the text was decoded from, or n = 0: it becomes
 * a part if a codec makes it of the text.
 */
int pm_fields_body(struct pm_page *page, struct pm_arena *arena,
    const struct pm_page_input *in, const struct pm_fields *fields,
    struct pm_bytes written, struct pm_err *err);

/* Without control characters (line ends and tabs stay), trimmed. */
int pm_field_clean(struct pm_bytes *out, struct pm_arena *arena,
    struct pm_bytes text, struct pm_err *err);
/* The same, white space collapsed. */
int pm_field_line(struct pm_bytes *out, struct pm_arena *arena,
    struct pm_bytes text, struct pm_err *err);
/* Tags taken out, references resolved, white space collapsed. */
int pm_field_markup(struct pm_bytes *out, struct pm_arena *arena,
    struct pm_bytes text, struct pm_err *err);
bool pm_field_is_url(struct pm_bytes text);
/* The host of an address without "www.", or n = 0. */
struct pm_bytes pm_field_host(struct pm_bytes url);
struct pm_bytes pm_field_trim(struct pm_bytes text);

/* Spans of a text page (text_page.h) into *page: all but the parts.  A title
 * that is there stays. */
struct pm_text_page;
int pm_text_page_fill(struct pm_page *page, struct pm_arena *arena,
    const struct pm_text_page *from, struct pm_bytes text,
    struct pm_err *err);

/* ---- front matter ---- */

/* The block between the fences (--- or +++) that a text begins with; n = 0:
 * there is none. */
struct pm_bytes pm_front_matter_block(struct pm_bytes capture);
/* A front matter block between its fences (YAML, read with libyaml, or TOML's
 * simple lines): title, dates, tags, url, source, lang into *page.  What cannot
 * be read is noted. */
int pm_front_matter_read(struct pm_page *page, struct pm_arena *arena,
    struct pm_bytes block, struct pm_err *err);
/* yaml.c: scalars and lists of the top level into *fields; *broken: not YAML,
 * of which nothing is to be used; aliases are passed over. */
int pm_yaml_read(struct pm_fields *fields, bool *broken,
    struct pm_arena *arena, struct pm_bytes block, struct pm_err *err);

/* ---- JSON (RFC 8259), read forward; text is valid UTF-8 ---- */

enum pm_scan_type {
	PM_SCAN_NULL, PM_SCAN_BOOL, PM_SCAN_NUMBER, PM_SCAN_STRING,
	PM_SCAN_ARRAY, PM_SCAN_OBJECT
};

struct pm_scan {
	enum pm_scan_type type;
	bool escaped;                /* a string with a backslash in it */
	struct pm_bytes raw;         /* of a string: its inside */
};

enum { PM_SCAN_DEPTH_MAX = 64 };

/* The value that begins at text.p[*at], behind white space; *at moves behind
 * it.  False: it is broken, cut or nested deeper than depth. */
bool pm_scan_value(struct pm_scan *out, struct pm_bytes text, size_t *at,
    unsigned depth);
/* Escapes resolved; lone surrogates are U+FFFD.  U+0000 stays.  Borrowed when
 * there is nothing to resolve. */
int pm_scan_string(struct pm_bytes *out, struct pm_arena *arena,
    const struct pm_scan *string, struct pm_err *err);

/* What stands in an object or an array, one by one. */
struct pm_scan_inside {
	struct pm_bytes text;        /* from its bracket on; it may be cut */
	size_t at;                   /* 0: nothing read yet; at the end: behind
	                              * the bracket that closes it */
	unsigned depth;              /* that is allowed inside */
};

enum pm_scan_next { PM_SCAN_BROKEN, PM_SCAN_END, PM_SCAN_MORE };
enum pm_scan_next pm_scan_member(struct pm_scan *key, struct pm_scan *value,
    struct pm_scan_inside *object);
enum pm_scan_next pm_scan_item(struct pm_scan *value,
    struct pm_scan_inside *array);

/* Does the head of a JSON file hold objects without a body?  Of arrays. */
bool pm_json_is_listing(struct pm_bytes head);
/* Is it one object with an array of objects that have bodies, of which the
 * first ends within head?  Where that one begins, or 0. */
size_t pm_json_wrapped(struct pm_bytes head);

#endif
