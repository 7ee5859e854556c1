/*
 * catalog_forget.h - what a forgetting would take, before there is a line of
 * it; for archive/forget.c.  A handle has one plan, in temporary tables.
 */
#ifndef PM_STORE_CATALOG_FORGET_H
#define PM_STORE_CATALOG_FORGET_H

#include "store/catalog.h"

int pm_catalog_plan_begin(struct pm_catalog *catalog, struct pm_err *err);
/* Take an article, or all that has an address like the pattern: articles,
 * captures that show none, teasers that lead there and to no article that
 * stays. */
int pm_catalog_plan_article(struct pm_catalog *catalog, uint64_t number,
    struct pm_err *err);
int pm_catalog_plan_url(struct pm_catalog *catalog, const char *glob,
    struct pm_err *err);
/* Copies of what was taken so far that were not: of its groups of the same, of
 * its clusters, and what is related to it.  take: those as well. */
int pm_catalog_plan_copies(struct pm_catalog *catalog, bool take,
    struct pm_err *err);
/* What hangs on it: captures, and teasers of it. */
int pm_catalog_plan_finish(struct pm_catalog *catalog, struct pm_err *err);

struct pm_plan_counts {
	uint64_t articles, copies;       /* copies: those that stay */
	uint64_t captures, teasers, sightings;
	uint64_t cut;                    /* captures that stay and show a teaser */
};
int pm_catalog_plan_counts(struct pm_plan_counts *out,
    struct pm_catalog *catalog, struct pm_err *err);

struct pm_plan_article {
	uint64_t number;
	bool stays;                      /* a copy that was not taken */
	const char *relation;            /* of a copy; NULL: it was asked for */
	struct pm_article_row row;
};
int pm_catalog_plan_articles(struct pm_catalog *catalog,
    int (*article)(void *context, const struct pm_plan_article *article),
    void *context, struct pm_err *err);

/* In the order of their places. */
struct pm_plan_teaser {
	struct pm_log_gone_teaser gone;
	uint64_t frame;
	uint32_t ordinal;
	uint64_t sightings;
};
int pm_catalog_plan_teasers(struct pm_catalog *catalog,
    int (*teaser)(void *context, const struct pm_plan_teaser *teaser),
    void *context, struct pm_err *err);

int pm_catalog_plan_captures(struct pm_catalog *catalog,
    int (*capture)(void *context, uint64_t number, struct pm_bytes path),
    void *context, struct pm_err *err);
/* Keys of the addresses at which nothing that stays was seen. */
int pm_catalog_plan_addresses(struct pm_catalog *catalog,
    int (*address)(void *context, int64_t key), void *context,
    struct pm_err *err);
/* Keys of the payloads that only what goes has. */
int pm_catalog_plan_payloads(struct pm_catalog *catalog,
    int (*payload)(void *context, int64_t key), void *context,
    struct pm_err *err);

/* The number of the next forgetting. */
int pm_catalog_next_forget(uint64_t *out, struct pm_catalog *catalog,
    struct pm_err *err);
/* Captures that are withheld and could have been restored. */
int pm_catalog_forgotten_captures(uint64_t *out, struct pm_catalog *catalog,
    struct pm_err *err);

#endif
