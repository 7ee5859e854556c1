/*
 * catalog_lost.h - what repairs could not save, and what a catalog that was
 * made before the damage still knows of it.
 */
#ifndef PM_STORE_CATALOG_LOST_H
#define PM_STORE_CATALOG_LOST_H

#include "base/mem.h"
#include "store/catalog.h"

/* Each that was lost and did not come back since with the same bytes, in the
 * order of the log.  A non-zero answer ends the call with it. */
int pm_catalog_list_lost(struct pm_catalog *catalog,
    int (*lost)(void *context, const struct pm_log_lost *lost),
    void *context, struct pm_err *err);

/* Is the database itself in order?  PM_OK, PM_ECORRUPT. */
int pm_catalog_sound(struct pm_catalog *catalog, struct pm_err *err);

/* Captures and articles with numbers from..to, ascending, as a line of the
 * lost. */
int pm_catalog_name_lost(struct pm_catalog *catalog, enum pm_lost_what what,
    uint64_t from, uint64_t to,
    int (*lost)(void *context, const struct pm_log_lost *lost),
    void *context, struct pm_err *err);

/* The line of a run, its strings from the arena; PM_END: there is none. */
int pm_catalog_run_line(struct pm_log_run *out, struct pm_arena *arena,
    struct pm_catalog *catalog, uint64_t run, struct pm_err *err);

/* The line of an article, with its digest and norm, likewise. */
int pm_catalog_article_line(struct pm_log_article *out,
    struct pm_arena *arena, struct pm_catalog *catalog, uint64_t article,
    struct pm_err *err);

#endif
