/*
 * Where the last run with a time limit ended: a few lines of text, outside of
 * the archive, which verify never writes to and which may be on a medium that
 * nobody can write to.
 */
#include "archive/verify_internal.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/err.h"
#include "base/fs.h"

enum { PLACE_BYTES_MAX = 4096 };

#define FIRST "pressmark verify 1\n"
#define LINES "began %" SCNd64 "\nbatch %" SCNu64 "\nchain %64[0-9a-f]\n" \
	"catalog %d\ncapture %" SCNu64 "\nproblems %" SCNu64 "%n"

static bool
parse(struct verify_place *out, const char *text)
{
	struct verify_place place = { 0 };
	char hex[2 * PM_SHA256_BYTES + 1] = "";
	int catalog = 0, end = 0;
	unsigned byte;

	if (strncmp(text, FIRST, sizeof FIRST - 1) != 0 ||
	    sscanf(text + sizeof FIRST - 1, LINES, &place.began,
	    &place.sequence, hex, &catalog, &place.capture, &place.problems,
	    &end) != 6 || strlen(hex) != 2 * PM_SHA256_BYTES)
		return false;
	for (size_t i = 0; i < PM_SHA256_BYTES; i++) {
		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			return false;
		place.chain[i] = (uint8_t)byte;
	}
	place.catalog = catalog == 1;
	*out = place;
	return true;
}

int
pm_verify_place_read(struct verify_place *out, const char *path,
    struct pm_err *err)
{
	struct pm_buf text;
	int rc;

	*out = (struct verify_place){ 0 };
	pm_buf_init(&text);
	rc = pm_fs_read_file(&text, path, PLACE_BYTES_MAX, err);
	if (rc == PM_OK)
		rc = pm_buf_append_byte(&text, 0, err);
	if (rc == PM_OK)
		(void)parse(out, (const char *)text.p);
	pm_buf_clear(&text);
	return rc == PM_ENOTFOUND || rc == PM_ELIMIT ? PM_OK : rc;
}

int
pm_verify_place_write(const char *path, const struct verify_place *place,
    struct pm_err *err)
{
	char hex[2 * PM_SHA256_BYTES + 1];
	struct pm_buf text;
	int rc;

	pm_buf_init(&text);
	pm_hex(hex, place->chain, PM_SHA256_BYTES);
	rc = pm_buf_printf(&text, err, FIRST "began %" PRId64 "\nbatch %"
	    PRIu64 "\nchain %s\ncatalog %d\ncapture %" PRIu64 "\nproblems %"
	    PRIu64 "\n", place->began, place->sequence, hex,
	    place->catalog ? 1 : 0, place->capture, place->problems);
	if (rc == PM_OK)
		rc = pm_fs_replace_file(path, text.p, text.n, err);
	pm_buf_clear(&text);
	return rc;
}
