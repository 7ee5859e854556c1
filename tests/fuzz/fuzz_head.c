/*
 * HEAD.  Whatever is read is written again as it was.  If the first byte is a
 * "+", the rest gets the sum that it should have.
 */
#include "records.h"
#include "scratch.h"
#include "store/volume.h"

static void
must_write_the_same(const struct pm_head *head, struct pm_bytes text)
{
	struct pm_err err;
	struct pm_buf again;
	char path[128];
	FILE *file;
	int c;

	must(pm_head_write(scratch, head, &err) == PM_OK);
	scratch_path(path, "HEAD");
	must((file = fopen(path, "rb")) != NULL);
	pm_buf_init(&again);
	while ((c = getc(file)) != EOF)
		must(pm_buf_append_byte(&again, (uint8_t)c, &err) == PM_OK);
	must(fclose(file) == 0);
	must(pm_bytes_equal(text, pm_buf_bytes(&again)));
	pm_buf_clear(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	uint8_t sum[PM_SHA256_BYTES];
	char hex[2 * PM_SHA256_BYTES + 1];
	struct pm_head head;
	struct pm_buf text;
	struct pm_err err;

	scratch_make("HEAD");
	pm_buf_init(&text);
	if (n > 0 && p[0] == '+') {
		must(pm_buf_append(&text, p + 1, n - 1, &err) == PM_OK);
		pm_sha256(sum, pm_buf_bytes(&text));
		pm_hex(hex, sum, sizeof sum);
		must(pm_buf_printf(&text, &err, "sha256 %s\n", hex) == PM_OK);
	} else {
		must(pm_buf_append(&text, p, n, &err) == PM_OK);
	}
	scratch_put("HEAD", text.p, text.n);
	if (pm_head_read(&head, scratch, &err) == PM_OK)
		must_write_the_same(&head, pm_buf_bytes(&text));
	pm_buf_clear(&text);
	return 0;
}
