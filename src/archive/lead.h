/*
 * lead.h - the beginning of a body and a snippet as numbers, and how much of
 * the snippet stands in the lead.
 *
 * The lead of a body begins with the first of its first eight lines that has
 * 20 tokens, or 12 and no blank line below it, so that a headline, a menu or
 * a date above it is no part of it; without such a line, with the first that
 * has 12, and without that, with the body.  A line that begins with # is none.
 */
#ifndef PM_ARCHIVE_LEAD_H
#define PM_ARCHIVE_LEAD_H

#include "base/buf.h"
#include "dup/lead.h"

enum {
	PM_SNIPPET_TOKENS_MAX = 400,
	PM_LEAD_BEYOND = 64,         /* tokens of a lead beyond the snippet's */
	PM_LEAD_TOKENS_MAX = PM_SNIPPET_TOKENS_MAX + PM_LEAD_BEYOND
};

struct pm_lead {
	uint64_t token[PM_LEAD_TOKENS_MAX];
	uint8_t number[PM_LEAD_TOKENS_MAX];      /* has a digit */
	size_t n;
};

/* Without the last token when the snippet is cut. */
int pm_lead_of_snippet(struct pm_lead *out, struct pm_bytes snippet,
    struct pm_buf *scratch, struct pm_err *err);
int pm_lead_of_body(struct pm_lead *out, struct pm_bytes body,
    struct pm_buf *scratch, struct pm_err *err);

/* Keys of a body's lead (dup/lead.h). */
int pm_lead_keys_of_body(uint64_t out[PM_LEAD_KEYS], size_t *n,
    struct pm_bytes body, struct pm_buf *scratch, struct pm_err *err);
/* Key of a title as printed; 0: too short. */
int pm_title_key_of(uint64_t *out, struct pm_bytes title,
    struct pm_buf *scratch, struct pm_err *err);

/*
 * The share of the snippet's word 3-grams that the lead has, to four places.
 * 0 when a number of the snippet is not in the lead (another day's report
 * differs in nothing else), and for snippets under PM_LEAD_SNIPPET_MIN
 * tokens.
 */
double pm_lead_contained(const struct pm_lead *snippet,
    const struct pm_lead *lead);

#endif
