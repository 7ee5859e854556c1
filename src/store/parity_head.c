#include "store/parity_internal.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"

/* Of the HEADs that the files have copies of, the newest. */
static int
newest(struct pm_buf *out, const char *archive,
    const struct pm_parity_at *at, size_t n, struct pm_err *err)
{
	uint64_t sequence = 0;
	struct pm_err ignored;
	struct pm_head head;
	int rc = PM_OK;

	for (size_t i = 0; i < n && rc == PM_OK; i++) {
		struct pm_parity_file file;
		struct pm_bytes text;

		rc = pm_parity_file_open(&file, archive, at[i], err);
		text = (struct pm_bytes){ file.shape.head,
		    file.shape.head_n };
		if (rc == PM_OK && pm_head_parse(&head, text, file.path,
		    &ignored) == PM_OK && head.sequence > sequence) {
			sequence = head.sequence;
			pm_buf_reset(out);
			rc = pm_buf_append(out, text.p, text.n, err);
		}
		rc = rc == PM_ENOMEM ? rc : PM_OK;
		pm_parity_file_close(&file);
	}
	if (rc == PM_OK && sequence == 0)
		rc = pm_fail(err, PM_ENOTFOUND, "%s: no parity file has a "
		    "copy of HEAD", archive);
	return rc;
}

int
pm_parity_mend_head(const char *archive, const char *to, struct pm_err *err)
{
	struct pm_parity_at *at = NULL;
	struct pm_err ignored;
	struct pm_buf text;
	size_t n = 0;
	int fd = -1, rc = pm_parity_list(&at, &n, archive, err);

	if (rc != PM_OK)
		return rc;
	pm_buf_init(&text);
	if ((rc = newest(&text, archive, at, n, err)) == PM_OK &&
	    (rc = pm_fs_create(&fd, to, 0666, err)) == PM_OK) {
		if ((rc = pm_fs_write(fd, text.p, text.n, to, err)) == PM_OK)
			rc = pm_fs_sync(fd, to, err);
		if (rc != PM_OK)
			(void)pm_fs_remove(to, &ignored);
	}
	pm_fs_close(fd);
	pm_buf_clear(&text);
	pm_free(at);
	return rc;
}
