#include "archive/lead.h"

#include <math.h>
#include <string.h>

#include "archive/analysis.h"
#include "dup/shingle.h"
#include "text/fold.h"

enum {
	SNIPPET_BYTES = 4096,        /* enough for as many tokens */
	LEAD_BYTES = 8192,
	LINE_BYTES = 1024,           /* enough for LEAD_LINE_TOKENS */
	KEYS_BYTES = 1024,           /* enough for PM_LEAD_KEY_TOKENS */
	LEAD_LINE_TOKENS = 20,       /* more than headlines have */
	LINE_TOKENS = 12,
	LINES = 8                    /* among which the lead's first is */
};

/* At most max tokens of at most `bytes` of text; a text cut short loses its
 * last token, which may be cut too. */
static int
read_tokens(struct pm_lead *out, size_t max, struct pm_bytes text,
    size_t bytes, struct pm_buf *scratch, struct pm_err *err)
{
	struct pm_bytes head = text, token;
	struct pm_token_cursor cursor;
	int rc;

	if (head.n > bytes)
		for (head.n = bytes; head.n > 0 &&
		    (text.p[head.n] & 0xc0) == 0x80;)
			head.n--;
	pm_buf_reset(scratch);
	out->n = 0;
	if ((rc = pm_fold(scratch, head, err)) != PM_OK)
		return rc;
	cursor = pm_tokens(pm_buf_bytes(scratch));
	while (out->n < max && pm_token_next(&cursor, &token)) {
		out->number[out->n] = 0;
		for (size_t i = 0; i < token.n; i++)
			if (token.p[i] >= '0' && token.p[i] <= '9')
				out->number[out->n] = 1;
		out->token[out->n++] = pm_digest64(token);
	}
	if (head.n < text.n && out->n < max && out->n > 0)
		out->n--;
	return PM_OK;
}

int
pm_lead_of_snippet(struct pm_lead *out, struct pm_bytes snippet,
    struct pm_buf *scratch, struct pm_err *err)
{
	int rc = read_tokens(out, PM_SNIPPET_TOKENS_MAX, snippet,
	    SNIPPET_BYTES, scratch, err);

	if (rc == PM_OK && out->n > 0 && snippet.n <= SNIPPET_BYTES &&
	    pm_snippet_is_cut(snippet))
		out->n--;
	return rc;
}

/* Tokens of a line of its own, at most LEAD_LINE_TOKENS; those of a heading
 * count for none. */
static int
count_tokens(size_t *out, struct pm_bytes line, struct pm_lead *room,
    struct pm_buf *scratch, struct pm_err *err)
{
	int rc = read_tokens(room, LEAD_LINE_TOKENS, line, LINE_BYTES,
	    scratch, err);

	*out = line.n > 0 && line.p[0] == '#' ? 0 : room->n;
	return rc;
}

/* The line at the beginning of *rest, which moves past it. */
static struct pm_bytes
take_line(struct pm_bytes *rest)
{
	const uint8_t *end = memchr(rest->p, '\n', rest->n);
	struct pm_bytes line = { rest->p, end == NULL ? rest->n :
	    (size_t)(end - rest->p) };

	rest->n -= end == NULL ? line.n : line.n + 1;
	rest->p = end == NULL ? rest->p : end + 1;
	return line;
}

static bool
blank_line_follows(struct pm_bytes rest)
{
	return rest.n > 0 && (rest.p[0] == '\n' || rest.p[0] == '\r');
}

/* *body from its lead on. */
static int
skip_to_lead(struct pm_bytes *body, struct pm_lead *room,
    struct pm_buf *scratch, struct pm_err *err)
{
	struct pm_bytes rest = *body, first = *body;
	bool found = false;

	for (int i = 0; i < LINES && rest.n > 0; i++) {
		struct pm_bytes from = rest, line = take_line(&rest);
		size_t n;
		int rc = count_tokens(&n, line, room, scratch, err);

		if (rc != PM_OK)
			return rc;
		if (n == LEAD_LINE_TOKENS || (n >= LINE_TOKENS &&
		    !blank_line_follows(rest))) {
			*body = from;
			return PM_OK;
		}
		if (n >= LINE_TOKENS && !found) {
			first = from;
			found = true;
		}
	}
	*body = first;
	return PM_OK;
}

int
pm_lead_of_body(struct pm_lead *out, struct pm_bytes body,
    struct pm_buf *scratch, struct pm_err *err)
{
	int rc = skip_to_lead(&body, out, scratch, err);

	return rc == PM_OK ? read_tokens(out, PM_LEAD_TOKENS_MAX, body,
	    LEAD_BYTES, scratch, err) : rc;
}

int
pm_lead_keys_of_body(uint64_t out[PM_LEAD_KEYS], size_t *n,
    struct pm_bytes body, struct pm_buf *scratch, struct pm_err *err)
{
	struct pm_lead lead;
	int rc = skip_to_lead(&body, &lead, scratch, err);

	*n = 0;
	if (rc == PM_OK)
		rc = read_tokens(&lead, PM_LEAD_KEY_TOKENS, body, KEYS_BYTES,
		    scratch, err);
	if (rc == PM_OK)
		*n = pm_lead_keys(out, lead.token, lead.n);
	return rc;
}

int
pm_title_key_of(uint64_t *out, struct pm_bytes title, struct pm_buf *scratch,
    struct pm_err *err)
{
	struct pm_lead tokens;
	int rc;

	*out = 0;
	if (title.n == 0)
		return PM_OK;
	if ((rc = read_tokens(&tokens, PM_LEAD_TOKENS_MAX, title, LEAD_BYTES,
	    scratch, err)) == PM_OK)
		*out = pm_title_key(tokens.token, tokens.n);
	return rc;
}

static bool
has_numbers(const struct pm_lead *snippet, const struct pm_lead *lead,
    size_t lead_n)
{
	for (size_t i = 0; i < snippet->n; i++) {
		size_t k = 0;

		while (snippet->number[i] && k < lead_n &&
		    lead->token[k] != snippet->token[i])
			k++;
		if (snippet->number[i] && k == lead_n)
			return false;
	}
	return true;
}

double
pm_lead_contained(const struct pm_lead *snippet, const struct pm_lead *lead)
{
	uint64_t a[PM_LEAD_TOKENS_MAX], b[PM_LEAD_TOKENS_MAX],
	    room[PM_LEAD_TOKENS_MAX];
	size_t a_n, b_n, shared, lead_n = snippet->n + PM_LEAD_BEYOND;

	if (lead_n > lead->n)
		lead_n = lead->n;
	if (snippet->n < PM_LEAD_SNIPPET_MIN ||
	    !has_numbers(snippet, lead, lead_n))
		return 0;
	a_n = pm_shingles(a, room, snippet->token, snippet->n);
	b_n = pm_shingles(b, room, lead->token, lead_n);
	shared = pm_shingles_shared(a, a_n, b, b_n, 0);
	return rint(1e4 * (double)shared / (double)a_n) / 1e4;
}
