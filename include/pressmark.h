/*
 * pressmark.h - archive and deduplicate scraped news corpora.
 *
 * The whole public interface of libpressmark; the pressmark command uses
 * nothing else.  See README.md for what an archive is and src/FORMAT.md for
 * its bytes.
 *
 * Conventions, unless stated otherwise: sizes are bytes; strings are
 * NUL-terminated; pointers are non-NULL; functions returning int give PM_OK
 * or a negative pm_status and fill *err; on failure outputs are untouched.
 * Where rows go to a callback, its answer other than 0 ends the call, which
 * returns it; *err is then the callback's to fill or to leave.
 * Nothing here prints, exits or installs signal handlers.  A handle may be
 * used by one thread at a time; different handles are independent.
 */
#ifndef PRESSMARK_H
#define PRESSMARK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Everything between push and pop is exported from the shared library. */
#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

#define PM_VERSION "0.1.0"

enum pm_status {
	PM_OK = 0,
	PM_END = 1,         /* iteration is over; not a failure */
	PM_EINPUT = -1,     /* one input is bad: count it, go on */
	PM_ECORRUPT = -2,   /* stored data fails its check */
	PM_EIO = -3,        /* the system refused a read or a write */
	PM_ENOMEM = -4,
	PM_ELIMIT = -5,     /* a documented limit was passed */
	PM_EBUSY = -6,      /* another process writes to the archive */
	PM_EVERSION = -7,   /* written by a newer pressmark */
	PM_ENOTFOUND = -8,
	PM_EPERM = -9,
	PM_ECANCELLED = -10,
	PM_EUSAGE = -11     /* an argument makes no sense */
};

/* Filled once, where a fault is first seen; callers only add context. */
struct pm_err {
	int status;      /* a pm_status */
	int sys_errno;   /* errno of the failed call, or 0 */
	char text[512];  /* one line: what happened, to which file */
};

/* Borrowed bytes: valid as long as the function that gives them says. */
struct pm_bytes {
	const uint8_t *p;
	size_t n;
};

/*
 * Progress and cancelling.  Long calls tell `progress` about ten times a
 * second, on the calling thread; when it returns non-zero they stop at the
 * next safe point with PM_ECANCELLED.  NULL: neither.
 */
enum pm_phase {
	PM_PHASE_READ,       /* reading input */
	PM_PHASE_WRITE,      /* writing output */
	PM_PHASE_CHECK       /* reading an archive */
};

struct pm_progress {
	enum pm_phase phase;
	uint64_t pages;          /* captures so far */
	uint64_t bytes;          /* of them */
	uint64_t bytes_total;    /* 0: not known */
	uint64_t duplicates;     /* captures whose article was there already */
};

/* What can be said about one thing on the way without ending the call. */
enum pm_notice_kind {
	PM_NOTICE_SKIPPED,       /* a link or device, or a time out of range:
	                          * not stored */
	PM_NOTICE_UNREADABLE,    /* an input could not be read */
	PM_NOTICE_DAMAGED,       /* an input, or a part of the archive, is damaged */
	PM_NOTICE_CHANGED,       /* an input changed while it was read */
	PM_NOTICE_OPAQUE,        /* kept, but not understood as a page */
	PM_NOTICE_INFO
};

struct pm_hooks {
	int (*progress)(void *context, const struct pm_progress *progress);
	/* path may be NULL; both strings live for the call. */
	void (*notice)(void *context, enum pm_notice_kind kind,
	    const char *path, const char *text);
	void *context;
};

/* What add did, or what an archive holds.  Sizes in bytes. */
struct pm_counts {
	uint64_t captures;           /* stored (add: new ones) */
	uint64_t known;              /* skipped: same path, crawl time, bytes */
	uint64_t opaque;             /* of captures */
	uint64_t articles;           /* distinct bodies */
	uint64_t unique_articles;    /* clusters */
	uint64_t teasers;            /* distinct (title, snippet) */
	uint64_t unique_teasers;     /* distinct after normalization */
	uint64_t teaser_sightings;
	uint64_t links;              /* teasers joined to an article */
	uint64_t identical;          /* captures beyond the first of an article */
	uint64_t same;               /* articles beyond the first of a group */
	/* Pairs of articles, one for each group that is the same. */
	uint64_t update, near, contains;
	uint64_t input_bytes;        /* of captures */
	uint64_t volume_bytes, catalog_bytes, cache_bytes, parity_bytes;
	uint64_t unreadable;         /* inputs that could not be (fully) read */
	uint64_t forgotten;          /* captures refused: they were forgotten */
	uint64_t damaged;            /* add: stretches of 64 MiB of volumes that
	                              * are not what their parity is of */
};

/* How to read the inputs: of add, scan and inspect. */
/* How bytes are read; `--format`. */
enum pm_reader {
	PM_READER_AUTO,              /* as they look, then by name */
	PM_READER_TEXT,              /* also Markdown, with front matter */
	PM_READER_HTML,
	PM_READER_JSON,              /* also JSONL, JSON Feed */
	PM_READER_CSV,               /* `,` or `;` */
	PM_READER_TSV,
	PM_READER_FEED,              /* RSS, Atom, RDF */
	PM_READER_WARC,              /* also WET */
	PM_READER_ARC,
	PM_READER_OPAQUE             /* kept, not looked at */
};
/* "text", "html" ...; 0: it is none of them. */
int pm_reader_of_name(enum pm_reader *out, const char *name);

struct pm_input {
	enum pm_reader format;
	const char *const *path;     /* files, directories, containers, "-", "@list" */
	size_t path_n;
	const char *crawled;         /* RFC 3339 or YYYY[-MM[-DD]]; NULL: from the
	                              * path, else the file's time */
	const char *zone;            /* for times without one; NULL: UTC */
	unsigned depth;              /* containers in containers; 0: 8 */
	/* Linux: before anything is read, the calling thread, with those it
	 * starts, gives up for good what reading does not need: other files
	 * than the inputs, the archive and temporary ones, programs, networks,
	 * other processes.  Where the kernel has not what that takes it is
	 * noticed (PM_NOTICE_INFO). */
	int sandbox;
};

/*
 * How strictly bodies are compared (add, scan and what reads like them).  0
 * for each: what the archive has, else the default.  Recorded in an archive's
 * runs; one archive never holds relations of two policies.
 */
struct pm_thresholds {
	double near;                 /* Jaccard index of word 3-grams; 0.8 */
	double near_long;            /* the same for texts of at least 48 of them;
	                              * 0.45, or as near when that is given */
	double contains;             /* share of the shorter text's 3-grams; 0.9 */
	int noisy;                   /* candidates from 42 bands of 3 rows of the
	                              * signature, not 32 of 4: finds what has
	                              * less in common, and costs more */
};

/* ---- add ---- */

struct pm_add_options {
	struct pm_input input;
	unsigned threads;            /* 0: one a processor */
	uint64_t memory_bytes;       /* 0: 384 MiB */
	int level;                   /* zstd; 0: PM_LEVEL_DEFAULT */
	uint32_t frame_bytes;        /* 0: PM_FRAME_DEFAULT */
	int text_only;               /* of HTML keep text and metadata alone: such
	                              * captures cannot be restored */
	int parity_percent;          /* 1 to PM_PARITY_PERCENT_MAX: parity of so
	                              * much for all of the archive; PM_NO_PARITY:
	                              * none, and what there is goes; 0: what the
	                              * archive has, 5 for a new one */
	struct pm_thresholds thresholds;
	struct pm_hooks hooks;
};

enum { PM_NO_PARITY = -1, PM_PARITY_PERCENT_MAX = 30 };

enum {
	PM_LEVEL_DEFAULT = 10,
	PM_LEVEL_MAX = 19,
	PM_FRAME_DEFAULT = 2 << 20,
	PM_FRAME_SMALLEST = 64 << 10,
	PM_FRAME_LARGEST = 8 << 20
};

/*
 * Read, deduplicate and pack the inputs into the archive at path, which is
 * made when it is not there and an input can be opened.  Inputs that cannot be
 * read are noticed and counted in out->unreadable.  out is filled with what this run did; its
 * sizes are the archive's.
 *
 * Errors: PM_EUSAGE (not an archive, bad option, thresholds other than the
 * archive's), PM_EBUSY, PM_EVERSION,
 * PM_ECORRUPT, PM_EIO, PM_EPERM, PM_ENOMEM, PM_ECANCELLED.  After any of
 * them the archive is as after the last committed batch, and the same call
 * carries on.
 */
int pm_add(struct pm_counts *out, const char *path,
    const struct pm_add_options *options, struct pm_err *err);

/* ---- scan ---- */

enum pm_pairs { PM_PAIRS_NONE, PM_PAIRS_CANONICAL, PM_PAIRS_ALL };

/* One pair of captures; strings live for the call. */
struct pm_pair {
	struct pm_bytes a, b;        /* paths */
	const char *relation;
	double jaccard, containment;
};

/* One teaser sighting joined to an article. */
struct pm_link {
	struct pm_bytes path;        /* capture that shows the teaser */
	unsigned position;           /* from 0 */
	struct pm_bytes title;
	struct pm_bytes article_path;    /* first path, in byte order */
	double score;
	const char *evidence;
	int ambiguous;
};

struct pm_scan_options {
	struct pm_input input;
	unsigned threads;
	uint64_t memory_bytes;
	struct pm_thresholds thresholds;
	enum pm_pairs pairs;
	/* Non-zero ends the scan with that value.  NULL: not wanted. */
	int (*pair)(void *context, const struct pm_pair *pair);
	int (*link)(void *context, const struct pm_link *link);
	void *context;
	struct pm_hooks hooks;
};

/* The analysis of add without an archive; needs room in $TMPDIR for the
 * distinct articles. */
int pm_scan(struct pm_counts *out, const struct pm_scan_options *options,
    struct pm_err *err);

/* What one capture is to an archive; strings live for the call. */
struct pm_against {
	struct pm_bytes path;
	const char *kind;            /* page, list, opaque */
	/* known (same path, crawl time and bytes); identical, same, update,
	 * near, contains (what its article is to `article`; a capture without
	 * one is identical when its bytes are there); new. */
	const char *status;
	const char *article;         /* of the archive, or NULL */
	const char *cluster;         /* of that */
	double jaccard, containment; /* with article alone */
};

struct pm_against_counts {
	uint64_t captures, known, identical, same, update, near, contains;
	uint64_t fresh;              /* new */
	uint64_t input_bytes, fresh_bytes;
	uint64_t unreadable;
};

struct pm_against_options {
	const char *archive;
	struct pm_scan_options scan; /* pairs, pair and link are not looked at */
	/* In the order of the input.  Non-zero ends the call with that value. */
	int (*capture)(void *context, const struct pm_against *capture);
	void *context;
};

/*
 * What of the inputs is new to an archive, which is only read.  Captures of
 * the inputs are not compared with each other.  Of the relations that hold
 * the first that struct pm_against names, then the largest Jaccard index.
 *
 * Errors: PM_ENOTFOUND (no archive there; its cache is missing or behind),
 * PM_EUSAGE (thresholds other than the archive's), and those of reading.
 */
int pm_scan_against(struct pm_against_counts *out,
    const struct pm_against_options *options, struct pm_err *err);

/* ---- inspect ---- */

struct pm_inspected_teaser {
	struct pm_bytes title, snippet;
	struct pm_bytes time_text;         /* n = 0: none */
	struct pm_bytes url;               /* n = 0: none */
	const struct pm_bytes *tag;
	size_t tag_n;
	const char *published;             /* NULL: unknown */
	const char *published_precision;
};

/* What was decided, and why, in words. */
struct pm_inspected_note {
	const char *what, *why;
};

struct pm_inspected {
	struct pm_bytes path;
	const char *kind;                  /* "page", "list", "opaque" */
	const char *reason;                /* opaque: why; else NULL */
	struct pm_bytes body, title, heading;
	const char *published;             /* NULL: unknown */
	const char *published_precision, *published_source;
	const char *crawled, *modified;    /* modified: NULL: unknown */
	const struct pm_bytes *tag;        /* its own */
	size_t tag_n;
	struct pm_bytes url, source;       /* n = 0: not stated */
	const char *lang;                  /* "und": unsure; NULL: no text */
	const char *lang_source;           /* "stated", "detected" or NULL */
	double lang_score;
	const char *reader, *encoding;     /* "html", "windows-1251"; or NULL */
	const struct pm_inspected_note *note;
	size_t note_n;
	const struct pm_inspected_teaser *teaser;
	size_t teaser_n;
};

/* counts: captures, opaque and unreadable are filled.  hooks may be NULL. */
int pm_inspect(struct pm_counts *counts, const struct pm_input *input,
    const struct pm_hooks *hooks,
    int (*page)(void *context, const struct pm_inspected *page),
    void *context, struct pm_err *err);

/* ---- reading an archive ---- */

struct pm_archive;

/* For reading; any number at once, also while an add runs. */
int pm_archive_open(struct pm_archive **out, const char *path,
    struct pm_err *err);
void pm_archive_close(struct pm_archive *archive);     /* accepts NULL */

/* Is there an archive at path?  A directory of other files is none, nor is one
 * in which nothing was committed. */
int pm_is_archive(const char *path);

/*
 * Inputs read as if they were an archive, which goes when it is closed; needs
 * room in $TMPDIR.  pairs, pair and link of options are not looked at.
 */
int pm_archive_scan(struct pm_archive **out, struct pm_counts *counts,
    const struct pm_scan_options *options, struct pm_err *err);

/* Which one of a cluster `unique` leaves: its canonical, if that is selected;
 * or of those that are selected the longest, or the earliest (by date, one
 * that is more than a crawl's before others; then by first crawl). */
enum pm_keep { PM_KEEP_CANONICAL, PM_KEEP_LONGEST, PM_KEEP_EARLIEST };

/* Which articles; an all-zero struct selects every one. */
struct pm_select {
	const char *since, *until, *on;    /* YYYY, YYYY-MM, YYYY-MM-DD, RFC 3339 */
	const char *crawled_since, *crawled_until;
	const char *added_since;           /* a run, or a time; a number of four
	                                    * digits past the last run: a year */
	const char *zone;
	const char *const *tag;            /* any of */
	size_t tag_n;
	const char *source, *title, *id;   /* exact, part, prefix */
	const char *lang;                  /* "uz" is also "uz-Cyrl" */
	const char *url;                   /* glob: *, ?, [...] */
	int undated;
	int unique;                        /* one of each cluster */
	enum pm_keep keep;
	uint64_t limit;                    /* the first of them (of clusters,
	                                    * where those are listed); 0: all */
};

/*
 * Names of tags that count as one: a file of lines, each with names between
 * tabs, of which the first is the one shown; empty lines, and those that begin
 * with #, say nothing.  Names are compared as those of pm_select are: in any
 * case and Unicode form.
 *
 * Errors: those of reading path; PM_EUSAGE with file and line (not UTF-8; a
 * name that another line has), PM_ELIMIT (over 64 MiB).
 */
struct pm_tag_map;
int pm_tag_map_read(struct pm_tag_map **out, const char *path,
    struct pm_err *err);
void pm_tag_map_free(struct pm_tag_map *map);          /* accepts NULL */
/* All names of the line that has tag, which live as long as the map: for tag
 * of pm_select.  PM_END: no line has it. */
int pm_tag_map_find(const char *const **name, size_t *name_n,
    const struct pm_tag_map *map, const char *tag, struct pm_err *err);

struct pm_relation {
	const char *id;
	const char *relation;
	double jaccard, containment;
};

struct pm_other_date {
	const char *published, *precision, *source;
};

/* One article; strings live for the call. */
struct pm_article {
	const char *id, *cluster;
	const char *title;                 /* NULL: unknown */
	const char *published, *published_precision, *published_source;
	const char *lang;                  /* "ru", "uz-Cyrl"; "und": unsure */
	const char *lang_source;           /* "stated", "detected"; NULL: none */
	double lang_score;                 /* 0 to 1; with lang_source alone */
	const char *source, *url;          /* NULL: unknown */
	const char *first_seen, *last_seen;
	const char *const *tag;
	size_t tag_n;
	uint64_t bytes, sightings, copies;
	int canonical;
	/* Filled for show and extract alone. */
	struct pm_bytes text;
	const struct pm_bytes *path;
	size_t path_n;
	const struct pm_relation *relation;
	size_t relation_n;
	int full;
	/* Filled for show alone: what its pages say beside the date they go
	 * by, the latest change they name, and their own tags. */
	const struct pm_other_date *other_date;
	size_t other_date_n;
	const char *modified;              /* NULL: unknown */
	const char *const *own_tag;
	size_t own_tag_n;
	int shown;
};

/* In the order of (published, id); a non-zero answer ends the call with it. */
int pm_list_articles(struct pm_archive *archive,
    const struct pm_select *select,
    int (*article)(void *context, const struct pm_article *article),
    void *context, struct pm_err *err);

/* A cluster; canonical lives for the call. */
struct pm_cluster {
	const struct pm_article *canonical;
	uint64_t articles, captures;       /* of the whole cluster */
	/* Articles beside the canonical, by what they are to it. */
	uint64_t same, update, near, contains;
};

/* Clusters of two articles and more that hold one that is selected, in the
 * order of their canonicals. */
int pm_list_clusters(struct pm_archive *archive,
    const struct pm_select *select,
    int (*cluster)(void *context, const struct pm_cluster *cluster),
    void *context, struct pm_err *err);

/* ---- dups ---- */

/* A stretch of words in both texts, in the old one alone, or in the new one
 * alone, with the white space before it. */
enum pm_piece_kind { PM_PIECE_BOTH, PM_PIECE_OLD, PM_PIECE_NEW };
struct pm_piece {
	enum pm_piece_kind kind;
	struct pm_bytes text;              /* of the new text, or the old one */
	size_t words;
};

/* An article of a cluster. */
struct pm_dup {
	const struct pm_article *article;
	const char *relation;              /* to the canonical; NULL: it is that */
	double jaccard, containment;
	struct pm_bytes path;              /* first of those that show it */
	/* From the canonical to this one, when asked for. */
	const struct pm_piece *piece;
	size_t piece_n;
};

struct pm_dups_options {
	struct pm_select select;           /* clusters that hold one of these */
	int diff;
	/* Before its members; may be NULL. */
	int (*cluster)(void *context, const struct pm_cluster *cluster);
	int (*dup)(void *context, const struct pm_dup *dup);
	void *context;
};

/* Clusters of two captures and more in the order of their canonicals (date,
 * then id), in each the canonical first, then the others in that order.
 * Everything given lives for the call. */
int pm_dups(struct pm_archive *archive,
    const struct pm_dups_options *options, struct pm_err *err);

/* ---- why ---- */

/* One test, in the order in which they are made: the first that holds is the
 * relation. */
struct pm_why_test {
	const char *test;                  /* identical, same, update, near,
	                                    * contains, near in long texts */
	int holds;                         /* 1, 0; -1: not made */
	double value, needs;               /* needs 0: it has no figure */
	const char *says;                  /* in words */
};
enum { PM_WHY_TESTS = 6 };

struct pm_why_side {
	const struct pm_article *article;
	struct pm_bytes path;              /* first that shows it */
	uint64_t words, grams;             /* words of the fold, 3-grams */
	const char *to_canonical;          /* relation; NULL: it is that */
};

struct pm_why {
	struct pm_why_side a, b;
	/* As it is stored; NULL: not related. */
	const char *relation;
	double jaccard, containment;
	struct pm_why_test test[PM_WHY_TESTS];
	const char *verdict;               /* in words */
	const char *policy;
	uint64_t shared_grams;
	/* Candidate keys that both have: bands of the signature, and others
	 * (beginning, text without its numbers, runs of words). */
	unsigned bands, bands_shared;
	uint64_t others_a, others_b, others_shared;
	struct pm_bytes stretch;           /* longest that both share, in b */
	uint64_t stretch_words;
	const struct pm_piece *piece;      /* from a to b */
	size_t piece_n;
};

/*
 * Why two articles, each by the beginning of its id or by the path of a
 * capture that shows it, are related or not.  why is told once.  PM_ENOTFOUND,
 * PM_EUSAGE (several; a capture without an article; a teaser: the error says
 * which article it is joined to).
 */
int pm_why(struct pm_archive *archive, const char *a, const char *b,
    int (*why)(void *context, const struct pm_why *why), void *context,
    struct pm_err *err);

struct pm_listed_teaser {
	const char *id;
	struct pm_bytes title, snippet;
	const char *article;               /* id of the article it is linked to, or NULL */
	double score;
	const char *evidence;              /* NULL without a link */
	int ambiguous;
	const char *group;                 /* teasers of one article: id of one */
	uint64_t sightings;
	const char *first_seen, *last_seen;
	const char *url;                   /* the first in byte order, or NULL */
};

int pm_list_teasers(struct pm_archive *archive,
    int (*teaser)(void *context, const struct pm_listed_teaser *teaser),
    void *context, struct pm_err *err);

/*
 * An article that teasers speak of and that is not in the archive: a group of
 * teasers none of which is linked.
 */
struct pm_missing {
	const char *id;                    /* of the group */
	struct pm_bytes title;             /* of the teaser seen most often */
	struct pm_bytes snippet;           /* the longest; n = 0: none */
	const char *const *tag;            /* all that were printed */
	size_t tag_n;
	const char *published, *published_precision;   /* NULL: unknown */
	uint64_t sightings, teasers;       /* times seen; different teasers */
	uint64_t pages;                    /* paths of captures that show it */
	const struct pm_bytes *page;       /* a few of them, the latest first */
	size_t page_n;
	const char *first_seen, *last_seen;
	const char *const *url;            /* where its teasers lead, each once */
	size_t url_n;
};
enum { PM_MISSING_PAGES_MAX = 5 };

/* The most seen first.  Of select, unique and lang are not looked at; source,
 * crawled and added are those of the captures that show it, url is one to
 * which its teasers lead. */
int pm_list_missing(struct pm_archive *archive,
    const struct pm_select *select,
    int (*missing)(void *context, const struct pm_missing *missing),
    void *context, struct pm_err *err);

struct pm_listed_capture {
	struct pm_bytes path;
	const char *kind, *reason;
	const char *crawled;
	const char *article;               /* id, or NULL */
	const char *source;
	uint64_t bytes, run;
	char sha256[65];
	const char *url;                   /* NULL: not stated */
};

int pm_list_captures(struct pm_archive *archive,
    int (*capture)(void *context, const struct pm_listed_capture *capture),
    void *context, struct pm_err *err);

/* How many articles have a name. */
struct pm_name_count {
	const char *name;
	uint64_t articles;
};

/* Spellings that are one after folding, or by a map. */
struct pm_listed_tag {
	const char *tag;                   /* the most frequent, or as the map has
	                                    * it */
	uint64_t articles;                 /* different ones */
	const struct pm_name_count *lang;  /* the most frequent first */
	size_t lang_n;
	const struct pm_name_count *variant;
	size_t variant_n;
};

/* The most frequent first, then by tag.  map: NULL: none. */
int pm_list_tags(struct pm_archive *archive, const struct pm_tag_map *map,
    int (*tag)(void *context, const struct pm_listed_tag *tag),
    void *context, struct pm_err *err);

struct pm_listed_run {
	uint64_t run;
	const char *started, *finished;    /* finished: NULL when interrupted */
	const char *version, *unicode;
	int normalizer, page_rules;
	const char *inputs;                /* one a line */
	const char *policy;                /* thresholds and bands */
	uint64_t captures, articles;
};

int pm_list_runs(struct pm_archive *archive,
    int (*run)(void *context, const struct pm_listed_run *run),
    void *context, struct pm_err *err);

/* One sighting of an article's teasers. */
struct pm_sighting {
	struct pm_bytes path;              /* capture that shows the teaser */
	unsigned position;
	struct pm_bytes title, snippet;
	const char *const *tag;
	size_t tag_n;
	const char *time_text;             /* NULL: none */
	const char *published, *published_precision;
	const char *crawled;
	const char *evidence;              /* why it is joined: "prefix", "title",
	                                    * "lead" */
	double score;
	int ambiguous;
};

/* The article whose id begins with id; PM_ENOTFOUND, PM_EUSAGE when there
 * are several.  sighting may be NULL. */
int pm_show(struct pm_archive *archive, const char *id,
    int (*article)(void *context, const struct pm_article *article),
    int (*sighting)(void *context, const struct pm_sighting *sighting),
    void *context, struct pm_err *err);

/* Counts and sizes; known and unreadable are 0. */
int pm_stats(struct pm_counts *out, struct pm_archive *archive,
    struct pm_err *err);

/* Counts by source: articles, and those of them that `unique` leaves. */
struct pm_source_counts {
	const char *source;
	uint64_t articles, unique_articles, bytes;
};
int pm_stats_sources(struct pm_archive *archive,
    int (*source)(void *context, const struct pm_source_counts *counts),
    void *context, struct pm_err *err);

/* Where the bytes are: of catalog.db by table and index, of the volumes by
 * kind of frame.  Strings live for the call. */
struct pm_part_bytes {
	const char *file;            /* "catalog" or "volumes" */
	const char *part;
	uint64_t bytes;              /* as stored */
	uint64_t plain_bytes;        /* before packing; 0: not packed */
};
int pm_stats_bytes(struct pm_archive *archive,
    int (*part)(void *context, const struct pm_part_bytes *bytes),
    void *context, struct pm_err *err);

/* The same by language: source is its code, "und" where that is unsure. */
int pm_stats_languages(struct pm_archive *archive,
    int (*language)(void *context, const struct pm_source_counts *counts),
    void *context, struct pm_err *err);

/*
 * Copy articles out.  destination: "-" (JSONL through write), or a name that
 * ends in .jsonl, .jsonl.zst, .tar, .tar.zst or .zip, else a directory;
 * PM_EUSAGE for the ending of another kind of file, like .tar.gz.  Articles
 * that cannot be read are noticed as damaged, left out and counted in *failed.
 */
struct pm_extract_options {
	struct pm_select select;
	const char *destination;
	/* For "-"; other than 0 is a failure, and errno tells which. */
	int (*write)(void *context, const void *p, size_t n);
	struct pm_hooks hooks;
};
int pm_extract(uint64_t *articles, uint64_t *failed,
    struct pm_archive *archive, const struct pm_extract_options *options,
    struct pm_err *err);

/*
 * Rebuild captures under directory, with time and mode.  Captures whose bytes
 * cannot be rebuilt are noticed as damaged and counted in *failed.  Files of
 * other bytes that are there stay as they are.  Of the mode only 0777 is set:
 * what is set-user-ID in a stranger's tar would be so for whoever restores.  A
 * name that the file system refuses is shortened, with a notice
 * (PM_NOTICE_INFO); if it is refused even so, that capture is counted in
 * *failed.
 */
struct pm_restore_options {
	struct pm_select select;
	int selected;                      /* 0: every capture, select unused */
	const char *directory;
	struct pm_hooks hooks;
};
int pm_restore(uint64_t *captures, uint64_t *failed,
    struct pm_archive *archive, const struct pm_restore_options *options,
    struct pm_err *err);

/* JSON, one line without its newline, as `ls --json` and the like print it.
 * *json grows by realloc; release with pm_text_free. */
struct pm_text {
	char *p;
	size_t n, capacity;
};
void pm_text_free(struct pm_text *text);
int pm_article_json(struct pm_text *json, const struct pm_article *article,
    struct pm_err *err);
int pm_inspected_json(struct pm_text *json, const struct pm_inspected *page,
    struct pm_err *err);
int pm_pair_json(struct pm_text *json, const struct pm_pair *pair,
    struct pm_err *err);
int pm_link_json(struct pm_text *json, const struct pm_link *link,
    struct pm_err *err);
int pm_counts_json(struct pm_text *json, const struct pm_counts *counts,
    struct pm_err *err);
/* pm_counts_json with `sources` and `languages`. */
struct pm_stats {
	struct pm_counts counts;
	const struct pm_source_counts *source, *language;
	size_t source_n, language_n;
};
int pm_stats_json(struct pm_text *json, const struct pm_stats *stats,
    struct pm_err *err);
int pm_cluster_json(struct pm_text *json, const struct pm_cluster *cluster,
    struct pm_err *err);
int pm_dup_json(struct pm_text *json, const struct pm_dup *dup,
    struct pm_err *err);
int pm_why_json(struct pm_text *json, const struct pm_why *why,
    struct pm_err *err);
int pm_against_json(struct pm_text *json, const struct pm_against *capture,
    struct pm_err *err);
int pm_against_counts_json(struct pm_text *json,
    const struct pm_against_counts *counts, struct pm_err *err);
int pm_teaser_json(struct pm_text *json,
    const struct pm_listed_teaser *teaser, struct pm_err *err);
int pm_missing_json(struct pm_text *json, const struct pm_missing *missing,
    struct pm_err *err);
int pm_capture_json(struct pm_text *json,
    const struct pm_listed_capture *capture, struct pm_err *err);
int pm_tag_json(struct pm_text *json, const struct pm_listed_tag *tag,
    struct pm_err *err);
int pm_run_json(struct pm_text *json, const struct pm_listed_run *run,
    struct pm_err *err);
int pm_sighting_json(struct pm_text *json, const struct pm_sighting *sighting,
    struct pm_err *err);

/* ---- care of an archive ---- */

enum pm_verify_level { PM_VERIFY_QUICK, PM_VERIFY_DEFAULT, PM_VERIFY_DEEP };

struct pm_problem {
	const char *file;            /* relative to the archive */
	uint64_t volume, frame;      /* 0: none in particular */
	const char *text;
	const char *const *article;  /* ids of the articles concerned */
	size_t article_n;
};

/*
 * QUICK: lengths, markers, chain, HEAD, and where the catalog stands.
 * DEFAULT also: every byte of the volumes, every frame and article; sealed
 * volumes against manifest-sha256.txt; the catalog: whether its bytes are those
 * that its writer left, else against the fold of the volumes.  DEEP: the fold
 * always, and every capture made again and compared with its digest.
 *
 * parts: only part `part` (1 to parts) of what costs time; runs for all of
 * them check everything, also when an add came in between.  max_seconds: stops
 * when they are over, or after the batch (64 captures; the catalog) at hand,
 * and goes on from there in the next call with the same level, part and
 * `state`, a directory that is made (NULL: nothing is kept, each call begins
 * anew).  Neither goes with QUICK.
 */
struct pm_verify_options {
	enum pm_verify_level level;
	unsigned threads;
	unsigned part, parts;            /* 0: all */
	uint64_t max_seconds;            /* 0: no limit */
	const char *state;
	int (*problem)(void *context, const struct pm_problem *problem);
	void *context;
	struct pm_hooks hooks;
};

struct pm_verified {
	uint64_t batches, frames, bytes, captures, problems;
	/* Bytes of volumes: checked, of all in this part, and left by a limit
	 * of time. */
	uint64_t packed, packed_all, packed_left;
	uint64_t captures_left;          /* of those still to be made again; 0
	                                  * while volumes are left */
	int catalog_left;                /* it is still to be compared */
	/* With a limit of time: the round of runs that this one belongs to. */
	int complete;                    /* ended: all is checked */
	uint64_t round_problems;         /* found in it */
	char began[32];                  /* RFC 3339; "": no limit */
};

/* A line of `verify --json`, as the others above. */
int pm_problem_json(struct pm_text *json, const struct pm_problem *problem,
    struct pm_err *err);
/* The last one, with --subset or --max-time. */
int pm_verified_json(struct pm_text *json,
    const struct pm_verify_options *options,
    const struct pm_verified *verified, struct pm_err *err);

/* Never writes.  PM_OK also when there are problems: look at out->problems. */
int pm_verify(struct pm_verified *out, const char *path,
    const struct pm_verify_options *options, struct pm_err *err);

/* What repairs could not save: one thing, or several of which nothing is
 * known but their numbers. */
struct pm_lost {
	const char *what;            /* "capture", "article", "batch" */
	uint64_t number, to;         /* in the log; of one: the same */
	struct pm_bytes path;        /* n = 0: not known */
	const char *title;           /* NULL: not known */
	char crawled[32];            /* "": not known */
	char sha256[65];             /* "": not known; of an article it begins
	                              * with its id */
	uint64_t bytes;              /* 0: not known */
};

/* A line of `repair --json` and of `ls --lost --json`. */
int pm_lost_json(struct pm_text *json, const struct pm_lost *lost,
    struct pm_err *err);

/* The other lines of `repair --json`. */
int pm_mended_json(struct pm_text *json, const char *file, const char *how,
    struct pm_err *err);

/* What was lost and did not come back with a later add. */
int pm_list_lost(struct pm_archive *archive,
    int (*lost)(void *context, const struct pm_lost *lost),
    void *context, struct pm_err *err);

struct pm_repair_options {
	unsigned threads;
	/* What verify finds; what was done about it; what is lost. */
	int (*problem)(void *context, const struct pm_problem *problem);
	int (*mended)(void *context, const char *file, const char *how);
	int (*lost)(void *context, const struct pm_lost *lost);
	void *context;
	struct pm_hooks hooks;
};

struct pm_repaired {
	uint64_t problems;           /* there were; 0: nothing was done */
	uint64_t captures, articles, batches;        /* that are lost */
	uint64_t frames;             /* that are lost */
};

/*
 * Make a damaged archive one that verifies.  Nothing is removed before what
 * takes its place verifies, and a call that was interrupted may be made again.
 * PM_OK also when something is lost.
 */
int pm_repair(struct pm_repaired *out, const char *path,
    const struct pm_repair_options *options, struct pm_err *err);

/* ---- forget ---- */

/* What is hidden from now on, by name; strings live for the call. */
struct pm_forgotten {
	const char *what;            /* article, copy, teaser, capture */
	int stays;                   /* a near copy that was not taken */
	const char *id;              /* NULL: of a capture */
	const char *relation;        /* of a copy to one that was asked for: same,
	                              * update, near, contains; cluster */
	struct pm_bytes title;       /* n = 0: none is known */
	struct pm_bytes path;        /* of a capture */
};

enum pm_copies { PM_COPIES_STAY, PM_COPIES_GO };

struct pm_forget_options {
	const char *const *id;       /* beginnings of ids of articles */
	size_t id_n;
	const char *url;             /* glob, or NULL */
	enum pm_copies copies;       /* what of near copies */
	int dry_run;                 /* say what would go, and write nothing */
	/* Each thing that goes, and each copy that stays.  May be NULL. */
	int (*forgotten)(void *context, const struct pm_forgotten *forgotten);
	void *context;
	struct pm_hooks hooks;
};

struct pm_receipt {
	uint64_t articles;           /* copies that went are of them */
	uint64_t copies;             /* near copies that stay */
	uint64_t captures, teasers;
	uint64_t sightings;          /* of these teasers on pages that stay */
	uint64_t cut;                /* these pages */
	int dry_run;
	int in_volumes;              /* the bytes are there until optimize */
};

/*
 * Hide articles, or all that has an address like url, from every output, from
 * reindex and from later runs.  Of pages that show teasers of them these are
 * cut out when they are restored.  Nothing was done on an error: PM_ENOTFOUND
 * (no archive, no such article), PM_EUSAGE (an id of several), PM_EBUSY ...
 */
int pm_forget(struct pm_receipt *out, const char *path,
    const struct pm_forget_options *options, struct pm_err *err);
int pm_forgotten_json(struct pm_text *json,
    const struct pm_forgotten *forgotten, struct pm_err *err);
int pm_receipt_json(struct pm_text *json, const struct pm_receipt *receipt,
    struct pm_err *err);

/* Rebuild catalog.db and cache/ from the volumes. */
int pm_reindex(struct pm_counts *out, const char *path,
    const struct pm_hooks *hooks, struct pm_err *err);

/*
 * Write all volumes anew, so that they take less room: texts that are alike
 * lie together, over the whole archive, and frames are packed harder.  What
 * the archive says stays as it is, but for the sizes and the order in which
 * captures and teasers are listed.  Of what was forgotten only the digests are
 * left that refuse it, and pages are kept without the teasers of it.  The old volumes are removed when every
 * text and every capture was made from the new ones, and nobody reads the
 * archive; before that a cancelled or killed call leaves it as it was.
 */
struct pm_optimize_options {
	int level;                   /* 0: PM_LEVEL_MAX */
	uint32_t frame_bytes;        /* 0: PM_FRAME_DEFAULT */
	unsigned threads;            /* 0: as many as there are */
	uint64_t memory_bytes;       /* 0: 384 MiB */
	int dry_run;                 /* only a forecast, from a sample */
	struct pm_hooks hooks;
};

struct pm_optimized {
	uint64_t articles, captures;
	uint64_t bytes_before, bytes_after;  /* of volumes/ */
	/* Of a dry run, packed bytes by kind; 0: not known. */
	uint64_t text_before, text_after, metadata_before, metadata_after;
};

int pm_optimize(struct pm_optimized *out, const char *path,
    const struct pm_optimize_options *options, struct pm_err *err);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
