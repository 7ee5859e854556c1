#include "text/fold.h"

#include <stdbool.h>

#include "base/utf8.h"

/*
 * Scripts written without spaces: Unicode 15.0, Scripts.txt, as blocks, for
 * folded text holds no unassigned characters; with the marks and the length
 * sign that Japanese shares.
 */
static bool
is_unspaced(uint32_t c)
{
	static const struct { uint32_t first, last; } ranges[] = {
		{ 0xe00, 0xeff },         /* Thai, Lao */
		{ 0x1000, 0x109f },       /* Myanmar */
		{ 0x1780, 0x17ff },       /* Khmer */
		{ 0x2e80, 0x2fdf },       /* Han radicals */
		{ 0x3005, 0x3007 }, { 0x3021, 0x3029 }, { 0x3031, 0x3035 },
		{ 0x3038, 0x303c },       /* Han numbers, Kana repeat marks */
		{ 0x3041, 0x30ff },       /* Kana */
		{ 0x31f0, 0x31ff },
		{ 0x3400, 0x4dbf }, { 0x4e00, 0x9fff },
		{ 0xa9e0, 0xa9ff },       /* Myanmar */
		{ 0xaa60, 0xaa7f },
		{ 0xf900, 0xfaff },
		{ 0x16fe2, 0x16fe3 }, { 0x16ff0, 0x16ff1 },
		{ 0x1aff0, 0x1b16f },     /* Kana */
		{ 0x20000, 0x3ffff }
	};
	size_t low = 0, high = sizeof ranges / sizeof ranges[0];

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (c < ranges[middle].first)
			high = middle;
		else if (c > ranges[middle].last)
			low = middle + 1;
		else
			return true;
	}
	return false;
}

/*
 * Bytes of the character of such a script at `at`, else 0.  Below U+0E00 there
 * is none, and two bytes tell.
 */
static size_t
unspaced_at(struct pm_bytes s, size_t at)
{
	size_t n, after = at;

	if (at >= s.n || s.p[at] < 0xe0 || (n = pm_utf8_length(s, at)) == 0)
		return 0;
	return is_unspaced(pm_utf8_next(s, &after)) ? n : 0;
}

static bool
unspaced_before(struct pm_bytes s, size_t at)
{
	size_t start = at;

	while (start > 0 && at - start < 4)
		if ((s.p[--start] & 0xc0) != 0x80)
			break;
	return start < at && start + unspaced_at(s, start) == at;
}

int
pm_token_next(struct pm_token_cursor *cursor, struct pm_bytes *token)
{
	struct pm_bytes s = cursor->folded;
	size_t at = cursor->at, start, first;

	while (at < s.n) {
		if (s.p[at] == ' ') {
			at++;
			continue;
		}
		start = at;
		if ((first = unspaced_at(s, at)) == 0) {
			while (at < s.n && s.p[at] != ' ' &&
			    unspaced_at(s, at) == 0)
				at++;
		} else {
			/* The second of a pair is the first of the next. */
			at += first;
			first = unspaced_at(s, at);
			if (first == 0 && unspaced_before(s, start))
				continue;
			cursor->at = at;
			*token = (struct pm_bytes){ s.p + start,
			    at + first - start };
			return true;
		}
		cursor->at = at;
		*token = (struct pm_bytes){ s.p + start, at - start };
		return true;
	}
	cursor->at = at;
	return false;
}
