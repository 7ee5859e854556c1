/* ustar members, as far as a volume needs them (IEEE 1003.1, pax). */
#include "store/frame.h"

#include "base/err.h"

enum {
	NAME_MAX_BYTES = 100,
	AT_MODE = 100, AT_UID = 108, AT_GID = 116, AT_SIZE = 124,
	AT_MTIME = 136, AT_SUM = 148, AT_TYPE = 156, AT_LINK = 157,
	AT_MAGIC = 257, AT_MAJOR = 329, AT_MINOR = 337, AT_PREFIX = 345,
	LINK_BYTES = 100, PREFIX_BYTES = 155
};

#define OCTAL_11_MAX 077777777777ull     /* what 11 octal digits can say */

/* n - 1 octal digits and a NUL. */
static void
put_octal(uint8_t *p, size_t n, uint64_t value)
{
	p[--n] = '\0';
	while (n > 0) {
		p[--n] = (uint8_t)('0' + (value & 7));
		value >>= 3;
	}
}

/* The sum of all bytes, those of the sum itself taken as spaces. */
static uint32_t
header_sum(const uint8_t *header)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < PM_TAR_BLOCK; i++)
		sum += i >= AT_SUM && i < AT_TYPE ? ' ' : header[i];
	return sum;
}

int
pm_tar_header(struct pm_buf *out, const char *name, uint64_t bytes,
    int64_t mtime_seconds, struct pm_err *err)
{
	uint64_t mtime = mtime_seconds < 0 ? 0 : (uint64_t)mtime_seconds;
	uint8_t header[PM_TAR_BLOCK] = { 0 };
	size_t n = strlen(name);

	if (n == 0 || n > NAME_MAX_BYTES)
		return pm_fail(err, PM_EUSAGE,
		    "a member's name has 1 to 100 bytes, not %zu", n);
	if (bytes > OCTAL_11_MAX)
		return pm_fail(err, PM_ELIMIT, "%s: too long for ustar",
		    name);
	memcpy(header, name, n);
	put_octal(header + AT_MODE, 8, 0644);
	put_octal(header + AT_UID, 8, 0);
	put_octal(header + AT_GID, 8, 0);
	put_octal(header + AT_SIZE, 12, bytes);
	put_octal(header + AT_MTIME, 12,
	    mtime > OCTAL_11_MAX ? OCTAL_11_MAX : mtime);
	header[AT_TYPE] = '0';
	memcpy(header + AT_MAGIC, "ustar\00000", 8);
	put_octal(header + AT_MAJOR, 8, 0);
	put_octal(header + AT_MINOR, 8, 0);
	put_octal(header + AT_SUM, 7, header_sum(header));
	header[AT_SUM + 7] = ' ';
	return pm_buf_append(out, header, sizeof header, err);
}

int
pm_tar_append(struct pm_buf *out, const char *name, struct pm_bytes data,
    int64_t mtime_seconds, struct pm_err *err)
{
	size_t padding = (PM_TAR_BLOCK - data.n % PM_TAR_BLOCK) %
	    PM_TAR_BLOCK;
	size_t start = out->n;
	int rc;

	if (data.n > PM_MEMBER_MAX)
		return pm_fail(err, PM_ELIMIT, "%s: a member of %zu bytes is "
		    "over the limit of %d", name, data.n, PM_MEMBER_MAX);
	if ((rc = pm_tar_header(out, name, data.n, mtime_seconds, err)) ==
	    PM_OK &&
	    (rc = pm_buf_append(out, data.p, data.n, err)) == PM_OK)
		rc = pm_buf_append_zero(out, padding, err);
	if (rc != PM_OK)
		out->n = start;
	return rc;
}

static int
get_octal(uint64_t *out, const uint8_t *p, size_t n)
{
	uint64_t value = 0;
	size_t i = 0;

	for (; i < n && p[i] >= '0' && p[i] <= '7'; i++)
		value = value << 3 | (uint64_t)(p[i] - '0');
	if (i == 0 || i > 11 || (i < n && p[i] != '\0' && p[i] != ' '))
		return -1;
	*out = value;
	return 0;
}

static int
all_zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != 0)
			return 0;
	return 1;
}

/* Why this is no header of ours; NULL when it is one. */
static const char *
header_fault(uint64_t *bytes, const uint8_t *header)
{
	uint64_t sum;

	if (get_octal(&sum, header + AT_SUM, 8) != 0 ||
	    sum != header_sum(header))
		return "its sum is wrong";
	if (memcmp(header + AT_MAGIC, "ustar\00000", 8) != 0)
		return "it is not ustar";
	if (header[AT_TYPE] != '0' ||
	    !all_zero(header + AT_LINK, LINK_BYTES) ||
	    !all_zero(header + AT_PREFIX, PREFIX_BYTES) || header[0] == '\0')
		return "it is no plain file with a short name";
	if (get_octal(bytes, header + AT_SIZE, 12) != 0)
		return "its size is no number";
	return NULL;
}

int
pm_tar_next(struct pm_tar_member *out, struct pm_bytes plain, size_t *at,
    struct pm_err *err)
{
	size_t left, padded;
	const uint8_t *header;
	uint64_t bytes = 0;
	const char *fault;

	if (*at >= plain.n)
		return PM_END;
	header = plain.p + *at;
	left = plain.n - *at;
	if (left < PM_TAR_BLOCK)
		return pm_fail(err, PM_ECORRUPT, "byte %zu of the frame: "
		    "a member's header is cut short", *at);
	if (header[0] == '\0' && all_zero(header, left)) {
		*at = plain.n;
		return PM_END;                   /* end of the archive */
	}
	if ((fault = header_fault(&bytes, header)) != NULL)
		return pm_fail(err, PM_ECORRUPT, "byte %zu of the frame: "
		    "bad member header: %s", *at, fault);
	left -= PM_TAR_BLOCK;
	padded = left + 1;
	if (bytes <= left)
		padded = ((size_t)bytes + PM_TAR_BLOCK - 1) / PM_TAR_BLOCK *
		    PM_TAR_BLOCK;
	if (padded > left)
		return pm_fail(err, PM_ECORRUPT, "byte %zu of the frame: "
		    "a member of %llu bytes does not fit", *at,
		    (unsigned long long)bytes);
	memcpy(out->name, header, NAME_MAX_BYTES);
	out->name[NAME_MAX_BYTES] = '\0';
	out->data_at = *at + PM_TAR_BLOCK;
	out->data = (struct pm_bytes){ plain.p + out->data_at,
	    (size_t)bytes };
	*at = out->data_at + padded;
	return PM_OK;
}
