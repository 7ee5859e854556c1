/*
 * The first step of html_tree.c: tags of the page, without what nobody asks
 * for.
 */
#include "page/html_internal.h"

#include <strings.h>

#include <libxml/HTMLparser.h>

#include "base/utf8.h"

enum {
	ATTRS_MAX = 4000000,
	TAG_ATTRS_MAX = 32,
	NAME_BYTES_MAX = 64,
	VALUE_BYTES_MAX = 4096,      /* of one attribute; content= may be more */
	CONTENT_BYTES_MAX = 65536
};

static const char *const attribute_name[] = {
#define X(name) #name,
	PM_HTML_ATTRIBUTES(X)
#undef X
};

/* Kept under another name. */
static const struct {
	const char *name;
	enum pm_html_attribute as;
	bool weak;                   /* only when it is not there itself */
} renamed[] = {
	{ "aria-hidden", PM_HTML_AT_hidden, false },
	{ "xml:lang", PM_HTML_AT_lang, true },
	{ "http-equiv", PM_HTML_AT_name, true },
	{ "data-testid", PM_HTML_AT_role, true },
	{ "data-component", PM_HTML_AT_role, true },
	{ "data-module", PM_HTML_AT_role, true },
};

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool
is_letter(uint8_t c)
{
	return lower(c) >= 'a' && lower(c) <= 'z';
}

static void
put(struct pm_html_squeeze *s, const void *p, size_t n)
{
	if (s->rc == PM_OK)
		s->rc = pm_buf_append(&s->out, p, n, s->err);
}

static void
put_str(struct pm_html_squeeze *s, const char *text)
{
	put(s, text, strlen(text));
}

/* NUL would end the input of libxml2's loops. */
static void
put_text(struct pm_html_squeeze *s, const uint8_t *p, size_t n)
{
	uint8_t *at;

	put(s, p, n);
	if (s->rc != PM_OK || n == 0)
		return;
	for (at = s->out.p + s->out.n - n; n > 0 && (at = memchr(at, '\0',
	    (size_t)(s->out.p + s->out.n - at))) != NULL; )
		*at = ' ';
}

/* Every such byte written as a reference. */
static void
put_without(struct pm_html_squeeze *s, struct pm_bytes text, uint8_t byte,
    const char *reference)
{
	const uint8_t *p;

	while (text.n > 0 && (p = memchr(text.p, byte, text.n)) != NULL) {
		size_t n = (size_t)(p - text.p);

		put_text(s, text.p, n);
		put_str(s, reference);
		text.p += n + 1;
		text.n -= n + 1;
	}
	put_text(s, text.p, text.n);
}

/* Where "</name" begins at or behind `at`; in.n when it does not. */
static size_t
find_end_tag(const struct pm_html_squeeze *s, size_t at, const char *name,
    size_t n)
{
	const uint8_t *p;

	while (at < s->in.n &&
	    (p = memchr(s->in.p + at, '<', s->in.n - at)) != NULL) {
		at = (size_t)(p - s->in.p);
		if (s->in.n - at > n + 2 && p[1] == '/' &&
		    strncasecmp((const char *)p + 2, name, n) == 0 &&
		    !is_letter(p[n + 2]))
			return at;
		at++;
	}
	return s->in.n;
}

size_t
pm_html_find(struct pm_bytes in, size_t at, const void *what, size_t n)
{
	const uint8_t *p, first = *(const uint8_t *)what;

	while (at < in.n && in.n - at >= n && (p = memchr(in.p + at, first,
	    in.n - at - n + 1)) != NULL) {
		if (memcmp(p, what, n) == 0)
			return (size_t)(p - in.p);
		at = (size_t)(p - in.p) + 1;
	}
	return in.n;
}

/* "<!" or "<?" or "</" and no letter */
static void
skip_comment(struct pm_html_squeeze *s)
{
	struct pm_bytes in = s->in;
	bool dashes = in.n - s->at >= 4 &&
	    memcmp(in.p + s->at, "<!--", 4) == 0;
	size_t end;

	if (dashes && in.n - s->at >= 5 && in.p[s->at + 4] != '>') {
		end = pm_html_find(in, s->at + 2, "-->", 3);
		s->at = end == in.n ? end : end + 3;
	} else {
		end = pm_html_find(in, s->at, ">", 1);
		s->at = end == in.n ? end : end + 1;
	}
}

struct tag {
	char name[NAME_BYTES_MAX + 1];
	size_t name_n;
	size_t attr_n;
	bool have[PM_HTML_AT_N];
	struct pm_bytes weak[PM_HTML_AT_N];
	bool json;                   /* type= names JSON-LD */
};

/* A name in lower case, up to white space, "/", ">" or stop; what is too long
 * is cut. */
static size_t
read_name(struct pm_html_squeeze *s, char out[NAME_BYTES_MAX + 1], uint8_t stop)
{
	size_t n = 0;

	for (; s->at < s->in.n; s->at++) {
		uint8_t c = s->in.p[s->at];

		if (c <= ' ' || c == '/' || c == '>' || c == stop)
			break;
		if (n < NAME_BYTES_MAX)
			out[n++] = (char)lower(c);
	}
	out[n] = '\0';
	return n;
}

static void
skip_space(struct pm_html_squeeze *s)
{
	while (s->at < s->in.n && s->in.p[s->at] <= ' ')
		s->at++;
}

static struct pm_bytes
read_value(struct pm_html_squeeze *s)
{
	const uint8_t *p = s->in.p + s->at, *end;
	size_t n = 0, left = s->in.n - s->at;

	if (left > 0 && (*p == '"' || *p == '\'')) {
		end = memchr(p + 1, *p, left - 1);
		n = end == NULL ? left - 1 : (size_t)(end - p) - 1;
		s->at += end == NULL ? left : n + 2;
		return (struct pm_bytes){ p + 1, n };
	}
	while (n < left && p[n] > ' ' && p[n] != '>')
		n++;
	s->at += n;
	return (struct pm_bytes){ p, n };
}

/* The character of "&#...", "&name;" at p[0..n), and how many bytes it takes;
 * 0: it is none.  Without ";" a name is part of an address. */
static size_t
reference(uint32_t *out, const uint8_t *p, size_t n)
{
	char name[16];
	size_t i = 1;
	const htmlEntityDesc *entity;

	*out = 0;
	if (n > 3 && p[1] == '#') {
		bool hex = lower(p[2]) == 'x';

		for (i = hex ? 3 : 2; i < n && *out < 0x110000; i++) {
			uint8_t c = lower(p[i]);

			if (c >= '0' && c <= '9')
				*out = *out * (hex ? 16 : 10) + (c - '0');
			else if (hex && c >= 'a' && c <= 'f')
				*out = *out * 16 + (c - 'a' + 10U);
			else
				break;
		}
		if (*out < ' ' || *out >= 0x110000 || *out >> 11 == 0x1b)
			*out = ' ';
		return i < n && p[i] == ';' ? i + 1 : i;
	}
	for (; i < n && i < sizeof name && p[i] != ';'; i++)
		name[i - 1] = (char)p[i];
	if (i == n || i == sizeof name)
		return 0;
	name[i - 1] = '\0';
	if ((entity = htmlEntityLookup((const xmlChar *)name)) == NULL)
		return 0;
	*out = entity->value;
	return i + 1;
}

/* No reference is shorter than what it means. */
static struct pm_bytes
resolved(struct pm_html_squeeze *s, struct pm_bytes value)
{
	uint8_t *out;
	size_t n = 0;

	if (memchr(value.p, '&', value.n) == NULL)
		return value;
	if ((out = pm_arena_alloc(s->arena, value.n, s->err)) == NULL) {
		s->rc = PM_ENOMEM;
		return (struct pm_bytes){ NULL, 0 };
	}
	for (size_t i = 0; i < value.n; ) {
		uint32_t c;
		size_t skip = value.p[i] != '&' ? 0 :
		    reference(&c, value.p + i, value.n - i);

		if (skip == 0)
			out[n++] = value.p[i++];
		else
			n += pm_utf8_put(out + n, c);
		i += skip;
	}
	return (struct pm_bytes){ out, n };
}

static void
put_attribute(struct pm_html_squeeze *s, struct tag *tag,
    enum pm_html_attribute name, struct pm_bytes value)
{
	if (tag->have[name] || tag->attr_n == TAG_ATTRS_MAX || value.n >
	    (name == PM_HTML_AT_content ? CONTENT_BYTES_MAX :
	    VALUE_BYTES_MAX) || s->rc != PM_OK || s->attr.n == ATTRS_MAX)
		return;
	tag->have[name] = true;
	if ((s->rc = LIST_ROOM(s->attr, s->err)) != PM_OK)
		return;
	if (value.n > 0)
		value = resolved(s, value);
	s->attr.p[s->attr.n++] = (struct pm_html_attr){ name, value };
	tag->attr_n++;
}

static void
keep_attribute(struct pm_html_squeeze *s, struct tag *tag, const char *name,
    struct pm_bytes value)
{
	for (unsigned i = 0; i < PM_HTML_AT_N; i++)
		if (attribute_name[i][0] == name[0] &&
		    strcmp(attribute_name[i], name) == 0) {
			if (i == PM_HTML_AT_type && pm_html_find(value, 0,
			    "ld+json", 7) < value.n)
				tag->json = true;
			put_attribute(s, tag, i, value);
			return;
		}
	for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++) {
		if (renamed[i].name[0] != name[0] || strcmp(renamed[i].name, name) != 0)
			continue;
		if (!renamed[i].weak && !(value.n == 5 &&
		    strncasecmp((const char *)value.p, "false", 5) == 0))
			put_attribute(s, tag, renamed[i].as, value);
		else if (renamed[i].weak && tag->weak[renamed[i].as].p == NULL)
			tag->weak[renamed[i].as] = value;
	}
}

/* " n=12": of a tag that has attributes. */
static void
put_number(struct pm_html_squeeze *s, const struct tag *tag)
{
	char text[16];
	size_t at = sizeof text;

	if (tag->attr_n == 0 || s->rc != PM_OK ||
	    (s->rc = LIST_ROOM(s->tag, s->err)) != PM_OK)
		return;
	for (size_t left = s->tag.n; at == sizeof text || left > 0; left /= 10)
		text[--at] = (char)('0' + left % 10);
	s->tag.p[s->tag.n++] = (struct pm_html_tag_attrs){
	    (uint32_t)(s->attr.n - tag->attr_n), (uint16_t)tag->attr_n };
	put_str(s, " n=");
	put(s, text + at, sizeof text - at);
}

static void
read_attributes(struct pm_html_squeeze *s, struct tag *tag)
{
	char name[NAME_BYTES_MAX + 1];

	for (;;) {
		struct pm_bytes value = { (const uint8_t *)"", 0 };

		skip_space(s);
		if (s->at == s->in.n || s->in.p[s->at] == '>')
			break;
		if (s->in.p[s->at] == '/') {
			s->at++;
			continue;
		}
		if (s->in.p[s->at] == '=')       /* begins a name, HTML says */
			s->at++;
		(void)read_name(s, name, '=');
		skip_space(s);
		if (s->at < s->in.n && s->in.p[s->at] == '=') {
			s->at++;
			skip_space(s);
			value = read_value(s);
		}
		keep_attribute(s, tag, name, value);
	}
	for (unsigned i = 0; i < PM_HTML_AT_N; i++)
		if (tag->weak[i].p != NULL)
			put_attribute(s, tag, i, tag->weak[i]);
	s->at += s->at < s->in.n;                /* ">" */
	put_number(s, tag);
}

/* Content that is no markup: left out, but for JSON-LD and titles. */
static void
read_raw(struct pm_html_squeeze *s, const struct tag *tag)
{
	size_t end = find_end_tag(s, s->at, tag->name, tag->name_n);
	struct pm_bytes raw = { s->in.p + s->at, end - s->at };

	if (tag->json && strcmp(tag->name, "script") == 0 &&
	    s->script_n < PM_HTML_SCRIPTS_MAX) {
		char number[8];
		size_t n = 0;

		for (size_t left = s->script_n, unit = 100; unit > 0;
		    left %= unit, unit /= 10)
			number[n++] = (char)('0' + left / unit);
		s->script[s->script_n++] = raw;
		put(s, number, n);
	} else if (strcmp(tag->name, "title") == 0) {
		put_without(s, raw, '<', "&lt;");
	}
	s->at = end;
}

static bool
is_raw(const char *name)
{
	static const char *const raw[] = { "script", "style", "title",
	    "textarea", "iframe", "noembed", "noframes", "xmp" };

	for (size_t i = 0; i < sizeof raw / sizeof *raw; i++)
		if (strcmp(raw[i], name) == 0)
			return true;
	return false;
}

static void
skip_svg(struct pm_html_squeeze *s)
{
	size_t end;

	if (s->no_svg_end)
		return;
	if ((end = find_end_tag(s, s->at, "svg", 3)) == s->in.n)
		s->no_svg_end = true;
	else
		s->at = end;
}

/* At "<" or "</" and a letter. */
static void
read_tag(struct pm_html_squeeze *s)
{
	struct tag tag = { 0 };
	bool end = s->in.p[s->at + 1] == '/';
	size_t before = s->out.n;

	s->at += end ? 2 : 1;
	tag.name_n = read_name(s, tag.name, '>');
	put_str(s, end ? "</" : "<");
	put(s, tag.name, tag.name_n);
	if (end) {
		while (s->at < s->in.n && s->in.p[s->at] != '>')
			s->at++;
		s->at += s->at < s->in.n;
	} else {
		read_attributes(s, &tag);
	}
	if (s->at == s->in.n && s->in.p[s->at - 1] != '>')
		s->out.n = before;           /* the file ends in the tag */
	else
		put_str(s, ">");
	if (!end && is_raw(tag.name))
		read_raw(s, &tag);
	else if (!end && strcmp(tag.name, "svg") == 0)
		skip_svg(s);
}

void
pm_html_squeeze(struct pm_html_squeeze *s)
{
	while (s->at < s->in.n && s->rc == PM_OK) {
		const uint8_t *p = s->in.p + s->at;
		size_t left = s->in.n - s->at;
		const uint8_t *tag = memchr(p, '<', left);

		if (tag != p) {
			size_t n = tag == NULL ? left : (size_t)(tag - p);

			put_text(s, p, n);
			s->at += n;
		} else if (left > 1 && (is_letter(p[1]) ||
		    (left > 2 && p[1] == '/' && is_letter(p[2])))) {
			read_tag(s);
		} else if (left > 1 && strchr("!?/", p[1]) != NULL && p[1]) {
			skip_comment(s);
		} else {
			put_str(s, "&lt;");
			s->at++;
		}
	}
}
