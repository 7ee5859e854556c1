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

	(void)snprintf(s->archive, sizeof s->archive, "/tmp/pm-volume-XXXXXX");
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
	struct pm_buf plain;

	pm_buf_init(&plain);
	tally->batches++;
	tally->sequence = batch->sequence;
	tally->next_frame = batch->first_frame + batch->frame_n;
	tally->end = (struct pm_walk_start){ batch->sequence, batch->volume,
	    batch->end, tally->next_frame, { 0 } };
	memcpy(tally->end.chain, batch->chain, PM_SHA256_BYTES);
	for (uint32_t i = 0; i < batch->frame_n; i++) {
		struct pm_bytes packed;

		assert_int_equal(pm_volume_walk_packed(walk, i, &packed,
		    &err), PM_OK);
		pm_buf_reset(&plain);
		if (pm_frame_decode(coder, &plain, packed, &err) != PM_OK)
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
