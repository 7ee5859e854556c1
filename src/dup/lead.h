/*
 * lead.h - keys under which a teaser meets an article that does not begin as
 * it does.
 *
 * A teaser may have been cut before its article was edited, or behind a
 * dateline: then most of its words stand in the article's lead, but not at
 * its beginning (prefix.h).  So of the runs of five tokens among the first
 * twenty the smallest by hash are keys: a sample that a text and a part of it
 * are likely to share.  With a snippet of 14 tokens that lies whole in the
 * first twenty, at least one of three keys is shared in 19 of 20 cases.
 * Three tokens would do to compare two texts, and do (shingle.h); as keys
 * they are too common: a large corpus has each of them hundreds of times.
 *
 * Numbers only: tokens come in as 64-bit hashes (pm_digest64 of the token).
 */
#ifndef PM_DUP_LEAD_H
#define PM_DUP_LEAD_H

#include <stddef.h>
#include <stdint.h>

enum {
	PM_LEAD_KEYS = 3,
	PM_LEAD_GRAM = 5,
	PM_LEAD_KEY_TOKENS = 20,     /* among which keys are looked for */
	PM_LEAD_SNIPPET_MIN = 8,     /* fewer say too little */
	PM_TITLE_TOKENS_MIN = 3
};

/* The keys of a lead, or of a snippet, that begins with token[0..n); returns
 * how many there are, none for fewer than PM_LEAD_SNIPPET_MIN tokens.
 * Ascending, each once, none is 0. */
size_t pm_lead_keys(uint64_t out[PM_LEAD_KEYS], const uint64_t *token,
    size_t n);

/* The key of a title of these tokens; 0 for fewer than PM_TITLE_TOKENS_MIN,
 * which name a section as often as an article. */
uint64_t pm_title_key(const uint64_t *token, size_t n);

#endif
