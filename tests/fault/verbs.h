/*
 * verbs.h - every verb of the public API on a tiny corpus, for tests that
 * make it fail: one row a verb in verbs.c.
 */
#ifndef PM_TESTS_VERBS_H
#define PM_TESTS_VERBS_H

#include "../unit/support.h"

#include "pressmark.h"

/* What a call gave, to compare with what it gives undisturbed. */
struct outcome {
	uint64_t hash;           /* of what it told and wrote, in any order */
	uint64_t number[8];
};

/* What it said on the way of things that went wrong, and did not end it. */
struct said {
	unsigned n;
	char text[1200];         /* the first: path and text */
};
extern struct said verb_said;

/* From some place on everything failed, also what would clean up. */
extern bool verb_for_good;

struct verb {
	const char *name;
	/* The stage is set, without faults ... */
	void (*before)(void);
	/* ... then this is disturbed ... */
	int (*run)(struct outcome *out, struct pm_err *err);
	/* ... and when it failed, this must hold; then it is run again, after
	 * `again`, and must give what it gives undisturbed. */
	void (*after_failure)(void);
	void (*again)(void);
	/* Adds to *out what was written; NULL: nothing is. */
	void (*look)(struct outcome *out);
};
extern const struct verb verbs[];
extern const size_t verb_n;

/* The directory that all files are in: inputs, archives, outputs; TMPDIR is
 * below it. */
extern char verb_scratch[SCRATCH_CHARS];

int verbs_set_up(void **state);
int verbs_tear_down(void **state);

/* Undisturbed from beginning to end. */
void verb_whole(struct outcome *out, const struct verb *verb);
/* run alone; look is for the caller. */
int verb_run(struct outcome *out, const struct verb *verb,
    struct pm_err *err);
bool outcome_same(const struct outcome *a, const struct outcome *b);
/* Of verb, at place n, when: what differs from the whole is printed, and the
 * test fails. */
void outcome_expect(const struct verb *verb, uint64_t n, const char *when,
    const struct outcome *a, const struct outcome *whole);

/* What is in `path` is in `whole` with the same bytes. */
void tree_expect_part(const char *path, const char *whole);
/* All that an archive says of its contents, whatever runs filled it; it is
 * verified first. */
void archive_look(struct outcome *out, const char *path);

#endif
