/*
 * JSON-LD; owner of jansson on this floor.
 *
 * What pages have is repaired first: comments and CDATA around it, commas
 * before a bracket, line ends and quotes in strings.  Valid JSON comes out of
 * that as it was.
 */
#include <jansson.h>
#include <stdio.h>

#include "base/err.h"
#include "page/html_meta_internal.h"

enum { SCRIPT_MAX = 2 << 20, SCRIPTS_MAX = 8 << 20, DEPTH_MAX = 8,
	VISITS_MAX = 2000, NEST_MAX = 512 };

/* ---- repair ---- */

struct repair {
	struct pm_bytes in;
	size_t at;
	uint8_t *out;            /* twice as long as in */
	size_t n;
	unsigned depth;
};

static bool
is_blank(uint8_t b)
{
	return b <= ' ';
}

/* The first byte at or after `at` that is no white space; 0: the end. */
static uint8_t
next_visible(struct pm_bytes in, size_t at)
{
	while (at < in.n && is_blank(in.p[at]))
		at++;
	return at < in.n ? in.p[at] : 0;
}

static bool
starts(struct pm_bytes in, size_t at, const char *word)
{
	size_t n = strlen(word);

	return in.n - at >= n && memcmp(in.p + at, word, n) == 0;
}

/* What stands before the first bracket. */
static void
skip_wrapping(struct repair *r)
{
	static const char *const marks[] = { "<!--", "<![CDATA[", "//", "/*",
	    "*/", "-->", "\xef\xbb\xbf" };
	size_t n = sizeof marks / sizeof marks[0];

	while (r->at < r->in.n) {
		size_t i = 0;

		if (is_blank(r->in.p[r->at])) {
			r->at++;
			continue;
		}
		while (i < n && !starts(r->in, r->at, marks[i]))
			i++;
		if (i == n)
			return;
		r->at += strlen(marks[i]);
	}
}

static void
put(struct repair *r, uint8_t b)
{
	r->out[r->n++] = b;
}

/* The number of "\uXXXX" at `at`; -1 when it is none. */
static int
escaped_unit(struct pm_bytes in, size_t at)
{
	int unit = 0;

	if (in.n - at < 6 || in.p[at] != '\\' || in.p[at + 1] != 'u')
		return -1;
	for (size_t i = at + 2; i < at + 6; i++) {
		const char *digits = "0123456789abcdef", *found;

		found = strchr(digits, in.p[i] | 0x20);
		if (in.p[i] < '0' || found == NULL || *found == '\0')
			return -1;
		unit = unit * 16 + (int)(found - digits);
	}
	return unit;
}

/* Half a pair becomes U+FFFD, a control character a space. */
static void
put_unit(struct repair *r, int unit)
{
	size_t n = 6;

	if (unit >= 0xd800 && unit <= 0xdbff && r->in.n - r->at >= 12) {
		int low = escaped_unit(r->in, r->at + 6);

		n = low >= 0xdc00 && low <= 0xdfff ? 12 : 6;
	}
	if (n == 6 && unit >= 0xd800 && unit <= 0xdfff)
		memcpy(r->out + r->n, "\\ufffd", n);
	else if (unit < ' ' && unit != '\n')
		memcpy(r->out + r->n, "      ", n);
	else
		memcpy(r->out + r->n, r->in.p + r->at, n);
	r->n += n;
	r->at += n;
}

static void
put_escape(struct repair *r)
{
	uint8_t next = r->at + 1 < r->in.n ? r->in.p[r->at + 1] : 0;
	int unit = escaped_unit(r->in, r->at);

	if (unit >= 0) {
		put_unit(r, unit);
		return;
	}
	r->at += r->at + 1 < r->in.n ? 2 : 1;
	if (next != 0 && strchr("bfrt", next) != NULL)
		put(r, ' ');
	else if (next != 0 && strchr("\"\\/n", next) != NULL) {
		put(r, '\\');
		put(r, next);
	} else if (next >= ' ')
		put(r, next);
}

/* From the opening quote to behind the closing one: the one that a mark of
 * JSON follows. */
static void
put_string(struct repair *r)
{
	put(r, r->in.p[r->at++]);
	while (r->at < r->in.n) {
		uint8_t b = r->in.p[r->at], next;

		if (b == '\\') {
			put_escape(r);
			continue;
		}
		r->at++;
		if (b == '"') {
			next = next_visible(r->in, r->at);
			if (next == 0 || strchr(",:]}/", next) != NULL) {
				put(r, b);
				return;
			}
			put(r, '\\');
			put(r, b);
		} else if (b < ' ') {
			put(r, b == '\n' ? '\\' : ' ');
			if (b == '\n')
				put(r, 'n');
		} else
			put(r, b);
	}
}

static bool
skip_comment(struct repair *r)
{
	const char *end = starts(r->in, r->at, "/*") ? "*/" :
	    starts(r->in, r->at, "//") ? "\n" : NULL;

	if (end == NULL)
		return false;
	for (r->at += 2; r->at < r->in.n && !starts(r->in, r->at, end);)
		r->at++;
	if (r->at < r->in.n)
		r->at += strlen(end);
	return true;
}

/* Up to where the first value ends.  False when it nests too deep. */
static bool
repair(struct repair *r)
{
	skip_wrapping(r);
	while (r->at < r->in.n) {
		uint8_t b = r->in.p[r->at], next;

		if (b == '"') {
			put_string(r);
			continue;
		}
		if (b == '/' && skip_comment(r))
			continue;
		r->at++;
		next = b == ',' ? next_visible(r->in, r->at) : 'x';
		if (next == '}' || next == ']' || next == ',' || next == 0)
			continue;
		put(r, is_blank(b) ? ' ' : b);
		if ((b == '{' || b == '[') && ++r->depth > NEST_MAX)
			return false;
		if ((b == '}' || b == ']') && (r->depth == 0 ||
		    --r->depth == 0))
			break;
	}
	return r->n > 0;
}

/* ---- objects ---- */

struct reading {
	struct pm_jsonld_list *list;
	struct pm_arena *arena;
	struct pm_err *err;
	unsigned visits;
	int status;
};

/* The string in value, or the one that stands for it in an object or an
 * array; a number is written out. */
static struct pm_bytes
text_of(struct reading *r, json_t *value, const char *key, bool lines)
{
	struct pm_bytes out = { NULL, 0 };
	char digits[24];
	int n;

	for (int i = 0; i < 3; i++) {
		if (json_is_array(value))
			value = json_array_get(value, 0);
		if (json_is_object(value))
			value = json_object_get(value, key);
	}
	if (json_is_integer(value)) {
		n = snprintf(digits, sizeof digits, "%lld",
		    (long long)json_integer_value(value));
		out = (struct pm_bytes){ (uint8_t *)digits, (size_t)n };
	} else if (json_is_string(value))
		out = (struct pm_bytes){
		    (const uint8_t *)json_string_value(value),
		    json_string_length(value) };
	if (out.n == 0 || r->status != PM_OK)
		return (struct pm_bytes){ NULL, 0 };
	out.p = pm_arena_copy(r->arena, out.p, out.n, r->err);
	r->status = out.p == NULL ? PM_ENOMEM :
	    pm_meta_plain(&out, r->arena, out, lines, r->err);
	return out;
}

static struct pm_bytes
get(struct reading *r, json_t *object, const char *key)
{
	return text_of(r, json_object_get(object, key), "name", false);
}

/* Strings of an array, or the one there is. */
static size_t
get_words(struct reading *r, json_t *object, const char *key,
    struct pm_bytes *out, size_t max)
{
	json_t *value = json_object_get(object, key);
	size_t n = 0, count = json_is_array(value) ? json_array_size(value) :
	    1;

	for (size_t i = 0; i < count && n < max; i++) {
		out[n] = text_of(r, json_is_array(value) ?
		    json_array_get(value, i) : value, "name", false);
		n += out[n].n > 0;
	}
	return n;
}

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

static int
kind_of_type(json_t *type)
{
	const char *name = json_string_value(type);

	if (name == NULL)
		return 1;
	if (ends_with(name, "Article") || ends_with(name, "Posting") ||
	    ends_with(name, "Report") || ends_with(name, "Review") ||
	    ends_with(name, "NewsItem"))
		return ends_with(name, "JobPosting") ? 1 : 3;
	return ends_with(name, "Page") || ends_with(name, "CreativeWork") ||
	    ends_with(name, "Story") ? 2 : 1;
}

static int
kind_of(json_t *object)
{
	json_t *type = json_object_get(object, "@type");
	int kind = 0;

	if (!json_is_array(type))
		return kind_of_type(type);
	for (size_t i = 0; i < json_array_size(type) && i < 8; i++) {
		int other = kind_of_type(json_array_get(type, i));

		kind = other > kind ? other : kind;
	}
	return kind;
}

static void
read_address(struct reading *r, struct pm_jsonld *out, json_t *object)
{
	json_t *page = json_object_get(object, "mainEntityOfPage");

	out->url = get(r, object, "url");
	if (out->url.n == 0 && page != NULL)
		out->url = text_of(r, page, "@id", false);
	if (pm_url_host(out->url).n == 0)
		out->url = get(r, object, "@id");
	if (pm_url_host(out->url).n == 0)
		out->url.n = 0;
}

static void
read_object(struct reading *r, json_t *object)
{
	struct pm_jsonld *out;

	if (r->list->n == PM_JSONLD_OBJECTS_MAX ||
	    (json_object_get(object, "headline") == NULL &&
	    json_object_get(object, "datePublished") == NULL &&
	    json_object_get(object, "dateModified") == NULL &&
	    json_object_get(object, "dateCreated") == NULL &&
	    json_object_get(object, "uploadDate") == NULL &&
	    json_object_get(object, "articleBody") == NULL &&
	    json_object_get(object, "inLanguage") == NULL))
		return;
	out = &r->list->object[r->list->n++];
	*out = (struct pm_jsonld){ .kind = kind_of(object) };
	out->headline = get(r, object, "headline");
	if (out->headline.n == 0 && out->kind > 1)
		out->headline = get(r, object, "name");
	out->body = text_of(r, json_object_get(object, "articleBody"),
	    "@value", true);
	out->published = text_of(r, json_object_get(object, "datePublished"),
	    "@value", false);
	out->modified = text_of(r, json_object_get(object, "dateModified"),
	    "@value", false);
	out->created = text_of(r, json_object_get(object, "dateCreated"),
	    "@value", false);
	if (out->created.n == 0)
		out->created = text_of(r, json_object_get(object,
		    "uploadDate"), "@value", false);
	out->lang = get(r, object, "inLanguage");
	out->publisher = get(r, object, "publisher");
	out->section_n = get_words(r, object, "articleSection", out->section,
	    4);
	out->keyword_n = get_words(r, object, "keywords", out->keyword,
	    PM_JSONLD_WORDS_MAX);
	read_address(r, out, object);
}

/* Into what the page is of, not into what it only names. */
static void
walk(struct reading *r, json_t *value, int depth)
{
	static const char *const inside[] = { "@graph", "mainEntity",
	    "mainEntityOfPage", "article", "subjectOf" };

	if (depth > DEPTH_MAX || r->visits++ > VISITS_MAX)
		return;
	for (size_t i = 0; i < json_array_size(value) &&
	    r->visits <= VISITS_MAX; i++)
		walk(r, json_array_get(value, i), depth + 1);
	if (!json_is_object(value))
		return;
	read_object(r, value);
	for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++) {
		json_t *next = json_object_get(value, inside[i]);

		if (json_is_object(next) || json_is_array(next))
			walk(r, next, depth + 1);
	}
}

int
pm_jsonld_read(struct pm_jsonld_list *list, struct pm_arena *arena,
    struct pm_bytes script, struct pm_err *err)
{
	struct reading reading = { list, arena, err, 0, PM_OK };
	struct repair r = { .in = script };
	json_error_t fault = { .line = 0 };
	json_t *json = NULL;

	if (script.n == 0 || script.n > SCRIPT_MAX ||
	    list->bytes > SCRIPTS_MAX - script.n)
		return PM_OK;
	list->bytes += script.n;
	if (list->object == NULL && (list->object = pm_arena_alloc(arena,
	    PM_JSONLD_OBJECTS_MAX * sizeof *list->object, err)) == NULL)
		return PM_ENOMEM;
	if ((r.out = pm_alloc(2 * script.n, err)) == NULL)
		return PM_ENOMEM;
	if (repair(&r))
		json = json_loadb((const char *)r.out, r.n,
		    JSON_DISABLE_EOF_CHECK, &fault);
	pm_free(r.out);
	if (json == NULL)
		return json_error_code(&fault) == json_error_out_of_memory ?
		    pm_fail(err, PM_ENOMEM, "out of memory (JSON-LD)") :
		    PM_OK;
	walk(&reading, json, 0);
	json_decref(json);
	return reading.status;
}

/* ---- which of them ---- */

static int
fit(const struct pm_jsonld *object, struct pm_bytes url,
    struct pm_bytes title)
{
	int worth = 10 * object->kind;

	if (object->url.n > 0 && url.n > 0 &&
	    pm_meta_same_url(object->url, url))
		worth += 8;
	if (object->headline.n > 0 && title.n > 0 &&
	    (pm_meta_same_title(object->headline, title) ||
	    pm_meta_inside(object->headline, title)))
		worth += 8;
	return worth + (object->published.n > 0 ? 3 : 0) +
	    (object->body.n > 0 ? 2 : 0);
}

/* An article with neither the page's address nor its title. */
static bool
is_other(const struct pm_jsonld *object, int worth)
{
	return object->kind == 3 && object->url.n > 0 &&
	    object->headline.n > 0 && worth < 38;
}

void
pm_jsonld_choose(struct pm_jsonld_list *list, struct pm_bytes url,
    struct pm_bytes title)
{
	int worth[PM_JSONLD_OBJECTS_MAX];
	size_t articles = 0, n = 0;

	for (size_t i = 0; i < list->n; i++)
		articles += list->object[i].kind == 3;
	for (size_t i = 0; i < list->n; i++) {
		struct pm_jsonld object = list->object[i];
		int w = fit(&object, url, title);
		size_t at = n;

		/* One alone is the page, however it calls itself. */
		if (articles > 1 && is_other(&object, w))
			continue;
		for (; at > 0 && worth[at - 1] < w; at--) {
			worth[at] = worth[at - 1];
			list->object[at] = list->object[at - 1];
		}
		worth[at] = w;
		list->object[at] = object;
		n++;
	}
	list->n = n;
}
