/*
 * Is it text?  Every byte of every capture passes here, so it is done many
 * bytes at a time: the loop is written so that the compiler turns it into
 * vector instructions.  Each byte is looked at with the three before it,
 * which say whether it must go on with a character; what Table 3-7 of the
 * Unicode Standard forbids besides are a few pairs of bytes.
 */
#include "page/page_internal.h"

#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && \
    !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("avx2", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif

enum {
	BEFORE = 3,
	LANES = 64,
	STEP = 64 * LANES        /* bytes between two looks at the result */
};

struct found {
	uint8_t control[LANES];
	uint8_t bad[LANES];
};

/* p[-3..n) can be read; n is a multiple of LANES. */
FOR_EACH_PROCESSOR static void
look(struct found *restrict found, const uint8_t *restrict p, size_t n)
{
	const uint8_t *before = p - BEFORE;
	uint8_t control[LANES], bad[LANES];

	memcpy(control, found->control, LANES);
	memcpy(bad, found->bad, LANES);
	for (size_t at = 0; at < n; at += LANES)
		for (size_t i = 0; i < LANES; i++) {
			uint8_t c = p[at + i], c1 = before[at + i + 2];
			uint8_t c2 = before[at + i + 1], c3 = before[at + i];
			uint8_t tail = (uint8_t)((c >= 0x80) & (c < 0xc0));
			uint8_t due = (uint8_t)((c1 >= 0xc0) |
			    (c2 >= 0xe0) | (c3 >= 0xf0));

			control[i] |= (uint8_t)((c == 0x7f) | ((c < 0x20) &
			    (c != '\t') & (c != '\n') & (c != '\r') &
			    (c != '\f')));
			bad[i] |= (uint8_t)((tail ^ due) | (c == 0xc0) |
			    (c == 0xc1) | (c >= 0xf5) |
			    ((c1 == 0xe0) & (c < 0xa0)) |
			    ((c1 == 0xed) & (c > 0x9f)) |
			    ((c1 == 0xf0) & (c < 0x90)) |
			    ((c1 == 0xf4) & (c > 0x8f)));
		}
	memcpy(found->control, control, LANES);
	memcpy(found->bad, bad, LANES);
}

/* At most LANES bytes, with those before them and blanks around the whole
 * text: a character that its end cuts goes on with a blank, and is bad. */
static void
look_at_edge(struct found *found, struct pm_bytes text, size_t at, size_t n)
{
	uint8_t copy[BEFORE + LANES];
	size_t before = at < BEFORE ? at : BEFORE;

	memset(copy, ' ', sizeof copy);
	memcpy(copy + BEFORE - before, text.p + at - before, before + n);
	look(found, copy + BEFORE, LANES);
}

static bool
any(const uint8_t lane[LANES])
{
	uint8_t all = 0;

	for (size_t i = 0; i < LANES; i++)
		all |= lane[i];
	return all != 0;
}

enum pm_page_plain
pm_page_plain(struct pm_bytes text)
{
	struct found found = { 0 };
	size_t at = text.n < LANES ? text.n : LANES;

	look_at_edge(&found, text, 0, at);
	while (text.n - at >= LANES && !any(found.control)) {
		size_t n = (text.n - at) / LANES * LANES;

		n = n < STEP ? n : STEP;
		look(&found, text.p + at, n);
		at += n;
	}
	if (at >= LANES && text.n - at < LANES)
		look_at_edge(&found, text, at, text.n - at);
	if (any(found.control))
		return PM_PAGE_BINARY;
	return any(found.bad) ? PM_PAGE_NOT_UTF8 : PM_PAGE_PLAIN;
}
