/* Volumes: what is written is read back, and whatever happens to the bytes
 * in between is noticed and does no harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "store/volume.h"

/*
 * Archives in scratch directories.
 */

struct scratch {
	char archive[64];
};

static void
scratch_path(char out[128], const struct scratch *s, const char *name)
{
	(void)snprintf(out, 128, "%s/%s", s->archive, name);
}

static void
scratch_make(struct scratch *s)
{
	struct pm_err err;
	char path[128];

	/* Thousands of commits: where fsync is cheap, if there is such. */
	(void)snprintf(s->archive, sizeof s->archive, "%s/pm-volume-XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(s->archive));
	scratch_path(path, s, "volumes");
	assert_int_equal(pm_fs_make_directory(path, &err), PM_OK);
}

static void
scratch_remove(struct scratch *s)
{
	struct pm_names names;
	struct pm_err err;
	char path[128];

	scratch_path(path, s, "volumes");
	assert_int_equal(pm_fs_list(&names, path, &err), PM_OK);
	for (size_t i = 0; i < names.n; i++) {
		char *file = pm_fs_join(path, names.name[i], &err);

		assert_int_equal(pm_fs_remove(file, &err), PM_OK);
		pm_free(file);
	}
	pm_fs_names_free(&names);
	assert_int_equal(rmdir(path), 0);
	scratch_path(path, s, "HEAD");
	assert_int_equal(pm_fs_remove(path, &err), PM_OK);
	assert_int_equal(rmdir(s->archive), 0);
}

static void
file_set(const struct scratch *s, const char *name, const void *p, size_t n)
{
	struct pm_err err;
	char path[128];
	int fd = -1;

	scratch_path(path, s, name);
	assert_int_equal(pm_fs_open_write(&fd, path, &err), PM_OK);
	assert_int_equal(pm_fs_truncate(fd, 0, path, &err), PM_OK);
	assert_int_equal(pm_fs_write_at(fd, p, n, 0, path, &err), PM_OK);
	pm_fs_close(fd);
}

static void
file_get(const struct scratch *s, const char *name, struct pm_buf *out)
{
	struct pm_err err;
	char path[128];

	scratch_path(path, s, name);
	pm_buf_reset(out);
	assert_int_equal(pm_fs_read_file(out, path, 1 << 24, &err), PM_OK);
}

static bool
file_there(const struct scratch *s, const char *name)
{
	char path[128];

	scratch_path(path, s, name);
	return pm_fs_exists(path);
}

static void
file_remove(const struct scratch *s, const char *name)
{
	struct pm_err err;
	char path[128];

	scratch_path(path, s, name);
	assert_int_equal(pm_fs_remove(path, &err), PM_OK);
}

/*
 * Batches whose contents follow from their number.
 */

enum { FRAMES = 3 };

static const char volume1[] = "volumes/000001.tar.zst";
static const char volume2[] = "volumes/000002.tar.zst";


static void
make_plain(struct pm_buf *out, uint64_t frame, struct pm_item *item)
{
	char name[40], body[200];
	struct pm_err err;
	struct pm_tar_member member;
	size_t at = 0;

	(void)snprintf(name, sizeof name, "a/%06u.txt", (unsigned)frame);
	(void)snprintf(body, sizeof body, "Frame %u: the harbour of Lisse "
	    "stays open %u days this year, says the mayor.\n",
	    (unsigned)frame, (unsigned)(frame * 7919 % 365));
	assert_int_equal(pm_tar_append(out, name, pm_bytes_of(body),
	    1700000000, &err), PM_OK);
	assert_int_equal(pm_tar_next(&member, pm_buf_bytes(out), &at, &err),
	    PM_OK);
	pm_sha256(item->sha256, member.data);
	item->offset = (uint32_t)member.data_at;
	item->bytes = member.data.n;
}

static int
add_batch(struct pm_volume_writer *writer, uint64_t run, struct pm_err *err)
{
	struct pm_item item[FRAMES];
	struct pm_frame_coder *coder = NULL;
	const struct pm_batch *batch;
	struct pm_buf plain, packed;
	uint64_t next;
	int rc;

	pm_buf_init(&plain);
	pm_buf_init(&packed);
	assert_int_equal(pm_frame_coder_new(&coder, err), PM_OK);
	rc = pm_volume_writer_begin(writer, run, &next, err);
	for (uint32_t i = 0; rc == PM_OK && i < FRAMES; i++) {
		pm_buf_reset(&plain);
		pm_buf_reset(&packed);
		make_plain(&plain, next + i, &item[i]);
		item[i].frame = i;
		assert_int_equal(pm_frame_encode(coder, &packed,
		    pm_buf_bytes(&plain), 3, err), PM_OK);
		rc = pm_volume_writer_frame(writer, pm_buf_bytes(&packed),
		    (uint32_t)plain.n, err);
	}
	if (rc == PM_OK)
		rc = pm_volume_writer_commit(writer, item, FRAMES, &batch,
		    err);
	if (rc == PM_OK) {
		assert_int_equal(batch->run, run);
		assert_int_equal(batch->item[0].frame,
		    batch->frame_n - FRAMES);
		assert_true(batch->first_frame + batch->frame_n ==
		    next + FRAMES);
	}
	pm_frame_coder_free(coder);
	pm_buf_clear(&plain);
	pm_buf_clear(&packed);
	return rc;
}

/* Volume 1: two batches, sealed.  Volume 2: two batches, open or sealed. */
static void
make_archive(struct scratch *s, bool sealed)
{
	struct pm_volume_writer *writer = NULL;
	struct pm_err err;

	scratch_make(s);
	assert_int_equal(pm_volume_writer_open(&writer, s->archive, &err),
	    PM_OK);
	assert_int_equal(pm_volume_writer_bytes(writer), 0);
	assert_int_equal(add_batch(writer, 1, &err), PM_OK);
	assert_int_equal(add_batch(writer, 1, &err), PM_OK);
	assert_true(pm_volume_writer_bytes(writer) > 0);
	assert_int_equal(pm_volume_writer_seal(writer, &err), PM_OK);
	assert_int_equal(pm_volume_writer_bytes(writer), 0);
	assert_int_equal(pm_volume_writer_seal(writer, &err), PM_OK);
	assert_int_equal(add_batch(writer, 2, &err), PM_OK);
	pm_volume_writer_close(writer);
	assert_int_equal(pm_volume_writer_open(&writer, s->archive, &err),
	    PM_OK);
	assert_int_equal(add_batch(writer, 3, &err), PM_OK);
	if (sealed)
		assert_int_equal(pm_volume_writer_seal(writer, &err), PM_OK);
	pm_volume_writer_close(writer);
}

/*
 * Walking, with damage counted.
 */

struct tally {
	unsigned damages;
	unsigned batches;
	unsigned items;          /* whose body was found */
	struct pm_damage last;
	struct pm_damage first;
	uint64_t sequence;
	uint64_t next_frame;
	struct pm_walk_start end;
};

static void
count_damage(void *context, const struct pm_damage *damage)
{
	struct tally *tally = context;

	if (tally->damages++ == 0)
		tally->first = *damage;
	tally->last = *damage;
}

/* Decode every frame, as the fold does, and look for the items. */
static void
tally_batch(struct tally *tally, struct pm_volume_walk *walk,
    const struct pm_batch *batch, struct pm_frame_coder *coder)
{
	struct pm_err err;
	struct pm_buf plain, frame;

	pm_buf_init(&plain);
	pm_buf_init(&frame);
	tally->batches++;
	tally->sequence = batch->sequence;
	tally->next_frame = batch->first_frame + batch->frame_n;
	tally->end = (struct pm_walk_start){ batch->sequence, batch->volume,
	    batch->end, tally->next_frame, { 0 } };
	memcpy(tally->end.chain, batch->chain, PM_SHA256_BYTES);
	for (uint32_t i = 0; i < batch->frame_n; i++) {
		pm_buf_reset(&plain);
		assert_int_equal(pm_volume_walk_packed(walk, i, &frame,
		    &err), PM_OK);
		if (pm_frame_decode(coder, &plain, pm_buf_bytes(&frame),
		    &err) != PM_OK)
			continue;
		for (uint32_t k = 0; k < batch->item_n; k++) {
			const struct pm_item *item = &batch->item[k];
			uint8_t sum[PM_SHA256_BYTES];

			if (item->frame != i ||
			    item->offset + item->bytes > plain.n)
				continue;
			pm_sha256(sum, (struct pm_bytes){ plain.p +
			    item->offset, item->bytes });
			if (memcmp(sum, item->sha256, sizeof sum) == 0)
				tally->items++;
		}
	}
	pm_buf_clear(&plain);
	pm_buf_clear(&frame);
}

static int
walk_from(const struct scratch *s, struct tally *tally, bool strict, int level,
    const struct pm_walk_start *start, struct pm_err *err)
{
	struct pm_walk_options options = { 0 };
	struct pm_volume_walk *walk = NULL;
	struct pm_frame_coder *coder = NULL;
	const struct pm_batch *batch;
	int rc;

	*tally = (struct tally){ 0 };
	options.level = level == PM_WALK_FULL ? PM_WALK_FULL : PM_WALK_QUICK;
	options.damaged = strict ? NULL : count_damage;
	options.context = tally;
	if (start != NULL)
		options.start = *start;
	if ((rc = pm_volume_walk_open(&walk, s->archive, &options, err)) !=
	    PM_OK)
		return rc;
	assert_int_equal(pm_frame_coder_new(&coder, err), PM_OK);
	while ((rc = pm_volume_walk_next(walk, &batch, err)) == PM_OK)
		tally_batch(tally, walk, batch, coder);
	pm_frame_coder_free(coder);
	pm_volume_walk_close(walk);
	return rc;
}

static int
walk_all(const struct scratch *s, struct tally *tally, bool strict, int level,
    struct pm_err *err)
{
	return walk_from(s, tally, strict, level, NULL, err);
}

static void
expect_clean(const struct scratch *s, unsigned batches)
{
	struct tally tally;
	struct pm_err err;

	for (int level = PM_WALK_QUICK; level <= PM_WALK_FULL; level++) {
		int rc = walk_all(s, &tally, true, level, &err);

		if (rc != PM_END)
			print_error("%s\n", err.text);
		assert_int_equal(rc, PM_END);
		assert_int_equal(tally.batches, batches);
		rc = walk_all(s, &tally, false, level, &err);
		assert_int_equal(rc, PM_END);
		if (tally.damages > 0)
			print_error("%s\n", tally.first.text);
		assert_int_equal(tally.damages, 0);
		assert_int_equal(tally.batches, batches);
	}
}

/*
 * Tests.
 */

static void
test_round_trip(void **state)
{
	struct scratch s;
	struct tally tally;
	struct pm_head head;
	struct pm_err err;

	(void)state;
	make_archive(&s, false);
	expect_clean(&s, 5);
	assert_int_equal(walk_all(&s, &tally, true, PM_WALK_FULL, &err),
	    PM_END);
	assert_int_equal(tally.items, 4 * FRAMES);
	/* 2 first frames, 4 batches, one end of archive */
	assert_int_equal(tally.next_frame, 1 + 2 + 4 * FRAMES + 1);
	assert_int_equal(pm_head_read(&head, s.archive, &err), PM_OK);
	assert_int_equal(head.volume, 2);
	assert_int_equal(head.sequence, 5);
	assert_int_equal(head.next_frame, tally.next_frame);
	assert_false(head.sealed);
	scratch_remove(&s);
	make_archive(&s, true);
	expect_clean(&s, 6);
	assert_int_equal(pm_head_read(&head, s.archive, &err), PM_OK);
	assert_true(head.sealed);
	scratch_remove(&s);
}

/* From behind each batch, also the one that sealed a volume. */
static void
test_start_anywhere(void **state)
{
	struct pm_walk_start start = { 0 };
	struct scratch s;
	struct tally tally;
	struct pm_err err;

	(void)state;
	make_archive(&s, true);
	for (unsigned i = 0; i <= 6; i++) {
		struct pm_walk_options options = { .start = start,
		    .level = PM_WALK_FULL };
		struct pm_volume_walk *walk = NULL;
		const struct pm_batch *batch;

		assert_int_equal(walk_from(&s, &tally, true, PM_WALK_FULL,
		    &start, &err), PM_END);
		assert_int_equal(tally.batches, 6 - i);
		if (i == 6)
			break;
		assert_int_equal(pm_volume_walk_open(&walk, s.archive,
		    &options, &err), PM_OK);
		assert_int_equal(pm_volume_walk_next(walk, &batch, &err),
		    PM_OK);
		start = (struct pm_walk_start){ batch->sequence,
		    batch->volume, batch->end,
		    batch->first_frame + batch->frame_n, { 0 } };
		memcpy(start.chain, batch->chain, PM_SHA256_BYTES);
		pm_volume_walk_close(walk);
	}
	start.chain[5] ^= 1;
	assert_int_equal(walk_from(&s, &tally, true, PM_WALK_QUICK, &start,
	    &err), PM_ECORRUPT);
	start.chain[5] ^= 1;
	start.end += 1000;
	assert_int_equal(walk_from(&s, &tally, true, PM_WALK_QUICK, &start,
	    &err), PM_ECORRUPT);
	start.volume = 9;
	assert_int_equal(walk_from(&s, &tally, true, PM_WALK_QUICK, &start,
	    &err), PM_ECORRUPT);
	scratch_remove(&s);
}

static void
test_reader(void **state)
{
	struct pm_walk_options options = { .level = PM_WALK_QUICK };
	struct pm_frame_at beyond = { 1 << 20, 100, 100 };
	struct pm_volume_reader *reader = NULL;
	struct pm_volume_walk *walk = NULL;
	const struct pm_batch *batch;
	struct scratch s;
	struct pm_buf packed, expected;
	struct pm_err err;

	(void)state;
	make_archive(&s, false);
	pm_buf_init(&packed);
	pm_buf_init(&expected);
	assert_int_equal(pm_volume_reader_open(&reader, s.archive, &err),
	    PM_OK);
	assert_int_equal(pm_volume_walk_open(&walk, s.archive, &options,
	    &err), PM_OK);
	while (pm_volume_walk_next(walk, &batch, &err) == PM_OK)
		for (uint32_t i = 0; i < batch->frame_n; i++) {
			pm_buf_reset(&packed);
			assert_int_equal(pm_volume_reader_packed(reader,
			    &packed, batch->volume, &batch->frame[i], &err),
			    PM_OK);
			assert_int_equal(pm_volume_walk_packed(walk, i,
			    &expected, &err), PM_OK);
			assert_true(pm_bytes_equal(pm_buf_bytes(&expected),
			    pm_buf_bytes(&packed)));
		}
	pm_buf_reset(&packed);
	assert_int_equal(pm_volume_reader_packed(reader, &packed, 1, &beyond,
	    &err), PM_ECORRUPT);
	assert_int_equal(pm_volume_reader_packed(reader, &packed, 7, &beyond,
	    &err), PM_ENOTFOUND);
	beyond.packed_bytes = UINT32_MAX;
	assert_int_equal(pm_volume_reader_packed(reader, &packed, 1, &beyond,
	    &err), PM_ELIMIT);
	assert_int_equal(packed.n, 0);
	pm_volume_walk_close(walk);
	pm_volume_reader_close(reader);
	pm_buf_clear(&packed);
	pm_buf_clear(&expected);
	scratch_remove(&s);
}

static void
test_one_writer(void **state)
{
	struct pm_volume_writer *writer = NULL, *second = NULL;
	const struct pm_batch *batch;
	struct scratch s;
	struct pm_item item = { .frame = 9 };
	struct pm_err err;
	uint64_t next;

	(void)state;
	scratch_make(&s);
	assert_int_equal(pm_volume_writer_open(&writer, s.archive, &err),
	    PM_OK);
	assert_int_equal(pm_volume_writer_open(&second, s.archive, &err),
	    PM_EBUSY);
	assert_null(second);
	assert_int_equal(pm_volume_writer_commit(writer, NULL, 0, &batch,
	    &err), PM_EUSAGE);
	assert_int_equal(pm_volume_writer_begin(writer, 1, &next, &err),
	    PM_OK);
	assert_int_equal(next, 2);
	assert_int_equal(pm_volume_writer_begin(writer, 1, &next, &err),
	    PM_EUSAGE);
	assert_int_equal(pm_volume_writer_frame(writer,
	    pm_bytes_of("no frame at all"), 10, &err), PM_EUSAGE);
	assert_int_equal(pm_volume_writer_commit(writer, &item, 1, &batch,
	    &err), PM_EUSAGE);
	assert_int_equal(pm_volume_writer_begin(writer, 1, &next, &err),
	    PM_EIO);
	pm_volume_writer_close(writer);
	expect_clean(&s, 0);
	/* What was begun and never committed leaves nothing. */
	assert_int_equal(pm_volume_writer_open(&writer, s.archive, &err),
	    PM_OK);
	assert_int_equal(pm_volume_writer_begin(writer, 1, &next, &err),
	    PM_OK);
	assert_true(file_there(&s, volume1));
	pm_volume_writer_close(writer);
	assert_false(file_there(&s, volume1));
	scratch_remove(&s);
}

/*
 * Damage.
 */

/* A small archive: one batch of one frame, sealed; another, open. */
static void
make_small(struct scratch *s)
{
	struct pm_volume_writer *writer = NULL;
	struct pm_frame_coder *coder = NULL;
	const struct pm_batch *batch;
	struct pm_buf plain, packed;
	struct pm_item item;
	struct pm_err err;
	uint64_t next;

	scratch_make(s);
	pm_buf_init(&plain);
	pm_buf_init(&packed);
	assert_int_equal(pm_frame_coder_new(&coder, &err), PM_OK);
	assert_int_equal(pm_volume_writer_open(&writer, s->archive, &err),
	    PM_OK);
	for (unsigned i = 0; i < 2; i++) {
		pm_buf_reset(&plain);
		pm_buf_reset(&packed);
		assert_int_equal(pm_volume_writer_begin(writer, 1, &next,
		    &err), PM_OK);
		make_plain(&plain, next, &item);
		item.frame = 0;
		assert_int_equal(pm_frame_encode(coder, &packed,
		    pm_buf_bytes(&plain), 3, &err), PM_OK);
		assert_int_equal(pm_volume_writer_frame(writer,
		    pm_buf_bytes(&packed), (uint32_t)plain.n, &err), PM_OK);
		assert_int_equal(pm_volume_writer_commit(writer, &item, 1,
		    &batch, &err), PM_OK);
		if (i == 0)
			assert_int_equal(pm_volume_writer_seal(writer, &err),
			    PM_OK);
	}
	pm_volume_writer_close(writer);
	pm_frame_coder_free(coder);
	pm_buf_clear(&plain);
	pm_buf_clear(&packed);
}

static void
flip_bits(const struct scratch *s, const char *name, bool every)
{
	struct pm_buf bytes;
	struct tally tally;
	struct pm_err err;
	char path[128];
	int fd = -1;

	pm_buf_init(&bytes);
	file_get(s, name, &bytes);
	scratch_path(path, s, name);
	assert_int_equal(pm_fs_open_write(&fd, path, &err), PM_OK);
	for (size_t i = 0; i < bytes.n; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			uint8_t flipped = (uint8_t)(bytes.p[i] ^ 1 << bit);

			if (!every && bit != i % 8)
				continue;
			assert_int_equal(pm_fs_write_at(fd, &flipped, 1, i,
			    path, &err), PM_OK);
			if (walk_all(s, &tally, true, PM_WALK_FULL, &err) !=
			    PM_ECORRUPT)
				fail_msg("%s: byte %zu, bit %u", name, i, bit);
			if (bit != i % 8)
				continue;
			assert_int_equal(walk_all(s, &tally, false,
			    PM_WALK_FULL, &err), PM_END);
			if (tally.damages == 0)
				fail_msg("%s: byte %zu", name, i);
			assert_int_equal(walk_all(s, &tally, false,
			    PM_WALK_QUICK, &err), PM_END);
		}
		assert_int_equal(pm_fs_write_at(fd, bytes.p + i, 1, i, path,
		    &err), PM_OK);
	}
	pm_fs_close(fd);
	pm_buf_clear(&bytes);
}

static void
test_every_bit(void **state)
{
	struct pm_volume_writer *writer = NULL;
	struct scratch s;
	struct pm_err err;

	(void)state;
	make_small(&s);
	flip_bits(&s, "HEAD", true);
	flip_bits(&s, volume1, true);
	flip_bits(&s, volume2, true);
	expect_clean(&s, 3);
	/* The sealed volume that HEAD names. */
	assert_int_equal(pm_volume_writer_open(&writer, s.archive, &err),
	    PM_OK);
	assert_int_equal(pm_volume_writer_seal(writer, &err), PM_OK);
	pm_volume_writer_close(writer);
	flip_bits(&s, volume2, false);
	expect_clean(&s, 4);
	scratch_remove(&s);
}

/* A damaged frame is named, and its batch still given. */
static void
test_damaged_frame(void **state)
{
	struct pm_walk_options options = { .level = PM_WALK_QUICK };
	struct pm_volume_walk *walk = NULL;
	const struct pm_batch *batch;
	struct pm_frame_at frame;
	struct pm_buf bytes;
	struct scratch s;
	struct tally tally;
	struct pm_err err;
	uint64_t id;

	(void)state;
	make_archive(&s, false);
	pm_buf_init(&bytes);
	assert_int_equal(pm_volume_walk_open(&walk, s.archive, &options,
	    &err), PM_OK);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(pm_volume_walk_next(walk, &batch, &err),
		    PM_OK);
	frame = batch->frame[1];
	id = batch->first_frame + 1;
	pm_volume_walk_close(walk);
	file_get(&s, volume1, &bytes);
	/* In its middle, and in its magic, where it stops being a frame. */
	for (size_t at = 0; at <= frame.packed_bytes / 2;
	    at += frame.packed_bytes / 2) {
		uint8_t *p = bytes.p + frame.offset + at;

		*p ^= 0x10;
		file_set(&s, volume1, bytes.p, bytes.n);
		assert_int_equal(walk_all(&s, &tally, false, PM_WALK_FULL,
		    &err), PM_END);
		assert_int_equal(tally.damages, 1);
		assert_int_equal(tally.first.volume, 1);
		assert_true(tally.first.frame == id);
		assert_true(tally.first.offset == frame.offset);
		assert_int_equal(tally.first.sequence, 2);
		assert_int_equal(tally.batches, 5);
		assert_int_equal(tally.items, 4 * FRAMES - 1);
		assert_int_equal(walk_all(&s, &tally, true, PM_WALK_FULL,
		    &err), PM_ECORRUPT);
		assert_int_equal(tally.batches, 1);
		*p ^= 0x10;
	}
	pm_buf_clear(&bytes);
	scratch_remove(&s);
}

/* Offset of the nth marker in these bytes. */
static size_t
marker_at(const struct pm_buf *bytes, unsigned n)
{
	for (size_t i = 0; i + 16 <= bytes->n; i++)
		if (memcmp(bytes->p + i + 8, "PMCOMMIT", 8) == 0 && n-- == 0)
			return i;
	fail();
	return 0;
}

/* A batch without its marker is skipped; those behind it are given. */
static void
test_damaged_marker(void **state)
{
	struct pm_buf bytes;
	struct scratch s;
	struct tally tally;
	struct pm_err err;

	(void)state;
	make_archive(&s, false);
	pm_buf_init(&bytes);
	file_get(&s, volume1, &bytes);
	/* Whatever of its head is damaged, it is not taken for a frame. */
	for (size_t i = 0; i < 16; i++) {
		uint8_t *p = bytes.p + marker_at(&bytes, 0);

		p[i] ^= 1;
		file_set(&s, volume1, bytes.p, bytes.n);
		p[i] ^= 1;
		assert_int_equal(walk_all(&s, &tally, false, PM_WALK_FULL,
		    &err), PM_END);
		assert_int_equal(tally.damages, 1);
		assert_int_equal(tally.first.frame, 0);
	}
	bytes.p[marker_at(&bytes, 0) + 30] ^= 4;
	file_set(&s, volume1, bytes.p, bytes.n);
	for (int level = PM_WALK_QUICK; level <= PM_WALK_FULL; level++) {
		assert_int_equal(walk_all(&s, &tally, false, level, &err),
		    PM_END);
		assert_int_equal(tally.damages, 1);
		assert_true(tally.first.offset == marker_at(&bytes, 0));
		assert_int_equal(tally.first.sequence, 1);
		assert_int_equal(tally.batches, 4);
		assert_int_equal(tally.items, 3 * FRAMES);
	}
	assert_int_equal(walk_all(&s, &tally, true, PM_WALK_QUICK, &err),
	    PM_ECORRUPT);
	/* The whole first half gone. */
	memset(bytes.p, 0, bytes.n / 2);
	file_set(&s, volume1, bytes.p, bytes.n);
	assert_int_equal(walk_all(&s, &tally, false, PM_WALK_FULL, &err),
	    PM_END);
	assert_true(tally.damages > 0);
	assert_true(tally.batches >= 3);
	pm_buf_clear(&bytes);
	scratch_remove(&s);
}

static void
test_missing(void **state)
{
	struct pm_volume_writer *writer = NULL;
	struct pm_buf one, two, head;
	struct scratch s;
	struct tally tally;
	struct pm_err err;

	(void)state;
	make_archive(&s, false);
	pm_buf_init(&one);
	pm_buf_init(&two);
	pm_buf_init(&head);
	file_get(&s, volume1, &one);
	file_get(&s, volume2, &two);
	file_get(&s, "HEAD", &head);
	file_set(&s, volume2, two.p, two.n - 7);
	assert_int_equal(walk_all(&s, &tally, true, PM_WALK_QUICK, &err),
	    PM_ECORRUPT);
	assert_non_null(strstr(err.text, "000002.tar.zst"));
	assert_non_null(strstr(err.text, "7 bytes are missing"));
	assert_int_equal(walk_all(&s, &tally, false, PM_WALK_QUICK, &err),
	    PM_END);
	assert_int_equal(tally.batches, 4);
	assert_int_equal(pm_volume_writer_open(&writer, s.archive, &err),
	    PM_ECORRUPT);
	assert_non_null(strstr(err.text, "7 bytes missing"));
	file_remove(&s, volume2);
	assert_int_equal(walk_all(&s, &tally, true, PM_WALK_QUICK, &err),
	    PM_ECORRUPT);
	assert_int_equal(walk_all(&s, &tally, false, PM_WALK_QUICK, &err),
	    PM_END);
	assert_int_equal(tally.first.volume, 2);
	assert_int_equal(tally.damages, 1);
	assert_int_equal(pm_volume_writer_open(&writer, s.archive, &err),
	    PM_ECORRUPT);
	assert_non_null(strstr(err.text, "missing"));
	/* The other one. */
	file_set(&s, volume2, two.p, two.n);
	file_remove(&s, volume1);
	assert_int_equal(walk_all(&s, &tally, true, PM_WALK_QUICK, &err),
	    PM_ECORRUPT);
	assert_int_equal(walk_all(&s, &tally, false, PM_WALK_QUICK, &err),
	    PM_END);
	assert_int_equal(tally.damages, 1);
	assert_int_equal(tally.batches, 2);
	/* HEAD gone and the log with a hole: nothing is touched. */
	file_remove(&s, "HEAD");
	assert_int_equal(walk_all(&s, &tally, true, PM_WALK_QUICK, &err),
	    PM_ECORRUPT);
	assert_int_equal(pm_volume_writer_open(&writer, s.archive, &err),
	    PM_ECORRUPT);
	assert_true(file_there(&s, volume2));
	/* HEAD gone and the log whole: adopted. */
	file_set(&s, volume1, one.p, one.n);
	assert_int_equal(walk_all(&s, &tally, false, PM_WALK_FULL, &err),
	    PM_END);
	assert_int_equal(tally.batches, 5);
	assert_int_equal(tally.damages, 1);
	assert_int_equal(pm_volume_writer_open(&writer, s.archive, &err),
	    PM_OK);
	pm_volume_writer_close(writer);
	expect_clean(&s, 5);
	pm_buf_reset(&one);
	file_get(&s, "HEAD", &one);
	assert_true(pm_bytes_equal(pm_buf_bytes(&one), pm_buf_bytes(&head)));
	pm_buf_clear(&one);
	pm_buf_clear(&two);
	pm_buf_clear(&head);
	scratch_remove(&s);
}

/*
 * Lies whose every hash is true: the last marker of the open or sealed
 * volume 2 is signed again and HEAD names it.
 */
static void
sign_last(const struct scratch *s, struct pm_buf *bytes, unsigned n)
{
	struct pm_head head;
	struct pm_err err;
	size_t at = marker_at(bytes, n);
	size_t payload = pm_le32_get(bytes->p + at + 4);
	size_t start = pm_le64_get(bytes->p + at + 8 + 32);
	uint8_t *chain = bytes->p + at + 8 + payload - PM_SHA256_BYTES;

	pm_sha256(chain - 4 - PM_SHA256_BYTES, (struct pm_bytes){
	    bytes->p + start, at - start });
	pm_sha256(chain, (struct pm_bytes){ bytes->p + at,
	    8 + payload - PM_SHA256_BYTES });
	assert_int_equal(pm_head_read(&head, s->archive, &err), PM_OK);
	memcpy(head.chain, chain, PM_SHA256_BYTES);
	assert_int_equal(pm_head_write(s->archive, &head, &err), PM_OK);
	file_set(s, volume2, bytes->p, bytes->n);
}

static void
expect_lie(const struct scratch *s, const char *text)
{
	struct tally tally;
	struct pm_err err;

	assert_int_equal(walk_all(s, &tally, true, PM_WALK_FULL, &err),
	    PM_ECORRUPT);
	if (strstr(err.text, text) == NULL)
		fail_msg("%s", err.text);
	assert_int_equal(walk_all(s, &tally, false, PM_WALK_FULL, &err),
	    PM_END);
	assert_true(tally.damages > 0);
}

static void
test_signed_lies(void **state)
{
	struct pm_buf bytes;
	struct scratch s;
	size_t at, payload;
	uint8_t *p;

	(void)state;
	pm_buf_init(&bytes);
	make_archive(&s, false);
	file_get(&s, volume2, &bytes);
	at = marker_at(&bytes, 1);
	payload = pm_le32_get(bytes.p + at + 4);
	sign_last(&s, &bytes, 1);
	expect_clean(&s, 5);
	p = bytes.p + at + 8 + payload - 4 - 3 * PM_SHA256_BYTES;
	*p ^= 1;                                 /* previous */
	sign_last(&s, &bytes, 1);
	expect_lie(&s, "does not continue");
	*p ^= 1;
	p = bytes.p + at + 8 + 48;               /* first frame */
	++*p;
	sign_last(&s, &bytes, 1);
	expect_lie(&s, "does not continue");
	--*p;
	p = bytes.p + at + 8 + 24;               /* sequence */
	++*p;
	sign_last(&s, &bytes, 1);
	expect_lie(&s, "are missing");
	--*p;
	p = bytes.p + at + 8 + 68 + 8 * FRAMES + 32;     /* item's frame */
	*p = FRAMES;
	sign_last(&s, &bytes, 1);
	expect_lie(&s, "outside its frame");
	scratch_remove(&s);
	make_archive(&s, true);
	file_get(&s, volume2, &bytes);
	for (at = 0; memcmp(bytes.p + at, "PMINDEX1", 8) != 0; at++)
		;
	for (size_t field = 0; field < 56; field += 8) {
		/* of the third of six items, and not so as to unsort them */
		bytes.p[at + 24 + 2 * 56 + field] ^= 1;
		sign_last(&s, &bytes, 2);
		expect_lie(&s, "item index");
		bytes.p[at + 24 + 2 * 56 + field] ^= 1;
	}
	sign_last(&s, &bytes, 2);
	expect_clean(&s, 6);
	pm_buf_clear(&bytes);
	scratch_remove(&s);
}

/*
 * Kills: the bytes written after HEAD was, cut anywhere.
 */

static unsigned
recover(const struct scratch *s, struct pm_volume_writer **writer)
{
	struct pm_err err;
	int rc = pm_volume_writer_open(writer, s->archive, &err);

	if (rc != PM_OK)
		fail_msg("%s", err.text);
	return (unsigned)pm_volume_writer_head(*writer)->sequence;
}

/* Bytes behind a sealed volume are damage; the writer cuts them off the one
 * that HEAD names.  Behind an open volume they are a writer at work. */
static void
test_trailing_bytes(void **state)
{
	struct pm_volume_writer *writer = NULL;
	struct pm_buf bytes;
	struct scratch s;
	struct tally tally;
	struct pm_err err;

	(void)state;
	pm_buf_init(&bytes);
	for (int sealed = 0; sealed <= 1; sealed++) {
		make_archive(&s, sealed == 1);
		file_get(&s, volume2, &bytes);
		assert_int_equal(pm_buf_append_zero(&bytes, 5, &err), PM_OK);
		file_set(&s, volume2, bytes.p, bytes.n);
		assert_int_equal(walk_all(&s, &tally, false, PM_WALK_QUICK,
		    &err), PM_END);
		assert_int_equal(tally.damages, sealed);
		if (sealed == 1)
			assert_true(tally.first.offset == bytes.n - 5);
		assert_int_equal(recover(&s, &writer), sealed ? 6 : 5);
		pm_volume_writer_close(writer);
		expect_clean(&s, sealed ? 6 : 5);
		file_get(&s, volume1, &bytes);
		assert_int_equal(pm_buf_append_zero(&bytes, 5, &err), PM_OK);
		file_set(&s, volume1, bytes.p, bytes.n);
		assert_int_equal(walk_all(&s, &tally, false, PM_WALK_QUICK,
		    &err), PM_END);
		assert_int_equal(tally.damages, 1);
		assert_int_equal(tally.batches, sealed ? 6 : 5);
		scratch_remove(&s);
	}
	pm_buf_clear(&bytes);
}

/* HEAD as it was at `from` bytes of the volume, the volume cut at each byte
 * after.  `done`: bytes at which one more batch is there. */
static void
cut_everywhere(const struct scratch *s, const char *name,
    const struct pm_buf *head, size_t from, size_t done, unsigned batches)
{
	struct pm_volume_writer *writer = NULL;
	struct pm_buf whole, now;

	pm_buf_init(&whole);
	pm_buf_init(&now);
	file_get(s, name, &whole);
	for (size_t cut = from; cut <= whole.n; cut++) {
		unsigned expected = cut >= done ? batches + 1 : batches;

		file_set(s, "HEAD", head->p, head->n);
		file_set(s, name, whole.p, cut);
		if (recover(s, &writer) != expected)
			fail_msg("cut at %zu: %llu batches", cut,
			    (unsigned long long)
			    pm_volume_writer_head(writer)->sequence);
		pm_volume_writer_close(writer);
		if (cut % 61 == 0 || cut + 3 > whole.n)
			expect_clean(s, expected);
	}
	pm_buf_clear(&whole);
	pm_buf_clear(&now);
}

static void
test_kill(void **state)
{
	struct pm_volume_writer *writer = NULL;
	struct pm_buf heads[4], bytes;
	size_t length[4];
	struct scratch s;
	struct pm_err err;

	(void)state;
	scratch_make(&s);
	pm_buf_init(&bytes);
	for (unsigned i = 0; i < 4; i++) {
		recover(&s, &writer);
		if (i == 1 || i == 2)
			assert_int_equal(add_batch(writer, i, &err), PM_OK);
		if (i == 3)
			assert_int_equal(pm_volume_writer_seal(writer, &err),
			    PM_OK);
		pm_volume_writer_close(writer);
		pm_buf_init(&heads[i]);
		file_get(&s, "HEAD", &heads[i]);
		length[i] = 0;
		if (file_there(&s, volume1)) {
			file_get(&s, volume1, &bytes);
			length[i] = bytes.n;
		}
		if (i == 1 || i == 2)
			cut_everywhere(&s, volume1, &heads[i - 1],
			    length[i - 1], length[i], i - 1);
	}
	/* The seal: done once its marker is there, without its table too. */
	cut_everywhere(&s, volume1, &heads[2], length[2],
	    marker_at(&bytes, 2) + 8 + pm_le32_get(bytes.p +
	    marker_at(&bytes, 2) + 4), 2);
	/* A completed seal gives the very bytes it would have had. */
	file_set(&s, "HEAD", heads[2].p, heads[2].n);
	file_set(&s, volume1, bytes.p, bytes.n - 5);
	assert_int_equal(recover(&s, &writer), 3);
	pm_volume_writer_close(writer);
	file_get(&s, "HEAD", &heads[0]);
	assert_true(pm_bytes_equal(pm_buf_bytes(&heads[0]),
	    pm_buf_bytes(&heads[3])));
	file_get(&s, volume1, &heads[0]);
	assert_true(pm_bytes_equal(pm_buf_bytes(&heads[0]),
	    pm_buf_bytes(&bytes)));
	/* HEAD of two commits ago. */
	file_set(&s, "HEAD", heads[1].p, heads[1].n);
	assert_int_equal(recover(&s, &writer), 3);
	assert_int_equal(add_batch(writer, 9, &err), PM_OK);
	pm_volume_writer_close(writer);
	expect_clean(&s, 4);
	/* The same, and the next volume begun too. */
	file_set(&s, "HEAD", heads[1].p, heads[1].n);
	assert_int_equal(recover(&s, &writer), 4);
	pm_volume_writer_close(writer);
	expect_clean(&s, 4);
	for (unsigned i = 0; i < 4; i++)
		pm_buf_clear(&heads[i]);
	pm_buf_clear(&bytes);
	scratch_remove(&s);
}

/* Damage that whole batches follow is no torn end. */
static void
test_not_torn(void **state)
{
	struct pm_volume_writer *writer = NULL;
	struct pm_buf head, old, bytes, again;
	struct scratch s;
	struct pm_err err;
	size_t first;

	(void)state;
	scratch_make(&s);
	pm_buf_init(&head);
	pm_buf_init(&old);
	pm_buf_init(&bytes);
	pm_buf_init(&again);
	recover(&s, &writer);
	assert_int_equal(add_batch(writer, 1, &err), PM_OK);
	file_get(&s, "HEAD", &old);
	file_get(&s, volume1, &bytes);
	first = bytes.n;
	assert_int_equal(add_batch(writer, 1, &err), PM_OK);
	assert_int_equal(add_batch(writer, 1, &err), PM_OK);
	pm_volume_writer_close(writer);
	file_get(&s, volume1, &bytes);
	bytes.p[first + 20] ^= 1;
	file_set(&s, volume1, bytes.p, bytes.n);
	file_set(&s, "HEAD", old.p, old.n);
	assert_int_equal(pm_volume_writer_open(&writer, s.archive, &err),
	    PM_ECORRUPT);
	file_get(&s, volume1, &again);
	assert_int_equal(again.n, bytes.n);
	/* Only that batch: its data was lost and its marker was not. */
	file_set(&s, volume1, bytes.p, marker_at(&bytes, 2) - 50);
	assert_int_equal(recover(&s, &writer), 1);
	assert_int_equal(pm_volume_writer_bytes(writer), first);
	pm_volume_writer_close(writer);
	expect_clean(&s, 1);
	pm_buf_clear(&head);
	pm_buf_clear(&old);
	pm_buf_clear(&bytes);
	pm_buf_clear(&again);
	scratch_remove(&s);
}

/*
 * Hostile bytes.
 */

static uint64_t random_state;

static uint32_t
random_below(uint32_t n)
{
	random_state = random_state * 6364136223846793005u +
	    1442695040888963407u;
	return (uint32_t)(random_state >> 33) % n;
}

/* Change something; markers that were changed get a true hash again, so
 * that what lies behind that check is met too. */
static void
mutate(struct pm_buf *bytes)
{
	static const uint32_t nasty[] = { 0, 1, 0x7fffffff, 0x80000000u,
	    0xffffffffu, 0xfffffff7u, 256 << 20, 16 << 20 };
	size_t at = marker_at(bytes, random_below(2));
	uint32_t payload = pm_le32_get(bytes->p + at + 4);
	uint8_t *field = bytes->p + at + 4 * random_below(payload / 4 - 8);

	switch (random_below(5)) {
	case 0:
		pm_le32_put(field, nasty[random_below(8)]);
		break;
	case 1:
		pm_le32_put(field, pm_le32_get(field) + random_below(3) - 1);
		break;
	case 2:
		bytes->p[random_below((uint32_t)bytes->n)] ^=
		    (uint8_t)(1 << random_below(8));
		return;
	case 3:
		bytes->n -= random_below((uint32_t)bytes->n / 2);
		return;
	default: {
		size_t from = random_below((uint32_t)bytes->n - 64);
		size_t to = random_below((uint32_t)bytes->n - 64);

		memmove(bytes->p + to, bytes->p + from, 64);
		return;
	}
	}
	pm_sha256(bytes->p + at + 8 + payload - PM_SHA256_BYTES,
	    (struct pm_bytes){ bytes->p + at,
	    8 + (size_t)payload - PM_SHA256_BYTES });
}

static void
test_hostile(void **state)
{
	struct pm_volume_writer *writer = NULL;
	struct pm_buf volumes[2], head, bytes;
	struct scratch s;
	struct tally tally;
	struct pm_err err;

	(void)state;
	make_archive(&s, true);
	for (unsigned i = 0; i < 2; i++)
		pm_buf_init(&volumes[i]);
	pm_buf_init(&head);
	pm_buf_init(&bytes);
	file_get(&s, volume1, &volumes[0]);
	file_get(&s, volume2, &volumes[1]);
	file_get(&s, "HEAD", &head);
	for (uint64_t seed = 1; seed <= 1500; seed++) {
		unsigned which = seed % 2;
		bool writing = seed % 5 == 0;
		int rc;

		random_state = seed * 0x9e3779b97f4a7c15u;
		pm_buf_reset(&bytes);
		assert_int_equal(pm_buf_append(&bytes, volumes[which].p,
		    volumes[which].n, &err), PM_OK);
		mutate(&bytes);
		file_set(&s, which == 0 ? volume1 : volume2, bytes.p,
		    bytes.n);
		if (seed % 7 == 0)
			file_remove(&s, "HEAD");
		for (int level = PM_WALK_QUICK; level <= PM_WALK_FULL;
		    level++) {
			rc = walk_all(&s, &tally, false, level, &err);
			if (rc != PM_END)
				fail_msg("seed %d: %s", (int)seed, err.text);
			(void)walk_all(&s, &tally, true, level, &err);
		}
		if (writing && pm_volume_writer_open(&writer, s.archive,
		    &err) == PM_OK) {
			(void)add_batch(writer, 5, &err);
			pm_volume_writer_close(writer);
		}
		file_remove(&s, "volumes/000003.tar.zst");
		file_set(&s, volume1, volumes[0].p, volumes[0].n);
		file_set(&s, volume2, volumes[1].p, volumes[1].n);
		file_set(&s, "HEAD", head.p, head.n);
	}
	expect_clean(&s, 6);
	for (unsigned i = 0; i < 2; i++)
		pm_buf_clear(&volumes[i]);
	pm_buf_clear(&head);
	pm_buf_clear(&bytes);
	scratch_remove(&s);
}

/*
 * The seek table, read by what the zstd seekable format says and no more.
 */
static void
test_seek_table(void **state)
{
	struct pm_frame_coder *coder = NULL;
	struct pm_buf bytes, plain;
	struct scratch s;
	struct pm_err err;
	const uint8_t *end, *entry;
	size_t at = 0, frames = 0;
	uint32_t n;

	(void)state;
	make_archive(&s, true);
	pm_buf_init(&bytes);
	pm_buf_init(&plain);
	assert_int_equal(pm_frame_coder_new(&coder, &err), PM_OK);
	file_get(&s, volume1, &bytes);
	end = bytes.p + bytes.n;
	assert_int_equal(pm_le32_get(end - 4), 0x8F92EAB1);
	assert_int_equal(end[-5], 0);            /* no checksums */
	n = pm_le32_get(end - 9);
	entry = end - 9 - 8 * (size_t)n;
	assert_int_equal(pm_le32_get(entry - 8), 0x184D2A5E);
	assert_int_equal(pm_le32_get(entry - 4), 8 * n + 9);
	for (uint32_t i = 0; i < n; i++, entry += 8) {
		struct pm_bytes frame = { bytes.p + at, pm_le32_get(entry) };

		assert_int_equal(pm_frame_measure(frame), frame.n);
		at += frame.n;
		pm_buf_reset(&plain);
		if (pm_le32_get(frame.p) == 0xFD2FB528) {
			assert_int_equal(pm_frame_decode(coder, &plain, frame,
			    &err), PM_OK);
			frames++;
		}
		assert_int_equal(plain.n, pm_le32_get(entry + 4));
	}
	assert_true(bytes.p + at == end - 17 - 8 * (size_t)n);
	assert_int_equal(frames, 1 + 2 * FRAMES + 1);
	assert_int_equal(n, frames + 2 + 1 + 1);
	pm_frame_coder_free(coder);
	pm_buf_clear(&bytes);
	pm_buf_clear(&plain);
	scratch_remove(&s);
}

static void
test_head(void **state)
{
	struct pm_head head = { .format = 1, .volume = 3, .length = 12345,
	    .sequence = 77, .next_frame = 900, .sealed = true }, again;
	struct pm_buf text;
	struct scratch s;
	struct pm_err err;

	(void)state;
	scratch_make(&s);
	pm_buf_init(&text);
	assert_int_equal(pm_head_read(&again, s.archive, &err), PM_ENOTFOUND);
	head.chain[0] = 0xab;
	assert_int_equal(pm_head_write(s.archive, &head, &err), PM_OK);
	assert_int_equal(pm_head_read(&again, s.archive, &err), PM_OK);
	assert_memory_equal(again.chain, head.chain, PM_SHA256_BYTES);
	assert_true(again.volume == 3 && again.length == 12345 &&
	    again.sequence == 77 && again.next_frame == 900 && again.sealed);
	file_get(&s, "HEAD", &text);
	assert_memory_equal(text.p, "pressmark 1\nvolume 3\nlength 12345\n"
	    "sequence 77\nnext-frame 900\nsealed 1\nchain ab00", 78);
	for (size_t n = 0; n < text.n; n++) {
		file_set(&s, "HEAD", text.p, n);
		assert_int_equal(pm_head_read(&again, s.archive, &err),
		    PM_ECORRUPT);
	}
	head.volume = 0;
	assert_int_equal(pm_head_write(s.archive, &head, &err), PM_OK);
	assert_int_equal(pm_head_read(&again, s.archive, &err), PM_ECORRUPT);
	pm_buf_clear(&text);
	scratch_remove(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_start_anywhere),
		cmocka_unit_test(test_reader),
		cmocka_unit_test(test_one_writer),
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_damaged_frame),
		cmocka_unit_test(test_damaged_marker),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_signed_lies),
		cmocka_unit_test(test_kill),
		cmocka_unit_test(test_not_torn),
		cmocka_unit_test(test_trailing_bytes),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_seek_table),
		cmocka_unit_test(test_head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
