/*
 * Parity: within its budget every damage is made good to the same bytes, and
 * beyond it what is not told as lost still is as it was.  Volumes here are
 * noise: parity does not look into them.
 */
#include "support.h"

#include "store/parity_internal.h"

static char root[SCRATCH_CHARS];
static struct pm_err err;
static struct pm_buf volume, mended;     /* as it was; as it came back */
static struct pm_parity_mended result;

enum { STRETCHES_MAX = 4096 };
static struct pm_parity_stretch stretch[STRETCHES_MAX];
static size_t stretch_n;

/* ---- an archive ---- */

static void
path_of(char out[SCRATCH_CHARS], const char *name)
{
	scratch_join(out, root, name);
}

static void
volume_path(char out[SCRATCH_CHARS], uint32_t number)
{
	char name[64];

	(void)snprintf(name, sizeof name, "volumes/%06u.tar.zst",
	    (unsigned)number);
	path_of(out, name);
}

static void
put_head(uint32_t number, uint64_t length, bool sealed)
{
	struct pm_head head = { .format = 1, .volume = number,
	    .length = length, .sequence = length, .next_frame = 2,
	    .sealed = sealed };

	assert_int_equal(pm_head_write(root, &head, &err), PM_OK);
}

static void
put_volume(uint32_t number, const uint8_t *p, size_t n)
{
	char path[SCRATCH_CHARS];

	volume_path(path, number);
	file_put(path, p, n);
}

static void
fill_volume(size_t n, uint64_t seed)
{
	static const uint8_t magic[4] = { 0x28, 0xb5, 0x2f, 0xfd };

	pm_buf_reset(&volume);
	assert_int_equal(pm_buf_append_zero(&volume, n, &err), PM_OK);
	for (size_t i = 0; i < n; i += 8) {
		uint64_t bytes = chance(&seed);

		memcpy(volume.p + i, &bytes, n - i < 8 ? n - i : 8);
	}
	memcpy(volume.p, magic, n < 4 ? n : 4);
}

static struct pm_parity_fault fault;
static unsigned faults;

static int
note_fault(void *context, const struct pm_parity_fault *found)
{
	(void)context;
	fault = *found;
	faults++;
	return 0;
}

static void
update(int percent, bool thorough)
{
	struct pm_parity_options options = { .percent = percent,
	    .thorough = thorough, .tell = { note_fault, NULL } };

	faults = 0;
	if (pm_parity_update(root, &options, &err) != PM_OK)
		fail_msg("update: %s", err.text);
}

static void
check(enum pm_parity_level level, unsigned expected)
{
	struct pm_parity_tell tell = { note_fault, NULL };

	faults = 0;
	assert_int_equal(pm_parity_check(root, level, &tell, &err), PM_OK);
	if (faults != expected)
		fail_msg("%u faults, not %u: %s: %s", faults, expected,
		    fault.file, fault.text);
}

static void
make_archive(size_t n, int percent, bool sealed)
{
	fill_volume(n, n);
	put_volume(1, volume.p, n);
	put_head(1, n, sealed);
	update(percent, false);
	assert_int_equal(faults, 0);
}

static struct pm_parity_shape
shape_of(uint32_t number, uint32_t group)
{
	struct pm_parity_at at = { number, group };
	struct pm_parity_file file;
	struct pm_parity_shape shape;

	if (pm_parity_file_open(&file, root, at, &err) != PM_OK)
		fail_msg("%s", err.text);
	shape = file.shape;
	pm_parity_file_close(&file);
	return shape;
}

static bool
wanted(void)
{
	bool is;

	assert_int_equal(pm_parity_wanted(&is, root, &err), PM_OK);
	return is;
}

static int
note_stretch(void *context, const struct pm_parity_stretch *told)
{
	(void)context;
	assert_true(stretch_n < STRETCHES_MAX && told->bytes > 0);
	if (stretch_n > 0)
		assert_true(told->offset >= stretch[stretch_n - 1].offset +
		    stretch[stretch_n - 1].bytes);
	stretch[stretch_n++] = *told;
	return 0;
}

static void
mend(uint32_t number)
{
	struct pm_parity_mend options = { number, note_stretch, NULL };
	char to[SCRATCH_CHARS];

	path_of(to, "mended");
	stretch_n = 0;
	if (pm_parity_mend(&result, root, &options, to, &err) != PM_OK)
		fail_msg("mend: %s", err.text);
	file_get(&mended, to);
	assert_int_equal(mended.n, result.bytes);
	assert_int_equal(unlink(to), 0);
}

static bool
is_doubtful(size_t at)
{
	for (size_t i = 0; i < stretch_n; i++)
		if (at >= stretch[i].offset &&
		    at < stretch[i].offset + stretch[i].bytes)
			return stretch[i].state == PM_PARITY_LOST ||
			    stretch[i].state == PM_PARITY_BARE;
	return false;
}

static void
must_be_as_it_was(void)
{
	assert_int_equal(result.lost, 0);
	assert_int_equal(result.bare, 0);
	assert_int_equal(mended.n, volume.n);
	assert_memory_equal(mended.p, volume.p, volume.n);
}

static void
must_be_honest(void)
{
	for (size_t i = 0; i < volume.n && i < mended.n; i++)
		if (mended.p[i] != volume.p[i] && !is_doubtful(i))
			fail_msg("byte %zu of %zu", i, volume.n);
	assert_true(mended.n == volume.n);
}

struct range {
	size_t from, to;
};

/* The volume with other bytes there. */
static void
put_damaged(const struct range *range, size_t n)
{
	struct pm_buf copy = { 0 };

	assert_int_equal(pm_buf_append(&copy, volume.p, volume.n, &err),
	    PM_OK);
	for (size_t i = 0; i < n; i++)
		for (size_t at = range[i].from; at < range[i].to &&
		    at < copy.n; at++)
			copy.p[at] ^= 0x55;
	put_volume(1, copy.p, copy.n);
	pm_buf_clear(&copy);
}

static int
set_up(void **state)
{
	char path[SCRATCH_CHARS];

	(void)state;
	scratch_make(root, "parity");
	path_of(path, "volumes");
	assert_int_equal(pm_fs_make_directory(path, &err), PM_OK);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	scratch_remove(root);
	pm_buf_clear(&volume);
	pm_buf_clear(&mended);
	return 0;
}

/* ---- arithmetic ---- */

enum { COLUMNS = 6, ROWS = 4, LONGEST = 600 };

static void
erase_and_mend(const struct pm_parity_code *code, unsigned pattern, size_t n,
    uint8_t data[COLUMNS][LONGEST], uint8_t parity[ROWS][LONGEST])
{
	uint8_t copy[COLUMNS][LONGEST], *block[COLUMNS];
	const uint8_t *row[ROWS];
	unsigned missing[COLUMNS], missing_n = 0, rows = 0;

	memcpy(copy, data, sizeof copy);
	for (unsigned j = 0; j < COLUMNS; j++) {
		block[j] = copy[j];
		if ((pattern >> j & 1) != 0) {
			memset(copy[j], 0xee, n);
			missing[missing_n++] = j;
		}
	}
	for (unsigned i = 0; i < ROWS; i++) {
		row[i] = (pattern >> (COLUMNS + i) & 1) != 0 ? NULL :
		    parity[i];
		rows += row[i] != NULL;
	}
	if (missing_n > rows)
		return;
	assert_int_equal(pm_parity_code_mend(code, n, block, row, missing,
	    missing_n, &err), PM_OK);
	for (unsigned j = 0; j < COLUMNS; j++)
		assert_memory_equal(copy[j], data[j], n);
}

static void
test_every_erasure(void **state)
{
	static const size_t length[] = { 1, 15, 16, 31, 32, 33, 64, 100, 512,
	    600 };
	struct pm_parity_code *code;
	uint64_t seed = 7;

	(void)state;
	assert_int_equal(pm_parity_code_new(&code, COLUMNS, ROWS, &err),
	    PM_OK);
	for (size_t k = 0; k < sizeof length / sizeof *length; k++) {
		uint8_t data[COLUMNS][LONGEST], parity[ROWS][LONGEST] = { 0 };
		uint8_t *row[ROWS];

		for (unsigned i = 0; i < ROWS; i++)
			row[i] = parity[i];
		for (unsigned j = 0; j < COLUMNS; j++) {
			for (size_t i = 0; i < LONGEST; i++)
				data[j][i] = (uint8_t)chance(&seed);
			pm_parity_code_add(code, j, data[j], length[k], row);
		}
		for (unsigned i = 0; i < 1 << (COLUMNS + ROWS); i++)
			erase_and_mend(code, i, length[k], data, parity);
	}
	pm_parity_code_free(code);
}

static uint8_t
times(uint8_t a, uint8_t b)
{
	unsigned product = 0, x = a;

	for (; b != 0; b >>= 1) {
		product ^= (b & 1) != 0 ? x : 0;
		x = x << 1 ^ ((x & 0x80) != 0 ? 0x11d : 0);
	}
	return (uint8_t)product;
}

/* FORMAT.md by hand: no other library need be asked. */
static void
test_coefficients(void **state)
{
	enum { K = 200, R = 55 };
	struct pm_parity_code *code;

	(void)state;
	assert_int_equal(pm_parity_code_new(&code, K, R, &err), PM_OK);
	for (unsigned j = 0; j < K; j++) {
		uint8_t parity[R][32] = { { 0 } }, *row[R];
		uint8_t one[32] = { 1, 2 };

		for (unsigned i = 0; i < R; i++)
			row[i] = parity[i];
		pm_parity_code_add(code, j, one, sizeof one, row);
		for (unsigned i = 0; i < R; i++) {
			uint8_t c = parity[i][0];

			assert_int_equal(times(c, (uint8_t)((K + i) ^ j)), 1);
			assert_int_equal(parity[i][1], times(c, 2));
			assert_int_equal(parity[i][2], 0);
		}
	}
	pm_parity_code_free(code);
}

static uint32_t
crc_by_bits(const uint8_t *p, size_t n)
{
	uint32_t crc = 0;

	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82f63b78u : 0);
	}
	return crc;
}

static void
test_roll(void **state)
{
	static const size_t block[] = { 512, 1024, 16384 };
	static uint8_t p[40000];
	struct pm_parity_roll roll;
	uint64_t seed = 3;

	(void)state;
	for (size_t i = 0; i < sizeof p; i++)
		p[i] = (uint8_t)chance(&seed);
	for (size_t k = 0; k < 3; k++) {
		uint32_t weak = pm_parity_weak((struct pm_bytes){ p,
		    block[k] });

		assert_int_equal(weak, crc_by_bits(p, block[k]));
		pm_parity_roll_init(&roll, block[k]);
		for (size_t i = 0; i + block[k] < sizeof p; i++) {
			weak = pm_parity_roll_on(&roll, weak, p[i],
			    p[i + block[k]]);
			if (i % 97 == 0)
				assert_int_equal(weak, pm_parity_weak((struct
				    pm_bytes){ p + i + 1, block[k] }));
		}
	}
}

static void
test_shapes(void **state)
{
	struct pm_parity_shape shape;

	(void)state;
	for (uint64_t bytes = 1; bytes <= PM_PARITY_GROUP_BYTES;
	    bytes += 1 + bytes / 9) {
		for (uint32_t percent = 1; percent <= PM_PARITY_MAX;
		    percent++) {
			uint64_t parity;

			pm_parity_shape_choose(&shape, bytes, percent);
			parity = (uint64_t)pm_parity_blocks(&shape);
			assert_true(pm_parity_columns(&shape) + shape.rows <=
			    PM_PARITY_CODE_MAX);
			assert_true(parity * 100 >= (uint64_t)shape.data_n *
			    percent && parity >= 2);
			assert_true(parity <= shape.data_n + 2);
			/* Rounding costs less than a row. */
			assert_true(parity < 2 + shape.codes +
			    ((uint64_t)shape.data_n * percent + 99) / 100);
			assert_true(pm_parity_block_bytes(&shape,
			    shape.data_n - 1) > 0);
		}
	}
	pm_parity_shape_choose(&shape, PM_PARITY_GROUP_BYTES, 5);
	assert_true(pm_parity_file_bytes(&shape) <
	    PM_PARITY_GROUP_BYTES * 6 / 100);
}

/* ---- mending ---- */

static void
test_round_trip(void **state)
{
	static const size_t size[] = { 1, 511, 512, 513, 20000, 131072, 131073,
	    700001 };

	(void)state;
	for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
		make_archive(size[i], 5, i % 2 == 0);
		check(PM_PARITY_VOLUMES, 0);
		mend(1);
		assert_false(result.changed);
		assert_int_equal(stretch_n, 0);
		must_be_as_it_was();
		update(0, false);
		assert_false(wanted());
	}
}

/* Ten blocks, two of parity: every two, and no three. */
static void
test_every_pattern(void **state)
{
	enum { N = 10, B = 512 };

	(void)state;
	make_archive(N * B - 100, 20, false);
	assert_int_equal(shape_of(1, 0).data_n, N);
	assert_int_equal(pm_parity_blocks(&(struct pm_parity_shape){ .codes =
	    shape_of(1, 0).codes, .rows = shape_of(1, 0).rows }), 2);
	for (unsigned pattern = 0; pattern < 1 << N; pattern++) {
		struct range range[N];
		size_t n = 0;

		for (unsigned j = 0; j < N; j++)
			if ((pattern >> j & 1) != 0) {
				range[n].from = j * B + 17;
				range[n++].to = j * B + 18;
			}
		if (n > 3)
			continue;
		put_damaged(range, n);
		mend(1);
		if (n <= 2) {
			must_be_as_it_was();
			assert_int_equal(result.changed, n > 0);
		} else {
			must_be_honest();
			assert_true(result.lost > 2 * B &&
			    result.lost <= 3 * B);
			assert_int_equal(result.mended, 0);
		}
	}
}

static void
test_bursts(void **state)
{
	static const size_t size[] = { 20000, 300000, 3000001 };
	static const int percent[] = { 5, 17, 30 };

	(void)state;
	for (int k = 0; k < 3; k++) {
		struct pm_parity_shape shape;
		size_t budget;

		make_archive(size[k], percent[k], false);
		shape = shape_of(1, 0);
		/* Not at the start of a block: one block more. */
		budget = (pm_parity_blocks(&shape) - 1) * shape.block + 1;
		assert_true(budget * 100 + 200 * (size_t)shape.block >
		    size[k] * (size_t)percent[k]);
		for (size_t at = 0; at < size[k]; at += size[k] / 41 + 1) {
			struct range range[] = { { at, at + budget } };

			put_damaged(range, 1);
			mend(1);
			must_be_as_it_was();
		}
		update(0, false);
	}
}

/* Beyond the budget only the codes that are over it lose anything. */
static void
test_beyond(void **state)
{
	struct pm_parity_shape shape;
	struct range range[] = { { 0, 0 } };
	size_t bytes;

	(void)state;
	make_archive(5000000, 5, false);
	shape = shape_of(1, 0);
	assert_true(shape.codes > 1);
	range[0].to = (size_t)(pm_parity_blocks(&shape) + 1) * shape.block;
	put_damaged(range, 1);
	mend(1);
	must_be_honest();
	/* One code has a block too many, and loses all it lacks. */
	bytes = (size_t)(shape.rows + 1) * shape.block;
	assert_int_equal(result.lost, bytes);
	assert_int_equal(result.mended, range[0].to - bytes);
}

static void
test_truncation(void **state)
{
	struct pm_parity_shape shape;
	size_t budget;

	(void)state;
	make_archive(100000, 10, true);
	shape = shape_of(1, 0);
	budget = (pm_parity_blocks(&shape) - 1) * shape.block;
	for (size_t cut = 1; cut < 3 * budget; cut += 501) {
		put_volume(1, volume.p, volume.n - cut);
		mend(1);
		if (cut <= budget)
			must_be_as_it_was();
		must_be_honest();
	}
	put_volume(1, volume.p, 0);
	mend(1);
	must_be_honest();
	assert_int_equal(result.lost, volume.n);
}

static void
put_spliced(size_t at, size_t in, size_t out)
{
	struct pm_buf copy = { 0 };

	assert_int_equal(pm_buf_append(&copy, volume.p, at, &err), PM_OK);
	for (size_t i = 0; i < in; i++)
		assert_int_equal(pm_buf_append_byte(&copy, (uint8_t)(i * 7),
		    &err), PM_OK);
	assert_int_equal(pm_buf_append(&copy, volume.p + at + out,
	    volume.n - at - out, &err), PM_OK);
	put_volume(1, copy.p, copy.n);
	pm_buf_clear(&copy);
}

static void
test_shifted(void **state)
{
	static const size_t length[] = { 1, 7, 512, 3000 };

	(void)state;
	for (int sealed = 0; sealed < 2; sealed++) {
		make_archive(900001, 5, sealed != 0);
		assert_int_equal(shape_of(1, 0).block, 4096);
		for (size_t at = 0; at < volume.n - 3000; at += 99991) {
			for (int k = 0; k < 4; k++) {
				uint64_t least = 2 * 4096;

				put_spliced(at, length[k], 0);
				mend(1);
				must_be_as_it_was();
				assert_true(result.changed);
				/* All but what was cut through is found. */
				assert_true(result.mended <= least);
				put_spliced(at, 0, length[k]);
				mend(1);
				must_be_as_it_was();
				assert_true(result.mended <= least);
				put_spliced(at, length[k], length[3 - k]);
				mend(1);
				must_be_as_it_was();
			}
		}
	}
}

/* Two far stretches in each other's place: found where they are. */
static void
test_swapped(void **state)
{
	struct pm_buf copy = { 0 };
	size_t n = 200000;

	(void)state;
	make_archive(900000, 5, false);
	assert_int_equal(pm_buf_append(&copy, volume.p, volume.n, &err),
	    PM_OK);
	memcpy(copy.p + 1000, volume.p + 500333, n);
	memcpy(copy.p + 500333, volume.p + 1000, n);
	put_volume(1, copy.p, copy.n);
	mend(1);
	must_be_as_it_was();
	assert_true(result.moved > n);
	pm_buf_clear(&copy);
}

/* A volume whose blocks repeat, and zeros, must not take for ever. */
static void
test_repeats(void **state)
{
	struct range range[] = { { 100000, 400000 } };

	(void)state;
	make_archive(2000000, 5, false);
	memset(volume.p + 4, 0, volume.n - 4);
	for (size_t i = 700000; i < 1400000; i++)
		volume.p[i] = (uint8_t)(i % 3);
	put_volume(1, volume.p, volume.n);
	update(0, false);
	update(5, false);
	put_damaged(range, 1);
	mend(1);
	must_be_honest();
	put_spliced(1000000, 5, 0);
	mend(1);
	must_be_as_it_was();
}

/* ---- damage to parity itself ---- */

static void
parity_path(char out[SCRATCH_CHARS], uint32_t number, uint32_t group)
{
	char name[PM_PARITY_NAME];

	pm_parity_name(name, number, group);
	path_of(out, name);
}

static void
test_damaged_parity(void **state)
{
	struct range range[] = { { 5000, 5001 } };
	char path[SCRATCH_CHARS];
	struct pm_buf file = { 0 };

	(void)state;
	make_archive(20000, 5, false);
	parity_path(path, 1, 0);
	file_get(&file, path);
	assert_int_equal(shape_of(1, 0).rows, 2);
	put_damaged(range, 1);
	for (size_t i = 0; i < file.n; i += 13) {
		file.p[i] ^= 1;
		file_put(path, file.p, file.n);
		file.p[i] ^= 1;
		mend(1);
		must_be_as_it_was();
		check(PM_PARITY_WHOLE, 1);
	}
	/* Cut anywhere: the first half of it is enough for nothing lost that
	 * was there; without its last table and header all is mended. */
	for (size_t n = 0; n < file.n; n += 101) {
		file_put(path, file.p, n);
		mend(1);
		must_be_honest();
		check(PM_PARITY_WHOLE, 1);
		if (n >= pm_parity_blocks_at(&(struct pm_parity_shape){
		    .data_n = 40, .codes = 1, .rows = 2 }) + 512)
			must_be_as_it_was();
	}
	/* Bytes put in: what is behind is found from the end. */
	for (size_t i = 0; i <= file.n; i += 211) {
		struct pm_buf longer = { 0 };

		assert_int_equal(pm_buf_append(&longer, file.p, i, &err),
		    PM_OK);
		assert_int_equal(pm_buf_append(&longer, "zzz", 3, &err),
		    PM_OK);
		assert_int_equal(pm_buf_append(&longer, file.p + i,
		    file.n - i, &err), PM_OK);
		file_put(path, longer.p, longer.n);
		mend(1);
		must_be_as_it_was();
		pm_buf_clear(&longer);
	}
	pm_buf_clear(&file);
}

/* Stretches of digests in each other's place: whole, and not to be used. */
static void
test_swapped_digests(void **state)
{
	enum { STRIDE = PM_PARITY_CHUNK * PM_PARITY_ENTRY + PM_PARITY_DIGEST };
	uint8_t chunk[STRIDE];
	char path[SCRATCH_CHARS];
	struct pm_buf file = { 0 };

	(void)state;
	make_archive(100000, 5, false);
	parity_path(path, 1, 0);
	file_get(&file, path);
	memcpy(chunk, file.p + PM_PARITY_HEADER, STRIDE);
	memmove(file.p + PM_PARITY_HEADER, file.p + PM_PARITY_HEADER + STRIDE,
	    STRIDE);
	memcpy(file.p + PM_PARITY_HEADER + STRIDE, chunk, STRIDE);
	file_put(path, file.p, file.n);
	check(PM_PARITY_WHOLE, 1);
	assert_non_null(strstr(fault.text, "2 stretches"));
	mend(1);
	assert_false(result.changed);
	must_be_as_it_was();
	pm_buf_clear(&file);
}

/* The same stretch of digests lost in both tables. */
static void
test_lost_digests(void **state)
{
	struct range range[] = { { 5000, 5001 }, { 19000, 19001 } };
	char path[SCRATCH_CHARS];
	struct pm_buf file = { 0 };
	size_t table;

	(void)state;
	make_archive(20000, 5, false);
	parity_path(path, 1, 0);
	file_get(&file, path);
	table = pm_parity_table_bytes(&(struct pm_parity_shape){ .data_n = 40,
	    .codes = 1, .rows = 2 });
	file.p[PM_PARITY_HEADER + 3] ^= 1;
	file.p[file.n - PM_PARITY_HEADER - table + 3] ^= 1;
	file_put(path, file.p, file.n);
	/* The whole group's SHA-256 clears what has none of its own. */
	mend(1);
	must_be_as_it_was();
	put_damaged(range + 1, 1);
	mend(1);
	must_be_as_it_was();
	/* Who of the 32 is it? */
	put_damaged(range, 1);
	mend(1);
	must_be_honest();
	assert_true(result.bare >= 32 * 512 && result.mended == 0);
	/* What is made of it is not believed. */
	put_damaged(range, 2);
	mend(1);
	must_be_honest();
	assert_int_equal(result.lost, 512);
	pm_buf_clear(&file);
}

/* ---- update ---- */

static uint64_t
identity(uint32_t number, uint32_t group)
{
	char path[SCRATCH_CHARS];
	struct pm_file_info info;

	parity_path(path, number, group);
	return pm_fs_stat(&info, path, &err) == PM_OK ? info.inode : 0;
}

static void
test_update(void **state)
{
	uint64_t before;

	(void)state;
	put_head(0, 0, false);
	update(PM_PARITY_AS_IT_IS, false);
	assert_false(wanted());
	assert_int_equal(pm_parity_begin(root, &err), PM_OK);
	update(PM_PARITY_AS_IT_IS, false);
	check(PM_PARITY_VOLUMES, 0);
	make_archive(30000, PM_PARITY_AS_IT_IS, false);
	assert_int_equal(shape_of(1, 0).percent, PM_PARITY_DEFAULT);
	before = identity(1, 0);
	update(PM_PARITY_AS_IT_IS, false);
	update(PM_PARITY_DEFAULT, true);
	assert_int_equal(identity(1, 0), before);
	/* It grows; what is past HEAD is not looked at. */
	fill_volume(50000, 30000);
	put_volume(1, volume.p, 50000);
	put_head(1, 40000, false);
	check(PM_PARITY_VOLUMES, 0);             /* P1 */
	update(PM_PARITY_AS_IT_IS, false);
	assert_int_equal(shape_of(1, 0).bytes, 40000);
	assert_false(shape_of(1, 0).ends);
	/* Another percentage, which later runs keep. */
	update(12, false);
	assert_int_equal(shape_of(1, 0).percent, 12);
	put_head(1, 50000, true);
	update(PM_PARITY_AS_IT_IS, false);
	assert_int_equal(shape_of(1, 0).percent, 12);
	assert_true(shape_of(1, 0).ends);
	put_volume(2, volume.p, 20000);
	put_head(2, 20000, false);
	update(PM_PARITY_AS_IT_IS, false);
	assert_int_equal(shape_of(2, 0).percent, 12);
	check(PM_PARITY_VOLUMES, 0);
	assert_int_equal(pm_parity_drop(root, 1, 1, &err), PM_OK);
	assert_int_equal(identity(1, 0), 0);
	check(PM_PARITY_HEADERS, 1);
	assert_string_equal(fault.text, "is missing");
	update(PM_PARITY_AS_IT_IS, false);
	check(PM_PARITY_HEADERS, 0);
	file_put_str(root, "parity/000001-0000.par.new", "half");
	update(0, false);
	assert_false(wanted());
	check(PM_PARITY_VOLUMES, 0);
	update(PM_PARITY_AS_IT_IS, false);
	assert_false(wanted());
}

/* P2 */
static void
test_not_over_damage(void **state)
{
	struct range range[] = { { 20000, 20001 } };
	uint64_t before;

	(void)state;
	make_archive(30000, 5, false);
	before = identity(1, 0);
	fill_volume(40000, 30000);
	put_head(1, 40000, false);
	put_damaged(range, 1);
	update(PM_PARITY_AS_IT_IS, false);
	assert_int_equal(faults, 1);
	assert_string_equal(fault.file, "parity/000001-0000.par");
	update(9, true);
	assert_int_equal(faults, 1);
	assert_int_equal(identity(1, 0), before);
	/* What was covered is mended, what came later is as it is. */
	mend(1);
	assert_int_equal(result.bare, 10000);
	assert_int_equal(result.lost, 0);
	assert_int_equal(mended.n, 40000);
	assert_memory_equal(mended.p, volume.p, 40000);
	put_volume(1, mended.p, mended.n);
	update(PM_PARITY_AS_IT_IS, false);
	assert_int_equal(faults, 0);
	assert_int_equal(shape_of(1, 0).bytes, 40000);
	/* A volume that is shorter than HEAD says keeps its parity too. */
	put_volume(1, volume.p, 39000);
	put_head(1, 45000, false);
	update(PM_PARITY_AS_IT_IS, false);
	assert_int_equal(faults, 1);
	assert_int_equal(shape_of(1, 0).bytes, 40000);
}

/* Damaged files are made anew when that is asked for. */
static void
test_thorough(void **state)
{
	char path[SCRATCH_CHARS];
	struct pm_buf file = { 0 };

	(void)state;
	make_archive(30000, 5, false);
	parity_path(path, 1, 0);
	file_get(&file, path);
	for (size_t i = 0; i < file.n; i += 501) {
		file.p[i] ^= 4;
		file_put(path, file.p, file.n);
		file.p[i] ^= 4;
		update(PM_PARITY_AS_IT_IS, true);
		check(PM_PARITY_VOLUMES, 0);
		assert_int_equal(faults, 0);
	}
	pm_buf_clear(&file);
}

/* Replaced volumes do not count; a rewrite is going on or was just done. */
static void
test_dropped(void **state)
{
	struct pm_head head = { .format = 1, .volume = 3, .length = 5000,
	    .sequence = 9, .next_frame = 9, .drop_from = 1, .drop_to = 2 };

	(void)state;
	make_archive(20000, 5, true);
	put_volume(2, volume.p, 9000);
	put_volume(3, volume.p, 5000);
	put_volume(4, volume.p, 7000);
	assert_int_equal(pm_head_write(root, &head, &err), PM_OK);
	update(PM_PARITY_AS_IT_IS, false);
	assert_int_equal(identity(2, 0), 0);
	assert_int_not_equal(identity(3, 0), 0);
	assert_int_equal(identity(4, 0), 0);
	check(PM_PARITY_VOLUMES, 0);
}

/* More than one group, on threads. */
static void
test_groups(void **state)
{
	struct pm_parity_options options = { .percent = 5, .threads = 3 };
	size_t size = (size_t)PM_PARITY_GROUP_BYTES + 100001;
	size_t group = (size_t)PM_PARITY_GROUP_BYTES;
	struct pm_buf one = { 0 }, copy = { 0 };
	char path[SCRATCH_CHARS];

	(void)state;
	make_archive(size, 5, true);
	assert_int_equal(shape_of(1, 0).bytes, PM_PARITY_GROUP_BYTES);
	assert_false(shape_of(1, 0).ends);
	assert_true(shape_of(1, 1).ends);
	parity_path(path, 1, 0);
	file_get(&one, path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(pm_pool_new(&options.pool, 3, &err), PM_OK);
	assert_int_equal(pm_parity_update(root, &options, &err), PM_OK);
	pm_pool_free(options.pool);
	file_get(&copy, path);
	assert_int_equal(copy.n, one.n);
	assert_memory_equal(copy.p, one.p, one.n);
	/* A burst over both, and an insertion that moves the second. */
	put_damaged(&(struct range){ group - 1000000, group + 1000 }, 1);
	mend(1);
	must_be_as_it_was();
	put_spliced(1000000, 333, 0);
	mend(1);
	must_be_as_it_was();
	assert_true(result.mended <= 2 * PM_PARITY_BLOCK_MAX);
	assert_int_equal(stretch[0].state, PM_PARITY_MENDED);
	assert_int_equal(stretch[1].state, PM_PARITY_MOVED);
	/* Without the first group's parity its bytes are bare. */
	assert_int_equal(unlink(path), 0);
	put_damaged(NULL, 0);
	mend(1);
	assert_int_equal(result.bare, group);
	assert_memory_equal(mended.p, volume.p, size);
	pm_buf_clear(&one);
	pm_buf_clear(&copy);
}

/* ---- the end of a volume ---- */

static void
test_tail(void **state)
{
	struct pm_buf longer = { 0 }, moved = { 0 };

	(void)state;
	/* An open volume: a batch that HEAD does not name yet stays, what is
	 * none goes. */
	make_archive(30000, 5, false);
	assert_int_equal(pm_buf_append(&longer, volume.p, volume.n, &err),
	    PM_OK);
	assert_int_equal(pm_buf_append(&longer, volume.p, 700, &err), PM_OK);
	put_volume(1, longer.p, longer.n);
	mend(1);
	assert_int_equal(result.bare, 700);
	assert_int_equal(result.cut, 0);
	assert_memory_equal(mended.p, longer.p, longer.n);
	longer.p[30000] ^= 1;
	put_volume(1, longer.p, longer.n);
	mend(1);
	assert_int_equal(result.cut, 700);
	must_be_as_it_was();
	/* Behind bytes that were put in it is found all the same. */
	longer.p[30000] ^= 1;
	assert_int_equal(pm_buf_append(&moved, longer.p, 100, &err), PM_OK);
	assert_int_equal(pm_buf_append(&moved, longer.p, longer.n, &err),
	    PM_OK);
	put_volume(1, moved.p, moved.n);
	for (int named = 0; named < 2; named++) {
		put_head(1, named ? 30700 : 30000, false);
		mend(1);
		assert_int_equal(mended.n, longer.n);
		assert_memory_equal(mended.p, longer.p, longer.n);
	}
	longer.p[30000] ^= 1;
	put_volume(1, longer.p, longer.n);
	/* If HEAD names it, it stays though damaged. */
	put_head(1, 30700, false);
	mend(1);
	assert_int_equal(result.bare, 700);
	/* A sealed one ends where it ends. */
	put_head(1, 30000, true);
	put_volume(1, volume.p, volume.n);
	update(PM_PARITY_AS_IT_IS, false);
	longer.p[30000] ^= 1;
	put_volume(1, longer.p, longer.n);
	mend(1);
	assert_int_equal(result.cut, 700);
	must_be_as_it_was();
	pm_buf_clear(&longer);
	pm_buf_clear(&moved);
}

static void
test_head(void **state)
{
	char to[SCRATCH_CHARS], path[SCRATCH_CHARS];
	struct pm_buf old = { 0 }, text = { 0 };

	(void)state;
	make_archive(20000, 5, true);
	put_volume(2, volume.p, 15000);
	put_head(2, 15000, false);
	update(PM_PARITY_AS_IT_IS, false);
	put_volume(3, volume.p, 25000);
	put_head(3, 25000, false);
	update(PM_PARITY_AS_IT_IS, false);
	path_of(path, "HEAD");
	file_get(&old, path);
	assert_int_equal(unlink(path), 0);
	path_of(to, "HEAD.mended");
	assert_int_equal(pm_parity_mend_head(root, to, &err), PM_OK);
	assert_int_equal(pm_parity_mend_head(root, to, &err), PM_EBUSY);
	file_get(&text, to);
	assert_true(pm_bytes_equal(pm_buf_bytes(&old), pm_buf_bytes(&text)));
	assert_int_equal(unlink(to), 0);
	assert_int_equal(pm_parity_drop(root, 1, 3, &err), PM_OK);
	assert_int_equal(pm_parity_mend_head(root, to, &err), PM_ENOTFOUND);
	pm_buf_clear(&old);
	pm_buf_clear(&text);
}

static void
test_refusals(void **state)
{
	struct pm_parity_options options = { .percent = 31 };
	struct pm_parity_mend of = { .volume = 1 };
	char to[SCRATCH_CHARS];

	(void)state;
	path_of(to, "mended");
	make_archive(20000, 5, false);
	assert_int_equal(pm_parity_update(root, &options, &err), PM_EUSAGE);
	file_put(to, "x", 1);
	assert_int_equal(pm_parity_mend(&result, root, &of, to, &err),
	    PM_EBUSY);
	file_get(&mended, to);
	assert_int_equal(mended.n, 1);
	assert_int_equal(unlink(to), 0);
	of.volume = 2;
	assert_int_equal(pm_parity_mend(&result, root, &of, to, &err),
	    PM_ENOTFOUND);
	/* A volume that is gone is lost, in so many bytes. */
	volume_path(to, 1);
	assert_int_equal(unlink(to), 0);
	mend(1);
	assert_int_equal(result.lost, 20000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_erasure), TEST(test_coefficients),
		TEST(test_roll), TEST(test_shapes), TEST(test_round_trip),
		TEST(test_every_pattern), TEST(test_bursts),
		TEST(test_beyond), TEST(test_truncation), TEST(test_shifted),
		TEST(test_swapped), TEST(test_repeats),
		TEST(test_damaged_parity), TEST(test_lost_digests),
		TEST(test_swapped_digests),
		TEST(test_update), TEST(test_not_over_damage),
		TEST(test_thorough), TEST(test_dropped), TEST(test_groups),
		TEST(test_tail), TEST(test_head), TEST(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
