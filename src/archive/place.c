#include "archive/place.h"

#include <stdbool.h>

#include "base/err.h"
#include "store/sha256.h"

enum { PART_MAX = 255, ASCII_MAX = 100, EXTENSION_MAX = 16, MARK = 17 };

/* The end from the last dot on, when it looks like an extension. */
static size_t
extension_bytes(struct pm_bytes part)
{
	for (size_t n = 1; n < part.n && n <= EXTENSION_MAX; n++)
		if (part.p[part.n - n] == '.')
			return n;
	return 0;
}

/* At most max bytes of part, told from others by the digest of `of`. */
static int
append_short(struct pm_buf *out, struct pm_bytes part, size_t max,
    struct pm_bytes of, struct pm_err *err)
{
	uint8_t sha256[PM_SHA256_BYTES];
	char digits[MARK];
	size_t extension = extension_bytes(part);
	size_t n = part.n - extension, room = max - MARK - extension;
	int rc;

	if (n > room)
		n = room;
	/* Not in the middle of a character. */
	while (n > 0 && n < part.n && (part.p[n] & 0xc0) == 0x80)
		n--;
	pm_sha256(sha256, of);
	pm_hex(digits, sha256, 8);
	if ((rc = pm_buf_append(out, part.p, n, err)) != PM_OK ||
	    (rc = pm_buf_printf(out, err, "~%s", digits)) != PM_OK)
		return rc;
	return pm_buf_append(out, part.p + part.n - extension, extension,
	    err);
}

static int
append_part(struct pm_buf *out, struct pm_bytes part,
    enum pm_placing placing, struct pm_err *err)
{
	size_t start = out->n + 1;
	int rc = pm_buf_append_byte(out, '/', err);

	if (rc == PM_OK && placing == PM_PLACE_SHORTENED && part.n > PART_MAX)
		rc = append_short(out, part, PART_MAX, part, err);
	else if (rc == PM_OK)
		rc = pm_buf_append(out, part.p, part.n, err);
	for (size_t i = start; rc == PM_OK && i < out->n; i++)
		if (out->p[i] == 0)
			out->p[i] = '_';
	return rc;
}

static bool
is_kept(struct pm_bytes part)
{
	bool dots = (part.n == 1 && part.p[0] == '.') ||
	    (part.n == 2 && part.p[0] == '.' && part.p[1] == '.');

	return part.n > 0 && !dots;
}

static int
append_parts(struct pm_buf *out, struct pm_bytes path,
    enum pm_placing placing, struct pm_err *err)
{
	size_t at = 0, parts = 0;
	int rc = PM_OK;

	while (at <= path.n && rc == PM_OK) {
		size_t end = at;

		while (end < path.n && path.p[end] != '/')
			end++;
		struct pm_bytes part = { path.p + at, end - at };

		if (is_kept(part)) {
			rc = append_part(out, part, placing, err);
			parts++;
		}
		at = end + 1;
	}
	if (rc == PM_OK && parts == 0)
		rc = pm_buf_append_str(out, "/_", err);
	return rc;
}

static bool
is_plain(uint8_t byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
	    (byte >= 'a' && byte <= 'z') || byte == '.' || byte == '-' ||
	    byte == '_' || byte == '~';
}

static int
append_one(struct pm_buf *out, struct pm_bytes path, struct pm_err *err)
{
	size_t start, at = path.n;
	int rc = pm_buf_append_byte(out, '/', err);

	start = out->n;
	while (at > 0 && path.p[at - 1] != '/')
		at--;
	if (rc == PM_OK)
		rc = append_short(out, (struct pm_bytes){ path.p + at,
		    path.n - at }, ASCII_MAX, path, err);
	for (size_t i = start; rc == PM_OK && i < out->n; i++)
		if (!is_plain(out->p[i]))
			out->p[i] = '_';
	return rc;
}

int
pm_place(struct pm_buf *out, const char *directory, struct pm_bytes path,
    enum pm_placing placing, struct pm_err *err)
{
	int rc;

	pm_buf_reset(out);
	rc = pm_buf_append_str(out, directory, err);
	if (rc == PM_OK)
		rc = placing == PM_PLACE_ONE_PART ?
		    append_one(out, path, err) :
		    append_parts(out, path, placing, err);
	return rc == PM_OK ? pm_buf_append_byte(out, 0, err) : rc;
}
