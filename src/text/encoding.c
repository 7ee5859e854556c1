/*
 * The order of encoding.h.  Text that is UTF-8 is read once here and nothing
 * else is done with it.
 */
#include "text/encoding.h"

#include "base/utf8.h"
#include "text/encoding_internal.h"
#include "text/language_internal.h"

enum {
	LOOK = 4096,             /* bytes read for controls and for UTF-16 */
	WIDE_UNITS = 16,         /* fewer may be anything */
	NUL_SHARE = 1000,        /* one of so many bytes of a text may be NUL */
	CONTROL_SHARE = 100,     /* or another control */
	NEAR_SHARE = 50,         /* one of so many characters of UTF-8 bad */
	NEAR_MIN = 4,            /* and at least so many that are good */
	DOUBT = 256              /* a lead (language_score.c) of no weight */
};

static void
name_put(struct pm_encoding *out, const char *name,
    enum pm_encoding_source source)
{
	size_t n = strlen(name);

	memset(out->name, 0, sizeof out->name);
	memcpy(out->name, name, n < sizeof out->name ? n :
	    sizeof out->name - 1);
	out->source = source;
}

/* UTF-32 first: its BOM begins as that of UTF-16. */
static bool
by_bom(struct pm_encoding *out, struct pm_bytes bytes)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *name;
	} boms[] = {
		{ "\xef\xbb\xbf", 3, "UTF-8" },
		{ "\xff\xfe\0\0", 4, "UTF-32LE" },
		{ "\0\0\xfe\xff", 4, "UTF-32BE" },
		{ "\xff\xfe", 2, "UTF-16LE" }, { "\xfe\xff", 2, "UTF-16BE" }
	};

	for (size_t i = 0; i < sizeof boms / sizeof boms[0]; i++)
		if (bytes.n >= boms[i].n &&
		    memcmp(bytes.p, boms[i].bytes, boms[i].n) == 0) {
			name_put(out, boms[i].name, PM_ENCODING_BOM);
			out->bom_n = boms[i].n;
			return true;
		}
	return false;
}

static uint32_t
unit_at(struct pm_bytes bytes, size_t at, size_t size, bool little)
{
	uint32_t unit = 0;

	for (size_t i = 0; i < size; i++)
		unit = unit << 8 | bytes.p[little ? at + size - 1 - i : at + i];
	return unit;
}

/* Is it clearly text when read in units of 2 or 4 bytes? */
static bool
is_wide(struct pm_bytes bytes, size_t size, bool little)
{
	size_t units = 0, ascii = 0, letters = 0;

	if (bytes.n > LOOK)
		bytes.n = LOOK;
	for (size_t at = 0; at + size <= bytes.n; at += size, units++) {
		uint32_t c = unit_at(bytes, at, size, little);

		ascii += (c >= ' ' && c < 0x7f) || (c >= '\t' && c <= '\r');
		letters += c >= 0x80 && (pm_script_of(c) != PM_SCRIPT_NONE ||
		    (c >= 0x2010 && c < 0x2040) || (c >= 0xa0 && c < 0xc0));
	}
	return units >= WIDE_UNITS && ascii >= units / 20 + 1 &&
	    ascii + letters >= units - units / 20;
}

static bool
by_width(struct pm_encoding *out, struct pm_bytes bytes)
{
	static const struct {
		const char *name;
		size_t size;
		bool little;
	} wide[] = {
		{ "UTF-32LE", 4, true }, { "UTF-32BE", 4, false },
		{ "UTF-16LE", 2, true }, { "UTF-16BE", 2, false }
	};

	for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++)
		if (is_wide(bytes, wide[i].size, wide[i].little)) {
			name_put(out, wide[i].name, PM_ENCODING_DETECTED);
			return true;
		}
	return false;
}

static size_t
count_of(struct pm_bytes bytes, uint8_t byte)
{
	const uint8_t *p = bytes.p, *end = p + bytes.n;
	size_t n = 0;

	while (p < end && (p = memchr(p, byte, (size_t)(end - p))) != NULL) {
		n++;
		p++;
	}
	return n;
}

static bool
has_controls(struct pm_bytes bytes)
{
	size_t n = 0;

	if (bytes.n > LOOK)
		bytes.n = LOOK;
	for (size_t i = 0; i < bytes.n; i++) {
		uint8_t c = bytes.p[i];

		n += c == 0x7f || (c < ' ' && c != 0x1b && !(c >= '\t' &&
		    c <= '\r') && c != 0);
	}
	return n > bytes.n / CONTROL_SHARE + 1;
}

/* Escapes of the encodings that have no byte past 0x7F. */
static bool
by_escape(struct pm_encoding *out, struct pm_bytes bytes,
    struct pm_bytes declared)
{
	static const char *const marks[] = { "$B", "$@", "(J", "(I" };
	const uint8_t *p = bytes.n == 0 ? NULL : memchr(bytes.p, 0x1b, bytes.n);
	char name[32];

	if (pm_encoding_name(name, declared) &&
	    ((strcmp(name, "HZ-GB-2312") == 0 && bytes.n > 0 &&
	    memchr(bytes.p, '~', bytes.n) != NULL) ||
	    (strcmp(name, "ISO-2022-KR") == 0 && p != NULL))) {
		name_put(out, name, PM_ENCODING_DECLARED);
		return true;
	}
	if (p == NULL || bytes.n - (size_t)(p - bytes.p) < 3)
		return false;
	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
		if (memcmp(p + 1, marks[i], 2) == 0) {
			name_put(out, "ISO-2022-JP", PM_ENCODING_DETECTED);
			return true;
		}
	return false;
}

/* UTF-8 but for a few bytes; bad is the first of them. */
static bool
nearly_utf8(struct pm_bytes bytes, size_t bad)
{
	size_t good = 0, wrong = 0;

	for (size_t at = 0; at < bytes.n;) {
		size_t n = pm_utf8_length(bytes, at);

		good += n > 1;
		wrong += n == 0 && (at == bad || (bytes.p[at] & 0xc0) != 0x80);
		at += n == 0 ? 1 : n;
	}
	return good >= NEAR_MIN && wrong <= good / NEAR_SHARE + 1;
}

/*
 * What was declared holds unless the sample cannot be read so, or something
 * else is far more likely (pages in windows-1251 that say iso-8859-1).
 */
static bool
by_word(struct pm_encoding *out, const char *name, struct pm_bytes sample)
{
	char better[32];
	long score, most;

	sample = pm_encoding_head(sample);
	if (strncmp(name, "UTF-", 4) == 0 ||
	    (score = pm_encoding_score(name, sample)) < 0)
		return false;
	most = pm_encoding_detect(better, sample);
	if (score + score / 2 + DOUBT < most)
		return false;
	name_put(out, name, PM_ENCODING_DECLARED);
	return true;
}

static bool
by_sample(struct pm_encoding *out, struct pm_bytes bytes,
    struct pm_bytes declared)
{
	uint8_t room[PM_ENCODING_SAMPLE];
	struct pm_bytes sample = { room, pm_encoding_sample(room, bytes) };
	char name[32];

	if (pm_encoding_name(name, declared) && by_word(out, name, sample))
		return true;
	if (pm_encoding_detect(name, sample) < 0)
		return false;
	name_put(out, name, PM_ENCODING_DETECTED);
	return true;
}

bool
pm_encoding_find(struct pm_encoding *out, struct pm_bytes bytes,
    struct pm_bytes declared)
{
	size_t bad = 0, nuls;
	bool valid;

	memset(out, 0, sizeof *out);
	if (by_bom(out, bytes)) {
		struct pm_bytes rest = { bytes.p + out->bom_n,
			bytes.n - out->bom_n };

		out->utf8 = out->bom_n == 3 && pm_utf8_valid(rest, &bad) &&
		    count_of(rest, 0) == 0;
		return true;
	}
	nuls = count_of(bytes, 0);
	if (nuls > 0 && by_width(out, bytes))
		return true;
	if (nuls > bytes.n / NUL_SHARE + 1 || has_controls(bytes))
		return false;
	if (by_escape(out, bytes, declared))
		return true;
	valid = pm_utf8_valid(bytes, &bad);
	if (valid || nearly_utf8(bytes, bad)) {
		out->utf8 = valid && nuls == 0;
		name_put(out, "UTF-8", PM_ENCODING_VALID);
		return true;
	}
	return by_sample(out, bytes, declared);
}
