/* Addresses: resolved as RFC 3986, section 5.2, says, and dates in them. */
#include "page/html_meta.h"
#include "base/buf.h"

enum { URL_BYTES_MAX = 8192 };

/* Parts as bytes of the address; p NULL: not there. */
struct url {
	struct pm_bytes scheme, authority, path, query, fragment;
};

static bool
is_digit(uint8_t b)
{
	return b >= '0' && b <= '9';
}

static uint8_t
lower(uint8_t b)
{
	return b >= 'A' && b <= 'Z' ? (uint8_t)(b + 32) : b;
}

static bool
is_letter(uint8_t b)
{
	return lower(b) >= 'a' && lower(b) <= 'z';
}

static struct pm_bytes
trim(struct pm_bytes s)
{
	while (s.n > 0 && s.p[0] <= ' ') {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && s.p[s.n - 1] <= ' ')
		s.n--;
	return s;
}

/* Takes what stands before the first of the marks (or all) off *rest. */
static struct pm_bytes
take_until(struct pm_bytes *rest, const char *marks)
{
	struct pm_bytes out = { rest->p, 0 };

	while (out.n < rest->n && (rest->p[out.n] == 0 ||
	    strchr(marks, rest->p[out.n]) == NULL))
		out.n++;
	rest->p += out.n;
	rest->n -= out.n;
	return out;
}

static void
skip(struct pm_bytes *rest, size_t n)
{
	rest->p += n;
	rest->n -= n;
}

static void
take_scheme(struct url *out, struct pm_bytes *rest)
{
	size_t n = 0;

	while (n < rest->n && (is_letter(rest->p[n]) || (n > 0 &&
	    (is_digit(rest->p[n]) || rest->p[n] == '+' ||
	    rest->p[n] == '-' || rest->p[n] == '.'))))
		n++;
	if (n == 0 || n == rest->n || rest->p[n] != ':')
		return;
	out->scheme = (struct pm_bytes){ rest->p, n };
	skip(rest, n + 1);
}

static struct url
split(struct pm_bytes rest)
{
	struct url out = { .scheme = { NULL, 0 } };

	if (rest.n == 0)
		return out;
	take_scheme(&out, &rest);
	if (rest.n >= 2 && rest.p[0] == '/' && rest.p[1] == '/') {
		skip(&rest, 2);
		out.authority = take_until(&rest, "/?#");
	}
	out.path = take_until(&rest, "?#");
	if (rest.n > 0 && rest.p[0] == '?') {
		skip(&rest, 1);
		out.query = take_until(&rest, "#");
	}
	if (rest.n > 0) {
		skip(&rest, 1);
		out.fragment = rest;
	}
	return out;
}

static bool
is_word(struct pm_bytes s, const char *word)
{
	if (s.n != strlen(word))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (lower(s.p[i]) != (uint8_t)word[i])
			return false;
	return true;
}

static bool
can_be_fetched(struct pm_bytes scheme)
{
	return is_word(scheme, "http") || is_word(scheme, "https") ||
	    is_word(scheme, "ftp");
}

struct writer {
	uint8_t *p;
	size_t n;
};

/* Line ends and tabs are no part of an address, spaces are written %20. */
static void
put(struct writer *w, struct pm_bytes s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == ' ') {
			memcpy(w->p + w->n, "%20", 3);
			w->n += 3;
		} else if (s.p[i] > ' ' && s.p[i] != 0x7f)
			w->p[w->n++] = s.p[i];
	}
}

static void
put_lower(struct writer *w, struct pm_bytes s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] > ' ' && s.p[i] != 0x7f)
			w->p[w->n++] = lower(s.p[i]);
}

static void
put_str(struct writer *w, const char *s)
{
	memcpy(w->p + w->n, s, strlen(s));
	w->n += strlen(s);
}

/* Section 5.2.4: the path from `from` on without "." and ".." segments. */
static void
remove_dots(struct writer *w, size_t from)
{
	size_t end = w->n, to = from, at = from;

	while (at < end) {
		size_t n = 1;
		const uint8_t *s = w->p + at;
		bool last;

		while (at + n < end && s[n] != '/')
			n++;
		last = at + n == end;
		if (s[0] == '/' && n == 2 && s[1] == '.') {
			if (last)
				w->p[to++] = '/';
		} else if (s[0] == '/' && n == 3 && s[1] == '.' &&
		    s[2] == '.') {
			while (to > from && w->p[--to] != '/')
				;
			if (last)
				w->p[to++] = '/';
		} else {
			memmove(w->p + to, s, n);
			to += n;
		}
		at += n;
	}
	w->n = to;
}

/* Of the base's path all but what is behind the last slash. */
static void
put_merged(struct writer *w, const struct url *base, struct pm_bytes path)
{
	struct pm_bytes dir = base->path;

	while (dir.n > 0 && dir.p[dir.n - 1] != '/')
		dir.n--;
	if (dir.n == 0)
		put_str(w, "/");
	put(w, dir);
	put(w, path);
}

static void
put_path(struct writer *w, const struct url *base, const struct url *ref,
    bool own)
{
	size_t from = w->n;

	if (!own && ref->path.n == 0)
		put(w, base->path);
	else if (own || ref->path.p[0] == '/')
		put(w, ref->path);
	else
		put_merged(w, base, ref->path);
	if (w->n == from || w->p[from] != '/') {
		memmove(w->p + from + 1, w->p + from, w->n - from);
		w->p[from] = '/';
		w->n++;
	}
	remove_dots(w, from);
}

/* w has room for three bytes for each byte of both, and a few more. */
static void
put_url(struct writer *w, const struct url *base, const struct url *ref)
{
	bool own = ref->authority.p != NULL;
	struct pm_bytes query = ref->query;

	if (!own && ref->path.n == 0 && query.p == NULL)
		query = base->query;
	put_lower(w, ref->scheme.p != NULL ? ref->scheme : base->scheme);
	put_str(w, "://");
	put(w, own ? ref->authority : base->authority);
	put_path(w, base, ref, own);
	if (query.p != NULL) {
		put_str(w, "?");
		put(w, query);
	}
	if (ref->fragment.p != NULL) {
		put_str(w, "#");
		put(w, ref->fragment);
	}
}

/* "http:g" is "g" where the base has the same scheme, as browsers read it. */
static void
drop_same_scheme(struct url *ref, const struct url *base)
{
	if (ref->scheme.p != NULL && ref->authority.p == NULL &&
	    base->scheme.n == ref->scheme.n)
		for (size_t i = 0; i <= ref->scheme.n; i++) {
			if (i == ref->scheme.n)
				ref->scheme = (struct pm_bytes){ NULL, 0 };
			else if (lower(ref->scheme.p[i]) !=
			    lower(base->scheme.p[i]))
				return;
		}
}

int
pm_url_resolve(struct pm_bytes *out, struct pm_arena *arena,
    struct pm_bytes base_text, struct pm_bytes reference, struct pm_err *err)
{
	struct url base, ref;
	struct writer w = { NULL, 0 };

	*out = (struct pm_bytes){ NULL, 0 };
	reference = trim(reference);
	base_text = trim(base_text);
	if (reference.n > URL_BYTES_MAX || base_text.n > URL_BYTES_MAX ||
	    (reference.n > 0 && reference.p[0] == '#'))
		return PM_OK;
	base = split(base_text);
	ref = split(reference);
	drop_same_scheme(&ref, &base);
	if (!can_be_fetched(ref.scheme.p != NULL ? ref.scheme : base.scheme) ||
	    (ref.scheme.p != NULL && ref.authority.n == 0) ||
	    (ref.authority.p != NULL ? ref.authority.n == 0 :
	    base.authority.n == 0))
		return PM_OK;
	w.p = pm_arena_alloc(arena, 3 * (base_text.n + reference.n) + 16, err);
	if (w.p == NULL)
		return PM_ENOMEM;
	put_url(&w, &base, &ref);
	*out = (struct pm_bytes){ w.p, w.n };
	return PM_OK;
}

struct pm_bytes
pm_url_host(struct pm_bytes text)
{
	struct url url = split(trim(text));
	struct pm_bytes host = url.authority;
	const uint8_t *at = host.n == 0 ? NULL : pm_bytes_last(host, '@');
	size_t n = 0;

	if (at != NULL)
		skip(&host, (size_t)(at + 1 - host.p));
	if (host.n > 0 && host.p[0] == '[')
		while (n < host.n && host.p[n] != ']')
			n++;
	while (n < host.n && host.p[n] != ':')
		n++;
	host.n = n;
	if (host.n > 4 && is_word((struct pm_bytes){ host.p, 4 }, "www."))
		skip(&host, 4);
	return host;
}

/* ---- dates ---- */

static size_t
digits(struct pm_bytes s, size_t at)
{
	size_t n = 0;

	while (at + n < s.n && is_digit(s.p[at + n]))
		n++;
	return n;
}

static int32_t
number(struct pm_bytes s, size_t at, size_t n)
{
	int32_t value = 0;

	for (size_t i = 0; i < n; i++)
		value = value * 10 + (s.p[at + i] - '0');
	return value;
}

static bool
set(struct pm_time_text *out, int32_t year, int32_t month, int32_t day)
{
	static const uint8_t days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30,
	    31, 30, 31 };

	if (year < 1990 || year > 2100 || month < 1 || month > 12 ||
	    day > days[month - 1] || day < 0 ||
	    (month == 2 && day == 29 && (year % 4 != 0 ||
	    (year % 100 == 0 && year % 400 != 0))))
		return false;
	*out = (struct pm_time_text){ .kind = PM_TIME_ABSOLUTE, .hour = -1,
		.precision = day == 0 ? PM_MONTH : PM_DAY, .year = year,
		.month = month, .day = day };
	return true;
}

/* "feb" as in /2025/feb/11/; 0 when it is none. */
static int32_t
month_name(struct pm_bytes s, size_t at)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";

	if (s.n - at < 4 || (s.p[at + 3] != '/' && s.p[at + 3] != '-'))
		return 0;
	for (int32_t i = 0; i < 12; i++)
		if (is_word((struct pm_bytes){ s.p + at, 3 },
		    (char[4]){ names[3 * i], names[3 * i + 1],
		    names[3 * i + 2], 0 }))
			return i + 1;
	return 0;
}

/* The month at `at`, and in *n its bytes. */
static int32_t
month_at(struct pm_bytes s, size_t at, size_t *n)
{
	*n = digits(s, at);
	if (*n == 1 || *n == 2)
		return number(s, at, *n);
	if (*n == 0 && at < s.n) {
		*n = 3;
		return month_name(s, at);
	}
	return 0;
}

/* A date whose year of four digits is at `at`: 2025/02/11, 2025-2-11,
 * 2025_02_11; /2025/02/ is a month. */
static bool
separated(struct pm_time_text *out, struct pm_bytes s, size_t at)
{
	int32_t year = number(s, at, 4), month;
	uint8_t mark = at + 4 < s.n ? s.p[at + 4] : 0;
	size_t n, m;

	if (mark == 0 || strchr("/-_.", mark) == NULL ||
	    (month = month_at(s, at + 5, &n)) == 0)
		return false;
	at += 5 + n;
	if (at < s.n && s.p[at] == mark && (m = digits(s, at + 1)) > 0 &&
	    m <= 2 && number(s, at + 1, m) > 0 &&
	    set(out, year, month, number(s, at + 1, m)))
		return true;
	return mark == '/' && n >= 2 && at < s.n && s.p[at] == '/' &&
	    set(out, year, month, 0);
}

/* 20250211, 202502111400, 20250211140000: a run of n digits. */
static bool
compact(struct pm_time_text *out, struct pm_bytes s, size_t at, size_t n)
{
	return (n == 8 || n == 12 || n == 14) &&
	    number(s, at + 6, 2) > 0 && set(out, number(s, at, 4),
	    number(s, at + 4, 2), number(s, at + 6, 2));
}

/* /web/20140226120000/http://site/...: when it was archived says nothing. */
static struct pm_bytes
without_archive(struct pm_bytes path)
{
	for (size_t i = 0; i + 6 < path.n; i++)
		if (path.p[i] == '/' && path.p[i + 1] == 'h' &&
		    memcmp(path.p + i + 2, "ttp", 3) == 0 &&
		    (path.p[i + 5] == ':' || path.p[i + 6] == ':')) {
			skip(&path, i + 6);
			i = 0;
		}
	return path;
}

bool
pm_url_date(struct pm_time_text *out, struct pm_bytes text)
{
	struct pm_bytes s = without_archive(split(trim(text)).path);
	struct pm_time_text found;
	bool any = false;
	size_t n;

	if (s.n > URL_BYTES_MAX)
		s.n = URL_BYTES_MAX;
	for (size_t at = 0; at < s.n; at += n) {
		n = digits(s, at);
		if (n == 4 ? !separated(&found, s, at) :
		    n < 8 || !compact(&found, s, at, n)) {
			n += n == 0;
			continue;
		}
		/* A day beats a month; else the first stands. */
		if (!any || found.precision < out->precision)
			*out = found;
		any = true;
		if (out->precision == PM_DAY)
			break;
	}
	return any;
}
