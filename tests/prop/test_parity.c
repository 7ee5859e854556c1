/*
 * Damage of chance to a small archive, in its volume and in its parity: what is
 * within the budget is mended to the same bytes, and what is not told as lost
 * is never other than it was.
 *
 * PM_SEED is the number of the first round, PM_ROUNDS how many there are; an
 * archive serves ARCHIVE_ROUNDS of them.
 */
#include "../unit/support.h"

#include <inttypes.h>

#include "pressmark.h"
#include "store/parity_internal.h"

enum { ROUNDS = 400, ARCHIVE_ROUNDS = 64, STRETCHES_MAX = 8192 };

static char scratch[SCRATCH_CHARS], archive[SCRATCH_CHARS];
static char volume_path[SCRATCH_CHARS], parity_path[SCRATCH_CHARS];
static uint64_t round_seed;
static struct pm_err err;
static struct pm_buf volume, parity, head;       /* as they were */
static struct pm_buf bad_volume, bad_parity;
static struct pm_parity_shape shape;
static struct pm_parity_stretch stretch[STRETCHES_MAX];
static size_t stretch_n;
static uint64_t within;                          /* rounds within budget */

static void
must(int rc, const char *doing)
{
	if (rc != PM_OK)
		fail_msg("seed %" PRIu64 ": %s: %d: %s", round_seed, doing,
		    rc, err.text);
}

/* ---- an archive ---- */

static void
write_pages(const char *root, uint64_t *state)
{
	size_t n = 1 + chance_below(state, 40);
	struct pm_buf text;

	pm_buf_init(&text);
	for (size_t i = 0; i < n; i++) {
		size_t words = 1 + chance_below(state, 1 +
		    chance_below(state, 3000));
		char name[32];

		pm_buf_reset(&text);
		for (size_t k = 0; k < words; k++)
			must(pm_buf_printf(&text, &err, "%" PRIx64 "%c",
			    chance(state) >> chance_below(state, 60),
			    k % 12 == 11 ? '\n' : ' '), "text");
		must(pm_buf_append_byte(&text, 0, &err), "text");
		(void)snprintf(name, sizeof name, "%zu-%zu.txt", n, i);
		file_put_str(root, name, (const char *)text.p);
	}
	pm_buf_clear(&text);
}

static void
add(uint64_t *state)
{
	char in[SCRATCH_CHARS];
	const char *path[] = { in };
	struct pm_add_options options = { .input = { .path = path,
	    .path_n = 1 }, .threads = 1 + (unsigned)chance_below(state, 3),
	    .level = 1, .parity_percent = (int)chance_below(state,
	    PM_PARITY_PERCENT_MAX + 1) };
	struct pm_counts counts;

	scratch_join(in, scratch, "in");
	write_pages(in, state);
	must(pm_add(&counts, archive, &options, &err), "add");
	assert_true(counts.parity_bytes > 0);
}

static void
read_archive(void)
{
	struct pm_parity_at at = { 1, 0 };
	char path[SCRATCH_CHARS];
	struct pm_parity_file file;

	scratch_join(volume_path, archive, "volumes/000001.tar.zst");
	scratch_join(parity_path, archive, "parity/000001-0000.par");
	scratch_join(path, archive, "HEAD");
	file_get(&volume, volume_path);
	file_get(&parity, parity_path);
	file_get(&head, path);
	must(pm_parity_file_open(&file, archive, at, &err), "parity");
	shape = file.shape;
	pm_parity_file_close(&file);
	assert_int_equal(shape.bytes, volume.n);
}

static void
make_archive(uint64_t seed)
{
	if (*scratch != '\0')
		scratch_remove(scratch);
	scratch_make(scratch, "prop");
	scratch_join(archive, scratch, "archive");
	add(&seed);
	if (chance_below(&seed, 3) == 0)
		add(&seed);
	read_archive();
}

/* ---- damage ---- */

static void
copy(struct pm_buf *out, const uint8_t *p, size_t n)
{
	must(pm_buf_append(out, p, n, &err), "copy");
}

static size_t
length_of_chance(uint64_t *state, size_t most)
{
	return 1 + chance_below(state, 1 + chance_below(state, most));
}

static void
spoil(struct pm_buf *file, uint64_t *state, size_t at, size_t n)
{
	bool zeros = chance_below(state, 2) == 0;

	for (size_t i = at; i < at + n && i < file->n; i++)
		file->p[i] = zeros ? 0 : (uint8_t)chance(state);
}

static void
swap(struct pm_buf *file, uint64_t *state)
{
	size_t n = length_of_chance(state, file->n / 3 + 1);
	size_t a = chance_below(state, file->n - n + 1);
	size_t b = chance_below(state, file->n - n + 1);

	for (size_t i = 0; i < n; i++) {
		uint8_t byte = file->p[a + i];

		file->p[a + i] = file->p[b + i];
		file->p[b + i] = byte;
	}
}

enum kind { BITS, BYTES, BLOCK, BURST, SWAP, CUT, PUT_IN, CUT_OUT, KINDS };

/* from..to: what a splice touches. */
struct splice {
	size_t from, to;
	bool is;
};

static struct splice
splice(enum kind kind, uint64_t *state, size_t budget)
{
	size_t at = chance_below(state, volume.n);
	size_t n = length_of_chance(state, budget), out;

	out = kind == CUT_OUT ? (n < volume.n - at ? n : volume.n - at) : 0;
	pm_buf_reset(&bad_volume);
	copy(&bad_volume, volume.p, at);
	for (size_t i = 0; kind == PUT_IN && i < n; i++)
		must(pm_buf_append_byte(&bad_volume, (uint8_t)chance(state),
		    &err), "put in");
	copy(&bad_volume, volume.p + at + out, volume.n - at - out);
	return (struct splice){ at, at + out, true };
}

static struct splice
damage_volume(uint64_t *state)
{
	enum kind kind = (enum kind)chance_below(state, KINDS);
	size_t budget = (size_t)pm_parity_blocks(&shape) * shape.block;
	struct pm_buf *file = &bad_volume;

	pm_buf_reset(file);
	copy(file, volume.p, volume.n);
	switch (kind) {
	case BITS:
		for (size_t i = chance_below(state, 5); i < 5; i++)
			file->p[chance_below(state, file->n)] ^=
			    (uint8_t)(1 << chance_below(state, 8));
		break;
	case BYTES:
		for (size_t i = chance_below(state, 9); i < 9; i++)
			spoil(file, state, chance_below(state, file->n), 1);
		break;
	case BLOCK:
		spoil(file, state, chance_below(state, file->n) / 4096 * 4096,
		    4096);
		break;
	case BURST:
		spoil(file, state, chance_below(state, file->n),
		    length_of_chance(state, budget));
		break;
	case SWAP:
		swap(file, state);
		break;
	case CUT:
		budget = budget < file->n ? budget : file->n;
		file->n -= length_of_chance(state, budget);
		break;
	case PUT_IN:
	case CUT_OUT:
		return splice(kind, state, budget);
	case KINDS:
		break;
	}
	return (struct splice){ .is = false };
}

static void
damage_parity(uint64_t *state)
{
	size_t n = chance_below(state, 4);

	pm_buf_reset(&bad_parity);
	copy(&bad_parity, parity.p, parity.n);
	for (size_t i = 0; i < n; i++)
		spoil(&bad_parity, state, chance_below(state, parity.n),
		    length_of_chance(state, 700));
}

/* ---- what should come of it ---- */

static bool
is_bad(struct splice splice, uint32_t i)
{
	size_t from = (size_t)i * shape.block;
	size_t n = pm_parity_block_bytes(&shape, i);

	if (splice.is)
		return from < splice.to + (splice.from == splice.to &&
		    splice.from > from) && from + n > splice.from;
	return from + n > bad_volume.n ||
	    memcmp(bad_volume.p + from, volume.p + from, n) != 0;
}

static bool
differs(size_t from, size_t n)
{
	return memcmp(bad_parity.p + from, parity.p + from, n) != 0;
}

/* A header and each stretch of the table must be whole in one place. */
static bool
tells(void)
{
	size_t table = pm_parity_table_bytes(&shape);
	size_t back = parity.n - PM_PARITY_HEADER - table;
	size_t stride = PM_PARITY_CHUNK * PM_PARITY_ENTRY + PM_PARITY_DIGEST;

	if (differs(0, PM_PARITY_HEADER) &&
	    differs(parity.n - PM_PARITY_HEADER, PM_PARITY_HEADER))
		return false;
	for (size_t at = 0; at < table; at += stride) {
		size_t n = table - at < stride ? table - at : stride;

		if (differs(PM_PARITY_HEADER + at, n) && differs(back + at,
		    n))
			return false;
	}
	return true;
}

static bool
is_within_budget(struct splice splice)
{
	uint32_t last = shape.data_n - 1;

	if (!tells())
		return false;
	for (uint32_t code = 0; code < shape.codes; code++) {
		uint32_t bad = 0;

		for (uint32_t i = code; i < shape.data_n; i += shape.codes)
			bad += is_bad(splice, i) ||
			    /* A short one is looked for behind the one before. */
			    (splice.is && i == last && (last == 0 ||
			    is_bad(splice, last - 1)));
		for (uint32_t i = code; i < pm_parity_blocks(&shape);
		    i += shape.codes)
			bad += differs(pm_parity_blocks_at(&shape) +
			    (size_t)i * shape.block, shape.block);
		if (bad > shape.rows)
			return false;
	}
	return true;
}

/* ---- rounds ---- */

static int
note_stretch(void *context, const struct pm_parity_stretch *told)
{
	(void)context;
	assert_true(stretch_n < STRETCHES_MAX);
	stretch[stretch_n++] = *told;
	return 0;
}

static void
must_be_honest(const struct pm_buf *mended)
{
	size_t next = 0;

	for (size_t i = 0; i < mended->n && i < volume.n; i++) {
		while (next < stretch_n && i >= stretch[next].offset +
		    stretch[next].bytes)
			next++;
		if (mended->p[i] == volume.p[i] || (next < stretch_n &&
		    i >= stretch[next].offset &&
		    (stretch[next].state == PM_PARITY_LOST ||
		    stretch[next].state == PM_PARITY_BARE)))
			continue;
		fail_msg("seed %" PRIu64 ": byte %zu of %zu is another",
		    round_seed, i, volume.n);
	}
}

static void
check_head(void)
{
	char path[SCRATCH_CHARS], to[SCRATCH_CHARS];
	struct pm_buf text = { 0 };

	scratch_join(path, archive, "HEAD");
	scratch_join(to, scratch, "HEAD");
	assert_int_equal(unlink(path), 0);
	must(pm_parity_mend_head(archive, to, &err), "HEAD");
	file_get(&text, to);
	assert_true(pm_bytes_equal(pm_buf_bytes(&text), pm_buf_bytes(&head)));
	assert_int_equal(rename(to, path), 0);
	pm_buf_clear(&text);
}

static void
one_round(uint64_t seed)
{
	struct pm_parity_mend mend = { 1, note_stretch, NULL };
	struct pm_parity_mended result;
	struct pm_buf mended = { 0 };
	char to[SCRATCH_CHARS];
	uint64_t state = seed;
	struct splice spliced;

	round_seed = seed;
	spliced = damage_volume(&state);
	damage_parity(&state);
	file_put(volume_path, bad_volume.p, bad_volume.n);
	file_put(parity_path, bad_parity.p, bad_parity.n);
	scratch_join(to, scratch, "mended");
	stretch_n = 0;
	must(pm_parity_mend(&result, archive, &mend, to, &err), "mend");
	file_get(&mended, to);
	assert_int_equal(unlink(to), 0);
	must_be_honest(&mended);
	if (is_within_budget(spliced)) {
		within++;
		if (result.lost > 0 || result.bare > 0 ||
		    !pm_bytes_equal(pm_buf_bytes(&mended),
		    pm_buf_bytes(&volume)))
			fail_msg("seed %" PRIu64 ": within the budget, and "
			    "not mended", seed);
	}
	if (tells() && seed % 8 == 0)
		check_head();
	pm_buf_clear(&mended);
}

static void
test_damage(void **state)
{
	const char *rounds = getenv("PM_ROUNDS");
	uint64_t n = rounds == NULL ? ROUNDS : strtoull(rounds, NULL, 0);
	uint64_t first = chance_seed(1);

	(void)state;
	for (uint64_t i = first; i < first + n; i++) {
		if (i == first || i % ARCHIVE_ROUNDS == 0)
			make_archive(i / ARCHIVE_ROUNDS);
		one_round(i);
	}
	print_message("%" PRIu64 " of %" PRIu64 " damages within the "
	    "budget, all mended\n", within, n);
}

/* After a failure too. */
static int
clean_up(void **state)
{
	(void)state;
	if (*scratch != '\0')
		scratch_remove(scratch);
	pm_buf_clear(&volume);
	pm_buf_clear(&parity);
	pm_buf_clear(&head);
	pm_buf_clear(&bad_volume);
	pm_buf_clear(&bad_parity);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_damage, clean_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
