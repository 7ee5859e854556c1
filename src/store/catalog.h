/*
 * catalog.h - the SQLite database beside the volumes: the fold of their
 * metadata log, with indexes.  Owner of sqlite3.h (with catalog_*.c).
 *
 * Tables and views: src/FORMAT.md, "Catalog".  Numbers are those of the log.
 *
 * C1  A transaction holds whole batches; `state` names the last one.
 * C2  Everything here is a function of the log up to that batch: the same
 *     functions fill the catalog in add, reindex and verify.
 * C3  What is derived (titles, dates and tags taken over from teasers, counts,
 *     canonicals) is refreshed in the transaction that touched its grounds.
 * C4  A handle for reading shows one state, that in which it was opened, and
 *     writes nothing.  It holds a shared flock on volumes/, and only who holds
 *     that lock alone moves pages from catalog.db-wal into catalog.db.
 *     Whatever a writer commits till then stays in the WAL.
 */
#ifndef PM_STORE_CATALOG_H
#define PM_STORE_CATALOG_H

#include <stdbool.h>

#include "store/record.h"
#include "store/volume.h"

struct pm_catalog;

enum pm_catalog_mode {
	PM_CATALOG_READ,         /* the archive's, never written */
	PM_CATALOG_WRITE,        /* the archive's, made when missing */
	PM_CATALOG_NEW,          /* another, made aside from nothing */
	PM_CATALOG_TEMP,         /* a private one that goes with the handle */
	PM_CATALOG_LEAN          /* one that is never refreshed: without what
	                          * is of use to questions alone */
};

/* PM_ECORRUPT (not a database, other schema), PM_EVERSION, PM_ENOTFOUND.
 * READ needs no permission to write, also when a writer was killed. */
int pm_catalog_open(struct pm_catalog **out, const char *archive,
    enum pm_catalog_mode mode, struct pm_err *err);
/* WRITE: leaves one plain file if no reader is in the way, else a WAL too.
 * Uncommitted work is rolled back.  Accepts NULL. */
void pm_catalog_close(struct pm_catalog *catalog);

/* The one that was made aside, and closed, takes the place of the archive's,
 * which nobody has open for writing. */
int pm_catalog_replace(const char *archive, struct pm_err *err);

/* Keep so many bytes of it in memory, when they are of use: more than the
 * 32 MB that a handle for writing begins with, where many articles come. */
int pm_catalog_cache(struct pm_catalog *catalog, uint64_t bytes,
    struct pm_err *err);

/* Where the catalog stands. */
struct pm_catalog_state {
	struct pm_walk_start at;         /* the last batch */
	uint64_t runs, articles, teasers, captures;   /* numbers used so far */
};
int pm_catalog_state(struct pm_catalog_state *out,
    struct pm_catalog *catalog, struct pm_err *err);

/* The place behind a batch, for walking on from it; sequence 0: the
 * beginning.  PM_ENOTFOUND. */
int pm_catalog_position(struct pm_walk_start *out,
    struct pm_catalog *catalog, uint64_t sequence, struct pm_err *err);

/* ---- filling ---- */

/* No error when one has begun already: look-ups before the first record are
 * several times faster inside it. */
int pm_catalog_begin(struct pm_catalog *catalog, struct pm_err *err);
int pm_catalog_commit(struct pm_catalog *catalog, struct pm_err *err);
void pm_catalog_rollback(struct pm_catalog *catalog);

/* How many articles are canonical. */
int pm_catalog_unique(uint64_t *out, struct pm_catalog *catalog,
    struct pm_err *err);
/* Canonicals of all articles, where pm_catalog_refresh is not used. */
int pm_catalog_cluster_all(struct pm_catalog *catalog, struct pm_err *err);

/* The records of a batch in the order of the log ... */
int pm_catalog_apply(struct pm_catalog *catalog,
    const struct pm_log_record *record, struct pm_err *err);
/* ... its frames and place ... */
int pm_catalog_batch(struct pm_catalog *catalog,
    const struct pm_batch *batch, struct pm_err *err);
/*
 * ... and what follows from them (C3).  teaser_title appends the title of a
 * teaser by its number and place (frame, ordinal); asked in the order of
 * places.
 */
struct pm_teaser_source {
	int (*title)(void *context, struct pm_buf *out, uint64_t teaser,
	    uint64_t frame, uint32_t ordinal, struct pm_err *err);
	void *context;
};
int pm_catalog_refresh(struct pm_catalog *catalog,
    const struct pm_teaser_source *source, struct pm_err *err);

/* ---- looking up while filling; 0 in *number: not there ---- */

struct pm_article_row {
	uint64_t number, same;           /* same 0: alone */
	uint64_t frame;
	uint32_t offset;
	uint64_t bytes;
	uint8_t sha256[PM_SHA256_BYTES];
	uint64_t norm;
};

struct pm_teaser_row {
	uint64_t number, article;        /* linked to; 0: not linked */
	uint64_t frame;
	uint32_t ordinal;
	int32_t evidence;                /* enum pm_evidence; 0: not linked */
	double score;
	bool ambiguous;
};

struct pm_capture_row {
	uint64_t number, article;
	bool text_only;                  /* without its bytes */
	int32_t kind;
};

int pm_catalog_find_article(struct pm_article_row *out,
    struct pm_catalog *catalog, const uint8_t sha256[PM_SHA256_BYTES],
    struct pm_err *err);
/* The first article of the group with this fold. */
int pm_catalog_find_norm(struct pm_article_row *out,
    struct pm_catalog *catalog, uint64_t norm, struct pm_err *err);
int pm_catalog_article(struct pm_article_row *out,
    struct pm_catalog *catalog, uint64_t number, struct pm_err *err);
int pm_catalog_find_teaser(struct pm_teaser_row *out,
    struct pm_catalog *catalog, const uint8_t sha256[PM_SHA256_BYTES],
    struct pm_err *err);
/* Articles that a teaser serves beside the one it is linked to, ascending. */
int pm_catalog_served_by(struct pm_catalog *catalog, uint64_t teaser,
    int (*article)(void *context, uint64_t number), void *context,
    struct pm_err *err);
/* Articles that have a relation to this one, ascending. */
int pm_catalog_related(struct pm_catalog *catalog, uint64_t number,
    int (*article)(void *context, uint64_t number), void *context,
    struct pm_err *err);
/* Addresses under a key that leaves out what does not matter: the scheme,
 * "www.", a fragment, a slash at the end. */
int64_t pm_catalog_url_key(struct pm_bytes url);
/* The longest article, then that with the smallest SHA-256, that a page with
 * this address shows, a revisit not counted; 0: there is none. */
int pm_catalog_article_at(uint64_t *out, struct pm_catalog *catalog,
    int64_t url_key, struct pm_err *err);
/* The addresses at which an article was seen, each once, with its earliest
 * capture there; in byte order.  A non-zero answer ends the call. */
struct pm_address {
	struct pm_bytes url;
	uint64_t capture;
	int64_t crawled;
	bool is_record;                  /* the capture is one of a record file */
};
int pm_catalog_addresses(struct pm_catalog *catalog, uint64_t article,
    int (*address)(void *context, const struct pm_address *address),
    void *context, struct pm_err *err);
/* When the last run ended, or began. */
int pm_catalog_last_run_time(int64_t *out, struct pm_catalog *catalog,
    struct pm_err *err);
/* Is it known that the teaser leads there? */
int pm_catalog_has_teaser_url(bool *out, struct pm_catalog *catalog,
    uint64_t teaser, struct pm_bytes url, struct pm_err *err);
/* Teasers that lead to this address; keys of the addresses that a teaser leads
 * to.  A non-zero answer ends the call with it. */
int pm_catalog_teasers_to(struct pm_catalog *catalog, int64_t url_key,
    int (*teaser)(void *context, uint64_t number), void *context,
    struct pm_err *err);
int pm_catalog_teaser_urls(struct pm_catalog *catalog, uint64_t teaser,
    int (*key)(void *context, int64_t url_key), void *context,
    struct pm_err *err);
/* Is there a teaser that is the same after folding? */
int pm_catalog_has_teaser(bool *out, struct pm_catalog *catalog,
    const struct pm_teaser_marks *marks, struct pm_err *err);
/* The titles that an article's own pages state, its text's own first; never one
 * that a teaser gave it.  A non-zero answer ends the call with it. */
int pm_catalog_stated_titles(struct pm_catalog *catalog, uint64_t article,
    int (*title)(void *context, struct pm_bytes title), void *context,
    struct pm_err *err);

/* When something was, from all that pages say of it: the finest and earliest
 * of the dates that are stated, else the earliest crawl. */
struct pm_known_time {
	enum { PM_TIME_UNKNOWN, PM_TIME_CRAWLED, PM_TIME_STATED } how;
	int64_t from, until;             /* [from, until) */
	int32_t precision;
};
void pm_known_time_offer(struct pm_known_time *best,
    const struct pm_known_time *time);
/* Of an article's captures, or a teaser's sightings, offered to *best. */
int pm_catalog_article_time(struct pm_known_time *best,
    struct pm_catalog *catalog, uint64_t article, struct pm_err *err);
int pm_catalog_teaser_time(struct pm_known_time *best,
    struct pm_catalog *catalog, uint64_t teaser, struct pm_err *err);
int pm_catalog_teaser(struct pm_teaser_row *out, struct pm_catalog *catalog,
    uint64_t number, struct pm_err *err);
/* Any capture with these bytes that is no record file. */
int pm_catalog_find_capture(struct pm_capture_row *out,
    struct pm_catalog *catalog, const uint8_t sha256[PM_SHA256_BYTES],
    struct pm_err *err);

/* A capture with these bytes that has them; 0: there is none. */
int pm_catalog_find_whole(uint64_t *out, struct pm_catalog *catalog,
    const uint8_t sha256[PM_SHA256_BYTES], struct pm_err *err);
/* Is there one of this role with these bytes, this path and crawl time?  A name
 * like FILE#1 may be that of a file, too. */
enum pm_capture_role {
	PM_ROLE_ALONE,                   /* a file of its own */
	PM_ROLE_RECORD, PM_ROLE_FILE
};
struct pm_known {
	bool known, text_only;           /* text_only: without its bytes */
	bool redacted;                   /* without them, as they show what was
	                                  * forgotten */
	uint64_t file;                   /* of a record, or of itself; else 0 */
};
int pm_catalog_known(struct pm_known *out, struct pm_catalog *catalog,
    const uint8_t sha256[PM_SHA256_BYTES], struct pm_bytes path,
    int64_t crawled, enum pm_capture_role role, struct pm_err *err);
/* Of a capture; PM_ENOTFOUND. */
int pm_catalog_recipe(uint64_t *frame, uint32_t *offset, uint64_t *bytes,
    struct pm_catalog *catalog, uint64_t capture, struct pm_err *err);
/* Is the record file with this number there, or only records of it? */
int pm_catalog_has_file(bool *out, struct pm_catalog *catalog, uint64_t file,
    struct pm_err *err);
/* Place of a frame; PM_ENOTFOUND. */
int pm_catalog_frame(uint32_t *volume, struct pm_frame_at *out,
    struct pm_catalog *catalog, uint64_t frame, struct pm_err *err);
/* Ids of the articles whose body begins in the frame, for reports (reads the
 * whole table). */
int pm_catalog_articles_in_frame(struct pm_catalog *catalog, uint64_t frame,
    int (*article)(void *context, const char *id), void *context,
    struct pm_err *err);

/* Of the latest run; runs 0: there is none. */
struct pm_catalog_versions {
	uint64_t runs;
	int32_t normalizer, page_rules;
	char policy[128];                /* cut when longer */
};
int pm_catalog_versions(struct pm_catalog_versions *out,
    struct pm_catalog *catalog, struct pm_err *err);

/*
 * ---- forgetting (catalog_forget.c) ----
 *
 * A forget line takes the rows it names out of their tables, with all that
 * hangs on them, and leaves tombstones: numbers and digests in the tables
 * forgotten_*.  So no question needs a condition, numbers stay used, and what
 * is refused later is found by its digests.
 */

/* Has anything been forgotten? */
int pm_catalog_forgets(bool *out, struct pm_catalog *catalog,
    struct pm_err *err);

/* Is the row with this number gone, by a forget line or with one that is?  What
 * optimize may drop: of an article its body, of a teaser its line, of a capture
 * its line, recipe and pieces; the forget lines themselves stay. */
int pm_catalog_forgotten_article(bool *out, struct pm_catalog *catalog,
    uint64_t number, struct pm_err *err);
int pm_catalog_forgotten_teaser(bool *out, struct pm_catalog *catalog,
    uint64_t number, struct pm_err *err);
int pm_catalog_forgotten_capture(bool *out, struct pm_catalog *catalog,
    uint64_t number, struct pm_err *err);
/* Who stands for its group in the place of a forgotten first; 0: nobody. */
int pm_catalog_heir(uint64_t *out, struct pm_catalog *catalog,
    uint64_t article, struct pm_err *err);

/* The forgotten teasers that a capture showed, ascending. */
struct pm_forgotten_teaser {
	uint64_t number, frame;
	uint32_t ordinal;
};
int pm_catalog_forgotten_shown(struct pm_catalog *catalog, uint64_t capture,
    int (*teaser)(void *context, const struct pm_forgotten_teaser *teaser),
    void *context, struct pm_err *err);
/* Does its recipe make less than the page as it was scraped? */
int pm_catalog_is_redacted(bool *out, struct pm_catalog *catalog,
    uint64_t capture, struct pm_err *err);
/* Is one of the captures first to last gone, redacted, or did it show a
 * teaser that is gone? */
int pm_catalog_touches(bool *out, struct pm_catalog *catalog, uint64_t first,
    uint64_t last, struct pm_err *err);
/* How a capture is made again; PM_END: it is not there. */
struct pm_capture_place {
	int32_t kind;                    /* enum pm_capture_kind */
	uint64_t frame, bytes;           /* frame 0: text only */
	uint32_t offset;
};
int pm_catalog_capture_place(struct pm_capture_place *out,
    struct pm_catalog *catalog, uint64_t capture, struct pm_err *err);

/* Is it to be refused?  A body by its digest, or by that of its fold (norm 0:
 * it has no words); an address by the patterns that were forgotten. */
int pm_catalog_refuses_body(bool *out, struct pm_catalog *catalog,
    const uint8_t sha256[PM_SHA256_BYTES], uint64_t norm,
    struct pm_err *err);
int pm_catalog_refuses_url(bool *out, struct pm_catalog *catalog,
    struct pm_bytes url, struct pm_err *err);
/* Of a revisit. */
int pm_catalog_refuses_payload(bool *out, struct pm_catalog *catalog,
    struct pm_bytes payload, struct pm_err *err);
/* key: of its first tokens (dup/prefix.h); url n = 0: none. */
int pm_catalog_refuses_teaser(bool *out, struct pm_catalog *catalog,
    const uint8_t sha256[PM_SHA256_BYTES],
    const struct pm_teaser_marks *marks, uint64_t key, struct pm_bytes url,
    struct pm_err *err);

/* ---- comparing ---- */

/* Every table and view of a against b, row by row; tells each difference
 * (table, what) once, at most `most` in all.  Also SQLite's own integrity
 * check of a. */
int pm_catalog_compare(struct pm_catalog *a, struct pm_catalog *b,
    int (*difference)(void *context, const char *text), void *context,
    struct pm_err *err);

#endif
