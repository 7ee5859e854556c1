/*
 * runs_write.c - a run file from entries in order.
 *
 * The index stands before the blocks, in room kept for it, so that both are
 * written as they grow and neither is held in memory.  The header comes
 * last: a file without it is no run.
 */
#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "base/fs.h"
#include "dup/digest.h"
#include "dup/runs_internal.h"

enum { FLUSH_BYTES = 256 << 10 };

/* A stretch of the file that grows through a buffer. */
struct stretch {
	struct pm_buf buf;
	uint64_t at;           /* where buf will stand */
};

struct writer {
	const char *path;
	int fd;
	struct stretch index, blocks;
	uint64_t entries, block_count, blocks_at;
	uint64_t key[PM_RUN_BLOCK];
	uint32_t number[PM_RUN_BLOCK];
	uint32_t n;            /* of key and number */
};

static int
flush(struct writer *writer, struct stretch *stretch, struct pm_err *err)
{
	int rc = pm_fs_write_at(writer->fd, stretch->buf.p, stretch->buf.n,
	    stretch->at, writer->path, err);

	if (rc == PM_OK) {
		stretch->at += stretch->buf.n;
		pm_buf_reset(&stretch->buf);
	}
	return rc;
}

static int
append(struct writer *writer, struct stretch *stretch, const void *p,
    size_t n, struct pm_err *err)
{
	int rc = pm_buf_append(&stretch->buf, p, n, err);

	if (rc == PM_OK && stretch->buf.n >= FLUSH_BYTES)
		rc = flush(writer, stretch, err);
	return rc;
}

struct bit_writer {
	uint8_t *p;
	size_t n;
	uint64_t held;
	unsigned held_bits;    /* under 8 between calls */
};

/* The low `count` bits of value, at most 56; the rest of it must be 0. */
static void
put_bits(struct bit_writer *out, uint64_t value, unsigned count)
{
	out->held |= value << out->held_bits;
	out->held_bits += count;
	while (out->held_bits >= 8) {
		out->p[out->n++] = (uint8_t)out->held;
		out->held >>= 8;
		out->held_bits -= 8;
	}
}

static void
put_gap(struct bit_writer *out, uint64_t gap, unsigned gap_bits)
{
	uint64_t zeros = gap >> gap_bits;

	for (; zeros >= 32; zeros -= 32)
		put_bits(out, 0, 32);
	put_bits(out, (uint64_t)1 << zeros, (unsigned)zeros + 1);
	put_bits(out, gap & (((uint64_t)1 << gap_bits) - 1), gap_bits);
}

/*
 * Low bits of the Rice code: the greatest power of two that is not over the
 * mean gap.  For random keys that is within 0.05 bits of the best choice,
 * and the upper parts of a block add up to less than two for each gap.
 */
static unsigned
gap_bits_for(uint64_t span, uint32_t gaps)
{
	unsigned bits = 0;

	while (gaps > 0 && span >> (bits + 1) >= gaps)
		bits++;
	return bits;
}

static size_t
encode_block(uint8_t out[PM_RUN_BLOCK_MAX], const struct writer *writer)
{
	struct bit_writer bits = { .p = out, .n = PM_RUN_BLOCK_HEADER };
	uint32_t low = UINT32_MAX, high = 0, n = writer->n;
	unsigned gap_bits, number_bits = 0;

	gap_bits = gap_bits_for(writer->key[n - 1] - writer->key[0], n - 1);
	for (uint32_t i = 0; i < n; i++) {
		low = writer->number[i] < low ? writer->number[i] : low;
		high = writer->number[i] > high ? writer->number[i] : high;
	}
	while (number_bits < 32 && (high - low) >> number_bits != 0)
		number_bits++;
	pm_le32_put(out + 8, low);
	out[12] = (uint8_t)gap_bits;
	out[13] = (uint8_t)number_bits;
	for (uint32_t i = 0; i < n; i++)
		put_bits(&bits, writer->number[i] - low, number_bits);
	for (uint32_t i = 1; i < n; i++)
		put_gap(&bits, writer->key[i] - writer->key[i - 1], gap_bits);
	if (bits.held_bits > 0)
		put_bits(&bits, 0, 8 - bits.held_bits);
	assert(bits.n <= PM_RUN_BLOCK_MAX);
	pm_le64_put(out, pm_digest64((struct pm_bytes){ out + 8,
	    bits.n - 8 }));
	return bits.n;
}

static int
end_block(struct writer *writer, struct pm_err *err)
{
	uint8_t block[PM_RUN_BLOCK_MAX], entry[PM_RUN_INDEX_ENTRY];
	size_t n;
	int rc;

	if (writer->n == 0)
		return PM_OK;
	n = encode_block(block, writer);
	pm_le64_put(entry, writer->key[0]);
	pm_le64_put(entry + 8, writer->blocks.at + writer->blocks.buf.n);
	rc = append(writer, &writer->index, entry, sizeof entry, err);
	if (rc == PM_OK)
		rc = append(writer, &writer->blocks, block, n, err);
	writer->entries += writer->n;
	writer->block_count++;
	writer->n = 0;
	return rc;
}

static int
write_entries(struct writer *writer, struct pm_run_merge *merge,
    struct pm_err *err)
{
	static const uint8_t tail[PM_RUN_TAIL];
	int rc;

	while ((rc = pm_run_merge_next(merge, err)) == PM_OK) {
		writer->key[writer->n] = merge->key;
		writer->number[writer->n++] = merge->number;
		if (writer->n == PM_RUN_BLOCK &&
		    (rc = end_block(writer, err)) != PM_OK)
			return rc;
	}
	if (rc != PM_END ||
	    (rc = end_block(writer, err)) != PM_OK ||
	    (rc = append(writer, &writer->blocks, tail, sizeof tail,
	    err)) != PM_OK ||
	    (rc = flush(writer, &writer->blocks, err)) != PM_OK)
		return rc;
	return flush(writer, &writer->index, err);
}

static int
write_header(struct writer *writer, struct pm_err *err)
{
	uint8_t header[PM_RUN_HEADER];
	struct pm_bytes map, index;
	int rc;

	/* The index is read back as it is in the file: its checksum then
	 * needs neither memory nor a running digest. */
	if ((rc = pm_fs_map_open(&map, writer->fd, writer->path, err)) != PM_OK)
		return rc;
	index.n = (size_t)writer->block_count * PM_RUN_INDEX_ENTRY;
	if (map.n < PM_RUN_HEADER + index.n) {
		pm_fs_unmap(map);
		return pm_fail(err, PM_EIO, "%s: shorter than what was written",
		    writer->path);
	}
	index.p = map.p + PM_RUN_HEADER;
	memcpy(header, PM_RUN_MAGIC, 8);
	pm_le32_put(header + 8, PM_RUN_VERSION);
	pm_le32_put(header + 12, PM_RUN_BLOCK);
	pm_le64_put(header + 16, writer->entries);
	pm_le64_put(header + 24, writer->block_count);
	pm_le64_put(header + 32, writer->blocks_at);
	pm_le64_put(header + 40, writer->blocks.at);
	pm_le64_put(header + 48, pm_digest64(index));
	pm_le64_put(header + 56, pm_digest64((struct pm_bytes){ header, 56 }));
	pm_fs_unmap(map);
	return pm_fs_write_at(writer->fd, header, sizeof header, 0,
	    writer->path, err);
}

static int
write_all(int fd, const char *path, struct pm_run_merge *merge,
    uint64_t entries_max, struct pm_err *err)
{
	struct writer writer = { .path = path, .fd = fd };
	int rc;

	if (entries_max >> PM_RUN_KEY_BITS != 0)
		return pm_fail(err, PM_ELIMIT, "%s: too many entries", path);
	writer.index.at = PM_RUN_HEADER;
	writer.blocks_at = PM_RUN_HEADER + PM_RUN_INDEX_ENTRY *
	    ((entries_max + PM_RUN_BLOCK - 1) / PM_RUN_BLOCK);
	writer.blocks.at = writer.blocks_at;
	if ((rc = write_entries(&writer, merge, err)) == PM_OK)
		rc = write_header(&writer, err);
	pm_buf_clear(&writer.index.buf);
	pm_buf_clear(&writer.blocks.buf);
	return rc;
}

int
pm_run_write(const char *path, struct pm_run_merge *merge,
    uint64_t entries_max, struct pm_err *err)
{
	struct pm_err ignored;
	int fd, rc;

	if ((rc = pm_fs_create(&fd, path, 0666, err)) != PM_OK)
		return rc;
	if ((rc = write_all(fd, path, merge, entries_max, err)) == PM_OK)
		rc = pm_fs_sync(fd, path, err);
	pm_fs_close(fd);
	if (rc != PM_OK)
		(void)pm_fs_remove(path, &ignored);
	return rc;
}

int
pm_run_write_unnamed(struct pm_run *out, struct pm_run_merge *merge,
    uint64_t entries_max, struct pm_err *err)
{
	const char *path = pm_fs_temp_directory();
	struct pm_bytes map;
	int fd, rc;

	if ((rc = pm_fs_open_temp(&fd, err)) != PM_OK)
		return rc;
	if ((rc = write_all(fd, path, merge, entries_max, err)) == PM_OK &&
	    (rc = pm_fs_map_open(&map, fd, path, err)) == PM_OK)
		rc = pm_run_open_map(out, map, path, err);
	pm_fs_close(fd);
	return rc;
}
