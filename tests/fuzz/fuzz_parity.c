/*
 * A parity file, beside a small volume that is damaged: it is checked, the
 * volume is mended by it, and HEAD taken out of it.
 *
 * If the first byte is odd, the rest gets the sizes and check values that it
 * should have, so that what is behind those is met too; bits of it say which.
 */
#include "records.h"
#include "scratch.h"
#include "store/parity_internal.h"

static const char name[] = "parity/000001-0000.par";
static const char volume_name[] = "volumes/000001.tar.zst";
static const char mended_name[] = "mended";

enum { VOLUME_BYTES = 3000, BYTES_MAX = 1 << 17 };

/* ---- check values ---- */

static void
mend_header(uint8_t *p)
{
	pm_sha256(p + PM_PARITY_HEADER - PM_SHA256_BYTES, (struct pm_bytes){
	    p, PM_PARITY_HEADER - PM_SHA256_BYTES });
}

static void
mend_sizes(uint8_t *p, uint8_t how)
{
	uint64_t bytes = pm_le64_get(p + 24) % BYTES_MAX;
	uint32_t block = 512u << (p[33] % 6);

	memcpy(p, "PMPARITY", 8);
	pm_le32_put(p + 8, PM_PARITY_VERSION);
	pm_le32_put(p + 12, 1);
	pm_le32_put(p + 16, 0);
	pm_le32_put(p + 20, 1 + p[20] % PM_PARITY_MAX);
	pm_le64_put(p + 24, (how & 2) != 0 ? VOLUME_BYTES : bytes);
	pm_le32_put(p + 32, block);
	bytes = pm_le64_get(p + 24);
	pm_le32_put(p + 36, (uint32_t)((bytes + block - 1) / block));
	pm_le32_put(p + 48, p[48] & 1);
	pm_le32_put(p + 52, pm_le32_get(p + 52) % (PM_PARITY_HEAD_MAX + 1));
}

static void
mend_chunk(uint8_t *p, const uint8_t *header, uint32_t i, size_t n)
{
	uint8_t text[PM_SHA256_BYTES + 4 + PM_PARITY_CHUNK * PM_PARITY_ENTRY];
	uint8_t sha256[PM_SHA256_BYTES];

	memcpy(text, header + 56, PM_SHA256_BYTES);
	pm_le32_put(text + PM_SHA256_BYTES, i);
	memcpy(text + PM_SHA256_BYTES + 4, p, n);
	pm_sha256(sha256, (struct pm_bytes){ text, PM_SHA256_BYTES + 4 + n });
	memcpy(p + n, sha256, PM_PARITY_DIGEST);
}

static void
mend_table(uint8_t *p, size_t n)
{
	uint32_t entries = pm_le32_get(p + 36) + pm_le32_get(p + 40) *
	    pm_le32_get(p + 44);
	size_t at = PM_PARITY_HEADER;

	for (uint32_t i = 0; entries > 0 && entries < 1 << 16; i++) {
		uint32_t here = entries < PM_PARITY_CHUNK ? entries :
		    PM_PARITY_CHUNK;

		if (at + here * PM_PARITY_ENTRY + PM_PARITY_DIGEST > n)
			break;
		mend_chunk(p + at, p, i, here * PM_PARITY_ENTRY);
		at += here * PM_PARITY_ENTRY + PM_PARITY_DIGEST;
		entries -= here;
	}
}

static void
mend_file(uint8_t *p, size_t n, uint8_t how)
{
	if (n < PM_PARITY_HEADER)
		return;
	if ((how & 4) == 0)
		mend_sizes(p, how);
	mend_header(p);
	mend_table(p, n);
	if (n >= 2 * PM_PARITY_HEADER)
		mend_header(p + n - PM_PARITY_HEADER);
}

/* ---- one file ---- */

static int
note_fault(void *context, const struct pm_parity_fault *fault)
{
	(void)context;
	must(strcmp(fault->file, name) == 0);
	must(memchr(fault->text, 0, sizeof fault->text) != NULL);
	return 0;
}

static int
note_stretch(void *context, const struct pm_parity_stretch *stretch)
{
	uint64_t *end = context;

	must(stretch->bytes > 0 && stretch->offset >= *end);
	*end = stretch->offset + stretch->bytes;
	return 0;
}

static void
mend_volume(void)
{
	struct pm_parity_mended mended;
	uint64_t end = 0;
	struct pm_parity_mend mend = { 1, note_stretch, &end };
	struct pm_err err;
	char to[128];

	scratch_path(to, mended_name);
	must(pm_parity_mend(&mended, scratch, &mend, to, &err) == PM_OK);
	must(mended.mended + mended.moved + mended.lost + mended.bare <=
	    mended.bytes && end <= mended.bytes);
	must(unlink(to) == 0);
	if (pm_parity_mend_head(scratch, to, &err) == PM_OK)
		must(unlink(to) == 0);
}

static void
put_volume(void)
{
	uint8_t volume[VOLUME_BYTES] = { 0x28, 0xb5, 0x2f, 0xfd };
	uint32_t state = 1;

	/* As that of which the seeds were made, but for a byte. */
	for (size_t i = 4; i < sizeof volume; i++) {
		state = state * 1664525 + 1013904223;
		volume[i] = (uint8_t)(state >> 24);
	}
	volume[1000] ^= 1;
	scratch_put(volume_name, volume, sizeof volume);
}

static void
remove_all(void)
{
	char path[128];

	scratch_path(path, volume_name);
	(void)unlink(path);
	scratch_path(path, mended_name);
	(void)unlink(path);
}

static void
make_scratch(void)
{
	struct pm_head head = { .format = 1, .volume = 1, .sequence = 1,
	    .length = VOLUME_BYTES, .next_frame = 2 };
	struct pm_err err;
	char path[128];

	scratch_make(name);
	scratch_path(path, "volumes");
	must(mkdir(path, 0700) == 0);
	scratch_path(path, "parity");
	must(mkdir(path, 0700) == 0);
	must(pm_head_write(scratch, &head, &err) == PM_OK);
	put_volume();
	(void)atexit(remove_all);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct pm_parity_tell tell = { note_fault, NULL };
	struct pm_err err;
	struct pm_buf file;

	if (n == 0)
		return 0;
	if (*scratch == '\0')
		make_scratch();
	pm_buf_init(&file);
	must(pm_buf_append(&file, p + 1, n - 1, &err) == PM_OK);
	if (p[0] % 2 == 1)
		mend_file(file.p, file.n, p[0]);
	scratch_put(name, file.p, file.n);
	pm_buf_clear(&file);
	must(pm_parity_check(scratch, PM_PARITY_VOLUMES, &tell, &err) ==
	    PM_OK);
	mend_volume();
	return 0;
}
