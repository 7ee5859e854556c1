/*
 * prefix.h - keys under which a teaser and the article it was cut from meet.
 *
 * A teaser is the cut beginning of an article: after its ellipsis and its
 * last, possibly cut, token are taken off, its first tokens are those of the
 * article's beginning, or of one of its first paragraphs.  So an article is
 * filed under the first 6 and 12 tokens of its first three paragraphs,
 * and a teaser is looked up under the largest of these counts that it has.
 * Numbers only: tokens come in as 64-bit hashes (pm_digest64 of the token).
 */
#ifndef PM_DUP_PREFIX_H
#define PM_DUP_PREFIX_H

#include <stddef.h>
#include <stdint.h>

enum {
	PM_PREFIX_MIN = 6,
	PM_PREFIX_MAX = 12,
	/* 6 and 12.  8 and 10 too, as first designed, are up to six entries more
	 * an article in the cache; most teasers have 12. */
	PM_PREFIX_COUNTS = 2,
	PM_PREFIX_PARAGRAPHS = 3
};

/* The keys of the first 6 and 12 of token[0..n); returns how many apply, in
 * that order. */
size_t pm_prefix_keys(uint64_t out[PM_PREFIX_COUNTS], const uint64_t *token,
    size_t n);

/* The key to look token[0..n) up under; 0 when n < PM_PREFIX_MIN (no other
 * key is 0). */
uint64_t pm_prefix_lookup_key(const uint64_t *token, size_t n);

#endif
