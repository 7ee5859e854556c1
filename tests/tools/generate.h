/*
 * generate.h - the parts of the corpus generator: languages, articles, edits.
 *
 * Everything is a pure function of (seed, index): any article can be made
 * again when a teaser of it is needed, so nothing of the corpus is kept.
 */
#ifndef PM_TESTS_GENERATE_H
#define PM_TESTS_GENERATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* --- random numbers: splitmix64, one stream for each purpose --- */

struct rng {
	uint64_t state;
};

static inline uint64_t
mix64(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static inline struct rng
rng_of(uint64_t seed, uint64_t index, uint64_t purpose)
{
	return (struct rng){ mix64(mix64(mix64(seed +
	    UINT64_C(0x9e3779b97f4a7c15)) ^ index) + purpose) };
}

static inline uint64_t
rng_next(struct rng *rng)
{
	rng->state += UINT64_C(0x9e3779b97f4a7c15);
	return mix64(rng->state);
}

/* 0 .. n - 1; n > 0. */
static inline uint32_t
rng_below(struct rng *rng, uint32_t n)
{
	return (uint32_t)((rng_next(rng) >> 32) * n >> 32);
}

static inline bool
rng_chance(struct rng *rng, uint32_t permille)
{
	return rng_below(rng, 1000) < permille;
}

/* --- text of bounded size; what does not fit is a bug, not an input --- */

enum { TEXT_MAX = 64 << 10 };

struct text {
	size_t n;
	char p[TEXT_MAX];
};

void text_add(struct text *text, const char *p, size_t n);
void text_add_str(struct text *text, const char *s);
void text_printf(struct text *text, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* --- languages and sites --- */

enum { SITES = 16, TAGS = 12, WORDS = 4096, WORD_MAX = 47, PICKS = 32768 };
enum { LANGUAGES = 9 };

enum plural_rule { PLURAL_NONE, PLURAL_ONE, PLURAL_SLAVIC, PLURAL_ARABIC };
enum unit { UNIT_HOUR, UNIT_DAY, UNIT_WEEK, UNITS };

struct word {
	char p[WORD_MAX];
	uint8_t n;
};

struct language {
	const char *code;
	/* Space-separated; "-" is the empty string. */
	const char *onset, *vowel, *coda;
	uint32_t syllable_min, syllable_max;
	const char *function, *said, *tag;
	const char *space, *comma, *stop, *dash, *open, *close;
	char decimal;
	enum plural_rule plural;
	const char *ago[UNITS][4];   /* '#' stands for the number */
};

struct vocabulary {
	const struct language *language;
	struct word word[WORDS];     /* by falling frequency */
	struct word function[64];
	uint32_t function_n;
	struct word said[4];
	uint32_t said_n;
	char tag[TAGS][WORD_MAX];
	uint16_t pick[PICKS];        /* uniform draw to Zipf-like rank */
};

struct site {
	uint32_t language;
	const char *heading;
};

extern const struct language languages[LANGUAGES];
extern const struct site sites[SITES];
extern struct vocabulary vocabularies[LANGUAGES];

void vocabularies_init(uint64_t seed);
/* "6 часов назад"; *unit says how exact it is. */
void time_ago(struct text *out, const struct language *language,
    int64_t age_seconds, enum unit *unit);
/* The capital of c, or c. */
uint32_t upper_of(uint32_t c);

static inline const struct vocabulary *
vocabulary_of(uint32_t site)
{
	return &vocabularies[sites[site].language];
}

static inline const struct word *
word_pick(const struct vocabulary *v, struct rng *rng)
{
	return &v->word[v->pick[rng_next(rng) >> 49]];
}

/* --- articles --- */

void article_title(struct text *out, uint64_t seed, uint64_t index,
    uint32_t site);
/* The first paragraph. */
void article_lead(struct text *out, uint64_t seed, uint64_t index,
    uint32_t site);
/* The whole body, the lead included. */
void article_body(struct text *out, uint64_t seed, uint64_t index,
    uint32_t site);
/* A line that stands on many pages of the site. */
void site_line(struct text *out, uint64_t seed, uint32_t site,
    uint32_t number);
/* Bytes of the first `words` words (or word-like pieces) of text. */
size_t words_prefix(const struct text *text, const struct vocabulary *v,
    uint32_t words);

/* --- edits: out is made from in; each changes something --- */

void edit_same(struct text *out, const struct text *in,
    const struct vocabulary *v, struct rng *rng);
void edit_update(struct text *out, const struct text *in, struct rng *rng);
/* About percent of the words are replaced, taken away or put in; returns the
 * percentage that was. */
double edit_near(struct text *out, const struct text *in,
    const struct vocabulary *v, struct rng *rng, double percent);
/* The first percent of the bytes, to a word's end. */
void edit_contains(struct text *out, const struct text *in,
    const struct vocabulary *v, struct rng *rng, double percent);
void edit_moved(struct text *out, const struct text *in, struct rng *rng);

struct likeness {
	double jaccard, containment;
};

/* Exact, over 3-grams of words (pairs of characters in Han). */
struct likeness measure(const struct text *a, const struct text *b);

#endif
