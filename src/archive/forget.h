/*
 * forget.h - bytes of captures without what was forgotten.
 *
 * What is forgotten is the catalog's to say (store/catalog.h, "forgetting"):
 * rows of it are in no other table.  The volumes hold the bytes until optimize
 * writes them anew; whoever gives out bytes of a capture meanwhile, restore and
 * verify, asks here, and so does optimize for what it writes in their place.
 *
 * F1  A capture whose own article was forgotten, or whose address, is withheld:
 *     it is not in the table of captures at all.
 * F2  Of a capture that shows a forgotten teaser the bytes of title and snippet
 *     are cut out: the recipe's step for that teaser gives only what stands
 *     between them, and in the literal bytes around each copy of them, as it is
 *     or written by a codec of page/codec.h, is cut.  In a record that says how
 *     long it is (WARC, ARC) spaces take their place.  When neither a step nor
 *     the literals account for every forgotten teaser, all of it is withheld.
 * F3  Of a record file the records that are withheld are left out, and of the
 *     others the teasers are cut.
 */
#ifndef PM_ARCHIVE_FORGET_H
#define PM_ARCHIVE_FORGET_H

#include "archive/frames.h"

struct pm_redactor;

enum pm_fate {
	PM_FATE_WHOLE,                   /* its recipe gives all of it */
	PM_FATE_CUT,                     /* pm_redactor_run gives what is left */
	PM_FATE_WITHHELD                 /* nothing of it is to be given */
};

/* The catalog is asked once whether anything was forgotten; if nothing was,
 * every fate is WHOLE without another look. */
int pm_redactor_open(struct pm_redactor **out, struct pm_catalog *catalog,
    struct pm_frames *frames, struct pm_err *err);
void pm_redactor_close(struct pm_redactor *redactor);    /* accepts NULL */

/*
 * What of a capture may be given out; a number that is in no table of captures
 * is WITHHELD.  CUT also for a capture that was cut when it came (the line says
 * `redacted`) or by optimize: then its recipe gives what is left, and neither
 * that nor pm_redactor_run has the capture's digest.
 */
int pm_redactor_fate(enum pm_fate *out, struct pm_redactor *redactor,
    uint64_t capture, struct pm_err *err);

/*
 * The bytes of a capture without what was forgotten (F2, F3), in pieces; a
 * non-zero answer ends the call with it.  Also right for a capture whose fate
 * is WHOLE.  PM_ENOTFOUND: it is withheld; nothing was given then.  The same
 * bytes each time, so that one run may measure and a second write.
 *
 * To optimize: what this gives is the whole of the capture from then on, one
 * literal, or pieces, in a line with `redacted`, `bytes` of what was given, and
 * the digest as it was (of the page as it was scraped, by which it is known),
 * without the sightings of forgotten teasers; where it is withheld but not gone
 * itself (PM_FATE_WITHHELD, and there is a row), `text_only` too.  The forget
 * lines go into the new log first, with 0 for the numbers of articles and
 * teasers and without captures: then they refuse, and name nothing.
 */
int pm_redactor_run(struct pm_redactor *redactor, uint64_t capture,
    int (*piece)(void *context, struct pm_bytes bytes, struct pm_err *err),
    void *context, struct pm_err *err);

/*
 * Texts to be cut out of literal bytes: reset, add, cut each literal of a page,
 * and ask whether each text was found.  A text that is found in another way is
 * told with its place among those that were added.
 */
struct pm_cutter;
enum { PM_CUTTER_MAX = 1000 };       /* of more teasers none is found */
int pm_cutter_new(struct pm_cutter **out, struct pm_err *err);
void pm_cutter_free(struct pm_cutter *cutter);           /* accepts NULL */
void pm_cutter_reset(struct pm_cutter *cutter);
int pm_cutter_add(struct pm_cutter *cutter, struct pm_bytes title,
    struct pm_bytes snippet, struct pm_err *err);
/* *literal: what is left of it, until the next call. */
int pm_cutter_cut(struct pm_cutter *cutter, struct pm_bytes *literal,
    struct pm_err *err);
/* Do spaces take the place of what is cut?  That is settled by the beginning of
 * the first literal. */
bool pm_cutter_blanks(const struct pm_cutter *cutter);
void pm_cutter_found(struct pm_cutter *cutter, size_t teaser);
bool pm_cutter_is_done(const struct pm_cutter *cutter);

#endif
