/*
 * FORMAT.md is true: a volume made by hand from what it says is read by the
 * library, and one that the library made is taken apart by hand.  Nothing of
 * src/store is used to make or to take apart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <sys/stat.h>

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>
#include <zstd.h>

#include "store/volume.h"

enum { FILE_MAX = 1 << 16 };

/* Bytes being made, or read. */
struct bytes {
	uint8_t p[FILE_MAX];
	size_t n;
};

static void
put(struct bytes *b, const void *p, size_t n)
{
	assert_true(n <= FILE_MAX - b->n);
	if (n > 0)
		memcpy(b->p + b->n, p, n);
	b->n += n;
}

static void
put_number(struct bytes *b, uint64_t value, size_t width)
{
	for (size_t i = 0; i < width; i++) {
		uint8_t byte = (uint8_t)(value >> 8 * i & 0xff);

		put(b, &byte, 1);
	}
}

static void
put_u32(struct bytes *b, uint32_t value)
{
	put_number(b, value, 4);
}

static void
put_u64(struct bytes *b, uint64_t value)
{
	put_number(b, value, 8);
}

static uint64_t
number_at(const uint8_t *p, size_t width)
{
	uint64_t value = 0;

	while (width-- > 0)
		value = value << 8 | p[width];
	return value;
}

static uint32_t
u32_at(const uint8_t *p)
{
	return (uint32_t)number_at(p, 4);
}

static uint64_t
u64_at(const uint8_t *p)
{
	return number_at(p, 8);
}

static void
sha256(uint8_t out[32], const void *p, size_t n)
{
	assert_int_equal(EVP_Digest(p, n, out, NULL, EVP_sha256(), NULL), 1);
}

/* FORMAT.md, "Member header". */
static void
put_member_bytes(struct bytes *b, const char *name, const void *data,
    size_t bytes)
{
	static const uint8_t zeros[512];
	char header[512] = { 0 }, octal[12];
	unsigned sum = 0;

	(void)snprintf(header, 100, "%s", name);
	memcpy(header + 100, "0000644", 8);
	memcpy(header + 108, "0000000", 8);
	memcpy(header + 116, "0000000", 8);
	(void)snprintf(octal, 12, "%011o", (unsigned)bytes);
	memcpy(header + 124, octal, 12);
	memcpy(header + 136, "00000000000", 12);
	memset(header + 148, ' ', 8);
	header[156] = '0';
	memcpy(header + 257, "ustar\00000", 8);
	memcpy(header + 329, "0000000", 8);
	memcpy(header + 337, "0000000", 8);
	for (size_t i = 0; i < 512; i++)
		sum += (uint8_t)header[i];
	(void)snprintf(octal, 12, "%06o", sum);
	memcpy(header + 148, octal, 7);
	put(b, header, 512);
	put(b, data, bytes);
	put(b, zeros, (512 - bytes % 512) % 512);
}

static void
put_member(struct bytes *b, const char *name, const char *data)
{
	put_member_bytes(b, name, data, strlen(data));
}

/* "Frame": appended to the volume; gives its packed size. */
static uint32_t
put_frame(struct bytes *volume, const struct bytes *plain)
{
	ZSTD_CCtx *packer = ZSTD_createCCtx();
	uint8_t packed[FILE_MAX];
	size_t n;

	assert_false(ZSTD_isError(ZSTD_CCtx_setParameter(packer,
	    ZSTD_c_checksumFlag, 1)));
	n = ZSTD_compress2(packer, packed, sizeof packed, plain->p, plain->n);
	assert_false(ZSTD_isError(n));
	put(volume, packed, n);
	(void)ZSTD_freeCCtx(packer);
	return (uint32_t)n;
}

/*
 * The archive made by hand.  Volume 1: a batch of two frames and two items,
 * then the seal.  Volume 7: a batch of one frame, open.
 */

static const char body_a[] = "The ferry to Lisse sails again on Monday.\n";
static const char body_b[] = "A heron was seen on the roof of the mill.\n";

struct made {
	uint32_t packed[8];      /* all frames, skippable ones too */
	uint32_t plain[8];
	size_t n;
};

static void
note(struct made *made, size_t packed, size_t plain)
{
	made->packed[made->n] = (uint32_t)packed;
	made->plain[made->n++] = (uint32_t)plain;
}

struct batch {
	uint64_t run;            /* 0: 42 */
	uint32_t volume;
	uint64_t sequence;
	uint64_t first_frame;
	size_t start;
	uint32_t flags;
	uint32_t frames;
	const uint32_t *packed;  /* of its frames */
	const uint32_t *plain;
	uint32_t items;
	const uint8_t *item;     /* as in the table */
};

/* "Batch and commit marker"; chain goes in as previous, out as its own. */
static void
put_marker(struct bytes *v, const struct batch *batch, uint8_t chain[32])
{
	size_t at = v->n;
	uint32_t size = 68 + 8 * batch->frames + 48 * batch->items + 100;
	uint8_t sum[32];

	sha256(sum, v->p + batch->start, at - batch->start);
	put_u32(v, 0x184D2A50);
	put_u32(v, size);
	put(v, "PMCOMMIT", 8);
	put_u32(v, 1);
	put_u32(v, batch->volume);
	put_u64(v, batch->run == 0 ? 42 : batch->run);
	put_u64(v, batch->sequence);
	put_u64(v, batch->start);
	put_u64(v, at - batch->start);
	put_u64(v, batch->first_frame);
	put_u32(v, batch->flags);
	put_u32(v, batch->frames);
	put_u32(v, batch->items);
	for (uint32_t i = 0; i < batch->frames; i++) {
		put_u32(v, batch->packed[i]);
		put_u32(v, batch->plain[i]);
	}
	put(v, batch->item, 48 * (size_t)batch->items);
	put(v, chain, 32);
	put(v, sum, 32);
	put_u32(v, size);
	sha256(chain, v->p + at, v->n - at);
	put(v, chain, 32);
	assert_int_equal(v->n - at, 8 + size);
}

static void
put_item(struct bytes *items, const char *body, uint32_t frame)
{
	uint8_t sum[32];

	sha256(sum, body, strlen(body));
	put(items, sum, 32);
	put_u32(items, frame);
	put_u32(items, 512);
	put_u64(items, strlen(body));
}

static void
make_first_frame(struct bytes *volume, struct made *made, const char *name,
    const char *line)
{
	struct bytes plain = { .n = 0 };
	uint32_t packed;

	put_member(&plain, name, line);
	packed = put_frame(volume, &plain);
	note(made, packed, plain.n);
}

static void
make_first_batch(struct bytes *v, struct made *made, struct bytes *items,
    uint8_t chain[32])
{
	struct bytes plain = { .n = 0 };
	struct batch batch = { .volume = 1, .sequence = 1, .first_frame = 1,
	    .packed = made->packed, .plain = made->plain };
	size_t at;
	uint32_t packed;

	make_first_frame(v, made, "volume-000001.json",
	    "{\"format\":1,\"volume\":1,\"program\":\"by hand\"}\n");
	put_member(&plain, "a/000001.txt", body_a);
	packed = put_frame(v, &plain);
	note(made, packed, plain.n);
	plain.n = 0;
	put_member(&plain, "a/000002.txt", body_b);
	packed = put_frame(v, &plain);
	note(made, packed, plain.n);
	put_item(items, body_a, 1);
	put_item(items, body_b, 2);
	batch.frames = 3;
	batch.items = 2;
	batch.item = items->p;
	at = v->n;
	put_marker(v, &batch, chain);
	note(made, v->n - at, 0);
}

/* "Item index". */
static void
put_index(struct bytes *v, const struct bytes *items)
{
	uint32_t n = (uint32_t)(items->n / 48);
	uint32_t order[2] = { 0, 1 };

	assert_int_equal(n, 2);
	if (memcmp(items->p, items->p + 48, 32) > 0) {
		order[0] = 1;
		order[1] = 0;
	}
	put_u32(v, 0x184D2A51);
	put_u32(v, 24 + 56 * n);
	put(v, "PMINDEX1", 8);
	put_u32(v, 1);
	put_u32(v, 0);
	put_u64(v, n);
	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *item = items->p + 48 * (size_t)order[i];

		put(v, item, 32);
		put_u64(v, 1 + u32_at(item + 32));
		put_u32(v, u32_at(item + 36));
		put_u32(v, 0);
		put_u64(v, u64_at(item + 40));
	}
}

/* "Sealed volume". */
static void
make_seal(struct bytes *v, struct made *made, const struct bytes *items,
    uint8_t chain[32])
{
	struct bytes zeros = { .n = 1024 };
	struct batch batch = { .volume = 1, .sequence = 2, .first_frame = 4,
	    .start = v->n, .flags = 1, .frames = 1 };
	uint32_t packed = put_frame(v, &zeros);
	size_t at = v->n;

	note(made, packed, 1024);
	put_index(v, items);
	note(made, v->n - at, 0);
	batch.packed = &made->packed[made->n - 2];
	batch.plain = &made->plain[made->n - 2];
	at = v->n;
	put_marker(v, &batch, chain);
	note(made, v->n - at, 0);
	put_u32(v, 0x184D2A5E);
	put_u32(v, (uint32_t)(8 * made->n + 9));
	for (size_t i = 0; i < made->n; i++) {
		put_u32(v, made->packed[i]);
		put_u32(v, made->plain[i]);
	}
	put_u32(v, (uint32_t)made->n);
	put(v, "", 1);
	put_u32(v, 0x8F92EAB1);
}

static void
hex(char out[65], const uint8_t p[32])
{
	for (size_t i = 0; i < 32; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", p[i]);
}

static void
make_head(struct bytes *out, uint32_t volume, size_t length,
    uint64_t sequence, uint64_t next_frame, const uint8_t chain[32])
{
	char text[600], digits[65];
	uint8_t sum[32];

	hex(digits, chain);
	(void)snprintf(text, sizeof text, "pressmark 1\nvolume %u\n"
	    "length %zu\nsequence %u\nnext-frame %u\nsealed 0\nchain %s\n",
	    (unsigned)volume, length, (unsigned)sequence,
	    (unsigned)next_frame, digits);
	sha256(sum, text, strlen(text));
	hex(digits, sum);
	put(out, text, strlen(text));
	put(out, "sha256 ", 7);
	put(out, digits, 64);
	put(out, "\n", 1);
}

/*
 * Files.
 */

static char archive[] = "/tmp/pm-format-XXXXXX";

static void
path_of(char out[100], const char *name)
{
	(void)snprintf(out, 100, "%s/%s", archive, name);
}

static void
save(const char *name, const struct bytes *b)
{
	char path[100];
	FILE *file;

	path_of(path, name);
	assert_non_null(file = fopen(path, "wb"));
	assert_int_equal(fwrite(b->p, 1, b->n, file), b->n);
	assert_int_equal(fclose(file), 0);
}

static void
load(const char *name, struct bytes *b)
{
	char path[100];
	FILE *file;

	path_of(path, name);
	assert_non_null(file = fopen(path, "rb"));
	b->n = fread(b->p, 1, FILE_MAX, file);
	assert_true(b->n < FILE_MAX);
	assert_int_equal(fclose(file), 0);
}

static int
set_up(void **state)
{
	char path[100];

	(void)state;
	memcpy(archive + sizeof archive - 7, "XXXXXX", 6);
	assert_non_null(mkdtemp(archive));
	path_of(path, "volumes");
	assert_int_equal(mkdir(path, 0777), 0);
	return 0;
}

static void
remove_tree(const char *path)
{
	struct dirent *entry;
	char inside[600];
	DIR *directory = opendir(path);

	if (directory == NULL) {
		(void)unlink(path);
		return;
	}
	while ((entry = readdir(directory)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		(void)snprintf(inside, sizeof inside, "%.250s/%.255s", path,
		    entry->d_name);
		remove_tree(inside);
	}
	(void)closedir(directory);
	assert_int_equal(rmdir(path), 0);
}

static int
tear_down(void **state)
{
	(void)state;
	remove_tree(archive);
	return 0;
}

/* A body is where its item says. */
static void
check_item(struct pm_volume_walk *walk, const struct pm_item *item,
    const char *body)
{
	struct pm_buf packed;
	struct pm_err err;
	uint8_t sum[32], plain[4096];
	size_t n;

	pm_buf_init(&packed);
	assert_int_equal(pm_volume_walk_packed(walk, item->frame, &packed,
	    &err), PM_OK);
	n = ZSTD_decompress(plain, sizeof plain, packed.p, packed.n);
	pm_buf_clear(&packed);
	assert_false(ZSTD_isError(n));
	assert_int_equal(item->bytes, strlen(body));
	assert_true(item->offset + item->bytes <= n);
	assert_memory_equal(plain + item->offset, body, strlen(body));
	sha256(sum, body, strlen(body));
	assert_memory_equal(item->sha256, sum, 32);
}

static void
walk_made(size_t end, const uint8_t chain[32])
{
	struct pm_walk_options options = { .level = PM_WALK_FULL };
	struct pm_volume_walk *walk = NULL;
	const struct pm_batch *batch;
	struct pm_err err;
	int rc;

	assert_int_equal(pm_volume_walk_open(&walk, archive, &options, &err),
	    PM_OK);
	assert_int_equal(pm_volume_walk_next(walk, &batch, &err), PM_OK);
	assert_int_equal(batch->run, 42);
	assert_int_equal(batch->frame_n, 3);
	assert_int_equal(batch->item_n, 2);
	check_item(walk, &batch->item[0], body_a);
	check_item(walk, &batch->item[1], body_b);
	assert_int_equal(pm_volume_walk_next(walk, &batch, &err), PM_OK);
	assert_int_equal(batch->frame_n, 1);
	assert_int_equal(batch->item_n, 0);
	rc = pm_volume_walk_next(walk, &batch, &err);
	if (rc != PM_OK)
		fail_msg("%s", err.text);
	assert_int_equal(batch->volume, 7);
	assert_int_equal(batch->sequence, 3);
	assert_int_equal(batch->first_frame, 5);
	assert_int_equal(batch->end, end);
	assert_memory_equal(batch->chain, chain, 32);
	rc = pm_volume_walk_next(walk, &batch, &err);
	if (rc != PM_END)
		fail_msg("%s", err.text);
	pm_volume_walk_close(walk);
}

static void
test_made_by_hand(void **state)
{
	static struct bytes volume, second, items, head;
	struct made made = { .n = 0 }, made7 = { .n = 0 };
	struct batch batch = { .volume = 7, .sequence = 3, .first_frame = 5,
	    .frames = 1, .packed = made7.packed, .plain = made7.plain };
	struct pm_volume_writer *writer = NULL;
	uint8_t chain[32] = { 0 };
	struct pm_err err;

	(void)state;
	make_first_batch(&volume, &made, &items, chain);
	make_seal(&volume, &made, &items, chain);
	make_first_frame(&second, &made7, "volume-000007.json",
	    "{\"format\":1,\"volume\":7,\"program\":\"by hand\"}\n");
	put_marker(&second, &batch, chain);
	make_head(&head, 7, second.n, 3, 6, chain);
	save("volumes/000001.tar.zst", &volume);
	save("volumes/000007.tar.zst", &second);
	save("HEAD", &head);
	walk_made(second.n, chain);
	/* A writer finds nothing to mend. */
	assert_int_equal(pm_volume_writer_open(&writer, archive, &err),
	    PM_OK);
	assert_int_equal(pm_volume_writer_bytes(writer), second.n);
	assert_int_equal(pm_volume_writer_head(writer)->next_frame, 6);
	pm_volume_writer_close(writer);
	walk_made(second.n, chain);
}

/*
 * An archive with articles, captures and recipes, made by hand: frame 1 names
 * the volume, 2 has the texts, 3 a piece, 4 the metadata of the first batch,
 * 5 that of the second.
 */

static const char title[] = "Ferry sails again";
static const char snippet[] = "The ferry to Lisse sails again on...";
static const char picture[] = "\211PNG, or near enough";

static const char lines_4[] =
    "{\"run\":1,\"started\":\"2025-02-13T09:00:00Z\",\"version\":\"by hand\","
    "\"normalizer\":1,\"unicode\":\"15.0\",\"page_rules\":1,"
    "\"inputs\":\"crawl\",\"policy\":\"near=0.8000 near_long=0.5000"
    " contains=0.9000 bands=32x4\"}\n"
    "{\"article\":1,\"bytes\":42}\n"
    "{\"capture\":1,\"path\":\"one.txt\",\"crawled\":\"2025-02-12T08:00:00Z\","
    "\"bytes\":47,\"input\":\"crawl\",\"shows\":1}\n"
    "{\"article\":2,\"bytes\":42}\n"
    "{\"teaser\":1,\"title\":\"Ferry sails again\",\"snippet\":"
    "\"The ferry to Lisse sails again on...\"}\n"
    "{\"capture\":2,\"path\":\"d/two.txt\",\"crawled\":"
    "\"2025-02-12T08:00:00Z\",\"mode\":384,\"bytes\":122,\"input\":\"crawl\","
    "\"shows\":2,\"some later key\":[1],\"teasers\":[[1,[\"Travel\"],"
    "\"2 days ago\",\"2025-02-10T00:00:00Z\",\"day\"]]}\n"
    "{\"capture\":3,\"path_hex\":\"61ff2e706e67\",\"crawled\":"
    "\"2025-02-12T08:00:00Z\",\"bytes\":20,\"input\":\"crawl\","
    "\"kind\":\"opaque\",\"reason\":\"by hand\"}\n"
    "{\"link\":1,\"to\":2,\"evidence\":\"prefix\",\"score\":1.0}\n";

static const char lines_5[] =
    "{\"capture\":4,\"path\":\"again.txt\",\"crawled\":"
    "\"2025-02-12T13:00:00+05:00\",\"mtime_ns\":1000000007,\"bytes\":47,"
    "\"input\":\"crawl\",\"like\":1,\"shows\":1}\n"
    "{\"capture\":5,\"path\":\"list.txt\",\"crawled\":"
    "\"2025-02-12T08:00:00Z\",\"bytes\":55,\"input\":\"crawl\","
    "\"kind\":\"list\",\"teasers\":[[1,[]]]}\n"
    "{\"link\":1,\"to\":1,\"evidence\":\"prefix\",\"score\":1.0,"
    "\"ambiguous\":true,\"serves\":[2]}\n"
    "{\"run_end\":1,\"finished\":\"2025-02-13T09:00:01Z\",\"known\":0}\n";

/* The captures as they must come back. */
static void
make_captures(struct bytes capture[4])
{
	for (size_t i = 0; i < 4; i++)
		capture[i].n = 0;
	put(&capture[0], "\n", 1);
	put(&capture[0], body_a, strlen(body_a));
	put(&capture[0], "end\n", 4);
	put(&capture[1], body_b, strlen(body_b));
	put(&capture[1], "More\n", 5);
	put(&capture[1], title, strlen(title));
	put(&capture[1], "\n\n", 2);
	put(&capture[1], snippet, strlen(snippet));
	put(&capture[1], "\n- 2 days ago\nTravel", 20);
	put(&capture[2], picture, 20);
	put(&capture[3], title, strlen(title));
	put(&capture[3], "\t", 1);
	put(&capture[3], snippet, strlen(snippet));
	put(&capture[3], "\n", 1);
}

/* "Recipes". */
static void
put_varint(struct bytes *b, uint64_t value)
{
	for (; value > 0x7f; value >>= 7)
		put_number(b, (value & 0x7f) | 0x80, 1);
	put_number(b, value, 1);
}

static void
put_literal(struct bytes *b, const char *text)
{
	put_number(b, 1, 1);
	put_varint(b, strlen(text));
	put(b, text, strlen(text));
}

static void
put_copy(struct bytes *b, uint64_t back, uint64_t at, uint64_t n)
{
	put_number(b, 2, 1);
	put_varint(b, back);
	put_varint(b, at);
	put_varint(b, n);
}

static void
put_teaser(struct bytes *b, uint64_t back, const char *between)
{
	put_number(b, 3, 1);
	put_varint(b, back);
	put_varint(b, 0);
	put_varint(b, strlen(between));
	put(b, between, strlen(between));
}

static void
put_recipe(struct bytes *data, struct bytes *steps)
{
	put_varint(data, steps->n);
	put(data, steps->p, steps->n);
	steps->n = 0;
}

static void
put_norm(struct bytes *data, const char *folded)
{
	put_u64(data, XXH3_128bits(folded, strlen(folded)).low64);
}

static void
put_digest(struct bytes *data, const struct bytes *capture)
{
	uint8_t sum[32];

	sha256(sum, capture->p, capture->n);
	put(data, sum, 32);
}

/* "Data member" of frame 4. */
static void
make_data_4(struct bytes *data, const struct bytes capture[4])
{
	static struct bytes steps;

	put_norm(data, "the ferry to lisse sails again on monday");
	put_norm(data, "a heron was seen on the roof of the mill");
	for (size_t i = 0; i < 3; i++)
		put_digest(data, &capture[i]);
	put_literal(&steps, "\n");
	put_copy(&steps, 2, 512, 42);
	put_literal(&steps, "end\n");
	put_recipe(data, &steps);
	put_copy(&steps, 2, 512 + 512 + 512, 42);
	put_literal(&steps, "More\n");
	put_teaser(&steps, 0, "\n\n");
	put_literal(&steps, "\n- 2 days ago\nTravel");
	put_recipe(data, &steps);
	put_copy(&steps, 1, 512, 20);
	put_recipe(data, &steps);
}

static void
make_data_5(struct bytes *data, const struct bytes capture[4])
{
	static struct bytes steps;

	put_digest(data, &capture[3]);
	put_teaser(&steps, 1, "\t");
	put_literal(&steps, "\n");
	put_recipe(data, &steps);
}

static void
put_noted_frame(struct bytes *volume, struct made *made,
    const struct bytes *plain)
{
	uint32_t packed = put_frame(volume, plain);

	note(made, packed, plain->n);
}

/* An item of a text that is not the first in its frame. */
static void
put_second_item(struct bytes *items, const char *body, uint32_t frame)
{
	size_t at = items->n;
	struct bytes offset = { .n = 0 };

	put_item(items, body, frame);
	put_u32(&offset, 512 + 512 + 512);
	memcpy(items->p + at + 36, offset.p, 4);
}

static void
make_log(struct bytes *v, const struct bytes capture[4])
{
	static struct bytes plain, data, items, head;
	struct made made = { .n = 0 };
	struct batch batch = { .run = 1, .volume = 1, .sequence = 1,
	    .first_frame = 1, .frames = 4, .packed = made.packed,
	    .plain = made.plain, .items = 2, .item = items.p };
	uint8_t chain[32] = { 0 };

	make_first_frame(v, &made, "volume-000001.json",
	    "{\"format\":1,\"volume\":1,\"program\":\"by hand\"}\n");
	put_member(&plain, "text/00000001.txt", body_a);
	put_member(&plain, "text/00000002.txt", body_b);
	put_noted_frame(v, &made, &plain);
	plain.n = 0;
	put_member_bytes(&plain, "data/00000003.bin", picture, 20);
	put_noted_frame(v, &made, &plain);
	plain.n = 0;
	make_data_4(&data, capture);
	put_member(&plain, "meta/00000004.jsonl", lines_4);
	put_member_bytes(&plain, "data/00000004.bin", data.p, data.n);
	put_noted_frame(v, &made, &plain);
	put_item(&items, body_a, 1);
	put_second_item(&items, body_b, 1);
	put_marker(v, &batch, chain);
	plain.n = data.n = 0;
	batch = (struct batch){ .run = 1, .volume = 1, .sequence = 2,
	    .first_frame = 5, .start = v->n, .frames = 1,
	    .packed = made.packed + 4, .plain = made.plain + 4,
	    .item = items.p };
	make_data_5(&data, capture);
	put_member(&plain, "meta/00000005.jsonl", lines_5);
	put_member_bytes(&plain, "data/00000005.bin", data.p, data.n);
	put_noted_frame(v, &made, &plain);
	put_marker(v, &batch, chain);
	make_head(&head, 1, v->n, 2, 6, chain);
	save("volumes/000001.tar.zst", v);
	save("HEAD", &head);
}

/* Both have what the teaser says; ls gives them by id. */
static int
check_article(void *context, const struct pm_article *article)
{
	unsigned *seen = context;
	const char *body = *seen == 0 ? body_b : body_a;
	char digits[65];
	uint8_t sum[32];

	assert_in_range(*seen, 0, 1);
	sha256(sum, body, strlen(body));
	hex(digits, sum);
	digits[16] = '\0';
	assert_string_equal(article->id, digits);
	assert_int_equal(article->bytes, 42);
	assert_string_equal(article->source, "crawl");
	assert_string_equal(article->title, title);
	assert_string_equal(article->published, "2025-02-10T00:00:00Z");
	assert_string_equal(article->published_precision, "day");
	assert_string_equal(article->published_source, "teaser");
	assert_int_equal(article->tag_n, 1);
	assert_string_equal(article->tag[0], "Travel");
	assert_int_equal(article->sightings, 2);
	assert_int_equal(article->copies, *seen == 0 ? 1 : 2);
	++*seen;
	return 0;
}

static int
no_problem(void *context, const struct pm_problem *problem)
{
	(void)context;
	fail_msg("%s: %s", problem->file, problem->text);
	return 0;
}

static void
check_restored(const char *name, const struct bytes *capture, mode_t mode,
    time_t seconds, long nanoseconds)
{
	static struct bytes file;
	char inside[60], path[100];
	struct stat status;

	(void)snprintf(inside, sizeof inside, "back/%s", name);
	load(inside, &file);
	assert_int_equal(file.n, capture->n);
	assert_memory_equal(file.p, capture->p, file.n);
	path_of(path, inside);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, mode);
	assert_int_equal(status.st_mtim.tv_sec, seconds);
	assert_int_equal(status.st_mtim.tv_nsec, nanoseconds);
}

static void
restore_made(const struct bytes capture[4])
{
	const time_t crawled = 1739347200;      /* 2025-02-12T08:00:00Z */
	struct pm_restore_options options = { .directory = NULL };
	struct pm_archive *made = NULL;
	uint64_t captures = 0, failed = 0;
	unsigned seen = 0;
	struct pm_err err;
	char path[100];

	path_of(path, "back");
	options.directory = path;
	assert_int_equal(pm_archive_open(&made, archive, &err), PM_OK);
	assert_int_equal(pm_list_articles(made, &(struct pm_select){ 0 },
	    check_article, &seen, &err), PM_OK);
	assert_int_equal(seen, 2);
	if (pm_restore(&captures, &failed, made, &options, &err) != PM_OK)
		fail_msg("%s", err.text);
	pm_archive_close(made);
	assert_int_equal(captures, 5);
	assert_int_equal(failed, 0);
	check_restored("one.txt", &capture[0], 0644, crawled, 0);
	check_restored("d/two.txt", &capture[1], 0600, crawled, 0);
	check_restored("a\xff.png", &capture[2], 0644, crawled, 0);
	check_restored("again.txt", &capture[0], 0644, 1, 7);
	check_restored("list.txt", &capture[3], 0644, crawled, 0);
	remove_tree(path);
}

static void
test_log_made_by_hand(void **state)
{
	static struct bytes volume, capture[4];
	struct pm_verify_options deep = { .level = PM_VERIFY_DEEP,
	    .problem = no_problem };
	struct pm_verified verified;
	struct pm_counts counts;
	struct pm_err err;

	(void)state;
	make_captures(capture);
	make_log(&volume, capture);
	if (pm_reindex(&counts, archive, NULL, &err) != PM_OK)
		fail_msg("%s", err.text);
	assert_int_equal(counts.captures, 5);
	assert_int_equal(counts.opaque, 1);
	assert_int_equal(counts.articles, 2);
	assert_int_equal(counts.teasers, 1);
	assert_int_equal(counts.teaser_sightings, 2);
	assert_int_equal(counts.links, 1);
	restore_made(capture);
	if (pm_verify(&verified, archive, &deep, &err) != PM_OK)
		fail_msg("%s", err.text);
	assert_int_equal(verified.problems, 0);
	assert_int_equal(verified.captures, 5);
}

/*
 * Taking apart what the library made.
 */

static void
write_with_library(void)
{
	struct pm_volume_writer *writer = NULL;
	static struct bytes plain, packed;
	struct pm_item item = { .frame = 0, .offset = 512,
	    .bytes = sizeof body_a - 1 };
	const struct pm_batch *batch;
	struct pm_err err;
	uint64_t next;

	assert_int_equal(pm_volume_writer_open(&writer, archive, &err),
	    PM_OK);
	assert_int_equal(pm_volume_writer_begin(writer, 5, &next, &err),
	    PM_OK);
	assert_int_equal(next, 2);
	plain.n = packed.n = 0;
	put_member(&plain, "a/000001.txt", body_a);
	(void)put_frame(&packed, &plain);
	sha256(item.sha256, body_a, strlen(body_a));
	assert_int_equal(pm_volume_writer_frame(writer, (struct pm_bytes){
	    packed.p, packed.n }, (uint32_t)plain.n, &err), PM_OK);
	assert_int_equal(pm_volume_writer_commit(writer, &item, 1, &batch,
	    &err), PM_OK);
	assert_int_equal(pm_volume_writer_seal(writer, &err), PM_OK);
	pm_volume_writer_close(writer);
}

/* The frame at `at`: its size, and its plain bytes if it is a zstd frame. */
static size_t
take_frame(const struct bytes *v, size_t at, struct bytes *plain)
{
	size_t n = ZSTD_findFrameCompressedSize(v->p + at, v->n - at);

	assert_false(ZSTD_isError(n));
	plain->n = 0;
	if (u32_at(v->p + at) == 0xFD2FB528) {
		plain->n = ZSTD_decompress(plain->p, FILE_MAX, v->p + at, n);
		assert_false(ZSTD_isError(plain->n));
	}
	return n;
}

/* Checks a marker whole against FORMAT.md's table; updates chain. */
static size_t
take_marker(const struct bytes *v, size_t at, const struct batch *expected,
    uint64_t run, uint8_t chain[32])
{
	const uint8_t *p = v->p + at + 8;
	size_t tail = 68 + 8 * (size_t)expected->frames +
	    48 * (size_t)expected->items;
	uint8_t sum[32];

	assert_int_equal(u32_at(p - 8), 0x184D2A50);
	assert_int_equal(u32_at(p - 4), tail + 100);
	assert_memory_equal(p, "PMCOMMIT", 8);
	assert_int_equal(u32_at(p + 8), 1);
	assert_int_equal(u32_at(p + 12), expected->volume);
	assert_int_equal(u64_at(p + 16), run);
	assert_int_equal(u64_at(p + 24), expected->sequence);
	assert_int_equal(u64_at(p + 32), expected->start);
	assert_int_equal(u64_at(p + 40), at - expected->start);
	assert_int_equal(u64_at(p + 48), expected->first_frame);
	assert_int_equal(u32_at(p + 56), expected->flags);
	assert_int_equal(u32_at(p + 60), expected->frames);
	assert_int_equal(u32_at(p + 64), expected->items);
	for (uint32_t i = 0; i < expected->frames; i++) {
		assert_int_equal(u32_at(p + 68 + 8 * i),
		    expected->packed[i]);
		assert_int_equal(u32_at(p + 72 + 8 * i), expected->plain[i]);
	}
	assert_memory_equal(p + tail, chain, 32);
	sha256(sum, v->p + expected->start, at - expected->start);
	assert_memory_equal(p + tail + 32, sum, 32);
	assert_int_equal(u32_at(p + tail + 64), tail + 100);
	sha256(chain, v->p + at, 8 + tail + 68);
	assert_memory_equal(p + tail + 68, chain, 32);
	return 8 + tail + 100;
}

static size_t
take_first_batch(const struct bytes *v, struct made *made, uint8_t chain[32])
{
	static const char line[] = "{\"format\":1,\"volume\":1,";
	static struct bytes plain, expected;
	struct batch batch = { .volume = 1, .sequence = 1, .first_frame = 1,
	    .frames = 2, .packed = made->packed, .plain = made->plain,
	    .items = 1 };
	const uint8_t *item;
	uint8_t sum[32];
	size_t at = take_frame(v, 0, &plain), n;

	note(made, at, plain.n);
	assert_string_equal((char *)plain.p, "volume-000001.json");
	assert_memory_equal(plain.p + 512, line, sizeof line - 1);
	/* As our own header would be, but for the member's contents. */
	expected.n = 0;
	put_member(&expected, "volume-000001.json", (char *)plain.p + 512);
	assert_int_equal(plain.n, expected.n);
	assert_memory_equal(plain.p, expected.p, plain.n);
	n = take_frame(v, at, &plain);
	note(made, n, plain.n);
	at += n;
	item = v->p + at + 8 + 68 + 16;
	sha256(sum, body_a, strlen(body_a));
	assert_memory_equal(item, sum, 32);
	assert_int_equal(u32_at(item + 32), 1);
	assert_int_equal(u32_at(item + 36), 512);
	assert_int_equal(u64_at(item + 40), strlen(body_a));
	n = take_marker(v, at, &batch, 5, chain);
	note(made, n, 0);
	return at + n;
}

static void
take_seal(const struct bytes *v, size_t at, struct made *made,
    uint8_t chain[32])
{
	static struct bytes plain;
	struct batch batch = { .volume = 1, .sequence = 2, .first_frame = 3,
	    .start = at, .flags = 1, .frames = 1,
	    .packed = &made->packed[3], .plain = &made->plain[3] };
	size_t n = take_frame(v, at, &plain);
	const uint8_t *index;
	uint8_t sum[32];

	note(made, n, plain.n);
	assert_int_equal(plain.n, 1024);
	for (size_t i = 0; i < plain.n; i++)
		assert_int_equal(plain.p[i], 0);
	at += n;
	index = v->p + at;
	assert_int_equal(u32_at(index), 0x184D2A51);
	assert_int_equal(u32_at(index + 4), 24 + 56);
	assert_memory_equal(index + 8, "PMINDEX1", 8);
	assert_int_equal(u32_at(index + 16), 1);
	assert_int_equal(u32_at(index + 20), 0);
	assert_int_equal(u64_at(index + 24), 1);
	sha256(sum, body_a, strlen(body_a));
	assert_memory_equal(index + 32, sum, 32);
	assert_int_equal(u64_at(index + 64), 2);
	assert_int_equal(u32_at(index + 72), 512);
	assert_int_equal(u32_at(index + 76), 0);
	assert_int_equal(u64_at(index + 80), strlen(body_a));
	note(made, 88, 0);
	at += 88;
	n = take_marker(v, at, &batch, 5, chain);
	note(made, n, 0);
	at += n;
	assert_int_equal(u32_at(v->p + at), 0x184D2A5E);
	assert_int_equal(u32_at(v->p + at + 4), 8 * made->n + 9);
	for (size_t i = 0; i < made->n; i++) {
		assert_int_equal(u32_at(v->p + at + 8 + 8 * i),
		    made->packed[i]);
		assert_int_equal(u32_at(v->p + at + 12 + 8 * i),
		    made->plain[i]);
	}
	at += 8 + 8 * made->n;
	assert_int_equal(u32_at(v->p + at), made->n);
	assert_int_equal(v->p[at + 4], 0);
	assert_int_equal(u32_at(v->p + at + 5), 0x8F92EAB1);
	assert_int_equal(at + 9, v->n);
}

static void
test_made_by_library(void **state)
{
	static struct bytes volume, head, expected;
	struct made made = { .n = 0 };
	uint8_t chain[32] = { 0 };
	char *sealed;
	size_t at;

	(void)state;
	write_with_library();
	load("volumes/000001.tar.zst", &volume);
	load("HEAD", &head);
	at = take_first_batch(&volume, &made, chain);
	take_seal(&volume, at, &made, chain);
	make_head(&expected, 1, volume.n, 2, 4, chain);
	/* make_head says "sealed 0": all else but the sum is the same */
	expected.p[expected.n] = '\0';
	assert_non_null(sealed = strstr((char *)expected.p, "sealed 0"));
	sealed[7] = '1';
	assert_int_equal(head.n, expected.n);
	assert_memory_equal(head.p, expected.p, head.n - 65);
	{
		uint8_t sum[32];
		char digits[65];

		sha256(sum, head.p, head.n - 72);
		hex(digits, sum);
		assert_memory_equal(head.p + head.n - 65, digits, 64);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_made_by_hand, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(test_log_made_by_hand,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_made_by_library, set_up,
		    tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
