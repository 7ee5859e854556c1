/*
 * pages.h - made-up news pages for tests: story i always has the same body,
 * title and teaser.
 */
#ifndef PM_TESTS_PAGES_H
#define PM_TESTS_PAGES_H

#include "support.h"

static inline void
put_str(struct pm_buf *out, const char *text)
{
	struct pm_err err;

	assert_int_equal(pm_buf_append_str(out, text, &err), PM_OK);
}

static inline void
put_word(struct pm_buf *out, uint64_t *seed)
{
	static const char *const syllable[] = { "ba", "cor", "den", "fil",
	    "gar", "hol", "jun", "kes", "lim", "mor", "nav", "pel", "quo",
	    "rin", "sat", "tev", "ul", "vam", "wes", "yor", "zan" };
	size_t n = 1 + chance_below(seed, 3);

	for (size_t i = 0; i < n; i++)
		put_str(out, syllable[chance_below(seed,
		    sizeof syllable / sizeof syllable[0])]);
}

static inline void
put_words(struct pm_buf *out, uint64_t *seed, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			put_str(out, " ");
		put_word(out, seed);
	}
}

static inline void
put_title(struct pm_buf *out, unsigned story)
{
	uint64_t seed = story * UINT64_C(1000) + 1;

	put_str(out, "Story ");
	put_words(out, &seed, 6);
}

/* The first words of a story's body. */
static inline void
put_lead(struct pm_buf *out, unsigned story, size_t words)
{
	uint64_t seed = story * UINT64_C(1000) + 2;

	put_str(out, "The ");
	put_words(out, &seed, words);
}

static inline void
put_body(struct pm_buf *out, unsigned story)
{
	uint64_t seed = story * UINT64_C(1000) + 3;

	put_lead(out, story, 30);
	put_str(out, ".\n");
	for (int i = 0; i < 5; i++) {
		put_str(out, "It ");
		put_words(out, &seed, 20 + chance_below(&seed, 30));
		put_str(out, ".\n");
	}
}

static inline void
put_teaser(struct pm_buf *out, unsigned story, const char *tag,
    const char *time)
{
	put_str(out, "\n\n");
	put_title(out, story);
	put_str(out, "\n");
	put_lead(out, story, 16);
	put_str(out, "...\n- ");
	put_str(out, tag);
	put_str(out, "\n- ");
	put_str(out, time);
	put_str(out, "\n");
}

/* A page of `story` that shows teasers of `n` others. */
static inline void
put_page(struct pm_buf *out, unsigned story, const unsigned *others, size_t n)
{
	put_str(out, "\n");
	put_body(out, story);
	if (n == 0)
		return;
	put_str(out, "More on this story\n");
	for (size_t i = 0; i < n; i++)
		put_teaser(out, others[i], others[i] % 2 == 0 ? "Local" :
		    "Weather", "3 hours ago");
}

static inline void
page_file(const char *directory, const char *name, unsigned story,
    const unsigned *others, size_t n)
{
	char path[SCRATCH_CHARS];
	struct pm_buf page;

	pm_buf_init(&page);
	put_page(&page, story, others, n);
	scratch_join(path, directory, name);
	file_put(path, page.p, page.n);
	pm_buf_clear(&page);
}

#endif
