/*
 * A body is folded in pieces, from one line of interest to the next, which is
 * the fold of the whole: a line end is a space, and nothing joins across one.
 */
#include "archive/body.h"
#include "text/fold.h"

/* Places in the body where a line of interest begins. */
struct cuts {
	size_t lead[PM_BODY_LEADS], lead_n;      /* ascending */
	size_t tail[PM_BODY_TAILS], tail_n;      /* ascending */
};

static bool
is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static void
find_leads(struct cuts *cuts, struct pm_bytes text)
{
	size_t n = text.n < PM_BODY_LEAD_BYTES ? text.n : PM_BODY_LEAD_BYTES;
	size_t at = 0;

	while (cuts->lead_n < PM_BODY_LEADS) {
		const uint8_t *end;

		while (at < n && is_blank(text.p[at]))
			at++;
		if (at == n)
			return;
		cuts->lead[cuts->lead_n++] = at;
		end = memchr(text.p + at, '\n', n - at);
		at = end == NULL ? n : (size_t)(end - text.p);
	}
}

/* Where the line before `end` begins; *blank: it says nothing. */
static size_t
line_before(struct pm_bytes text, size_t end, bool *blank)
{
	const uint8_t *last = pm_bytes_last((struct pm_bytes){ text.p, end },
	    '\n');
	size_t start = last == NULL ? 0 : (size_t)(last - text.p) + 1;
	size_t at = start;

	while (at < end && is_blank(text.p[at]))
		at++;
	*blank = at == end;
	return start;
}

/* From the end: the beginnings of the last 1, 2, 4 ... lines, but not of the
 * first line of all. */
static void
find_tails(struct cuts *cuts, struct pm_bytes text)
{
	size_t found[PM_BODY_TAILS], n = 0, lines = 0, end = text.n;
	size_t first = cuts->lead_n > 0 ? cuts->lead[0] : text.n;

	while (n < PM_BODY_TAILS && end > first) {
		bool blank;
		size_t at = line_before(text, end, &blank);

		if (!blank && at > first && ++lines == (size_t)1 << n)
			found[n++] = at;
		end = at > 0 ? at - 1 : 0;
	}
	while (n > 0)
		cuts->tail[cuts->tail_n++] = found[--n];
}

/* Append the fold of a piece of a body, a space before it. */
static int
fold_piece(struct pm_buf *out, struct pm_bytes piece, struct pm_err *err)
{
	size_t before = out->n;
	int rc = PM_OK;

	if (before > 0)
		rc = pm_buf_append_byte(out, ' ', err);
	if (rc == PM_OK)
		rc = pm_fold(out, piece, err);
	if (before > 0 && out->n == before + 1)
		out->n = before;
	return rc;
}

static int
fold_pieces(struct pm_buf *out, struct pm_body_marks *marks,
    const struct cuts *cuts, struct pm_bytes text, struct pm_err *err)
{
	size_t from = 0, lead = 0, tail = 0;
	int rc = PM_OK;

	marks->n = 0;
	while (rc == PM_OK && (lead < cuts->lead_n || tail < cuts->tail_n)) {
		bool is_lead = tail == cuts->tail_n || (lead < cuts->lead_n &&
		    cuts->lead[lead] <= cuts->tail[tail]);
		size_t at = is_lead ? cuts->lead[lead++] : cuts->tail[tail++];

		rc = fold_piece(out, (struct pm_bytes){ text.p + from,
		    at - from }, err);
		marks->at[marks->n++] = out->n;
		from = at;
	}
	return rc == PM_OK ? fold_piece(out, (struct pm_bytes){
	    text.p + from, text.n - from }, err) : rc;
}

/* Marks came in the order of the cuts. */
static void
set_places(struct pm_body *out, const struct cuts *cuts,
    const struct pm_body_marks *marks)
{
	size_t lead = 0, tail = 0;

	for (size_t i = 0; i < marks->n; i++) {
		if (tail == cuts->tail_n || (lead < cuts->lead_n &&
		    cuts->lead[lead] <= cuts->tail[tail]))
			out->lead[lead++] = marks->token[i];
		else
			out->tail[tail++] = marks->token[i];
	}
	out->lead_n = lead;
	out->tail_n = tail;
}

int
pm_body_text(struct pm_body *out, struct pm_bytes *folded,
    struct pm_body_room *room, struct pm_bytes text, struct pm_err *err)
{
	struct pm_body_marks marks;
	struct cuts cuts = { .lead_n = 0 };
	bool compared = text.n <= PM_BODY_COMPARED_MAX;
	struct pm_bytes read;
	int rc;

	find_leads(&cuts, text);
	if (compared)
		find_tails(&cuts, text);
	pm_buf_reset(&room->folded);
	if ((rc = fold_pieces(&room->folded, &marks, &cuts, text, err)) !=
	    PM_OK)
		return rc;
	read = *folded = pm_buf_bytes(&room->folded);
	/* Of a text that is not compared only the leads are wanted. */
	if (!compared && read.n > PM_BODY_LEAD_BYTES)
		read.n = PM_BODY_LEAD_BYTES;
	if ((rc = pm_body_read(out, room, read, &marks, err)) != PM_OK)
		return rc;
	set_places(out, &cuts, &marks);
	if (!compared)
		out->gram_n = 0;
	return PM_OK;
}
