#include <string.h>

#include "base/err.h"
#include "base/fs.h"
#include "dup/digest.h"
#include "dup/runs_internal.h"

enum {
	HEADER = 32,
	ENTRY = 24,
	CHECKSUM = 8,
	BYTES_MAX = HEADER + PM_RUNS_MAX * ENTRY + CHECKSUM
};

uint64_t
pm_manifest_bytes(const struct pm_manifest *manifest)
{
	return HEADER + manifest->n * ENTRY + CHECKSUM;
}

static int
parse(struct pm_manifest *out, const uint8_t *p, size_t n, const char *path,
    struct pm_err *err)
{
	size_t runs;

	if (n < HEADER + CHECKSUM || memcmp(p, PM_MANIFEST_MAGIC, 8) != 0)
		return pm_fail(err, PM_ECORRUPT, "%s: not a manifest", path);
	if (pm_le32_get(p + 8) != PM_RUN_VERSION)
		return pm_fail(err, PM_EVERSION, "%s: version %lu", path,
		    (unsigned long)pm_le32_get(p + 8));
	runs = pm_le32_get(p + 12);
	if (runs > PM_RUNS_MAX || n != HEADER + runs * ENTRY + CHECKSUM ||
	    pm_digest64((struct pm_bytes){ p, n - CHECKSUM }) !=
	    pm_le64_get(p + n - CHECKSUM))
		return pm_fail(err, PM_ECORRUPT, "%s: checksum", path);
	out->sequence = pm_le64_get(p + 16);
	out->next_number = pm_le64_get(p + 24);
	out->n = runs;
	for (size_t i = 0; i < runs; i++) {
		const uint8_t *entry = p + HEADER + i * ENTRY;

		out->run[i].number = pm_le64_get(entry);
		out->run[i].bytes = pm_le64_get(entry + 8);
		out->run[i].checksum = pm_le64_get(entry + 16);
		if (out->run[i].number >= out->next_number)
			return pm_fail(err, PM_ECORRUPT, "%s: run number",
			    path);
	}
	return PM_OK;
}

int
pm_manifest_read(struct pm_manifest *out, const char *path,
    struct pm_err *err)
{
	struct pm_buf buf;
	int rc;

	pm_buf_init(&buf);
	rc = pm_fs_read_file(&buf, path, BYTES_MAX, err);
	if (rc == PM_OK)
		rc = parse(out, buf.p, buf.n, path, err);
	pm_buf_clear(&buf);
	return rc;
}

int
pm_manifest_replace(const struct pm_manifest *manifest, const char *path,
    struct pm_err *err)
{
	uint8_t bytes[BYTES_MAX];
	size_t n = HEADER + manifest->n * ENTRY;

	memcpy(bytes, PM_MANIFEST_MAGIC, 8);
	pm_le32_put(bytes + 8, PM_RUN_VERSION);
	pm_le32_put(bytes + 12, (uint32_t)manifest->n);
	pm_le64_put(bytes + 16, manifest->sequence);
	pm_le64_put(bytes + 24, manifest->next_number);
	for (size_t i = 0; i < manifest->n; i++) {
		uint8_t *entry = bytes + HEADER + i * ENTRY;

		pm_le64_put(entry, manifest->run[i].number);
		pm_le64_put(entry + 8, manifest->run[i].bytes);
		pm_le64_put(entry + 16, manifest->run[i].checksum);
	}
	pm_le64_put(bytes + n, pm_digest64((struct pm_bytes){ bytes, n }));
	return pm_fs_replace_file(path, bytes, n + CHECKSUM, err);
}
