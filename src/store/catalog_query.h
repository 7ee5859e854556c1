/*
 * catalog_query.h - questions that people ask of a catalog.
 *
 * Answers come row by row to a callback, in the public shapes of
 * pressmark.h; everything in a row lives for the call.  A non-zero answer of
 * the callback ends the question and is returned.
 */
#ifndef PM_STORE_CATALOG_QUERY_H
#define PM_STORE_CATALOG_QUERY_H

#include "store/catalog.h"

/* struct pm_select, its strings understood. */
struct pm_query {
	bool dated;                      /* since, until or on is set */
	int64_t since, until;            /* instants: [since, until) */
	bool on;
	int64_t on_from, on_until;       /* printed time, as if it were UTC */
	bool undated, unique;
	enum pm_keep keep;
	bool crawled;
	int64_t crawled_from, crawled_until;
	bool added;
	int64_t added_run;               /* came with this run or a later one */
	const char *const *tag;
	size_t tag_n;
	const char *source, *title, *lang, *url;
	uint64_t limit;                  /* 0: none */
	bool id;
	int64_t id_low, id_high;         /* stored keys */
};
/* PM_EUSAGE for what makes no sense. */
int pm_query_init(struct pm_query *out, const struct pm_select *select,
    struct pm_catalog *catalog, struct pm_err *err);

enum pm_detail {
	PM_DETAIL_ROW,           /* what ls prints */
	PM_DETAIL_FULL,          /* and paths and relations */
	PM_DETAIL_SHOWN          /* and what its pages state: list_articles alone */
};
/* place: where the body is. */
int pm_catalog_list_articles(struct pm_catalog *catalog,
    const struct pm_query *query, enum pm_detail detail,
    int (*article)(void *context, struct pm_article *article,
    const struct pm_article_row *place), void *context, struct pm_err *err);

/* Where the bodies are that list_articles will give, in the same order, for
 * who reads them ahead: number, frame, offset and bytes of
 * place alone. */
struct pm_scout;
int pm_catalog_scout_open(struct pm_scout **out, struct pm_catalog *catalog,
    const struct pm_query *query, struct pm_err *err);
/* PM_END: there are no more. */
int pm_catalog_scout_next(struct pm_article_row *place,
    struct pm_scout *scout, struct pm_err *err);
void pm_catalog_scout_close(struct pm_scout *scout);     /* accepts NULL */

/* Clusters that hold an article of the query, in the order of their
 * canonicals, each followed by its members, the canonical first.  cluster is
 * told of clusters of two articles and more; with dup not NULL also of one
 * article in two captures and more. */
struct pm_dup_answer {
	int (*cluster)(void *context, const struct pm_cluster *cluster);
	int (*dup)(void *context, struct pm_dup *dup,
	    const struct pm_article_row *place);
};
int pm_catalog_list_dups(struct pm_catalog *catalog,
    const struct pm_query *query, const struct pm_dup_answer *answer,
    void *context, struct pm_err *err);

/* One article by its number. */
int pm_catalog_give_article(struct pm_catalog *catalog, uint64_t number,
    enum pm_detail detail, int (*article)(void *context,
    struct pm_article *article, const struct pm_article_row *place),
    void *context, struct pm_err *err);

/* What captures with this path show: tells each article's number once, 0 for
 * those that show none. */
int pm_catalog_list_shown(struct pm_catalog *catalog, struct pm_bytes path,
    int (*article)(void *context, uint64_t number), void *context,
    struct pm_err *err);

/* The relation that is stored between the groups of two articles; kind 0:
 * none. */
struct pm_stored_relation {
	int kind;
	double jaccard, containment;
};
int pm_catalog_relation(struct pm_stored_relation *out,
    struct pm_catalog *catalog, const struct pm_article_row *a,
    const struct pm_article_row *b, struct pm_err *err);

/* The longest of a group of the same, known by its first. */
int pm_catalog_group_best(uint64_t *out, struct pm_catalog *catalog,
    uint64_t group, struct pm_err *err);

/* Ids, of 16 digits, of an article and of its canonical. */
int pm_catalog_ids(char id[17], char cluster[17],
    struct pm_catalog *catalog, uint64_t number, struct pm_err *err);

/* The teaser whose id the query names; n: how many there are. */
struct pm_teaser_link {
	uint64_t n, article;             /* article 0: joined to none */
	const char *evidence;
	double score;
	bool ambiguous;
};
int pm_catalog_teaser_link(struct pm_teaser_link *out,
    struct pm_catalog *catalog, const struct pm_query *query,
    struct pm_err *err);

/* Number of the article that is canonical for another. */
int pm_catalog_canonical(uint64_t *out, struct pm_catalog *catalog,
    uint64_t number, struct pm_err *err);

int pm_catalog_list_captures(struct pm_catalog *catalog,
    int (*capture)(void *context, const struct pm_listed_capture *capture),
    void *context, struct pm_err *err);
int pm_catalog_list_runs(struct pm_catalog *catalog,
    int (*run)(void *context, const struct pm_listed_run *run),
    void *context, struct pm_err *err);
int pm_catalog_list_bytes(struct pm_catalog *catalog,
    int (*part)(void *context, const struct pm_part_bytes *bytes),
    void *context, struct pm_err *err);
int pm_catalog_list_sources(struct pm_catalog *catalog,
    int (*source)(void *context, const struct pm_source_counts *counts),
    void *context, struct pm_err *err);
int pm_catalog_list_languages(struct pm_catalog *catalog,
    int (*language)(void *context, const struct pm_source_counts *counts),
    void *context, struct pm_err *err);

/* Teasers in the order of their places; title and snippet are the caller's
 * to fetch. */
int pm_catalog_list_teasers(struct pm_catalog *catalog,
    int (*teaser)(void *context, struct pm_listed_teaser *teaser,
    uint64_t frame, uint32_t ordinal), void *context, struct pm_err *err);

/* Title and snippet of a teaser by its place, borrowed until the next call;
 * asked in the order of places, so that each frame is read once. */
struct pm_text_source {
	int (*text)(void *context, struct pm_bytes *title,
	    struct pm_bytes *snippet, uint64_t frame, uint32_t ordinal,
	    struct pm_err *err);
	void *context;
};

/* Groups of teasers that are linked to nothing, the most seen first, then by
 * id.  query: unique is not looked at. */
int pm_catalog_list_missing(struct pm_catalog *catalog,
    const struct pm_query *query, const struct pm_text_source *source,
    int (*missing)(void *context, const struct pm_missing *missing),
    void *context, struct pm_err *err);

/* Sightings of the teasers linked to an article's group, or (article 0) of
 * all linked teasers, with the first path of the article they lead to. */
struct pm_sighting_row {
	struct pm_sighting sighting;
	uint64_t teaser, frame;
	uint32_t ordinal;
	struct pm_bytes article_path;    /* article 0 alone */
};
/* texts: for article 0, whose rows come in the order of paths; else NULL,
 * and title and snippet are the caller's to fetch. */
int pm_catalog_list_sightings(struct pm_catalog *catalog, uint64_t article,
    const struct pm_text_source *texts, int (*sighting)(void *context, const struct pm_sighting_row *row),
    void *context, struct pm_err *err);

/*
 * Captures to rebuild, in the order of their recipes.  A capture goes to
 * PATH, or to PATH~number when number is not 1.  Of one path with different
 * bytes the first crawled is 1, and so on; but a name that another capture or
 * a directory has by itself is passed over.  The same path with the same
 * bytes comes once.  All this is the same in every selection.
 */
struct pm_restorable {
	struct pm_bytes path;
	uint64_t capture;        /* its number */
	unsigned number;
	unsigned free_number;    /* this and all above: no capture is there */
	uint64_t recipe_frame, bytes;
	uint32_t recipe_offset;
	int64_t mtime_ns;
	uint32_t mode;
	uint8_t sha256[PM_SHA256_BYTES];
};
/* query NULL: every capture; else those that show an article of it. */
int pm_catalog_list_restorable(struct pm_catalog *catalog,
    const struct pm_query *query,
    int (*capture)(void *context, const struct pm_restorable *capture),
    void *context, struct pm_err *err);

/* The same captures behind one, by their numbers; number and free_number are
 * 0. */
int pm_catalog_list_recipes(struct pm_catalog *catalog, uint64_t after,
    int (*capture)(void *context, const struct pm_restorable *capture),
    void *context, struct pm_err *err);

/* Frames by their ids. */
int pm_catalog_list_frames(struct pm_catalog *catalog,
    int (*frame)(void *context, uint64_t id, uint32_t volume,
    const struct pm_frame_at *at), void *context, struct pm_err *err);

/* How many captures were added as text only, and cannot be restored. */
int pm_catalog_text_only(uint64_t *out, struct pm_catalog *catalog,
    struct pm_err *err);

/* Pairs of captures for scan, see product.md. */
int pm_catalog_list_pairs(struct pm_catalog *catalog, enum pm_pairs pairs,
    int (*pair)(void *context, const struct pm_pair *pair), void *context,
    struct pm_err *err);

/* Counts; sizes, known and unreadable are left alone. */
int pm_catalog_counts(struct pm_counts *out, struct pm_catalog *catalog,
    struct pm_err *err);

#endif
