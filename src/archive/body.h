/*
 * body.h - a body as numbers: what finds its candidates, and what decides how
 * it stands to another.
 *
 * Relations (product.md calls them so; the first that holds counts):
 *   update    its tokens differ from the other's in digits only
 *   near      Jaccard index of word 3-grams at least policy.near
 *   contains  containment of the smaller set at least policy.contains
 *   near      Jaccard index at least policy.near_long, where the smaller set
 *             has at least PM_NEAR_LONG 3-grams
 * Bodies under PM_BODY_TOKENS_MIN tokens, and those over PM_BODY_COMPARED_MAX
 * bytes, are only identical or same.
 *
 * Why a second bound for near: a text of which a tenth of the words was
 * edited has a Jaccard index of 0.54 to 0.6 with what it was made from, one
 * of character pairs 0.44 to 0.5, which nothing but a copy has in a long text:
 * of 108 labelled pairs of other stories the highest with 48 3-grams or more
 * has 0.29.  Twelve words that share half of theirs tell another story.
 */
#ifndef PM_ARCHIVE_BODY_H
#define PM_ARCHIVE_BODY_H

#include "base/buf.h"
#include "base/mem.h"
#include "dup/digest.h"
#include "store/record.h"

enum {
	PM_BODY_TOKENS_MIN = 10,
	PM_BODY_COMPARED_MAX = 8 << 20,
	PM_BODY_PREFIX = 10,         /* tokens of the key of its beginning */
	PM_NEAR_LONG = 48,
	PM_BODY_LEADS = 3,           /* paragraphs whose beginnings are keys */
	PM_BODY_LEAD_BYTES = 64 << 10,       /* in which they are looked for */
	PM_BODY_TAILS = 7,           /* the last 1, 2, 4 ... 64 lines */
	/* Marks: places of a folded text whose tokens are wanted. */
	PM_BODY_MARKS_MAX = PM_BODY_LEADS + PM_BODY_TAILS
};

/* How strictly bodies are compared; part of every run's record. */
struct pm_policy {
	double near, near_long, contains;
	unsigned bands, rows;            /* of the MinHash signature */
};

extern const struct pm_policy pm_policy_default;

/* "near=0.8000 near_long=0.4500 contains=0.9000 bands=32x4", and back:
 * PM_ECORRUPT for anything else. */
enum { PM_POLICY_CHARS = 96 };
void pm_policy_print(char out[PM_POLICY_CHARS],
    const struct pm_policy *policy);
int pm_policy_parse(struct pm_policy *out, struct pm_bytes text,
    struct pm_err *err);
/* PM_EUSAGE for thresholds that make no sense. */
int pm_policy_check(const struct pm_policy *policy, struct pm_err *err);

/* Buffers to reuse; all zero at first. */
struct pm_body_room {
	struct pm_buf folded, bounds, token, masked, gram, sort, key;
};
void pm_body_room_clear(struct pm_body_room *room);

/* Places in a folded text, ascending, and the first token at or behind each,
 * which pm_body_read fills in. */
struct pm_body_marks {
	size_t at[PM_BODY_MARKS_MAX], token[PM_BODY_MARKS_MAX], n;
};

struct pm_body {
	const uint64_t *token;           /* hashes, in the order of the text */
	const uint64_t *gram;            /* sorted, each once */
	size_t gram_n, token_n;
	struct pm_digest masked;         /* of the tokens, each run of digits 0 */
	bool words;                      /* half of the tokens have no digit */
	/* pm_body_text alone: the tokens with which the first paragraphs begin,
	 * and the last lines, most lines first. */
	size_t lead[PM_BODY_LEADS], lead_n;
	size_t tail[PM_BODY_TAILS], tail_n;
};

/* The fold of a body, and pm_body_read of it with leads and tails; lines
 * are those of the body, blank ones not counted.  *folded borrows too. */
int pm_body_text(struct pm_body *out, struct pm_bytes *folded,
    struct pm_body_room *room, struct pm_bytes text, struct pm_err *err);

/* Of a body of at most PM_BODY_COMPARED_MAX bytes.  Borrows from room until
 * its next use.  gram_n is 0 for one under PM_BODY_TOKENS_MIN tokens.  marks
 * may be NULL. */
int pm_body_read(struct pm_body *out, struct pm_body_room *room,
    struct pm_bytes folded, struct pm_body_marks *marks, struct pm_err *err);

/* Keys under which candidates meet: bands of the signature and the masked
 * tokens (the strong ones, pm_body_strong_keys), the beginning, fingerprints
 * of runs.  None for a body that is not compared.  After pm_body_read of the
 * same body and room. */
int pm_body_keys(const uint64_t **key, size_t *n, struct pm_body_room *room,
    const struct pm_body *body, const struct pm_policy *policy,
    struct pm_err *err);

/* How a body begins, and the key under which those that begin so meet.  0 for
 * one that is not compared. */
uint32_t pm_body_lead(const struct pm_body *body);
uint64_t pm_body_lead_key(uint32_t lead);

/* Leave the tokens from n on out of the 3-grams.  After pm_body_text of the
 * same body and room. */
void pm_body_cut(struct pm_body *body, struct pm_body_room *room, size_t n);

/* How many of a body's first keys are strong: see candidates.h. */
size_t pm_body_strong_keys(const struct pm_policy *policy);

enum { PM_NORM_GRAMS_SHIFT = 48 };

/*
 * Largest first: the rank of a body among those under one key.  The same for
 * all that are `same`, and a digest of their fold at that: the number of its
 * 3-grams (at most 32767) in the upper bits, 48 bits of an XXH3-128 of the
 * fold below.  Also the key under which `same` is looked for.
 */
uint64_t pm_body_norm(const struct pm_body *body, struct pm_bytes folded);

struct pm_related {
	int kind;                        /* enum pm_relation_kind; 0: none */
	double jaccard, containment;
};

/* Exact.  Figures are there when kind is not 0, or when `figures`. */
void pm_body_relate(struct pm_related *out, const struct pm_body *a,
    const struct pm_body *b, const struct pm_policy *policy, bool figures);

#endif
