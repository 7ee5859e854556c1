#include "archive/diff.h"

#include "base/utf8.h"
#include "dup/digest.h"

/* Steps of one search for a middle: 2^20 diagonals, some 5 ms. */
enum { STEPS_MAX = 1024 };

/* ---- words ---- */

enum kind { SPACE, LETTER, INNER, SIGN, LONE };

static bool
is_space(uint32_t c)
{
	return (c >= 0x09 && c <= 0x0d) || c == ' ' || c == 0x85 ||
	    c == 0xa0 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
	    c == 0x2029 || c == 0x202f || c == 0x3000;
}

/* Thai, Lao, Myanmar, Khmer, Kana, Han. */
static bool
is_lone(uint32_t c)
{
	return (c >= 0x0e00 && c <= 0x0eff) || (c >= 0x1000 && c <= 0x109f) ||
	    (c >= 0x1780 && c <= 0x17ff) || (c >= 0x3040 && c <= 0x30ff) ||
	    (c >= 0x3400 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) ||
	    c >= 0x20000;
}

static bool
is_sign(uint32_t c)
{
	if (c < 0x80)
		return !((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		    (c >= 'a' && c <= 'z'));
	return (c >= 0xa1 && c <= 0xbf && c != 0xaa && c != 0xb5 &&
	    c != 0xba) || c == 0x60c || c == 0x61b || c == 0x61f ||
	    c == 0x6d4 || c == 0x964 || (c >= 0x2010 && c <= 0x205e) ||
	    (c >= 0x3001 && c <= 0x303f) || (c >= 0xff01 && c <= 0xff0f) ||
	    (c >= 0xff1a && c <= 0xff20);
}

/* May stand inside a word: don't, o‘quvchi, 3.5, well-known. */
static bool
is_inner(uint32_t c)
{
	return c == '\'' || c == '-' || c == '.' || c == ',' || c == ':' ||
	    c == 0x2010 || c == 0x2011 || c == 0x2018 || c == 0x2019;
}

/* The character at *at and what it is; a bad byte is a sign. */
static enum kind
next_kind(struct pm_bytes text, size_t *at)
{
	uint32_t c;

	if (pm_utf8_length(text, *at) == 0) {
		(*at)++;
		return SIGN;
	}
	c = pm_utf8_next(text, at);
	return is_space(c) ? SPACE : is_inner(c) ? INNER : is_sign(c) ?
	    SIGN : is_lone(c) ? LONE : LETTER;
}

/* Behind the word whose first letter ends at `at`. */
static size_t
word_end(struct pm_bytes text, size_t at)
{
	size_t end = at, next;

	while (at < text.n) {
		enum kind kind = next_kind(text, &at);

		if (kind == INNER) {
			next = at;
			if (next < text.n && next_kind(text, &next) == LETTER)
				at = next;
			else
				break;
		} else if (kind != LETTER) {
			break;
		}
		end = at;
	}
	return end;
}

static bool
next_word(struct pm_diff_word *out, struct pm_bytes text, size_t *at)
{
	enum kind kind = SPACE;

	*out = (struct pm_diff_word){ .gap = *at };
	while (*at < text.n && kind == SPACE) {
		out->at = *at;
		kind = next_kind(text, at);
	}
	if (kind == SPACE)
		return false;
	if (kind == LETTER)
		*at = word_end(text, *at);
	out->end = *at;
	return true;
}

static struct pm_bytes
word_bytes(const struct pm_diff_text *text, const struct pm_diff_word *word)
{
	return (struct pm_bytes){ text->text.p + word->at,
	    word->end - word->at };
}

/* The number of an equal word that was read before, else a new one.  Values
 * of the map count words of old, then those of new. */
static int
number_word(struct pm_diff_word *word, struct pm_diff *diff,
    const struct pm_diff_text *text, uint32_t next, struct pm_err *err)
{
	struct pm_bytes bytes = word_bytes(text, word);
	uint64_t key = pm_digest64(bytes);

	for (uint32_t i = pm_map_first(&diff->id, key); i != PM_MAP_END;
	    i = pm_map_next(&diff->id, i)) {
		uint32_t value = pm_map_value(&diff->id, i);
		bool in_old = value < diff->old.word.n;
		const struct pm_diff_text *other = in_old ? &diff->old :
		    &diff->new;
		const struct pm_diff_word *twin = &other->word.p[in_old ?
		    value : value - diff->old.word.n];

		if (pm_bytes_equal(word_bytes(other, twin), bytes)) {
			word->id = twin->id;
			return PM_OK;
		}
	}
	word->id = next;
	return pm_map_add(&diff->id, key, next, err);
}

/* False in *fits: too many. */
static int
read_words(bool *fits, struct pm_diff *diff, struct pm_diff_text *out,
    struct pm_bytes text, struct pm_err *err)
{
	uint32_t before = out == &diff->new ? (uint32_t)diff->old.word.n : 0;
	struct pm_diff_word word;
	size_t at = 0;
	int rc;

	out->text = text;
	out->word.n = 0;
	while (next_word(&word, text, &at)) {
		if (out->word.n == PM_DIFF_WORDS_MAX) {
			*fits = false;
			return PM_OK;
		}
		if ((rc = LIST_ROOM(out->word, err)) != PM_OK)
			return rc;
		out->word.p[out->word.n] = word;
		if ((rc = number_word(&out->word.p[out->word.n], diff, out,
		    before + (uint32_t)out->word.n, err)) != PM_OK)
			return rc;
		out->word.n++;
	}
	return PM_OK;
}

/* ---- the shortest edit script ---- */

/* Words old.from..old.to against new.from..new.to. */
struct box {
	ptrdiff_t old_from, old_to, new_from, new_to;
};

struct point {
	ptrdiff_t old, new;
};

/* Furthest points on each diagonal (old - new), from both ends. */
struct search {
	const struct pm_diff_word *old, *new;
	ptrdiff_t *ahead, *back;         /* [-new_n - 1, old_n + 1] */
	struct box box;
	ptrdiff_t least, most;           /* diagonals of the box */
	ptrdiff_t ahead_from, ahead_to, back_from, back_to;
};

static bool
equal_at(const struct search *search, ptrdiff_t old, ptrdiff_t new)
{
	return search->old[old].id == search->new[new].id;
}

/* One more edit from the beginning; true: it met the way back at *out. */
static bool
step_ahead(struct point *out, struct search *search, bool odd)
{
	const struct box *box = &search->box;
	ptrdiff_t *ahead = search->ahead;

	if (search->ahead_from > search->least)
		ahead[--search->ahead_from - 1] = -1;
	else
		search->ahead_from++;
	if (search->ahead_to < search->most)
		ahead[++search->ahead_to + 1] = -1;
	else
		search->ahead_to--;
	for (ptrdiff_t d = search->ahead_to; d >= search->ahead_from;
	    d -= 2) {
		ptrdiff_t x = ahead[d - 1] < ahead[d + 1] ? ahead[d + 1] :
		    ahead[d - 1] + 1;

		while (x < box->old_to && x - d < box->new_to &&
		    equal_at(search, x, x - d))
			x++;
		ahead[d] = x;
		if (odd && d >= search->back_from && d <= search->back_to &&
		    search->back[d] <= x) {
			*out = (struct point){ x, x - d };
			return true;
		}
	}
	return false;
}

/* The same from the end. */
static bool
step_back(struct point *out, struct search *search, bool odd)
{
	const struct box *box = &search->box;
	ptrdiff_t *back = search->back;

	if (search->back_from > search->least)
		back[--search->back_from - 1] = PTRDIFF_MAX;
	else
		search->back_from++;
	if (search->back_to < search->most)
		back[++search->back_to + 1] = PTRDIFF_MAX;
	else
		search->back_to--;
	for (ptrdiff_t d = search->back_to; d >= search->back_from; d -= 2) {
		ptrdiff_t x = back[d - 1] < back[d + 1] ? back[d - 1] :
		    back[d + 1] - 1;

		while (x > box->old_from && x - d > box->new_from &&
		    equal_at(search, x - 1, x - d - 1))
			x--;
		back[d] = x;
		if (!odd && d >= search->ahead_from &&
		    d <= search->ahead_to && x <= search->ahead[d]) {
			*out = (struct point){ x, x - d };
			return true;
		}
	}
	return false;
}

/* Given up: the point that has come furthest from the beginning. */
static struct point
furthest(const struct search *search)
{
	const struct box *box = &search->box;
	struct point best = { box->old_from, box->new_from };

	for (ptrdiff_t d = search->ahead_to; d >= search->ahead_from;
	    d -= 2) {
		struct point point = { search->ahead[d] < box->old_to ?
		    search->ahead[d] : box->old_to, 0 };

		point.new = point.old - d;
		if (point.new > box->new_to) {
			point.old = box->new_to + d;
			point.new = box->new_to;
		}
		if (point.old + point.new > best.old + best.new)
			best = point;
	}
	return best;
}

/* A point through which a shortest script goes. */
static struct point
middle(struct search *search, const struct box *box)
{
	ptrdiff_t begin = box->old_from - box->new_from;
	ptrdiff_t end = box->old_to - box->new_to;
	bool odd = ((begin - end) & 1) != 0;
	struct point point;

	search->box = *box;
	search->least = box->old_from - box->new_to;
	search->most = box->old_to - box->new_from;
	search->ahead_from = search->ahead_to = begin;
	search->back_from = search->back_to = end;
	search->ahead[begin] = box->old_from;
	search->back[end] = box->old_to;
	for (int i = 0; i < STEPS_MAX; i++)
		if (step_ahead(&point, search, odd) ||
		    step_back(&point, search, odd))
			return point;
	return furthest(search);
}

static void
trim(struct box *box, const struct search *search)
{
	while (box->old_from < box->old_to && box->new_from < box->new_to &&
	    equal_at(search, box->old_from, box->new_from)) {
		box->old_from++;
		box->new_from++;
	}
	while (box->old_from < box->old_to && box->new_from < box->new_to &&
	    equal_at(search, box->old_to - 1, box->new_to - 1)) {
		box->old_to--;
		box->new_to--;
	}
}

static void
mark(struct pm_diff *diff, const struct box *box)
{
	for (ptrdiff_t i = box->old_from; i < box->old_to; i++)
		diff->old.word.p[i].changed = true;
	for (ptrdiff_t i = box->new_from; i < box->new_to; i++)
		diff->new.word.p[i].changed = true;
}

static ptrdiff_t
size_of(const struct box *box)
{
	return box->old_to - box->old_from + box->new_to - box->new_from;
}

/* Recursion takes the smaller part, so it is at most log2(words) deep. */
static void
compare(struct pm_diff *diff, struct search *search, struct box box)
{
	for (;;) {
		struct box first, second;
		struct point point;

		trim(&box, search);
		if (box.old_from == box.old_to || box.new_from == box.new_to)
			break;
		point = middle(search, &box);
		first = (struct box){ box.old_from, point.old, box.new_from,
		    point.new };
		second = (struct box){ point.old, box.old_to, point.new,
		    box.new_to };
		/* It always is between the two; if not, nothing is lost. */
		if (size_of(&first) == 0 || size_of(&second) == 0)
			break;
		if (size_of(&first) < size_of(&second)) {
			compare(diff, search, first);
			box = second;
		} else {
			compare(diff, search, second);
			box = first;
		}
	}
	mark(diff, &box);
}

static int
mark_changes(struct pm_diff *diff, struct pm_err *err)
{
	size_t old_n = diff->old.word.n, new_n = diff->new.word.n;
	size_t n = old_n + new_n + 3;
	struct search search = { .old = diff->old.word.p,
	    .new = diff->new.word.p };
	struct box all = { 0, (ptrdiff_t)old_n, 0, (ptrdiff_t)new_n };
	int rc;

	pm_buf_reset(&diff->search);
	if ((rc = pm_buf_reserve(&diff->search, 2 * n * sizeof(ptrdiff_t),
	    err)) != PM_OK)
		return rc;
	search.ahead = (ptrdiff_t *)(void *)diff->search.p + new_n + 1;
	search.back = search.ahead + n;
	compare(diff, &search, all);
	for (size_t i = 0; i < old_n; i++)
		diff->shared_n += !diff->old.word.p[i].changed;
	return PM_OK;
}

/* ---- pieces ---- */

/* How many words from i on are (not) changed. */
static size_t
run_of(const struct pm_diff_text *text, size_t i, bool changed)
{
	size_t n = 0;

	while (i + n < text->word.n && text->word.p[i + n].changed == changed)
		n++;
	return n;
}

/* How many words from there on both texts share. */
static size_t
shared_run(const struct pm_diff *diff, size_t old, size_t new)
{
	size_t in_old = run_of(&diff->old, old, false);
	size_t in_new = run_of(&diff->new, new, false);

	return in_old < in_new ? in_old : in_new;
}

/* A lone word in the middle of larger changes. */
static void
tidy(struct pm_diff *diff)
{
	size_t old = 0, new = 0, before = 0;

	while (old < diff->old.word.n || new < diff->new.word.n) {
		size_t gone = run_of(&diff->old, old, true);
		size_t come = run_of(&diff->new, new, true);
		size_t both = shared_run(diff, old + gone, new + come);
		size_t after = run_of(&diff->old, old + gone + both, true) +
		    run_of(&diff->new, new + come + both, true);

		before += gone + come;
		old += gone;
		new += come;
		if (both == 1 && before >= 3 && after >= 3) {
			diff->old.word.p[old].changed = true;
			diff->new.word.p[new].changed = true;
			before += 2;
		} else {
			before = 0;
		}
		old += both;
		new += both;
	}
}

static int
add_piece(struct pm_diff *diff, enum pm_piece_kind kind,
    const struct pm_diff_text *text, size_t from, size_t n,
    struct pm_err *err)
{
	size_t at = n == 0 ? 0 : text->word.p[from].gap;
	int rc;

	if (n == 0)
		return PM_OK;
	if ((rc = LIST_ROOM(diff->piece, err)) != PM_OK)
		return rc;
	diff->piece.p[diff->piece.n++] = (struct pm_piece){ kind,
	    { text->text.p + at, text->word.p[from + n - 1].end - at }, n };
	return PM_OK;
}

static int
make_pieces(struct pm_diff *diff, struct pm_err *err)
{
	size_t old = 0, new = 0;
	int rc = PM_OK;

	while (rc == PM_OK && (old < diff->old.word.n ||
	    new < diff->new.word.n)) {
		size_t gone = run_of(&diff->old, old, true);
		size_t come = run_of(&diff->new, new, true);
		size_t both = shared_run(diff, old + gone, new + come);

		rc = add_piece(diff, PM_PIECE_OLD, &diff->old, old, gone,
		    err);
		if (rc == PM_OK)
			rc = add_piece(diff, PM_PIECE_NEW, &diff->new, new,
			    come, err);
		if (rc == PM_OK)
			rc = add_piece(diff, PM_PIECE_BOTH, &diff->new,
			    new + come, both, err);
		old += gone + both;
		new += come + both;
	}
	return rc;
}

static int
replace_all(struct pm_diff *diff, struct pm_bytes old, struct pm_bytes new,
    struct pm_err *err)
{
	const struct pm_piece piece[] = { { PM_PIECE_OLD, old, 1 },
	    { PM_PIECE_NEW, new, 1 } };
	int rc = PM_OK;

	for (int i = 0; i < 2 && rc == PM_OK; i++)
		if ((rc = LIST_ROOM(diff->piece, err)) == PM_OK)
			diff->piece.p[diff->piece.n++] = piece[i];
	return rc;
}

int
pm_diff_words(struct pm_diff *diff, struct pm_bytes old, struct pm_bytes new,
    struct pm_err *err)
{
	bool fits = true;
	int rc;

	diff->piece.n = diff->shared_n = 0;
	diff->old.word.n = diff->new.word.n = 0;
	pm_map_reset(&diff->id);
	if ((rc = read_words(&fits, diff, &diff->old, old, err)) != PM_OK ||
	    (rc = read_words(&fits, diff, &diff->new, new, err)) != PM_OK)
		return rc;
	if (!fits)
		return replace_all(diff, old, new, err);
	if ((rc = mark_changes(diff, err)) != PM_OK)
		return rc;
	tidy(diff);
	return make_pieces(diff, err);
}

void
pm_diff_clear(struct pm_diff *diff)
{
	pm_free(diff->old.word.p);
	pm_free(diff->new.word.p);
	pm_map_clear(&diff->id);
	pm_buf_clear(&diff->search);
	pm_free(diff->piece.p);
	*diff = (struct pm_diff){ 0 };
}
