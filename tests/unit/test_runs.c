#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "dup/digest.h"
#include "dup/runs.h"

static struct pm_err err;

/* A directory for each test. */

static char directory[4096], path_room[8192];

static int
make_directory(void **state)
{
	const char *base = getenv("TMPDIR");

	(void)state;
	(void)snprintf(directory, sizeof directory, "%s/pm-runs-XXXXXX",
	    base == NULL || base[0] == '\0' ? "/tmp" : base);
	return mkdtemp(directory) == NULL;
}

static const char *
path_of(const char *name)
{
	(void)snprintf(path_room, sizeof path_room, "%s/%s", directory, name);
	return path_room;
}

static void
empty_directory(void)
{
	struct pm_names names;

	assert_int_equal(pm_fs_list(&names, directory, &err), PM_OK);
	for (size_t i = 0; i < names.n; i++)
		(void)unlink(path_of(names.name[i]));
	pm_fs_names_free(&names);
}

static int
remove_directory(void **state)
{
	(void)state;
	empty_directory();
	return rmdir(directory);
}

static struct pm_runs *
open_runs(const char *where, enum pm_runs_mode mode)
{
	struct pm_runs *runs = NULL;

	assert_int_equal(pm_runs_open(&runs, where, "x", mode, &err), PM_OK);
	assert_non_null(runs);
	return runs;
}

static void
read_file(struct pm_buf *out, const char *name)
{
	pm_buf_init(out);
	assert_int_equal(pm_fs_read_file(out, path_of(name), 1 << 26, &err),
	    PM_OK);
}

/* Without fsync: the tests write thousands. */
static void
write_file(const char *name, const void *p, size_t n)
{
	int fd;

	(void)unlink(path_of(name));
	assert_int_equal(pm_fs_create(&fd, path_of(name), 0666, &err), PM_OK);
	assert_int_equal(pm_fs_write(fd, p, n, name, &err), PM_OK);
	pm_fs_close(fd);
}

/* Files "x.NNNNNN.run". */
static size_t
count_run_files(void)
{
	struct pm_names names;
	size_t n = 0;

	assert_int_equal(pm_fs_list(&names, directory, &err), PM_OK);
	for (size_t i = 0; i < names.n; i++) {
		if (strncmp(names.name[i], "x.", 2) == 0 &&
		    strstr(names.name[i], ".run") != NULL)
			n++;
	}
	pm_fs_names_free(&names);
	return n;
}

/* The name of the only run there is. */
static void
only_run_name(char out[64])
{
	struct pm_names names;

	assert_int_equal(count_run_files(), 1);
	assert_int_equal(pm_fs_list(&names, directory, &err), PM_OK);
	for (size_t i = 0; i < names.n; i++) {
		if (strstr(names.name[i], ".run") != NULL)
			(void)snprintf(out, 64, "%s", names.name[i]);
	}
	pm_fs_names_free(&names);
}

/* Seeded random numbers (xorshift64*). */

static uint64_t random_state;

static uint64_t
random_64(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1d;
}

static uint64_t
random_below(uint64_t n)
{
	return (random_64() >> 11) % n;
}

/* The naive model: all entries there ever were. */

enum { MODEL_MAX = 200000 };
static struct pm_run_entry model[MODEL_MAX];
static size_t model_n;

static void
model_reset(uint64_t seed)
{
	model_n = 0;
	random_state = seed;
}

static struct pm_run_entry
random_entry(void)
{
	uint64_t kind = random_below(10);

	if (kind == 0 && model_n > 0)          /* again */
		return model[random_below(model_n)];
	if (kind <= 3)                         /* keys with many numbers */
		return (struct pm_run_entry){ random_below(5),
		    (uint32_t)random_below(100000) };
	if (kind == 4)                         /* extremes */
		return (struct pm_run_entry){ random_64(),
		    random_below(2) == 0 ? 0 : UINT32_MAX };
	return (struct pm_run_entry){ random_64(), (uint32_t)random_64() };
}

static void
fill_batch(struct pm_run_entry *batch, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		assert_true(model_n < MODEL_MAX);
		batch[i] = model[model_n++] = random_entry();
	}
}

static void
append(struct pm_runs *runs, const struct pm_run_entry *entry, size_t n,
    uint64_t sequence)
{
	struct pm_run_entry *copy = pm_alloc(n * sizeof *copy, &err);

	assert_non_null(copy);
	if (n > 0)
		memcpy(copy, entry, n * sizeof *copy);
	assert_int_equal(pm_runs_append(runs, copy, n, sequence, &err), PM_OK);
	pm_free(copy);
	assert_int_equal(pm_runs_sequence(runs), sequence);
}

static int
compare_entries(const void *a, const void *b)
{
	const struct pm_run_entry *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

static void
model_sort(void)
{
	size_t kept = 0;

	qsort(model, model_n, sizeof *model, compare_entries);
	for (size_t i = 0; i < model_n; i++) {
		if (kept == 0 ||
		    compare_entries(&model[kept - 1], &model[i]) != 0)
			model[kept++] = model[i];
	}
	model_n = kept;
}

struct numbers {
	uint32_t number[MODEL_MAX];
	size_t n, stop_after;
};
static struct numbers got;

static int
collect(void *context, uint32_t number)
{
	struct numbers *numbers = context;

	numbers->number[numbers->n++] = number;
	return numbers->n == numbers->stop_after;
}

static int
find(struct pm_runs *runs, uint64_t key)
{
	got.n = 0;
	got.stop_after = 0;
	return pm_runs_find(runs, key, collect, &got, &err);
}

/* What was found is what the sorted model has from at to end. */
static bool
got_equals(size_t at, size_t end)
{
	if (got.n != end - at)
		return false;
	for (size_t i = 0; i < got.n; i++) {
		if (got.number[i] != model[at + i].number)
			return false;
	}
	return true;
}

static size_t
end_of_key(size_t at)
{
	size_t end = at;

	while (end < model_n && model[end].key == model[at].key)
		end++;
	return end;
}

/* Sorts the model. */
static void
check_all(struct pm_runs *runs)
{
	model_sort();
	for (size_t at = 0, end; at < model_n; at = end) {
		end = end_of_key(at);
		assert_int_equal(find(runs, model[at].key), PM_OK);
		assert_true(got_equals(at, end));
		assert_int_equal(find(runs, model[at].key ^ 1 << 5), PM_OK);
		assert_true(got.n == 0 || model[at].key < 64);
	}
}

static void
random_batches(const char *where, uint64_t seed, size_t batches, size_t max)
{
	static struct pm_run_entry batch[MODEL_MAX];
	struct pm_runs *runs = open_runs(where, PM_RUNS_WRITE);

	model_reset(seed);
	for (size_t i = 1; i <= batches; i++) {
		size_t n = random_below(20) == 0 ? 0 : random_below(max) + 1;

		fill_batch(batch, n);
		append(runs, batch, n, i * 10);
		if (where != NULL && random_below(8) == 0) {
			pm_runs_close(runs);
			runs = open_runs(where, PM_RUNS_WRITE);
			assert_int_equal(pm_runs_sequence(runs), i * 10);
		}
		if (i == batches / 2)
			check_all(runs);
	}
	check_all(runs);
	pm_runs_close(runs);
}

static void
agrees_with_model(void **state)
{
	struct pm_runs *runs;

	(void)state;
	random_batches(directory, 1, 60, 700);
	runs = open_runs(directory, PM_RUNS_READ);
	assert_int_equal(pm_runs_sequence(runs), 600);
	check_all(runs);
	pm_runs_close(runs);
}

/* Block edges: 1, 127, 128, 129, ... entries. */
static void
agrees_at_block_edges(void **state)
{
	static const size_t sizes[] = { 1, 2, 127, 128, 129, 255, 256, 257 };
	static struct pm_run_entry batch[257];

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct pm_runs *runs = open_runs(directory, PM_RUNS_WRITE);

		model_reset(i + 1);
		fill_batch(batch, sizes[i]);
		append(runs, batch, sizes[i], 1);
		check_all(runs);
		assert_int_equal(pm_runs_reset(runs, &err), PM_OK);
		pm_runs_close(runs);
	}
}

static void
memory_agrees_with_model(void **state)
{
	(void)state;
	random_batches(NULL, 1, 60, 700);
	random_batches(NULL, 2, 300, 20);
}

/* Past what stays in memory: in files without names, of which none is left. */
static void
unnamed_agree_with_model(void **state)
{
	static struct pm_run_entry batch[40000];
	struct pm_runs *runs = open_runs(NULL, PM_RUNS_WRITE);

	(void)state;
	for (uint64_t i = 0; i < 5; i++) {
		for (uint32_t k = 0; k < 40000; k++)
			batch[k] = (struct pm_run_entry){ k / 2 * 77,
			    (uint32_t)i * 40000 + k };
		append(runs, batch, 40000, i + 1);
	}
	assert_int_equal(pm_runs_bytes(runs), 0);
	for (uint64_t k = 0; k < 20000; k += 61) {
		assert_int_equal(find(runs, k * 77), PM_OK);
		assert_int_equal(got.n, 10);
		for (uint32_t i = 0; i < 10; i++)
			assert_int_equal(got.number[i], i / 2 * 40000 + 2 * k +
			    i % 2);
	}
	assert_int_equal(find(runs, 76), PM_OK);
	assert_int_equal(got.n, 0);
	assert_int_equal(pm_runs_reset(runs, &err), PM_OK);
	assert_int_equal(find(runs, 77), PM_OK);
	assert_int_equal(got.n, 0);
	pm_runs_close(runs);
}

/* One key whose numbers fill many blocks and runs. */
static void
many_numbers_under_one_key(void **state)
{
	static struct pm_run_entry batch[1000];
	struct pm_runs *runs = open_runs(directory, PM_RUNS_WRITE);

	(void)state;
	model_reset(3);
	for (uint32_t i = 0; i < 9; i++) {
		for (uint32_t j = 0; j < 1000; j++)
			batch[j] = model[model_n++] = (struct pm_run_entry){
			    77, (j * 7919 + i * 500) % 6000 };
		batch[i].key = model[model_n - 1000 + i].key = 78;
		append(runs, batch, 1000, i + 1);
	}
	check_all(runs);
	assert_true(pm_runs_bytes(runs) < 9000 * 3);
	pm_runs_close(runs);
}

static void
few_runs_stay(void **state)
{
	struct pm_run_entry batch[8];
	struct pm_runs *runs = open_runs(directory, PM_RUNS_WRITE);
	size_t worst = 0;

	(void)state;
	model_reset(4);
	for (uint64_t i = 1; i <= 200; i++) {
		for (size_t j = 0; j < 8; j++)
			batch[j] = model[model_n++] = (struct pm_run_entry){
			    random_64(), (uint32_t)i };
		append(runs, batch, 8, i);
		if (count_run_files() > worst)
			worst = count_run_files();
		/* Equal batches merge like the bits of a counter. */
		assert_int_equal(count_run_files(),
		    (size_t)__builtin_popcountll(i));
	}
	assert_true(worst <= 8);
	check_all(runs);
	pm_runs_close(runs);
}

/* The same appends give the same bytes. */
static void
files_are_deterministic(void **state)
{
	struct pm_buf first[2], second[2];
	char name[64];

	(void)state;
	for (int round = 0; round < 2; round++) {
		static struct pm_run_entry batch[500];
		struct pm_runs *runs = open_runs(directory, PM_RUNS_WRITE);
		struct pm_buf *out = round == 0 ? first : second;

		assert_int_equal(pm_runs_reset(runs, &err), PM_OK);
		pm_runs_close(runs);
		assert_int_equal(unlink(path_of("x.manifest")), 0);
		runs = open_runs(directory, PM_RUNS_WRITE);
		model_reset(5);
		fill_batch(batch, 500);
		append(runs, batch, 300, 1);
		append(runs, batch + 300, 200, 2);
		only_run_name(name);
		read_file(&out[0], name);
		read_file(&out[1], "x.manifest");
		assert_int_equal(pm_runs_bytes(runs), out[0].n + out[1].n);
		pm_runs_close(runs);
	}
	for (int i = 0; i < 2; i++) {
		assert_true(pm_bytes_equal(pm_buf_bytes(&first[i]),
		    pm_buf_bytes(&second[i])));
		pm_buf_clear(&first[i]);
		pm_buf_clear(&second[i]);
	}
}

static void
sequence_rules(void **state)
{
	struct pm_run_entry entry = { 1, 2 };

	(void)state;
	for (int disk = 0; disk < 2; disk++) {
		const char *where = disk ? directory : NULL;
		struct pm_runs *runs = open_runs(where, PM_RUNS_WRITE);

		assert_int_equal(pm_runs_sequence(runs), 0);
		assert_int_equal(pm_runs_bytes(runs), 0);
		append(runs, NULL, 0, 5);
		assert_int_equal(pm_runs_append(runs, &entry, 1, 4, &err),
		    PM_EUSAGE);
		assert_int_equal(pm_runs_sequence(runs), 5);
		append(runs, &entry, 1, 5);
		append(runs, NULL, 0, 5);
		append(runs, NULL, 0, 9);
		assert_int_equal(find(runs, 1), PM_OK);
		assert_int_equal(got.n, 1);
		if (disk) {
			pm_runs_close(runs);
			runs = open_runs(where, PM_RUNS_WRITE);
			assert_int_equal(pm_runs_sequence(runs), 9);
		}
		assert_int_equal(pm_runs_reset(runs, &err), PM_OK);
		assert_int_equal(pm_runs_sequence(runs), 0);
		assert_int_equal(find(runs, 1), PM_OK);
		assert_int_equal(got.n, 0);
		pm_runs_close(runs);
	}
	assert_int_equal(count_run_files(), 0);
}

static void
reader_rules(void **state)
{
	struct pm_run_entry entry = { 1, 2 };
	struct pm_runs *reader = open_runs(directory, PM_RUNS_READ), *writer;

	(void)state;
	assert_int_equal(pm_runs_sequence(reader), 0);
	assert_false(pm_fs_exists(path_of("x.manifest")));
	assert_int_equal(pm_runs_append(reader, &entry, 1, 1, &err),
	    PM_EUSAGE);
	assert_int_equal(pm_runs_reset(reader, &err), PM_EUSAGE);
	pm_runs_close(reader);
	reader = open_runs(path_of("none"), PM_RUNS_READ);
	assert_int_equal(find(reader, 1), PM_OK);
	assert_int_equal(got.n, 0);
	pm_runs_close(reader);

	/* A reader keeps what it opened, though its file goes. */
	writer = open_runs(directory, PM_RUNS_WRITE);
	append(writer, &entry, 1, 1);
	reader = open_runs(directory, PM_RUNS_READ);
	entry.number = 3;
	append(writer, &entry, 1, 2);
	assert_int_equal(count_run_files(), 1);
	assert_int_equal(find(reader, 1), PM_OK);
	assert_int_equal(got.n, 1);
	assert_int_equal(find(writer, 1), PM_OK);
	assert_int_equal(got.n, 2);
	pm_runs_close(reader);
	pm_runs_close(writer);
}

static void
callback_stops(void **state)
{
	struct pm_run_entry batch[3] = { { 9, 3 }, { 9, 1 }, { 9, 2 } };

	(void)state;
	for (int disk = 0; disk < 2; disk++) {
		struct pm_runs *runs = open_runs(disk ? directory : NULL,
		    PM_RUNS_WRITE);

		append(runs, batch, 3, 1);
		got.n = 0;
		got.stop_after = 2;
		assert_int_equal(pm_runs_find(runs, 9, collect, &got, &err),
		    PM_OK);
		assert_int_equal(got.n, 2);
		assert_int_equal(got.number[0], 1);
		assert_int_equal(got.number[1], 2);
		pm_runs_close(runs);
	}
}

/* Odd ranks above even ones, then the smaller number first. */
static uint64_t
rank_by_parity(void *context, uint32_t number)
{
	(void)context;
	return number % 2;
}

static void
numbers_by_rank(void **state)
{
	static const uint32_t want[] = { 1, 3, 5, 7, 2, 4, 8 };

	(void)state;
	for (int disk = 0; disk < 2; disk++) {
		struct pm_run_entry first[] = { { 9, 4 }, { 9, 3 }, { 8, 6 },
		    { 9, 1 }, { 9, 3 } }, second[] = { { 9, 2 }, { 9, 5 },
		    { 9, 3 } }, third[] = { { 9, 8 }, { 9, 7 } };
		struct pm_runs *runs = open_runs(disk ? directory : NULL,
		    PM_RUNS_WRITE);

		pm_runs_rank(runs, (struct pm_ranking){ rank_by_parity,
		    NULL });
		append(runs, first, 5, 1);
		append(runs, second, 3, 2);
		append(runs, third, 2, 3);
		assert_int_equal(find(runs, 9), PM_OK);
		assert_int_equal(got.n, 7);
		for (size_t i = 0; i < 7; i++)
			assert_int_equal(got.number[i], want[i]);
		pm_runs_close(runs);
	}
}

struct many {
	size_t index[4096];
	uint32_t number[4096];
	size_t n;
};

static int
collect_many(void *context, size_t index, uint32_t number)
{
	struct many *many = context;

	many->index[many->n] = index;
	many->number[many->n++] = number;
	return number % 64 == 63;        /* enough of this key */
}

static int
compare_places(const void *a, const void *b)
{
	uint64_t x = pm_runs_place(*(const uint64_t *)a);
	uint64_t y = pm_runs_place(*(const uint64_t *)b);

	return (x > y) - (x < y);
}

/* As many calls of pm_runs_find would give, some keys not there at all. */
static void
many_as_one_by_one(struct pm_runs *runs, const uint64_t *key, size_t n)
{
	static struct many many;
	size_t at = 0;

	many.n = 0;
	assert_int_equal(pm_runs_find_many(runs, key, n, collect_many, &many,
	    &err), PM_OK);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(find(runs, key[i]), PM_OK);
		for (size_t k = 0; k < got.n; k++, at++) {
			assert_int_equal(many.index[at], i);
			assert_int_equal(many.number[at], got.number[k]);
			if (got.number[k] % 64 == 63)
				k = got.n;
		}
	}
	assert_int_equal(at, many.n);
}

static void
finds_many(void **state)
{
	static struct pm_run_entry batch[3000];
	static uint64_t key[900];

	(void)state;
	for (int disk = 0; disk < 2; disk++) {
		struct pm_runs *runs = open_runs(disk ? directory : NULL,
		    PM_RUNS_WRITE);

		for (uint64_t round = 0; round < 4; round++) {
			for (uint32_t i = 0; i < 3000u >> round; i++)
				batch[i] = (struct pm_run_entry){
				    (i * 7 + round) % 1200 + 1,
				    i + (uint32_t)round * 100 };
			append(runs, batch, 3000 >> round, round + 1);
		}
		for (size_t i = 0; i < 900; i++)
			key[i] = i * 2 + 1;      /* a third is not there */
		qsort(key, 900, sizeof *key, compare_places);
		many_as_one_by_one(runs, key, 900);
		many_as_one_by_one(runs, key + 450, 3);
		many_as_one_by_one(runs, key, 0);
		pm_runs_close(runs);
	}
}

static void
writer_makes_directory(void **state)
{
	char where[8192];
	struct pm_run_entry entry = { 1, 2 };
	struct pm_runs *runs;

	(void)state;
	(void)snprintf(where, sizeof where, "%s", path_of("made"));
	runs = open_runs(where, PM_RUNS_WRITE);
	append(runs, &entry, 1, 1);
	assert_int_equal(pm_runs_reset(runs, &err), PM_OK);
	pm_runs_close(runs);
	assert_int_equal(unlink(path_of("made/x.manifest")), 0);
	assert_int_equal(rmdir(where), 0);
}

static void
orphans_are_removed(void **state)
{
	static const char *const kept[] = { "y.000009.run", "x.run",
	    "x.0000a9.run", "x.000009.run.txt", "x.y.000009.run" };
	struct pm_run_entry entry = { 1, 2 };
	struct pm_runs *runs = open_runs(directory, PM_RUNS_WRITE);

	(void)state;
	append(runs, &entry, 1, 1);
	pm_runs_close(runs);
	write_file("x.000009.run", "left over", 9);
	write_file("x.123456789.run", "left over", 9);
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		write_file(kept[i], "another's", 9);
	pm_runs_close(open_runs(directory, PM_RUNS_READ));
	assert_true(pm_fs_exists(path_of("x.000009.run")));
	runs = open_runs(directory, PM_RUNS_WRITE);
	assert_false(pm_fs_exists(path_of("x.000009.run")));
	assert_false(pm_fs_exists(path_of("x.123456789.run")));
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		assert_true(pm_fs_exists(path_of(kept[i])));
	assert_int_equal(find(runs, 1), PM_OK);
	assert_int_equal(got.n, 1);
	pm_runs_close(runs);
}

/* 300 entries in one run, three blocks; its bytes and its name. */
static void
small_run(struct pm_buf *run, struct pm_buf *manifest, char name[64])
{
	static struct pm_run_entry batch[300];
	struct pm_runs *runs = open_runs(directory, PM_RUNS_WRITE);

	model_reset(6);
	fill_batch(batch, 300);
	append(runs, batch, 300, 7);
	pm_runs_close(runs);
	model_sort();
	only_run_name(name);
	read_file(run, name);
	read_file(manifest, "x.manifest");
}

/* Either nothing is there, or every answer is right or PM_ECORRUPT. */
static size_t
check_damaged(void)
{
	struct pm_runs *runs = open_runs(directory, PM_RUNS_READ);
	size_t refused = 0;

	if (pm_runs_sequence(runs) == 0) {
		assert_int_equal(find(runs, model[0].key), PM_OK);
		assert_int_equal(got.n, 0);
		refused = 1;
	} else {
		for (size_t at = 0, end; at < model_n; at = end) {
			int rc = find(runs, model[at].key);

			end = end_of_key(at);
			assert_true(rc == PM_ECORRUPT ||
			    (rc == PM_OK && got_equals(at, end)));
			refused += rc != PM_OK;
		}
	}
	pm_runs_close(runs);
	return refused;
}

static void
each_bit_flipped(void **state)
{
	struct pm_buf run, manifest;
	char name[64];
	size_t blocks_at;
	int fd;

	(void)state;
	small_run(&run, &manifest, name);
	blocks_at = (size_t)pm_le64_get(run.p + 32);
	assert_int_equal(pm_fs_open_write(&fd, path_of(name), &err), PM_OK);
	for (size_t bit = 0; bit < run.n * 8; bit++) {
		uint8_t byte = run.p[bit / 8] ^ (uint8_t)(1 << bit % 8);
		size_t used = 64 + (size_t)pm_le64_get(run.p + 24) * 16;
		bool unused = bit / 8 >= run.n - 8 ||
		    (bit / 8 >= used && bit / 8 < blocks_at);

		assert_int_equal(pm_fs_write_at(fd, &byte, 1, bit / 8, name,
		    &err), PM_OK);
		assert_true((check_damaged() == 0) == unused);
		assert_int_equal(pm_fs_write_at(fd, run.p + bit / 8, 1,
		    bit / 8, name, &err), PM_OK);
	}
	pm_fs_close(fd);
	assert_int_equal(check_damaged(), 0);
	pm_buf_clear(&run);
	pm_buf_clear(&manifest);
}

static void
manifest_flipped_or_torn(void **state)
{
	struct pm_buf run, manifest;
	char name[64];
	int fd;

	(void)state;
	small_run(&run, &manifest, name);
	assert_int_equal(pm_fs_open_write(&fd, path_of("x.manifest"), &err),
	    PM_OK);
	for (size_t bit = 0; bit < manifest.n * 8; bit++) {
		uint8_t byte = manifest.p[bit / 8] ^ (uint8_t)(1 << bit % 8);

		assert_int_equal(pm_fs_write_at(fd, &byte, 1, bit / 8, name,
		    &err), PM_OK);
		assert_int_equal(check_damaged(), 1);
		assert_int_equal(pm_fs_write_at(fd, manifest.p + bit / 8, 1,
		    bit / 8, name, &err), PM_OK);
	}
	for (size_t n = manifest.n; n-- > 0;) {
		assert_int_equal(pm_fs_truncate(fd, n, name, &err), PM_OK);
		assert_int_equal(check_damaged(), 1);
	}
	pm_fs_close(fd);
	pm_buf_clear(&run);
	pm_buf_clear(&manifest);
}

static void
run_truncated(void **state)
{
	struct pm_buf run, manifest;
	char name[64];
	int fd;

	(void)state;
	small_run(&run, &manifest, name);
	assert_int_equal(pm_fs_open_write(&fd, path_of(name), &err), PM_OK);
	for (size_t n = run.n; n-- > 0;) {
		assert_int_equal(pm_fs_truncate(fd, n, name, &err), PM_OK);
		assert_int_equal(check_damaged(), 1);
	}
	pm_fs_close(fd);
	pm_buf_clear(&run);
	pm_buf_clear(&manifest);
}

/* Damage found at opening: a writer starts anew and can go on. */
static void
writer_starts_anew(void **state)
{
	struct pm_run_entry entry = { 1, 2 };
	struct pm_runs *runs;
	struct pm_buf run, manifest;
	char name[64];

	(void)state;
	for (int damage = 0; damage < 4; damage++) {
		small_run(&run, &manifest, name);
		if (damage == 0)
			assert_int_equal(unlink(path_of(name)), 0);
		else if (damage == 1)
			write_file("x.manifest", "PM-RUNS\n", 8);
		else if (damage == 2)
			assert_int_equal(unlink(path_of("x.manifest")), 0);
		else
			write_file(name, run.p, run.n - 1);
		runs = open_runs(directory, PM_RUNS_WRITE);
		assert_int_equal(pm_runs_sequence(runs), 0);
		assert_int_equal(count_run_files(), 0);
		append(runs, &entry, 1, 1);
		pm_runs_close(runs);
		runs = open_runs(directory, PM_RUNS_WRITE);
		assert_int_equal(pm_runs_sequence(runs), 1);
		assert_int_equal(find(runs, 1), PM_OK);
		assert_int_equal(got.n, 1);
		assert_int_equal(pm_runs_reset(runs, &err), PM_OK);
		pm_runs_close(runs);
		pm_buf_clear(&run);
		pm_buf_clear(&manifest);
	}
}

/* A merge over a damaged block fails and leaves all as it was. */
static void
merge_refuses_damage(void **state)
{
	static struct pm_run_entry batch[400];
	struct pm_runs *runs;
	struct pm_buf run, manifest;
	char name[64];
	int fd;

	(void)state;
	small_run(&run, &manifest, name);
	for (uint32_t i = 0; i < 400; i++)
		batch[i] = (struct pm_run_entry){ random_64(), i };
	run.p[run.n - 20] ^= 4;
	assert_int_equal(pm_fs_open_write(&fd, path_of(name), &err), PM_OK);
	assert_int_equal(pm_fs_write_at(fd, run.p, run.n, 0, name, &err),
	    PM_OK);
	pm_fs_close(fd);
	runs = open_runs(directory, PM_RUNS_WRITE);
	assert_int_equal(pm_runs_append(runs, batch, 400, 8, &err),
	    PM_ECORRUPT);
	assert_int_equal(pm_runs_sequence(runs), 7);
	assert_int_equal(count_run_files(), 1);
	assert_int_equal(pm_runs_reset(runs, &err), PM_OK);
	batch[0] = (struct pm_run_entry){ 1, 2 };
	append(runs, batch, 1, 1);
	assert_int_equal(find(runs, 1), PM_OK);
	assert_int_equal(got.n, 1);
	pm_runs_close(runs);
	pm_buf_clear(&run);
	pm_buf_clear(&manifest);
}

/* Make all checksums hold again, as a forger would. */
static void
reseal(struct pm_buf *run, struct pm_buf *manifest)
{
	uint64_t blocks = pm_le64_get(run->p + 24);
	uint64_t end = run->n - 8;

	for (uint64_t i = blocks; i-- > 0 && 64 + (i + 1) * 16 <= run->n;) {
		uint64_t at = pm_le64_get(run->p + 64 + i * 16 + 8);

		if (at <= end && end - at > 8 && end <= run->n - 8)
			pm_le64_put(run->p + at, pm_digest64((struct pm_bytes){
			    run->p + at + 8, (size_t)(end - at) - 8 }));
		end = at;
	}
	if (blocks <= (run->n - 64) / 16)
		pm_le64_put(run->p + 48, pm_digest64((struct pm_bytes){
		    run->p + 64, (size_t)blocks * 16 }));
	pm_le64_put(run->p + 56, pm_digest64((struct pm_bytes){ run->p, 56 }));
	pm_le64_put(manifest->p + 48, pm_le64_get(run->p + 56));
	pm_le64_put(manifest->p + manifest->n - 8, pm_digest64(
	    (struct pm_bytes){ manifest->p, manifest->n - 8 }));
}

/* Whatever a forged run says, nothing is read or written astray (run under
 * `make asan`) and everything ends. */
static void
forged_runs(void **state)
{
	static struct pm_run_entry batch[200];
	struct pm_buf run, manifest, forged;
	char name[64];
	size_t opened = 0;

	(void)state;
	small_run(&run, &manifest, name);
	pm_buf_init(&forged);
	for (int round = 0; round < 500; round++) {
		struct pm_runs *runs;

		pm_buf_reset(&forged);
		assert_int_equal(pm_buf_append(&forged, run.p, run.n, &err),
		    PM_OK);
		for (uint64_t i = random_below(4) + 1; i > 0; i--) {
			size_t at = (size_t)random_below(random_below(2) == 0 ?
			    130 : forged.n);

			forged.p[at] = (uint8_t)random_64();
		}
		reseal(&forged, &manifest);
		write_file(name, forged.p, forged.n);
		write_file("x.manifest", manifest.p, manifest.n);
		runs = open_runs(directory, PM_RUNS_READ);
		opened += pm_runs_sequence(runs) != 0;
		for (size_t at = 0; at < model_n; at += 3)
			(void)find(runs, model[at].key);
		pm_runs_close(runs);
		runs = open_runs(directory, PM_RUNS_WRITE);
		memcpy(batch, model, sizeof batch);
		(void)pm_runs_append(runs, batch, 200, 8, &err);
		pm_runs_close(runs);
	}
	assert_true(opened > 50);
	pm_buf_clear(&forged);
	pm_buf_clear(&run);
	pm_buf_clear(&manifest);
}

/* The key whose short key is `wanted`: mixing can be undone. */
static uint64_t
inverse(uint64_t odd)
{
	uint64_t x = odd;

	for (int i = 0; i < 6; i++)
		x *= 2 - odd * x;
	return x;
}

static uint64_t
key_for(uint64_t wanted)
{
	uint64_t key = wanted << 24;

	key = (key ^ key >> 31 ^ key >> 62) * inverse(0x94d049bb133111eb);
	key = (key ^ key >> 27 ^ key >> 54) * inverse(0xbf58476d1ce4e5b9);
	return key ^ key >> 30 ^ key >> 60;
}

static void
seal_by_hand(uint8_t run[104], uint8_t manifest[64])
{
	pm_le64_put(run + 80, pm_digest64((struct pm_bytes){ run + 88, 8 }));
	memcpy(run, "PM-RUN\r\n", 8);
	pm_le32_put(run + 8, 3);
	pm_le32_put(run + 12, 128);
	pm_le64_put(run + 16, 3);
	pm_le64_put(run + 24, 1);
	pm_le64_put(run + 32, 80);
	pm_le64_put(run + 40, 104);
	pm_le64_put(run + 48, pm_digest64((struct pm_bytes){ run + 64, 16 }));
	pm_le64_put(run + 56, pm_digest64((struct pm_bytes){ run, 56 }));
	memcpy(manifest, "PM-RUNS\n", 8);
	pm_le32_put(manifest + 8, 3);
	pm_le32_put(manifest + 12, 1);
	pm_le64_put(manifest + 16, 99);
	pm_le64_put(manifest + 24, 2);
	pm_le64_put(manifest + 32, 1);
	pm_le64_put(manifest + 40, 104);
	memcpy(manifest + 48, run + 56, 8);
	pm_le64_put(manifest + 56, pm_digest64((struct pm_bytes){ manifest,
	    56 }));
}

/* A run and a manifest made by hand from the format's description; the
 * writer makes the same bytes. */
static void
format_by_hand(void **state)
{
	uint8_t run[104] = { 0 }, manifest[64] = { 0 };
	const uint64_t first = 0x123456789a;
	const struct pm_run_entry entry[] = { { key_for(first + 5), 11 },
	    { key_for(first), 13 }, { key_for(first), 10 } };
	struct pm_runs *runs;
	struct pm_buf written;

	(void)state;
	/* One block: (first, 10), (first, 13), (first + 5, 11).  Numbers less
	 * 10 in two bits each: 0, 3, 1.  gap_bits is 1, as the mean gap is
	 * 2.5: gap 0 is the bits 1 0; gap 5 is 0 0 1, then 1. */
	pm_le64_put(run + 64, first);
	pm_le64_put(run + 72, 80);
	pm_le32_put(run + 88, 10);
	run[92] = 1;
	run[93] = 2;
	run[94] = 0 | 3 << 2 | 1 << 4 | 1 << 6;
	run[95] = 1 << 2 | 1 << 3;
	seal_by_hand(run, manifest);
	write_file("x.000001.run", run, sizeof run);
	write_file("x.manifest", manifest, sizeof manifest);
	runs = open_runs(directory, PM_RUNS_WRITE);
	assert_int_equal(pm_runs_sequence(runs), 99);
	assert_int_equal(pm_runs_bytes(runs), 104 + 64);
	assert_int_equal(find(runs, entry[1].key), PM_OK);
	assert_int_equal(got.n, 2);
	assert_int_equal(got.number[0], 10);
	assert_int_equal(got.number[1], 13);
	assert_int_equal(find(runs, entry[0].key), PM_OK);
	assert_int_equal(got.n, 1);
	assert_int_equal(got.number[0], 11);
	pm_runs_close(runs);

	assert_int_equal(unlink(path_of("x.manifest")), 0);
	runs = open_runs(directory, PM_RUNS_WRITE);
	append(runs, entry, 3, 99);
	pm_runs_close(runs);
	read_file(&written, "x.000001.run");
	assert_int_equal(written.n, sizeof run);
	assert_memory_equal(written.p, run, sizeof run);
	pm_buf_clear(&written);
	read_file(&written, "x.manifest");
	assert_int_equal(written.n, sizeof manifest);
	assert_memory_equal(written.p, manifest, sizeof manifest);
	pm_buf_clear(&written);
}

/* Gaps from 0 to all there is, in one block and across blocks. */
static void
extreme_gaps(void **state)
{
	static struct pm_run_entry batch[260];
	const uint64_t last = ((uint64_t)1 << 40) - 1;

	(void)state;
	for (int shape = 0; shape < 4; shape++) {
		struct pm_runs *runs = open_runs(directory, PM_RUNS_WRITE);

		model_reset(8);
		for (uint32_t i = 0; i < 260; i++) {
			uint64_t key = shape == 0 ? i :
			    shape == 1 ? last - i :
			    shape == 2 ? (i % 2 == 0 ? i / 2 : last - i / 2) :
			    i * (last / 259);

			batch[i] = model[model_n++] = (struct pm_run_entry){
			    key_for(key), i % 3 == 0 ? UINT32_MAX - i : i };
		}
		append(runs, batch, 260, 1);
		model_sort();
		for (size_t i = 0; i < model_n; i++) {
			assert_int_equal(find(runs, model[i].key), PM_OK);
			assert_true(got_equals(i, i + 1));
		}
		assert_int_equal(pm_runs_reset(runs, &err), PM_OK);
		pm_runs_close(runs);
	}
}

/* Another version is no error: the cache is filled again. */
static void
other_version_is_empty(void **state)
{
	struct pm_buf run, manifest;
	char name[64];

	(void)state;
	small_run(&run, &manifest, name);
	manifest.p[8]++;
	reseal(&run, &manifest);
	write_file("x.manifest", manifest.p, manifest.n);
	assert_int_equal(check_damaged(), 1);
	manifest.p[8]--;
	run.p[8]++;
	reseal(&run, &manifest);
	write_file("x.manifest", manifest.p, manifest.n);
	write_file(name, run.p, run.n);
	assert_int_equal(check_damaged(), 1);
	pm_buf_clear(&run);
	pm_buf_clear(&manifest);
}

enum { MENDED = 600 };

/* Numbers under three keys, in one run of many blocks. */
static int
fill_mended(struct pm_runs *runs)
{
	static struct pm_run_entry batch[3 * MENDED];

	for (uint32_t i = 0; i < 3 * MENDED; i++)
		batch[i] = (struct pm_run_entry){ 7 + i % 3, i / 3 * 50 };
	return pm_runs_append(runs, batch, 3 * MENDED, 1, &err);
}

static struct pm_runs *mended;
static unsigned refills;

static int
refill(void *context, const char *why, struct pm_err *unused)
{
	(void)context;
	(void)unused;
	assert_non_null(strstr(why, "block"));
	assert_int_equal(pm_runs_sequence(mended), 0);
	refills++;
	return fill_mended(mended);
}

static void
damage_byte(const char *name, size_t at)
{
	uint8_t byte;
	int fd;

	assert_int_equal(pm_fs_open_write(&fd, path_of(name), &err), PM_OK);
	assert_int_equal(pm_fs_read_at(fd, &byte, 1, at, name, &err), PM_OK);
	byte ^= 1;
	assert_int_equal(pm_fs_write_at(fd, &byte, 1, at, name, &err), PM_OK);
	pm_fs_close(fd);
}

static void
check_found(void)
{
	assert_int_equal(got.n, MENDED);
	for (uint32_t i = 0; i < MENDED; i++)
		assert_int_equal(got.number[i], i * 50);
}

static void
check_found_many(const uint64_t *key)
{
	static struct many many;

	many.n = 0;
	assert_int_equal(pm_runs_find_many(mended, key, 3, collect_many,
	    &many, &err), PM_OK);
	for (size_t i = 0, at = 0; i < 3; i++)
		for (uint32_t k = 0; k < MENDED; k++, at++) {
			assert_true(at < many.n);
			assert_int_equal(many.index[at], i);
			assert_int_equal(many.number[at], k * 50);
			if (k * 50 % 64 == 63)
				break;
		}
}

/* Wherever the damage lies: each number is told once, in order, also where
 * some were told before it was met. */
static void
damage_is_mended(void **state)
{
	uint64_t key[] = { 7, 8, 9 };
	static struct pm_run_entry more[1500];
	struct pm_buf run;
	char name[64];
	size_t bytes;
	unsigned met = 0;

	(void)state;
	qsort(key, 3, sizeof *key, compare_places);
	mended = open_runs(directory, PM_RUNS_WRITE);
	assert_int_equal(fill_mended(mended), PM_OK);
	only_run_name(name);
	read_file(&run, name);
	bytes = run.n;
	pm_buf_clear(&run);
	pm_runs_close(mended);
	for (size_t at = bytes - 9; at > bytes / 4; at -= bytes / 16) {
		for (int how = 0; how < 3; how++) {
			only_run_name(name);
			damage_byte(name, at);
			mended = open_runs(directory, PM_RUNS_WRITE);
			pm_runs_mend(mended, (struct pm_runs_mend){ refill,
			    NULL });
			refills = 0;
			if (how == 0) {
				assert_int_equal(find(mended, 8), PM_OK);
				check_found();
			} else if (how == 1) {
				check_found_many(key);
			} else {
				for (uint32_t i = 0; i < 1500; i++)
					more[i] = (struct pm_run_entry){ 7,
					    i };
				assert_int_equal(pm_runs_append(mended, more,
				    1500, 2, &err), PM_OK);
				assert_int_equal(find(mended, 7), PM_OK);
				assert_int_equal(got.n, 1500 + MENDED - 30);
			}
			assert_true(refills <= 1);
			met += refills;
			pm_runs_close(mended);
			empty_directory();
			mended = open_runs(directory, PM_RUNS_WRITE);
			assert_int_equal(fill_mended(mended), PM_OK);
			pm_runs_close(mended);
		}
	}
	assert_true(met >= 16);
}

/* Damage again while it is mended, or nobody to mend it. */
static int
refill_nothing(void *context, const char *why, struct pm_err *e)
{
	(void)context;
	return pm_fail(e, PM_EIO, "cannot mend: %s", why);
}

static void
damage_is_not_mended(void **state)
{
	char name[64];
	struct pm_buf run;

	(void)state;
	mended = open_runs(directory, PM_RUNS_WRITE);
	assert_int_equal(fill_mended(mended), PM_OK);
	only_run_name(name);
	read_file(&run, name);
	damage_byte(name, run.n - 12);
	pm_buf_clear(&run);
	pm_runs_close(mended);
	mended = open_runs(directory, PM_RUNS_WRITE);
	(void)find(mended, 7);
	(void)find(mended, 8);
	assert_true(find(mended, 7) == PM_ECORRUPT ||
	    find(mended, 8) == PM_ECORRUPT || find(mended, 9) == PM_ECORRUPT);
	pm_runs_mend(mended, (struct pm_runs_mend){ refill_nothing, NULL });
	assert_true(find(mended, 7) == PM_EIO || find(mended, 8) == PM_EIO ||
	    find(mended, 9) == PM_EIO);
	assert_non_null(strstr(err.text, "cannot mend: "));
	pm_runs_close(mended);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_directory, \
	remove_directory)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(agrees_with_model),
		TEST(agrees_at_block_edges),
		TEST(memory_agrees_with_model),
		TEST(unnamed_agree_with_model),
		TEST(many_numbers_under_one_key),
		TEST(few_runs_stay),
		TEST(files_are_deterministic),
		TEST(sequence_rules),
		TEST(reader_rules),
		TEST(callback_stops),
		TEST(numbers_by_rank),
		TEST(finds_many),
		TEST(writer_makes_directory),
		TEST(orphans_are_removed),
		TEST(each_bit_flipped),
		TEST(manifest_flipped_or_torn),
		TEST(run_truncated),
		TEST(writer_starts_anew),
		TEST(merge_refuses_damage),
		TEST(damage_is_mended),
		TEST(damage_is_not_mended),
		TEST(forged_runs),
		TEST(format_by_hand),
		TEST(extreme_gaps),
		TEST(other_version_is_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
