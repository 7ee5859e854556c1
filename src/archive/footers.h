/*
 * footers.h - the last lines of a text that stand under many other texts:
 * "Subscribe to our channel", a page's navigation.  They say nothing about
 * how two texts stand to each other, so they are left out when it is decided.
 *
 * A tail is the last 1, 2, 4 ... 64 lines of a body (body.h), numbers in it
 * taken alike.  It is a footer when at least PM_FOOTER_LEADS bodies that
 * begin differently end with it: copies of one text, which share their tails
 * too, begin alike.  Which site a text stands on is not asked: a body does
 * not know, and a copy stands on several.
 *
 * H1  What is a footer follows from the bodies of the corpus, not from their
 *     order.  A tail that becomes one in a batch is told
 *     (pm_footers_crossed): older bodies with it are then decided anew.
 */
#ifndef PM_ARCHIVE_FOOTERS_H
#define PM_ARCHIVE_FOOTERS_H

#include "archive/body.h"
#include "dup/runs.h"

enum { PM_FOOTER_LEADS = 16 };

/* A body's tails, as pm_body_tails gives them. */
struct pm_body_tails {
	uint64_t key[PM_BODY_TAILS];     /* most lines first */
	size_t at[PM_BODY_TAILS];        /* tokens before each */
	size_t n;
	uint32_t lead;                   /* pm_body_lead: how it begins */
};

/* After pm_body_text of the same body and room. */
void pm_body_tails(struct pm_body_tails *out, const struct pm_body *body,
    const struct pm_body_room *room);

struct pm_footers;

/* With the tails of a batch beside those of the index, in which they are not
 * yet; borrows both. */
int pm_footers_open(struct pm_footers **out,
    const struct pm_body_tails *const *body, size_t n, struct pm_runs *index,
    struct pm_err *err);
void pm_footers_close(struct pm_footers *footers);   /* accepts NULL */

/* How many of a body's tokens stand before its footer: token_n when it has
 * none, or is nothing else. */
int pm_footers_cut(size_t *out, struct pm_footers *footers,
    const struct pm_body *body, const struct pm_body_tails *tails,
    struct pm_err *err);

/* H1: how the older bodies begin that have a tail that became a footer with
 * this batch; each once. */
const uint32_t *pm_footers_crossed(size_t *n,
    const struct pm_footers *footers);
/* Has this body such a tail? */
bool pm_footers_has_crossed(const struct pm_footers *footers,
    const struct pm_body_tails *tails);

#endif
