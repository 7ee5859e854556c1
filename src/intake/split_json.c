#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "intake/split_internal.h"

/*
 * By lines: a line end never stands inside a JSON string, so records are cut
 * where a line that is not blank begins.  Lines that are no JSON are records
 * too.
 *
 * By depth: records are cut before each "{" that opens at depth base (0 for
 * values one after the other, 1 in an array, 2 in an array of an object) or
 * less, so that a missing "," or a "}" too many costs nothing.  Behind the
 * array of an object nothing is cut.  64 bytes at once: those behind a "\" are no
 * quotes, what stands between quotes is no bracket, and where fewer brackets
 * close than would lead back to base they need only be counted.
 *
 * split->between: by lines, the line at hand has ended; by depth, the next
 * "{" is the first byte of the record at hand.
 */

enum { BLOCK = 64, LOOK_BYTES = 64 << 10 };

static bool
is_white(uint8_t c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static size_t
skip_white(struct pm_bytes head, size_t at)
{
	while (at < head.n && is_white(head.p[at]))
		at++;
	return at;
}

/* ---- by depth ---- */

struct marks {
	uint64_t quote, backslash, open, close;
};

static void
find_marks(struct marks *out, const uint8_t *p)
{
	*out = (struct marks){ 0 };
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"');
	const __m128i backslash = _mm_set1_epi8('\\');
	const __m128i open = _mm_set1_epi8('{'), close = _mm_set1_epi8('}');
	const __m128i bit = _mm_set1_epi8(0x20);   /* "[" is "{" without */

	for (int i = 0; i < BLOCK; i += 16) {
		__m128i c = _mm_loadu_si128((const __m128i *)(const void *)
		    (p + i));
		__m128i low = _mm_or_si128(c, bit);

		out->quote |= (uint64_t)(uint32_t)_mm_movemask_epi8(
		    _mm_cmpeq_epi8(c, quote)) << i;
		out->backslash |= (uint64_t)(uint32_t)_mm_movemask_epi8(
		    _mm_cmpeq_epi8(c, backslash)) << i;
		out->open |= (uint64_t)(uint32_t)_mm_movemask_epi8(
		    _mm_cmpeq_epi8(low, open)) << i;
		out->close |= (uint64_t)(uint32_t)_mm_movemask_epi8(
		    _mm_cmpeq_epi8(low, close)) << i;
	}
#else
	for (int i = 0; i < BLOCK; i++) {
		uint64_t bit = (uint64_t)1 << i;

		switch (p[i]) {
		case '"':
			out->quote |= bit;
			break;
		case '\\':
			out->backslash |= bit;
			break;
		case '{':
		case '[':
			out->open |= bit;
			break;
		case '}':
		case ']':
			out->close |= bit;
			break;
		default:
			break;
		}
	}
#endif
}

/* Which bytes stand behind a backslash that counts. */
static uint64_t
find_escaped(struct pm_split *split, uint64_t backslash, size_t n)
{
	uint64_t escaped = split->escaped, left = backslash & ~escaped;

	split->escaped = false;
	while (left != 0) {
		int i = __builtin_ctzll(left);

		if ((size_t)i + 1 >= n) {
			split->escaped = true;
			break;
		}
		escaped |= (uint64_t)2 << i;
		left &= ~((uint64_t)3 << i);
	}
	return escaped;
}

/* Bit i is the parity of bits 0 to i. */
static uint64_t
parity_so_far(uint64_t x)
{
	for (int shift = 1; shift < BLOCK; shift *= 2)
		x ^= x << shift;
	return x;
}

/* One by one.  Returns at which byte the next record begins, or n. */
static size_t
count_brackets(struct pm_split *split, const uint8_t *p, size_t n,
    const struct marks *marks)
{
	uint64_t left = marks->open | marks->close;

	for (; left != 0; left &= left - 1) {
		size_t i = (size_t)__builtin_ctzll(left);

		if ((marks->close >> i & 1) != 0) {
			split->depth -= split->depth > 0;
			split->closed = split->closed ||
			    (split->base == 2 && p[i] == ']' &&
			    split->depth < split->base);
		} else if (split->closed) {
			split->depth++;
		} else if (p[i] != '{' || split->depth > split->base) {
			split->depth++;
		} else if (split->between) {
			split->between = false;
			split->depth = split->base + 1;
		} else {
			split->between = true;
			return i;
		}
	}
	return n;
}

/* At most BLOCK bytes can be read at p, n count.  Returns as above. */
static size_t
take_block(struct pm_split *split, const uint8_t *p, size_t n)
{
	struct marks marks;
	uint64_t inside;
	size_t cut = n;

	find_marks(&marks, p);
	if ((marks.backslash | split->escaped) != 0)
		marks.quote &= ~find_escaped(split, marks.backslash, n);
	inside = split->in_string ? ~(uint64_t)0 : 0;
	if (marks.quote != 0)
		inside ^= parity_so_far(marks.quote);
	marks.open &= ~inside;
	marks.close &= ~inside;
	if ((marks.open | marks.close) != 0) {
		uint64_t closing = (uint64_t)__builtin_popcountll(marks.close);

		if (split->depth > split->base + closing)
			split->depth += (uint64_t)__builtin_popcountll(
			    marks.open) - closing;
		else
			cut = count_brackets(split, p, n, &marks);
	}
	split->in_string = cut == n && (inside >> (BLOCK - 1) & 1) != 0;
	if (cut < n)
		split->escaped = false;
	return cut;
}

static void
step_by_depth(size_t *used, bool *ended, struct pm_split *split,
    const uint8_t *p, size_t n)
{
	uint8_t last[BLOCK] = { 0 };
	size_t at = 0, cut;

	if (split->left > 0) {           /* what stands before the records */
		*used = split->left < n ? (size_t)split->left : n;
		split->left -= *used;
		*ended = split->left == 0;
		split->between = *ended;
		return;
	}

	for (; n - at >= BLOCK; at += BLOCK) {
		cut = take_block(split, p + at, BLOCK);
		if (cut < BLOCK) {
			*used = at + cut;
			*ended = true;
			return;
		}
	}
	*used = n;
	if (at == n)
		return;
	memcpy(last, p + at, n - at);
	cut = take_block(split, last, n - at);
	*used = at + cut;
	*ended = *used < n;
}

/* ---- by lines ---- */

static void
step_by_lines(size_t *used, bool *ended, struct pm_split *split,
    const uint8_t *p, size_t n)
{
	size_t at = split->left < n ? (size_t)split->left : n;

	split->left -= at;
	if (!split->between) {
		const uint8_t *end = memchr(p, '\n', n);

		if (end == NULL) {
			*used = n;
			return;
		}
		at = (size_t)(end - p) + 1;
		split->between = true;
	}
	*used = skip_white((struct pm_bytes){ p, n }, at);
	*ended = *used < n;
	if (*ended)
		split->between = false;
}

int
pm_split_json_step(size_t *used, bool *ended, struct pm_split *split,
    const uint8_t *p, size_t n, bool end, struct pm_err *err)
{
	(void)err;
	if (!split->by_depth) {
		step_by_lines(used, ended, split, p, n);
		return PM_OK;
	}
	step_by_depth(used, ended, split, p, n);
	if (end && *used == n && (split->depth > 0 || split->in_string))
		split->complaint = "ends inside a JSON value";
	return PM_OK;
}

/* ---- which of them ---- */

/* Behind the object that begins at p, or 0 when it does not end. */
static size_t
object_end(const uint8_t *p, size_t n)
{
	bool in_string = false;
	size_t depth = 0;

	for (size_t i = 0; i < n; i++) {
		if (in_string && p[i] == '\\')
			i++;
		else if (p[i] == '"')
			in_string = !in_string;
		else if (in_string)
			continue;
		else if (p[i] == '{' || p[i] == '[')
			depth++;
		else if ((p[i] == '}' || p[i] == ']') && --depth == 0)
			return i + 1;
	}
	return 0;
}

static bool
is_object_alone(const uint8_t *p, size_t n)
{
	size_t end = n > 0 && *p == '{' ? object_end(p, n) : 0;

	return end > 0 && skip_white((struct pm_bytes){ p, n }, end) == n;
}

/* The object at `at` ends with its line; or, as that may be broken, two later
 * lines in a row are objects. */
static bool
is_by_lines(struct pm_bytes head, size_t at)
{
	const uint8_t *p = head.p + at, *stop = head.p + head.n, *end;
	int objects = 0;

	end = memchr(p, '\n', (size_t)(stop - p));
	if (end == NULL) {
		size_t n = object_end(p, (size_t)(stop - p));

		return n == 0 || skip_white(head, at + n) == head.n;
	}
	if (object_end(p, (size_t)(end - p)) > 0)
		return is_object_alone(p, (size_t)(end - p));
	while (end < stop && objects < 2) {
		p = end + 1;
		end = memchr(p, '\n', (size_t)(stop - p));
		if (end == NULL)
			end = stop;
		objects = is_object_alone(p, (size_t)(end - p)) ?
		    objects + 1 : 0;
	}
	return objects == 2;
}

static bool
is_object(struct pm_bytes head, size_t at)
{
	if (at == head.n || head.p[at] != '{')
		return false;
	at = skip_white(head, at + 1);
	return at < head.n && (head.p[at] == '"' || head.p[at] == '}');
}

bool
pm_split_json_begin(struct pm_split *split, struct pm_bytes head)
{
	size_t first = skip_white(head, pm_split_mark(head));

	if (head.n > LOOK_BYTES)
		head.n = LOOK_BYTES;
	if (first >= head.n)
		return false;
	if (head.p[first] == '[' &&
	    is_object(head, skip_white(head, first + 1))) {
		split->kind = PM_SPLIT_JSON_ARRAY;
		split->by_depth = true;
		split->base = 1;
		split->ordinal = 0;
		return true;
	}
	if (!is_object(head, first))
		return false;
	if (is_by_lines(head, first)) {
		pm_split_lines_begin(split, head);
		return true;
	}
	split->kind = PM_SPLIT_JSON_LINES;
	split->by_depth = true;
	split->between = first == 0;
	split->ordinal = first == 0;
	return true;
}

void
pm_split_wrapped_begin(struct pm_split *split, size_t first)
{
	split->kind = PM_SPLIT_JSON_ARRAY;
	split->by_depth = true;
	split->base = 2;
	split->ordinal = 0;
	split->left = first;
}

void
pm_split_lines_begin(struct pm_split *split, struct pm_bytes head)
{
	size_t mark = pm_split_mark(head);

	split->kind = PM_SPLIT_JSON_LINES;
	split->left = mark;   /* not white */
	split->between = skip_white(head, mark) > 0;
	split->ordinal = !split->between;
}
