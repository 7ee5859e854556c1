/*
 * Records of JSON.
 *
 * A scanner of our own: only fields of the uppermost levels are asked for, and
 * values are stretches of the record.  Each byte is looked at once, in long
 * runs; jansson, which builds a tree of everything, took most of an intake of
 * JSONL.
 */
#include "page/codec.h"
#include "page/fields.h"
#include "page/page_internal.h"

enum {
	LIST_MAX = 256,              /* values of one field */
	HEAD_OBJECTS = 64            /* looked at to tell a listing */
};

struct reading {
	struct pm_page *page;
	struct pm_arena *arena;
	const struct pm_page_input *in;
	struct pm_err *err;
	struct pm_scan text, html, description;  /* not resolved yet */
	struct pm_scan related;
	struct pm_scan listing;
	bool broken, has_related, has_listing;
};

static struct pm_scan_inside
inside(const struct pm_scan *value, unsigned level)
{
	return (struct pm_scan_inside){ .text = value->raw,
	    .depth = PM_SCAN_DEPTH_MAX - level };
}

static size_t
count_items(struct pm_scan_inside array, size_t max)
{
	struct pm_scan item;
	size_t n = 0;

	while (n < max && pm_scan_item(&item, &array) == PM_SCAN_MORE)
		n++;
	return n;
}

/* ---- values into fields ---- */

/* A string, a number, or what an object is called. */
static int
text_of(struct pm_bytes *out, struct reading *r, const struct pm_scan *value)
{
	static const char *const names[] = { "name", "title", "term", "label",
	    "rendered" };
	struct pm_scan_inside object;
	struct pm_scan key, member;

	*out = (struct pm_bytes){ NULL, 0 };
	if (value->type == PM_SCAN_STRING)
		return pm_scan_string(out, r->arena, value, r->err);
	if (value->type == PM_SCAN_NUMBER)
		*out = value->raw;
	if (value->type != PM_SCAN_OBJECT)
		return PM_OK;
	object = inside(value, 1);
	while (pm_scan_member(&key, &member, &object) == PM_SCAN_MORE)
		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			if (member.type == PM_SCAN_STRING &&
			    pm_bytes_equal(key.raw, pm_bytes_of(names[i])))
				return pm_scan_string(out, r->arena, &member,
				    r->err);
	return PM_OK;
}

static int
list_of(struct pm_field_value *out, struct reading *r,
    const struct pm_scan *value)
{
	struct pm_scan_inside array = inside(value, 1);
	const size_t room = count_items(array, LIST_MAX);
	struct pm_bytes *list = pm_arena_alloc(r->arena,
	    room * sizeof *list, r->err);
	struct pm_scan item;

	if (list == NULL)
		return PM_ENOMEM;
	while (out->list_n < room &&
	    pm_scan_item(&item, &array) == PM_SCAN_MORE) {
		if (text_of(&list[out->list_n], r, &item) != PM_OK)
			return PM_ENOMEM;
		out->list_n += pm_field_present(list[out->list_n]);
	}
	out->list = list;
	return PM_OK;
}

static int
offer(struct pm_fields *fields, struct reading *r, enum pm_field field,
    struct pm_field_value *to, const struct pm_scan *value)
{
	int rc = PM_OK;

	if (!pm_fields_want(fields, field, to->rank))
		return PM_OK;
	if (value->type == PM_SCAN_ARRAY) {
		rc = list_of(to, r, value);
	} else if (value->type == PM_SCAN_STRING ||
	    value->type == PM_SCAN_NUMBER ||
	    field == PM_FIELD_SOURCE || field == PM_FIELD_SOURCE_OR_URL ||
	    field == PM_FIELD_SECTION || field == PM_FIELD_TITLE) {
		rc = text_of(&to->text, r, value);
	}
	if (rc == PM_OK && (to->list_n > 0 || to->text.n > 0))
		pm_fields_offer(fields, field, to);
	return rc;
}

/*
 * Long strings are not resolved before it is known that they are wanted.
 * Those that are not there ("", "None") say nothing.
 */
static bool
offer_long(struct pm_fields *fields, enum pm_field field,
    const struct pm_field_value *to, struct pm_scan *kept,
    const struct pm_scan *value)
{
	struct pm_field_value as_it_is = *to;

	if (value->type != PM_SCAN_STRING)
		return false;
	as_it_is.text = value->raw;
	if (!pm_fields_want(fields, field, to->rank) ||
	    !pm_field_present(value->raw))
		return true;
	*kept = *value;
	pm_fields_offer(fields, field, &as_it_is);
	return true;
}

/* Objects that wrap a record, and arrays that hold one each. */
static bool
is_one_of(struct pm_bytes name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (pm_bytes_equal(name, pm_bytes_of(*names)))
			return true;
	return false;
}

static bool
is_wrapper(struct pm_bytes name)
{
	static const char *const names[] = { "metadata", "meta", "_source",
	    "article", "item", "data", "document", "doc", "news", "story",
	    "response", NULL };

	return is_one_of(name, names);
}

static bool
holds_objects(const struct pm_scan *value)
{
	struct pm_scan_inside array = inside(value, 1);
	struct pm_scan first;

	return value->type == PM_SCAN_ARRAY &&
	    pm_scan_item(&first, &array) == PM_SCAN_MORE &&
	    first.type == PM_SCAN_OBJECT;
}

static bool
names_listing(struct pm_bytes name)
{
	static const char *const names[] = { "articles", "items", "results",
	    "data", "entries", "posts", "docs", "stories", "news", "hits",
	    NULL };

	return is_one_of(name, names);
}

static bool
is_listing(struct pm_bytes name, const struct pm_scan *value)
{
	return value->type == PM_SCAN_ARRAY && names_listing(name) &&
	    holds_objects(value);
}

static int
take_member(struct pm_fields *fields, struct reading *r,
    struct pm_bytes name, struct pm_bytes full_name, bool plain,
    const struct pm_scan *value)
{
	struct pm_field_value to = { .name = full_name };
	enum pm_field field = pm_field_of_name(&to.rank, full_name);

	if (field == PM_FIELD_NONE && plain) {
		field = pm_field_of_name(&to.rank, name);
		to.rank += PM_FIELD_WEAKER;
	}
	if (!r->has_listing && plain && is_listing(name, value)) {
		r->listing = *value;
		r->has_listing = true;
		return PM_OK;
	}
	switch (field) {
	case PM_FIELD_NONE:
		return PM_OK;
	case PM_FIELD_TEASERS:
		if (!r->has_related && value->type == PM_SCAN_ARRAY) {
			r->related = *value;
			r->has_related = true;
		}
		return PM_OK;
	case PM_FIELD_TEXT:
		if (offer_long(fields, field, &to, &r->text, value))
			return PM_OK;
		break;
	case PM_FIELD_HTML:
		if (offer_long(fields, field, &to, &r->html, value))
			return PM_OK;
		break;
	case PM_FIELD_DESCRIPTION:
		if (offer_long(fields, field, &to, &r->description, value))
			return PM_OK;
		break;
	default:
		break;
	}
	return offer(fields, r, field, &to, value);
}

/* "thread": {"site": ...} is thread.site. */
static int
take_nested(struct pm_fields *fields, struct reading *r,
    struct pm_bytes above, const struct pm_scan *value)
{
	struct pm_scan_inside object = inside(value, 2);
	bool wrapper = is_wrapper(above);
	struct pm_scan key, member;
	int rc = PM_OK;

	while (rc == PM_OK &&
	    pm_scan_member(&key, &member, &object) == PM_SCAN_MORE) {
		const size_t n = above.n + 1 + key.raw.n;
		struct pm_bytes name;
		unsigned rank;
		uint8_t joined[64], *p;

		if (n > sizeof joined)
			continue;
		memcpy(joined, above.p, above.n);
		joined[above.n] = '.';
		if (key.raw.n > 0)
			memcpy(joined + above.n + 1, key.raw.p, key.raw.n);
		name = (struct pm_bytes){ joined, n };
		if (pm_field_of_name(&rank, name) == PM_FIELD_NONE &&
		    !(wrapper && (member.type == PM_SCAN_ARRAY ||
		    pm_field_of_name(&rank, key.raw) != PM_FIELD_NONE)))
			continue;
		if ((p = pm_arena_copy(r->arena, joined, n, r->err)) == NULL)
			return PM_ENOMEM;
		name.p = p;
		rc = take_member(fields, r, key.raw, name, wrapper, &member);
	}
	return rc;
}

/* All of an object; r->broken when it is none. */
static int
take_object(struct pm_fields *fields, struct reading *r,
    struct pm_scan_inside *object)
{
	enum pm_scan_next next;
	struct pm_scan key, value;
	struct pm_bytes name;
	int rc = PM_OK;

	while ((next = pm_scan_member(&key, &value, object)) ==
	    PM_SCAN_MORE) {
		rc = pm_scan_string(&name, r->arena, &key, r->err);
		if (rc == PM_OK)
			rc = take_member(fields, r, name, name, true, &value);
		if (rc == PM_OK && value.type == PM_SCAN_OBJECT)
			rc = take_nested(fields, r, name, &value);
		if (rc != PM_OK)
			return rc;
	}
	r->broken = next == PM_SCAN_BROKEN;
	return PM_OK;
}

static int
resolve(struct pm_fields *fields, struct reading *r, enum pm_field field,
    const struct pm_scan *kept)
{
	struct pm_field_value *value = &fields->value[field];

	if (value->name.n == 0 || value->list_n > 0 ||
	    value->text.p != kept->raw.p)
		return PM_OK;
	return pm_scan_string(&value->text, r->arena, kept, r->err);
}

static int
resolve_long(struct pm_fields *fields, struct reading *r)
{
	if (resolve(fields, r, PM_FIELD_TEXT, &r->text) != PM_OK ||
	    resolve(fields, r, PM_FIELD_HTML, &r->html) != PM_OK)
		return PM_ENOMEM;
	return resolve(fields, r, PM_FIELD_DESCRIPTION, &r->description);
}

/* ---- teasers ---- */

/* A string is an address or a title. */
static int
teaser_of_string(struct pm_page_teaser *out, bool *found, struct reading *r,
    const struct pm_scan *value)
{
	struct pm_bytes text;

	*out = (struct pm_page_teaser){ .tag_n = 0 };
	if (pm_scan_string(&text, r->arena, value, r->err) != PM_OK ||
	    pm_field_line(&out->title, r->arena, text, r->err) != PM_OK)
		return PM_ENOMEM;
	if (pm_field_is_url(out->title))
		out->url = out->title;
	*found = pm_field_present(out->title);
	return PM_OK;
}

static int
teaser_of(struct pm_page_teaser *out, bool *found, struct reading *r,
    const struct pm_scan *value)
{
	struct pm_fields fields = { .unread = { NULL, 0 } };
	struct reading own = { r->page, r->arena, r->in, r->err,
	    .broken = false };
	struct pm_scan_inside object;

	*found = false;
	if (value->type == PM_SCAN_STRING)
		return teaser_of_string(out, found, r, value);
	if (value->type != PM_SCAN_OBJECT)
		return PM_OK;
	object = inside(value, 2);
	if (take_object(&fields, &own, &object) != PM_OK ||
	    resolve_long(&fields, &own) != PM_OK)
		return PM_ENOMEM;
	return pm_fields_teaser(out, found, r->arena, &fields, r->err);
}

/* Behind those that are there. */
static int
add_teasers(struct reading *r, struct pm_scan_inside *array)
{
	struct pm_page *page = r->page;
	size_t room = page->teaser_n + count_items(*array,
	    PM_PAGE_TEASERS_MAX);
	struct pm_page_teaser *list;
	enum pm_scan_next next = PM_SCAN_END;
	struct pm_scan item;
	bool found;

	room = room < PM_PAGE_TEASERS_MAX ? room : PM_PAGE_TEASERS_MAX;
	list = pm_arena_alloc(r->arena, room * sizeof *list, r->err);
	if (list == NULL)
		return PM_ENOMEM;
	if (page->teaser_n > 0)
		memcpy(list, page->teaser, page->teaser_n * sizeof *list);
	page->teaser = list;
	while (page->teaser_n < room &&
	    (next = pm_scan_item(&item, array)) == PM_SCAN_MORE) {
		if (teaser_of(&list[page->teaser_n], &found, r, &item) !=
		    PM_OK)
			return PM_ENOMEM;
		page->teaser_n += found;
	}
	if (next == PM_SCAN_MORE) {
		while ((next = pm_scan_item(&item, array)) == PM_SCAN_MORE)
			;
		if (page->teaser_n == PM_PAGE_TEASERS_MAX)
			pm_page_note(page, "teasers",
			    "more than 10,000: the others are left out");
	}
	r->broken = next == PM_SCAN_BROKEN;
	return PM_OK;
}

/* ---- the reader ---- */

static const char why_broken[] = "not valid JSON";

static bool
is_any_of(uint8_t c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* Only what stands between records may follow, or the rest of the object that
 * they are an array of: "]" to its "}". */
static bool
nothing_follows(struct pm_bytes text, size_t at)
{
	bool closed = false;

	while (at < text.n && is_any_of(text.p[at], " \t\r\n,]"))
		closed = text.p[at++] == ']' || closed;
	while (closed && text.n > at && is_any_of(text.p[text.n - 1],
	    " \t\r\n"))
		text.n--;
	return at == text.n || (closed && text.p[text.n - 1] == '}');
}

static int
read_array(struct reading *r, struct pm_bytes text)
{
	struct pm_scan_inside array = { .text = text,
	    .depth = PM_SCAN_DEPTH_MAX - 1 };
	int rc = add_teasers(r, &array);

	if (rc != PM_OK)
		return rc;
	if (r->broken || !nothing_follows(text, array.at)) {
		r->page->teaser_n = 0;
		r->page->reason = why_broken;
	} else if (r->page->teaser_n == 0) {
		r->page->reason = "JSON without a record";
	} else {
		r->page->kind = PM_PAGE_LIST;
		pm_page_note(r->page, "format", "an array of teasers");
	}
	return PM_OK;
}

static bool
has_body(const struct pm_fields *fields)
{
	return fields->value[PM_FIELD_TEXT].name.n > 0 ||
	    fields->value[PM_FIELD_HTML].name.n > 0;
}

static int
fill(struct reading *r, struct pm_fields *fields)
{
	struct pm_scan_inside array;
	int rc;

	if ((rc = resolve_long(fields, r)) != PM_OK ||
	    (rc = pm_fields_head(r->page, r->arena, fields, r->err)) != PM_OK)
		return rc;
	if (!has_body(fields) && r->has_listing) {
		array = inside(&r->listing, 1);
		if ((rc = add_teasers(r, &array)) != PM_OK)
			return rc;
		if (r->page->teaser_n > 0) {
			r->page->kind = PM_PAGE_LIST;
			pm_page_note(r->page, "format",
			    "an object with an array of teasers");
			return PM_OK;
		}
	}
	rc = pm_fields_body(r->page, r->arena, r->in, fields,
	    fields->value[PM_FIELD_TEXT].list_n > 0 ?
	    (struct pm_bytes){ NULL, 0 } : r->text.raw, r->err);
	if (rc != PM_OK || !r->has_related)
		return rc;
	array = inside(&r->related, 1);
	if ((rc = add_teasers(r, &array)) == PM_OK &&
	    r->page->kind == PM_PAGE_OPAQUE && r->page->teaser_n > 0)
		r->page->kind = PM_PAGE_LIST;
	return rc;
}

static int
read_object(struct reading *r, struct pm_bytes text)
{
	struct pm_fields fields = { .unread = { NULL, 0 } };
	struct pm_scan_inside object = { .text = text,
	    .depth = PM_SCAN_DEPTH_MAX - 1 };
	int rc = take_object(&fields, r, &object);

	if (rc != PM_OK)
		return rc;
	if (r->broken || !nothing_follows(text, object.at)) {
		r->page->reason = why_broken;
		return PM_OK;
	}
	return fill(r, &fields);
}

static struct pm_bytes
without_bom(struct pm_bytes text)
{
	if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0) {
		text.p += 3;
		text.n -= 3;
	}
	while (text.n > 0 && strchr(" \t\r\n", text.p[0]) != NULL &&
	    text.p[0] != '\0') {
		text.p++;
		text.n--;
	}
	return text;
}

int
pm_page_read_json(struct pm_page *out, struct pm_arena *arena,
    const struct pm_page_input *in, struct pm_bytes text, struct pm_err *err)
{
	struct reading reading = { out, arena, in, err, .broken = false };

	out->reader = "json";
	text = without_bom(text);
	if (text.n > 0 && text.p[0] == '{')
		return read_object(&reading, text);
	if (text.n > 0 && text.p[0] == '[' && !nothing_follows(text, 1))
		return read_array(&reading, text);
	out->reason = text.n > 0 && text.p[0] == '[' ?
	    "what stands before the records" : "no JSON object";
	return PM_OK;
}

/* An object without a body, but with a title or an address. */
static bool
is_teaser(bool *body, struct pm_scan *value)
{
	struct pm_scan_inside object = inside(value, 2);
	struct pm_scan key, member;
	bool title = false;

	while (pm_scan_member(&key, &member, &object) == PM_SCAN_MORE) {
		unsigned rank;
		enum pm_field field = pm_field_of_name(&rank, key.raw);

		if (member.type != PM_SCAN_STRING ||
		    !pm_field_present(member.raw))
			continue;
		if (field == PM_FIELD_TEXT || field == PM_FIELD_HTML)
			*body = true;
		title = title || field == PM_FIELD_TITLE ||
		    field == PM_FIELD_URL;
	}
	return title && !*body;
}

bool
pm_json_is_listing(struct pm_bytes head)
{
	struct pm_scan_inside array = { .text = without_bom(head),
	    .depth = PM_SCAN_DEPTH_MAX - 1 };
	struct pm_scan value;
	bool body = false;
	size_t teasers = 0;

	if (array.text.n == 0 || array.text.p[0] != '[')
		return false;
	for (int i = 0; i < HEAD_OBJECTS && !body &&
	    pm_scan_item(&value, &array) == PM_SCAN_MORE; i++)
		if (value.type == PM_SCAN_OBJECT)
			teasers += is_teaser(&body, &value);
	return teasers > 0 && !body;
}

static size_t
skip_any(struct pm_bytes text, size_t at, const char *set)
{
	while (at < text.n && is_any_of(text.p[at], set))
		at++;
	return at;
}

/* Where the first of these records begins, if any has a body; or 0. */
static size_t
first_with_bodies(struct pm_bytes text, size_t at)
{
	struct pm_scan_inside array = { .depth = PM_SCAN_DEPTH_MAX - 2,
	    .text = { text.p + at, text.n - at } };
	size_t first = skip_any(text, at + 1, " \t\r\n");
	struct pm_scan value;
	bool body = false;

	if (first == text.n || text.p[first] != '{')
		return 0;
	for (int i = 0; i < HEAD_OBJECTS && !body &&
	    pm_scan_item(&value, &array) == PM_SCAN_MORE; i++)
		if (value.type == PM_SCAN_OBJECT)
			(void)is_teaser(&body, &value);
	return body ? first : 0;
}

static bool
is_alone(struct pm_bytes text)
{
	struct pm_scan value;
	size_t at = 0;

	return !pm_scan_value(&value, text, &at, PM_SCAN_DEPTH_MAX) ||
	    skip_any(text, at, " \t\r\n") == text.n;
}

size_t
pm_json_wrapped(struct pm_bytes head)
{
	struct pm_bytes text = without_bom(head);
	size_t at = 1;

	if (text.n == 0 || text.p[0] != '{' || !is_alone(text))
		return 0;
	for (;;) {
		struct pm_scan key, value;
		enum pm_field field;
		unsigned rank;

		at = skip_any(text, at, " \t\r\n,");
		if (!pm_scan_value(&key, text, &at, 1) ||
		    key.type != PM_SCAN_STRING)
			return 0;
		at = skip_any(text, at, " \t\r\n:");
		if (at < text.n && text.p[at] == '[' &&
		    names_listing(key.raw)) {
			at = first_with_bodies(text, at);
			return at == 0 ? 0 : at + (head.n - text.n);
		}
		if (!pm_scan_value(&value, text, &at, PM_SCAN_DEPTH_MAX - 2))
			return 0;
		field = pm_field_of_name(&rank, key.raw);
		if (field == PM_FIELD_TEXT || field == PM_FIELD_HTML)
			return 0;        /* a page of its own */
	}
}
