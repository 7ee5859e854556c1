#include "intake/intake_internal.h"

#include <string.h>

static bool
has_magic(struct pm_bytes head, size_t at, const char *magic, size_t n)
{
	return head.n >= at + n && memcmp(head.p + at, magic, n) == 0;
}

#define HAS_MAGIC(head, at, magic) \
	has_magic((head), (at), (magic), sizeof(magic) - 1)

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool
ends_with(struct pm_bytes path, const char *suffix)
{
	size_t n = strlen(suffix);

	if (path.n < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (lower(path.p[path.n - n + i]) != (uint8_t)suffix[i])
			return false;
	}
	return true;
}

/* Containers that are read as one document, by us or by whoever made them. */
static bool
is_document(struct pm_bytes path)
{
	static const char *const suffix[] = {
		".docx", ".docm", ".xlsx", ".xlsm", ".pptx", ".pptm", ".odt",
		".ods", ".odp", ".epub", ".jar", ".war", ".apk", ".whl",
		".xpi", ".kmz", ".cdx.gz",
	};

	for (size_t i = 0; i < sizeof suffix / sizeof *suffix; i++) {
		if (ends_with(path, suffix[i]))
			return true;
	}
	return false;
}

/* An octal field of a tar header, as old writers pad it: spaces around. */
static bool
parse_octal(uint32_t *out, const uint8_t *p, size_t n)
{
	uint32_t value = 0;
	size_t i = 0, digits = 0;

	while (i < n && p[i] == ' ')
		i++;
	for (; i < n && p[i] >= '0' && p[i] <= '7'; i++, digits++)
		value = value * 8 + (uint32_t)(p[i] - '0');
	if (i < n && p[i] != ' ' && p[i] != 0)
		return false;
	*out = value;
	return digits > 0;
}

static bool
is_tar(struct pm_bytes head, struct pm_bytes path)
{
	uint32_t sum = 0, claimed;
	int32_t signed_sum = 0;
	bool empty = true;

	if (head.n < 512)
		return false;
	for (size_t i = 0; i < 512; i++) {
		uint8_t c = i >= 148 && i < 156 ? ' ' : head.p[i];

		sum += c;
		signed_sum += (int8_t)c;
		empty = empty && head.p[i] == 0;
	}
	/* A file of zeros may be anything: only its name makes it a tar. */
	if (empty)
		return ends_with(path, ".tar");
	/* The name of a member is never empty, but the prefix may hold it. */
	return parse_octal(&claimed, head.p + 148, 8) &&
	    (claimed == sum || (int64_t)claimed == signed_sum);
}

/*
 * A header all of whose fields are numbers, and a first name that ends where
 * it says: text may begin with the magic, which is six digits.
 */
static bool
is_cpio(struct pm_bytes head)
{
	bool octal = HAS_MAGIC(head, 0, "070707");
	size_t header_n = octal ? 76 : 110, at = octal ? 59 : 94;
	size_t at_end = at + (octal ? 6 : 8), name_n = 0;

	if ((!octal && !HAS_MAGIC(head, 0, "070701") &&
	    !HAS_MAGIC(head, 0, "070702")) || head.n < header_n)
		return false;
	for (size_t i = 6; i < header_n; i++) {
		uint8_t c = lower(head.p[i]);
		size_t digit = c <= '9' ? (size_t)c - '0' :
		    (size_t)c - 'a' + 10;

		if (c < '0' || (c > '9' && c < 'a') ||
		    digit >= (octal ? 8 : 16))
			return false;
		if (i >= at && i < at_end)
			name_n = name_n * (octal ? 8 : 16) + digit;
	}
	return name_n > 1 && name_n <= head.n - header_n &&
	    head.p[header_n + name_n - 1] == 0;
}

enum pm_format
pm_sniff(struct pm_bytes head, struct pm_bytes path)
{
	if (head.n < 4 || is_document(path))
		return PM_FORMAT_PLAIN;
	if (HAS_MAGIC(head, 0, "\x1f\x8b\x08"))
		return PM_FORMAT_GZIP;
	if (HAS_MAGIC(head, 0, "\xfd\x37zXZ\0"))
		return PM_FORMAT_XZ;
	/* Or a dictionary in front of the first frame. */
	if (HAS_MAGIC(head, 0, "\x28\xb5\x2f\xfd") ||
	    HAS_MAGIC(head, 0, "\x5d\x2a\x4d\x18"))
		return PM_FORMAT_ZSTD;
	/* "BZh" alone begins words; a block or the end must follow. */
	if (HAS_MAGIC(head, 0, "BZh") && head.n >= 10 && head.p[3] >= '1' &&
	    head.p[3] <= '9' && (HAS_MAGIC(head, 4, "1AY&SY") ||
	    HAS_MAGIC(head, 4, "\x17\x72\x45\x38\x50\x90")))
		return PM_FORMAT_BZIP2;
	if (HAS_MAGIC(head, 0, "\x04\x22\x4d\x18"))
		return PM_FORMAT_LZ4;
	if (HAS_MAGIC(head, 0, "PK\3\4") || HAS_MAGIC(head, 0, "PK\5\6"))
		return PM_FORMAT_ZIP;
	if (HAS_MAGIC(head, 0, "7z\xbc\xaf\x27\x1c"))
		return PM_FORMAT_7Z;
	if (HAS_MAGIC(head, 0, "Rar!\x1a\x07"))
		return PM_FORMAT_RAR;
	if (is_tar(head, path))
		return PM_FORMAT_TAR;
	if (is_cpio(head))
		return PM_FORMAT_CPIO;
	if (HAS_MAGIC(head, 0x8001, "CD001"))
		return PM_FORMAT_ISO;
	return PM_FORMAT_PLAIN;
}

const char *
pm_format_name(enum pm_format format)
{
	static const char *const name[] = {
		"plain", "tar", "cpio", "zip", "7z", "iso", "rar", "gzip",
		"xz", "zstd", "bzip2", "lz4",
	};

	return name[format];
}

bool
pm_format_is_filter(enum pm_format format)
{
	return format >= PM_FORMAT_GZIP;
}

bool
pm_format_is_certain(enum pm_format format)
{
	return format != PM_FORMAT_PLAIN && format != PM_FORMAT_ISO;
}

struct pm_bytes
pm_path_base(struct pm_bytes path)
{
	size_t at;

	while (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	for (at = path.n; at > 0 && path.p[at - 1] != '/'; at--)
		continue;
	if (at == path.n)
		return path;
	return (struct pm_bytes){ path.p + at, path.n - at };
}

struct pm_bytes
pm_path_relative(struct pm_bytes path)
{
	for (;;) {
		size_t drop = 0;

		if (path.n >= 1 && path.p[0] == '/')
			drop = 1;
		else if (path.n >= 2 && path.p[0] == '.' && path.p[1] == '/')
			drop = 2;
		if (drop == 0)
			return path;
		path.p += drop;
		path.n -= drop;
	}
}

int
pm_path_append_unpacked(struct pm_buf *out, struct pm_bytes path,
    struct pm_err *err)
{
	static const struct {
		const char *suffix, *instead;
	} known[] = {
		{ ".gz", "" }, { ".xz", "" }, { ".zst", "" }, { ".bz2", "" },
		{ ".lz4", "" }, { ".tgz", ".tar" }, { ".txz", ".tar" },
		{ ".tbz2", ".tar" }, { ".tbz", ".tar" }, { ".tzst", ".tar" },
	};
	struct pm_bytes base = pm_path_base(path);
	const char *instead = "";
	int rc;

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		size_t n = strlen(known[i].suffix);

		if (base.n <= n || !ends_with(base, known[i].suffix))
			continue;
		base.n -= n;
		instead = known[i].instead;
		break;
	}
	if ((rc = pm_buf_append(out, base.p, base.n, err)) != PM_OK)
		return rc;
	return pm_buf_append_str(out, instead, err);
}
