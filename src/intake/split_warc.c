/*
 * WARC 0.17 to 1.1 and ARC 1 and 2, cut into records.
 *
 * W1: what was used is never taken back, and the cut does not depend on where
 *     steps end.  So whatever needs the next bytes to be decided waits for
 *     them: a step may use nothing and not end when it has fewer than
 *     PM_SPLIT_AHEAD_BYTES.
 * W2: a length is trusted while its bytes pass, unless the file is known to
 *     be shorter: what looks like a record in there may be a WARC in a WARC.
 *     If no record begins where it ends, the next line that begins one is
 *     looked for from there.
 */
#include <string.h>

#include "intake/split_internal.h"

enum state {
	BEGIN,       /* of a record */
	HEADER,
	CONTENT,
	GAP,         /* line ends behind the content */
	RESYNC       /* no length to go by */
};

enum { FIELD_BYTES = 256, VERSION_BYTES = 9, LOOK_BYTES = 4096 };

#define UNKNOWN UINT64_MAX

/* What a state says after it used what it could. */
enum verdict { GO_ON, ENDED, NEEDS_MORE };

struct cut {
	struct pm_split *split;
	const uint8_t *p;
	size_t at, n;
	bool end;
	struct pm_err *err;
};

static const char short_file[] = "the file ends before the record";
static const char no_length[] = "a record without a length: cut at the next "
    "header";
static const char wrong_length[] = "a record's length is wrong: cut at the "
    "next header";
static const char no_header[] = "bytes that are no record";

static enum verdict
resync(struct cut *c, const char *complaint)
{
	c->split->complaint = complaint;
	c->split->depth = RESYNC;
	return GO_ON;
}

/* How much of the line that begins here there is, its end included; 0: the end
 * is not there, or too far. */
static size_t
line_ahead(const struct cut *c)
{
	size_t n = c->n - c->at;
	const uint8_t *end;

	if (n > LOOK_BYTES)
		n = LOOK_BYTES;
	end = n == 0 ? NULL : memchr(c->p + c->at, '\n', n);
	return end == NULL ? 0 : (size_t)(end + 1 - (c->p + c->at));
}

/* ---- does a record begin here?  NEEDS_MORE, ENDED: yes, GO_ON: no ---- */

static enum verdict
warc_begins(const struct cut *c)
{
	static const char version[] = "WARC/";
	const uint8_t *p = c->p + c->at;
	size_t n = c->n - c->at;

	for (size_t i = 0; i < VERSION_BYTES; i++) {
		bool fits;

		if (i == n)
			return c->end ? GO_ON : NEEDS_MORE;
		if (i < sizeof version - 1)
			fits = p[i] == (uint8_t)version[i];
		else if (i == 5)
			fits = p[i] == '0' || p[i] == '1';
		else if (i == 6)
			fits = p[i] == '.';
		else if (i == 7)
			fits = p[i] >= '0' && p[i] <= '9';
		else
			fits = p[i] == '\r' || p[i] == '\n' || p[i] == ' ' ||
			    (p[i] >= '0' && p[i] <= '9');
		if (!fits)
			return GO_ON;
	}
	return ENDED;
}

static bool
is_date(struct pm_bytes s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n >= 8 && s.n <= 20;
}

static struct pm_bytes
take_last_word(struct pm_bytes *s)
{
	size_t end = s->n, at;

	while (end > 0 && s->p[end - 1] <= ' ')
		end--;
	for (at = end; at > 0 && s->p[at - 1] > ' '; at--)
		continue;
	s->n = at;
	return (struct pm_bytes){ s->p + at, end - at };
}

/* URL IP date type length, or with five more before the length; URL and type
 * may have spaces.  *length is the last word, whatever it is. */
static bool
is_arc_header(struct pm_bytes *length, struct pm_bytes line)
{
	bool found = false;
	size_t i = 0;

	while (i < line.n && line.p[i] > ' ' && line.p[i] != ':')
		i++;
	if (i == 0 || i == line.n || line.p[i] != ':')
		return false;
	*length = take_last_word(&line);
	for (i = 2; i <= 8 && !found; i++) {
		struct pm_bytes word = take_last_word(&line);

		found = ((i >= 3 && i <= 5) || i == 8) && line.n > 0 &&
		    is_date(word);
	}
	return found;
}

static enum verdict
arc_begins(const struct cut *c)
{
	size_t n = line_ahead(c);
	struct pm_bytes length;

	if (n == 0) {
		if (!c->end && c->n - c->at < LOOK_BYTES)
			return NEEDS_MORE;
		if (c->n - c->at >= LOOK_BYTES)
			return GO_ON;
		n = c->n - c->at;
	}
	return is_arc_header(&length, (struct pm_bytes){ c->p + c->at, n }) ?
	    ENDED : GO_ON;
}

static enum verdict
record_begins(const struct cut *c)
{
	return c->split->kind == PM_SPLIT_ARC ? arc_begins(c) :
	    warc_begins(c);
}

/* ---- the header ---- */

/* False when it is no number, or one that nothing can have. */
static bool
parse_length(uint64_t *out, struct pm_bytes s)
{
	uint64_t value = 0;

	while (s.n > 0 && s.p[s.n - 1] <= ' ')
		s.n--;
	while (s.n > 0 && *s.p <= ' ') {
		s.p++;
		s.n--;
	}
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9' || i == 18)
			return false;
		value = value * 10 + (uint64_t)(s.p[i] - '0');
	}
	*out = value;
	return s.n > 0;
}

/* The field in split->held, with its continuations. */
static void
take_field(struct pm_split *split)
{
	static const char name[] = "content-length:";
	const size_t n = sizeof name - 1;
	const struct pm_buf *field = &split->held;

	if (!split->counted && field->n > n && field->n < FIELD_BYTES) {
		size_t i = 0;

		while (i < n && (field->p[i] | 0x20) == (uint8_t)name[i])
			i++;
		/* '-' and ':' have that bit. */
		if (i == n)
			split->counted = parse_length(&split->left,
			    (struct pm_bytes){ field->p + n, field->n - n });
	}
	pm_buf_reset(&split->held);
}

/* Behind the header: is its length to be trusted? */
static enum verdict
begin_content(struct cut *c)
{
	struct pm_split *split = c->split;

	split->between = true;
	if (!split->counted)
		return resync(c, no_length);
	if (split->match != UNKNOWN && split->left > split->match - c->at)
		return resync(c, short_file);
	split->depth = CONTENT;
	return GO_ON;
}

/* A line of the header, or what there is of it.  split->between: at its
 * begin; escaped: it has more than its end. */
static int
header_line(struct cut *c, bool *whole)
{
	struct pm_split *split = c->split;
	const uint8_t *p = c->p + c->at;
	const uint8_t *end = memchr(p, '\n', c->n - c->at);
	size_t n = end == NULL ? c->n - c->at : (size_t)(end - p);
	size_t room;

	if (split->between) {
		if (*p != ' ' && *p != '\t')
			take_field(split);
		split->escaped = false;
	}
	room = FIELD_BYTES - split->held.n;
	for (size_t i = 0; i < n && !split->escaped; i++)
		split->escaped = p[i] != '\r';
	c->at += n + (end != NULL);
	*whole = end != NULL;
	split->between = end != NULL;
	return pm_buf_append(&split->held, p, n < room ? n : room,
	    c->err);
}

static enum verdict
warc_header(struct cut *c, int *rc)
{
	struct pm_split *split = c->split;
	bool whole = true;

	while (c->at < c->n && whole) {
		/* Not the line with which the record begins. */
		if (split->between && split->started) {
			enum verdict v = warc_begins(c);

			if (v == ENDED)
				split->complaint = no_length;
			if (v != GO_ON)
				return v;
		}
		split->started = true;
		if ((*rc = header_line(c, &whole)) != PM_OK)
			return ENDED;
		if (whole && !split->escaped) {
			take_field(split);
			return begin_content(c);
		}
	}
	return GO_ON;
}

static enum verdict
arc_header(struct cut *c, int *rc)
{
	struct pm_split *split = c->split;
	const uint8_t *p = c->p + c->at;
	const uint8_t *end = memchr(p, '\n', c->n - c->at);
	size_t n = end == NULL ? c->n - c->at : (size_t)(end + 1 - p);
	struct pm_bytes length;

	/* BEGIN saw that it is no longer. */
	if ((*rc = pm_buf_append(&split->held, p, n, c->err)) != PM_OK)
		return ENDED;
	c->at += n;
	if (end == NULL)
		return GO_ON;
	split->counted = is_arc_header(&length, pm_buf_bytes(&split->held)) &&
	    parse_length(&split->left, length);
	pm_buf_reset(&split->held);
	return begin_content(c);
}

/* ---- the states ---- */

static enum verdict
begin(struct cut *c)
{
	struct pm_split *split = c->split;
	enum verdict v = record_begins(c);

	if (v == NEEDS_MORE)
		return v;
	split->between = true;
	split->started = split->counted = split->escaped = false;
	pm_buf_reset(&split->held);
	if (v == GO_ON)
		return resync(c, no_header);
	split->depth = HEADER;
	return GO_ON;
}

static enum verdict
content(struct cut *c)
{
	size_t n = c->n - c->at;

	if (n > c->split->left)
		n = (size_t)c->split->left;
	c->at += n;
	c->split->left -= n;
	if (c->split->left == 0) {
		c->split->depth = GAP;
		c->split->between = false;
	}
	return GO_ON;
}

static enum verdict
gap(struct cut *c)
{
	enum verdict v;

	while (c->at < c->n && (c->p[c->at] == '\r' || c->p[c->at] == '\n')) {
		c->split->between = c->p[c->at] == '\n';
		c->at++;
	}
	if (c->at == c->n)
		return GO_ON;
	if ((v = record_begins(c)) == GO_ON)
		return resync(c, wrong_length);
	return v;
}

/* To the next line that begins a record. */
static enum verdict
search(struct cut *c)
{
	struct pm_split *split = c->split;

	while (c->at < c->n) {
		const uint8_t *end;

		if (split->between) {
			enum verdict v = record_begins(c);

			if (v != GO_ON)
				return v;
		}
		end = memchr(c->p + c->at, '\n', c->n - c->at);
		split->between = end != NULL;
		c->at = end == NULL ? c->n : (size_t)(end + 1 - c->p);
	}
	return GO_ON;
}

static enum verdict
run_state(struct cut *c, int *rc)
{
	switch ((enum state)c->split->depth) {
	case BEGIN:
		return begin(c);
	case HEADER:
		return c->split->kind == PM_SPLIT_ARC ? arc_header(c, rc) :
		    warc_header(c, rc);
	case CONTENT:
		return content(c);
	case GAP:
		return gap(c);
	case RESYNC:
		break;
	}
	return search(c);
}

/* ---- entry points ---- */

enum pm_split_kind
pm_split_warc_looks(struct pm_bytes head)
{
	struct cut c = { .p = head.p, .n = head.n, .end = true };

	if (warc_begins(&c) == ENDED)
		return PM_SPLIT_WARC;
	return head.n > 11 && memcmp(head.p, "filedesc://", 11) == 0 &&
	    arc_begins(&c) == ENDED ? PM_SPLIT_ARC : PM_SPLIT_NONE;
}

int
pm_split_warc_begin(struct pm_split *split, struct pm_bytes head,
    struct pm_err *err)
{
	struct cut c = { .split = split, .p = head.p, .n = head.n,
	    .end = true };

	(void)err;
	split->depth = BEGIN;
	split->left = 0;
	split->match = split->file_bytes > 0 ? (uint64_t)split->file_bytes :
	    UNKNOWN;
	if (record_begins(&c) != ENDED)
		split->ordinal = 0;
	return PM_OK;
}

/* How much of the file is still to come, as far as that is known. */
static void
count_used(struct pm_split *split, size_t used)
{
	if (split->match != UNKNOWN)
		split->match = split->match < used ? UNKNOWN :
		    split->match - used;
}

int
pm_split_warc_step(size_t *used, bool *ended, struct pm_split *split,
    const uint8_t *p, size_t n, bool end, struct pm_err *err)
{
	struct cut c = { .split = split, .p = p, .n = n, .end = end,
	    .err = err };
	enum verdict v = GO_ON;
	int rc = PM_OK;

	while (c.at < n && v == GO_ON && rc == PM_OK)
		v = run_state(&c, &rc);
	if (rc != PM_OK)
		return rc;
	if (end && c.at == n && (split->depth == HEADER ||
	    (split->depth == CONTENT && split->left > 0)))
		split->complaint = short_file;
	count_used(split, c.at);
	*used = c.at;
	*ended = v == ENDED || (end && c.at == n);
	if (*ended)
		split->depth = BEGIN;
	return PM_OK;
}
