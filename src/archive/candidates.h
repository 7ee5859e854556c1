/*
 * candidates.h - which bodies are worth comparing with each new one.
 *
 * Bodies meet in buckets, under the keys of archive/body.h, old ones (of the
 * index `bodies`) and those of the batch alike.  Keys of the signature and of
 * the masked tokens are strong: one in common is enough.  Fingerprints and
 * beginnings are weak: a footer that a site puts under every page gives some,
 * so the longer the shorter of two bodies is, the more they must share.
 *
 * B1  In a bucket of more than PM_BUCKET_LARGEST bodies only pairs with one of
 *     the largest (pm_body_norm) are candidates: others of the same text relate to
 *     these too, and a million pages made to share a key cost a million
 *     comparisons, not their square.
 * B2  So whether a pair is a candidate follows from what is in its buckets,
 *     not from how it came there.  A body that larger ones displaced is named
 *     (pm_candidates_displaced), and its relations are tried again
 *     (pm_candidates_hold).
 *
 * One article stands for its `same` group: the first, which never changes.
 */
#ifndef PM_ARCHIVE_CANDIDATES_H
#define PM_ARCHIVE_CANDIDATES_H

#include "archive/body.h"
#include "dup/ranks.h"
#include "dup/runs.h"

enum { PM_BUCKET_LARGEST = 32 };

/* A new body; borrowed for the life of the candidates. */
struct pm_candidate_body {
	uint32_t number;
	const uint64_t *key;             /* pm_body_keys */
	size_t key_n;
};

struct pm_candidates;

/* The buckets of body[0..n), whose numbers ascend.  ranking also knows the
 * numbers of the batch; strong_n: how many of a body's first keys are strong. */
int pm_candidates_open(struct pm_candidates **out,
    const struct pm_candidate_body *body, size_t n, size_t strong_n,
    struct pm_runs *index, const struct pm_ranking *ranking,
    struct pm_err *err);
void pm_candidates_close(struct pm_candidates *candidates);  /* or NULL */

/* Numbers below that of body[at] to compare it with, each once, in no order:
 * borrowed until the next call. */
int pm_candidates_of(const uint32_t **number, size_t *n,
    struct pm_candidates *candidates, size_t at, struct pm_err *err);

/* The same for an old body, or one of the batch: all that it is a candidate
 * with, of any number. */
int pm_candidates_of_any(const uint32_t **number, size_t *n,
    struct pm_candidates *candidates, const struct pm_candidate_body *body,
    struct pm_err *err);

/* B2: old bodies that are no longer among the largest of some bucket,
 * ascending. */
const uint32_t *pm_candidates_displaced(size_t *n,
    const struct pm_candidates *candidates);

/* Are two bodies, of the batch or not, candidates? */
int pm_candidates_hold(bool *out, struct pm_candidates *candidates,
    const struct pm_candidate_body *a, const struct pm_candidate_body *b,
    struct pm_err *err);

#endif
