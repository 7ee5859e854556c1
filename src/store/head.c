/*
 * HEAD: a few lines of text, so that a person can read it.  What was parsed
 * is written again and compared, so exactly one spelling of each HEAD is
 * valid and any changed byte is found.  It is of format 2 while a rewrite is
 * under way or leaves volumes behind (V7), of format 1 else.
 */
#include "store/volume.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"

enum {
	FORMAT_PLAIN = 1, FORMAT_REWRITE = 2,
	HEAD_BYTES_MAX = 4096,
	SUM_LINE = 7 + 2 * PM_SHA256_BYTES + 1   /* "sha256 HEX\n" */
};

static bool
is_rewritten(const struct pm_head *head)
{
	return head->rewrite != 0 || head->drop_from != 0;
}

static int
render(struct pm_buf *out, const struct pm_head *head, struct pm_err *err)
{
	char hex[2 * PM_SHA256_BYTES + 1];
	uint8_t sum[PM_SHA256_BYTES];
	int rc;

	pm_hex(hex, head->chain, PM_SHA256_BYTES);
	rc = pm_buf_printf(out, err, "pressmark %u\nvolume %u\nlength %llu\n"
	    "sequence %llu\nnext-frame %llu\nsealed %d\nchain %s\n",
	    is_rewritten(head) ? FORMAT_REWRITE : FORMAT_PLAIN,
	    (unsigned)head->volume, (unsigned long long)head->length,
	    (unsigned long long)head->sequence,
	    (unsigned long long)head->next_frame, head->sealed ? 1 : 0, hex);
	if (rc == PM_OK && is_rewritten(head))
		rc = pm_buf_printf(out, err, "rewrite %u\ndrop-from %u\n"
		    "drop-to %u\n", (unsigned)head->rewrite,
		    (unsigned)head->drop_from, (unsigned)head->drop_to);
	if (rc != PM_OK)
		return rc;
	pm_sha256(sum, pm_buf_bytes(out));
	pm_hex(hex, sum, PM_SHA256_BYTES);
	return pm_buf_printf(out, err, "sha256 %s\n", hex);
}

/* Takes "name ", a decimal number and a newline. */
static int
take_number(struct pm_bytes *text, const char *name, uint64_t max,
    uint64_t *out)
{
	size_t n = strlen(name), i = n + 1;
	uint64_t value = 0;

	if (text->n < n + 2 || memcmp(text->p, name, n) != 0 ||
	    text->p[n] != ' ')
		return -1;
	for (; i < text->n && text->p[i] >= '0' && text->p[i] <= '9'; i++) {
		uint64_t digit = (uint64_t)(text->p[i] - '0');

		if (value > (max - digit) / 10)
			return -1;
		value = value * 10 + digit;
	}
	if (i == n + 1 || i == text->n || text->p[i] != '\n')
		return -1;
	text->p += i + 1;
	text->n -= i + 1;
	*out = value;
	return 0;
}

static int
hex_value(uint8_t digit)
{
	return digit >= '0' && digit <= '9' ? digit - '0' :
	    digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static int
take_chain(struct pm_bytes *text, uint8_t out[PM_SHA256_BYTES])
{
	if (text->n < 6 + 2 * PM_SHA256_BYTES + 1 ||
	    memcmp(text->p, "chain ", 6) != 0 ||
	    text->p[6 + 2 * PM_SHA256_BYTES] != '\n')
		return -1;
	for (size_t i = 0; i < PM_SHA256_BYTES; i++) {
		int high = hex_value(text->p[6 + 2 * i]);
		int low = hex_value(text->p[7 + 2 * i]);

		if (high < 0 || low < 0)
			return -1;
		out[i] = (uint8_t)(high << 4 | low);
	}
	text->p += 6 + 2 * PM_SHA256_BYTES + 1;
	text->n -= 6 + 2 * PM_SHA256_BYTES + 1;
	return 0;
}

/* The sum comes first: a newer format keeps the first line and the last. */
static int
check_sum(struct pm_bytes text)
{
	char hex[2 * PM_SHA256_BYTES + 1];
	uint8_t sum[PM_SHA256_BYTES];

	if (text.n < SUM_LINE)
		return -1;
	pm_sha256(sum, (struct pm_bytes){ text.p, text.n - SUM_LINE });
	pm_hex(hex, sum, PM_SHA256_BYTES);
	text.p += text.n - SUM_LINE;
	return memcmp(text.p, "sha256 ", 7) == 0 &&
	    memcmp(text.p + 7, hex, 2 * PM_SHA256_BYTES) == 0 &&
	    text.p[SUM_LINE - 1] == '\n' ? 0 : -1;
}

static int
parse_rewrite(struct pm_head *out, struct pm_bytes *text)
{
	uint64_t rewrite, from, to;

	if (take_number(text, "rewrite", UINT32_MAX, &rewrite) != 0 ||
	    take_number(text, "drop-from", UINT32_MAX, &from) != 0 ||
	    take_number(text, "drop-to", UINT32_MAX, &to) != 0)
		return -1;
	out->rewrite = (uint32_t)rewrite;
	out->drop_from = (uint32_t)from;
	out->drop_to = (uint32_t)to;
	return !is_rewritten(out) || (rewrite != 0 && rewrite <= out->volume) ||
	    (from == 0) != (to == 0) || from > to ||
	    (to != 0 && to >= out->volume) ? -1 : 0;
}

static int
parse_lines(struct pm_head *out, struct pm_bytes text)
{
	uint64_t volume, sealed;

	if (take_number(&text, "volume", UINT32_MAX, &volume) != 0 ||
	    take_number(&text, "length", INT64_MAX, &out->length) != 0 ||
	    take_number(&text, "sequence", INT64_MAX, &out->sequence) != 0 ||
	    take_number(&text, "next-frame", INT64_MAX,
	    &out->next_frame) != 0 ||
	    take_number(&text, "sealed", 1, &sealed) != 0 ||
	    take_chain(&text, out->chain) != 0)
		return -1;
	out->volume = (uint32_t)volume;
	out->sealed = sealed == 1;
	/* A volume is named with its first batch, and a batch has bytes. */
	if ((volume == 0) != (out->sequence == 0) ||
	    (volume == 0) != (out->length == 0) || out->next_frame == 0)
		return -1;
	return out->format == FORMAT_REWRITE ? parse_rewrite(out, &text) : 0;
}

int
pm_head_parse(struct pm_head *out, struct pm_bytes text, const char *path,
    struct pm_err *err)
{
	struct pm_bytes whole = text;
	struct pm_buf again;
	uint64_t format = 0;
	int rc;

	if (check_sum(text) != 0)
		return pm_fail(err, PM_ECORRUPT,
		    "%s: its checksum does not match", path);
	if (take_number(&text, "pressmark", UINT32_MAX, &format) == 0 &&
	    format > FORMAT_REWRITE)
		return pm_fail(err, PM_EVERSION, "%s: format %u was written "
		    "by a newer pressmark; this one reads up to %d", path,
		    (unsigned)format, FORMAT_REWRITE);
	*out = (struct pm_head){ .format = (uint32_t)format };
	if (parse_lines(out, text) != 0)
		return pm_fail(err, PM_ECORRUPT, "%s: cannot be understood",
		    path);
	pm_buf_init(&again);
	if ((rc = render(&again, out, err)) == PM_OK &&
	    !pm_bytes_equal(whole, pm_buf_bytes(&again)))
		rc = pm_fail(err, PM_ECORRUPT, "%s: not as pressmark writes "
		    "it", path);
	pm_buf_clear(&again);
	return rc;
}

int
pm_head_read(struct pm_head *out, const char *archive, struct pm_err *err)
{
	char *path = pm_fs_join(archive, "HEAD", err);
	struct pm_head head;
	struct pm_buf text;
	int rc;

	if (path == NULL)
		return PM_ENOMEM;
	pm_buf_init(&text);
	rc = pm_fs_read_file(&text, path, HEAD_BYTES_MAX, err);
	if (rc == PM_ELIMIT)
		rc = pm_fail(err, PM_ECORRUPT, "%s: longer than any HEAD",
		    path);
	if (rc == PM_OK)
		rc = pm_head_parse(&head, pm_buf_bytes(&text), path, err);
	if (rc == PM_OK)
		*out = head;
	pm_buf_clear(&text);
	pm_free(path);
	return rc;
}

int
pm_head_write(const char *archive, const struct pm_head *head,
    struct pm_err *err)
{
	char *path = pm_fs_join(archive, "HEAD", err);
	struct pm_buf text;
	int rc;

	if (path == NULL)
		return PM_ENOMEM;
	pm_buf_init(&text);
	if ((rc = render(&text, head, err)) == PM_OK)
		rc = pm_fs_replace_file(path, text.p, text.n, err);
	pm_buf_clear(&text);
	pm_free(path);
	return rc;
}
