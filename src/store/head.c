/*
 * HEAD: a few lines of text, so that a person can read it.  What was parsed
 * is written again and compared, so exactly one spelling of each HEAD is
 * valid and any changed byte is found.
 */
#include "store/volume.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"

enum {
	HEAD_BYTES_MAX = 4096,
	SUM_LINE = 7 + 2 * PM_SHA256_BYTES + 1   /* "sha256 HEX\n" */
};

static int
render(struct pm_buf *out, const struct pm_head *head, struct pm_err *err)
{
	char hex[2 * PM_SHA256_BYTES + 1];
	uint8_t sum[PM_SHA256_BYTES];
	int rc;

	pm_hex(hex, head->chain, PM_SHA256_BYTES);
	rc = pm_buf_printf(out, err, "pressmark %u\nvolume %u\nlength %llu\n"
	    "sequence %llu\nnext-frame %llu\nsealed %d\nchain %s\n",
	    (unsigned)head->format, (unsigned)head->volume,
	    (unsigned long long)head->length,
	    (unsigned long long)head->sequence,
	    (unsigned long long)head->next_frame, head->sealed ? 1 : 0, hex);
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
	if (text->n < 6 + 2 * PM_SHA256_BYTES ||
	    memcmp(text->p, "chain ", 6) != 0)
		return -1;
	for (size_t i = 0; i < PM_SHA256_BYTES; i++) {
		int high = hex_value(text->p[6 + 2 * i]);
		int low = hex_value(text->p[7 + 2 * i]);

		if (high < 0 || low < 0)
			return -1;
		out[i] = (uint8_t)(high << 4 | low);
	}
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
	return 0;
}

static int
parse(struct pm_head *out, struct pm_bytes text, const char *path,
    struct pm_err *err)
{
	struct pm_bytes whole = text;
	struct pm_buf again;
	uint64_t format;
	int rc;

	if (check_sum(text) != 0)
		return pm_fail(err, PM_ECORRUPT,
		    "%s: its checksum does not match", path);
	if (take_number(&text, "pressmark", UINT32_MAX, &format) == 0 &&
	    format > PM_FORMAT_VERSION)
		return pm_fail(err, PM_EVERSION, "%s: format %u was written "
		    "by a newer pressmark; this one reads up to %d", path,
		    (unsigned)format, PM_FORMAT_VERSION);
	*out = (struct pm_head){ .format = PM_FORMAT_VERSION };
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
		rc = parse(&head, pm_buf_bytes(&text), path, err);
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
