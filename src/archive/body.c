#include "archive/body.h"

#include <stdio.h>

#include "base/err.h"
#include "dup/minhash.h"
#include "dup/shingle.h"
#include "dup/winnow.h"
#include "text/fold.h"

const struct pm_policy pm_policy_default = { 0.8, 0.45, 0.9, 32, 4 };

/* So that keys of one kind do not meet those of another. */
#define MASKED_SALT UINT64_C(0x8ebc6af09c88c6e3)
#define PREFIX_SALT UINT64_C(0x589965cc75374cc3)
#define WINNOW_SALT UINT64_C(0x1d8e4e27c47d124f)

enum { GRAMS_MAX = 32767 };

/* ---- policies ---- */

static unsigned
ten_thousandths(double share)
{
	return (unsigned)(share * 10000 + 0.5);
}

/* By hand, because printf's decimal point follows the program's locale. */
void
pm_policy_print(char out[PM_POLICY_CHARS], const struct pm_policy *policy)
{
	unsigned near = ten_thousandths(policy->near);
	unsigned shorter = ten_thousandths(policy->near_long);
	unsigned contains = ten_thousandths(policy->contains);

	(void)snprintf(out, PM_POLICY_CHARS, "near=%u.%04u near_long=%u.%04u"
	    " contains=%u.%04u bands=%ux%u", near / 10000, near % 10000,
	    shorter / 10000, shorter % 10000, contains / 10000,
	    contains % 10000, policy->bands, policy->rows);
}

static bool
is_share(double value)
{
	return value > 0 && value <= 1;
}

int
pm_policy_parse(struct pm_policy *out, struct pm_bytes text,
    struct pm_err *err)
{
	char copy[PM_POLICY_CHARS] = "";
	unsigned whole[3], rest[3], bands, rows;

	if (text.n < sizeof copy)
		memcpy(copy, text.p, text.n);
	if (sscanf(copy, "near=%1u.%4u near_long=%1u.%4u contains=%1u.%4u"
	    " bands=%3ux%3u", &whole[0], &rest[0], &whole[1], &rest[1],
	    &whole[2], &rest[2], &bands, &rows) != 8)
		return pm_fail(err, PM_ECORRUPT, "policy of a run: '%s'",
		    copy);
	*out = (struct pm_policy){ whole[0] + rest[0] / 1e4,
	    whole[1] + rest[1] / 1e4, whole[2] + rest[2] / 1e4, bands, rows };
	return pm_policy_check(out, err);
}

int
pm_policy_check(const struct pm_policy *policy, struct pm_err *err)
{
	if (is_share(policy->near) && is_share(policy->near_long) &&
	    is_share(policy->contains) && policy->bands > 0 &&
	    policy->rows > 0 && policy->bands <= PM_MINHASH &&
	    policy->rows <= PM_MINHASH / policy->bands)
		return PM_OK;
	return pm_fail(err, PM_EUSAGE, "thresholds must lie above 0 and not "
	    "above 1");
}

/* ---- reading ---- */

void
pm_body_room_clear(struct pm_body_room *room)
{
	pm_buf_clear(&room->folded);
	pm_buf_clear(&room->bounds);
	pm_buf_clear(&room->token);
	pm_buf_clear(&room->masked);
	pm_buf_clear(&room->gram);
	pm_buf_clear(&room->sort);
	pm_buf_clear(&room->key);
}

static bool
is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

/* The hash of a token with each run of digits as one 0. */
static uint64_t
masked_hash(struct pm_bytes token)
{
	uint8_t masked[256];
	size_t n = 0;

	for (size_t i = 0; i < token.n && n < sizeof masked; i++) {
		if (!is_digit(token.p[i]))
			masked[n++] = token.p[i];
		else if (i == 0 || !is_digit(token.p[i - 1]))
			masked[n++] = '0';
	}
	return pm_digest64((struct pm_bytes){ masked, n });
}

/* The first digit at or behind `at`; text.n when there is none.  Eight bytes
 * at once: only '0' to '9' become 0 to 9 when '0' is taken off. */
static size_t
next_digit(struct pm_bytes text, size_t at)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);

	for (; at + 8 <= text.n; at += 8) {
		uint64_t eight = pm_le64_get(text.p + at);
		uint64_t low = eight & 0x7f * ones;
		uint64_t digit = (low + 0x50 * ones) & ~(low + 0x46 * ones) &
		    ~eight & 0x80 * ones;

		if (digit != 0)
			return at + (size_t)__builtin_ctzll(digit) / 8;
	}
	while (at < text.n && !is_digit(text.p[at]))
		at++;
	return at;
}

static int
reserve_numbers(struct pm_buf *buf, size_t n, struct pm_err *err)
{
	pm_buf_reset(buf);
	return pm_buf_reserve(buf, n * sizeof(uint64_t) + 1, err);
}

/* Hash tokens that have digits again, masked; returns how many. */
static size_t
mask_digits(uint64_t *masked, struct pm_bytes folded,
    const struct pm_token *token, size_t n)
{
	size_t found = 0, i = 0, at = 0;

	while (i < n && (at = next_digit(folded, at)) < folded.n) {
		/* Pairs of characters overlap, but hold no ASCII. */
		while (i < n && token[i].end <= at)
			i++;
		if (i == n || token[i].start > at) {
			at++;
			continue;
		}
		masked[i] = masked_hash((struct pm_bytes){
		    folded.p + token[i].start,
		    token[i].end - token[i].start });
		found++;
		at = token[i++].end;
	}
	return found;
}

static void
set_marks(struct pm_body_marks *marks, const struct pm_token *token,
    size_t n)
{
	size_t i = 0;

	for (size_t k = 0; k < marks->n; k++) {
		while (i < n && token[i].start < marks->at[k])
			i++;
		marks->token[k] = i;
	}
}

/* Hashes of the tokens, and of the masked ones, into room. */
static int
read_tokens(struct pm_body *out, struct pm_body_room *room,
    struct pm_bytes folded, struct pm_body_marks *marks, struct pm_err *err)
{
	const struct pm_token *bounds;
	uint64_t *token, *masked;
	size_t n;
	int rc;

	pm_buf_reset(&room->bounds);
	if ((rc = pm_tokens_all(&room->bounds, folded, err)) != PM_OK)
		return rc;
	n = room->bounds.n / sizeof *bounds;
	if ((rc = reserve_numbers(&room->token, n, err)) != PM_OK ||
	    (rc = reserve_numbers(&room->masked, n, err)) != PM_OK)
		return rc;
	bounds = (const struct pm_token *)(void *)room->bounds.p;
	token = (uint64_t *)room->token.p;
	masked = (uint64_t *)room->masked.p;
	pm_digest64_tokens(token, folded, bounds, n);
	memcpy(masked, token, n * sizeof *token);
	out->words = mask_digits(masked, folded, bounds, n) * 2 <= n;
	out->masked = pm_digest128((struct pm_bytes){ (uint8_t *)masked,
	    n * sizeof *masked });
	out->token = token;
	out->token_n = n;
	if (marks != NULL)
		set_marks(marks, bounds, n);
	return PM_OK;
}

int
pm_body_read(struct pm_body *out, struct pm_body_room *room,
    struct pm_bytes folded, struct pm_body_marks *marks, struct pm_err *err)
{
	int rc;

	*out = (struct pm_body){ 0 };
	if ((rc = read_tokens(out, room, folded, marks, err)) != PM_OK)
		return rc;
	if (out->token_n < PM_BODY_TOKENS_MIN)
		return PM_OK;
	if ((rc = reserve_numbers(&room->gram, out->token_n, err)) != PM_OK ||
	    (rc = reserve_numbers(&room->sort, out->token_n, err)) != PM_OK)
		return rc;
	out->gram = (uint64_t *)room->gram.p;
	out->gram_n = pm_shingles((uint64_t *)room->gram.p,
	    (uint64_t *)room->sort.p, out->token, out->token_n);
	return PM_OK;
}

/* ---- keys ---- */

int
pm_body_keys(const uint64_t **key, size_t *n, struct pm_body_room *room,
    const struct pm_body *body, const struct pm_policy *policy,
    struct pm_err *err)
{
	const uint64_t *token = body->token;
	struct pm_minhash minhash;
	uint64_t *out;
	size_t from;
	int rc;

	*n = 0;
	if (body->gram_n == 0)
		return PM_OK;
	if ((rc = reserve_numbers(&room->key, policy->bands + 2 +
	    body->token_n, err)) != PM_OK)
		return rc;
	out = (uint64_t *)room->key.p;
	pm_minhash(&minhash, body->gram, body->gram_n);
	pm_minhash_bands(out, &minhash, policy->bands, policy->rows);
	*n = policy->bands;
	out[(*n)++] = body->masked.low + MASKED_SALT;
	out[(*n)++] = pm_body_lead_key(pm_body_lead(body));
	from = *n;
	*n += pm_winnow(out + *n, token, body->token_n);
	for (size_t i = from; i < *n; i++)
		out[i] += WINNOW_SALT;
	*key = out;
	return PM_OK;
}

uint32_t
pm_body_lead(const struct pm_body *body)
{
	return body->gram_n == 0 ? 0 : (uint32_t)pm_digest64((struct pm_bytes){
	    (const uint8_t *)body->token,
	    PM_BODY_PREFIX * sizeof *body->token });
}

uint64_t
pm_body_lead_key(uint32_t lead)
{
	return lead * UINT64_C(0x9fb21c651e98df25) + PREFIX_SALT;
}

void
pm_body_cut(struct pm_body *body, struct pm_body_room *room, size_t n)
{
	body->gram_n = pm_shingles((uint64_t *)room->gram.p,
	    (uint64_t *)room->sort.p, body->token, n);
}

size_t
pm_body_strong_keys(const struct pm_policy *policy)
{
	return policy->bands + 1;
}

uint64_t
pm_body_norm(const struct pm_body *body, struct pm_bytes folded)
{
	uint64_t grams = body->gram_n < GRAMS_MAX ? body->gram_n : GRAMS_MAX;

	return grams << PM_NORM_GRAMS_SHIFT | pm_digest128(folded).low >> 16;
}

/* ---- relations ---- */

static bool
equal_masked(const struct pm_body *a, const struct pm_body *b)
{
	return a->words && b->words && a->token_n == b->token_n &&
	    a->masked.high == b->masked.high && a->masked.low == b->masked.low;
}

/* To four places, as it is written down. */
static double
share_of(size_t part, size_t whole)
{
	return (double)(uint64_t)((double)part / (double)whole * 10000 + 0.5) /
	    10000;
}

void
pm_body_relate(struct pm_related *out, const struct pm_body *a,
    const struct pm_body *b, const struct pm_policy *policy, bool figures)
{
	size_t smaller = a->gram_n < b->gram_n ? a->gram_n : b->gram_n;
	size_t for_near = pm_shared_for_jaccard(a->gram_n, b->gram_n,
	    policy->near);
	size_t for_long = smaller < PM_NEAR_LONG ? for_near :
	    pm_shared_for_jaccard(a->gram_n, b->gram_n, policy->near_long);
	size_t for_contains = pm_shared_for_containment(a->gram_n, b->gram_n,
	    policy->contains);
	size_t least = for_long < for_near ? for_long : for_near;
	size_t shared;
	bool update;

	*out = (struct pm_related){ 0 };
	if (smaller == 0)
		return;
	if (for_contains < least)
		least = for_contains;
	update = equal_masked(a, b);
	shared = pm_shingles_shared(a->gram, a->gram_n, b->gram, b->gram_n,
	    update || figures ? 0 : least);
	if (shared == SIZE_MAX)
		return;
	out->jaccard = share_of(shared, a->gram_n + b->gram_n - shared);
	out->containment = share_of(shared, smaller);
	if (update)
		out->kind = PM_RELATION_UPDATE;
	else if (shared >= for_near)
		out->kind = PM_RELATION_NEAR;
	else if (shared >= for_contains)
		out->kind = PM_RELATION_CONTAINS;
	else if (shared >= for_long)
		out->kind = PM_RELATION_NEAR;
}
