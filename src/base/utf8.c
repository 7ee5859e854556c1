#include "base/utf8.h"

#include <string.h>

static bool
tail(uint8_t byte)
{
	return (byte & 0xc0) == 0x80;
}

/* Table 3-7 of the Unicode Standard, "Well-Formed UTF-8 Byte Sequences". */
size_t
pm_utf8_length(struct pm_bytes s, size_t at)
{
	const uint8_t *p = s.p + at;
	size_t n = s.n - at;

	if (n == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		return n >= 2 && tail(p[1]) ? 2 : 0;
	if (p[0] >= 0xe0 && p[0] <= 0xef) {
		if (n < 3 || !tail(p[1]) || !tail(p[2]) ||
		    (p[0] == 0xe0 && p[1] < 0xa0) ||
		    (p[0] == 0xed && p[1] > 0x9f))
			return 0;
		return 3;
	}
	if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		if (n < 4 || !tail(p[1]) || !tail(p[2]) || !tail(p[3]) ||
		    (p[0] == 0xf0 && p[1] < 0x90) ||
		    (p[0] == 0xf4 && p[1] > 0x8f))
			return 0;
		return 4;
	}
	return 0;
}

uint32_t
pm_utf8_next(struct pm_bytes s, size_t *at)
{
	const uint8_t *p = s.p + *at;

	if (p[0] < 0x80) {
		*at += 1;
		return p[0];
	}
	if (p[0] < 0xe0) {
		*at += 2;
		return (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
	}
	if (p[0] < 0xf0) {
		*at += 3;
		return (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 |
		    (p[2] & 0x3fu);
	}
	*at += 4;
	return (p[0] & 0x07u) << 18 | (p[1] & 0x3fu) << 12 |
	    (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
}

size_t
pm_utf8_put(uint8_t out[4], uint32_t c)
{
	if (c < 0x80) {
		out[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (uint8_t)(0xc0 | c >> 6);
		out[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (uint8_t)(0xe0 | c >> 12);
		out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		out[2] = (uint8_t)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | c >> 18);
	out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
	out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	out[3] = (uint8_t)(0x80 | (c & 0x3f));
	return 4;
}

bool
pm_utf8_valid(struct pm_bytes s, size_t *bad)
{
	size_t at = 0;

	while (at < s.n) {
		uint64_t eight;
		size_t n;

		if (s.n - at >= 8) {
			memcpy(&eight, s.p + at, 8);
			if ((eight & UINT64_C(0x8080808080808080)) == 0) {
				at += 8;
				continue;
			}
		}
		if ((n = pm_utf8_length(s, at)) == 0) {
			*bad = at;
			return false;
		}
		at += n;
	}
	return true;
}
