/*
 * Why two articles are related, or not: what is stored of them, and every
 * test again on their texts.
 */
#include <stdlib.h>

#include "archive/archive.h"
#include "archive/diff.h"
#include "archive/footers.h"
#include "archive/policy.h"
#include "base/err.h"
#include "store/catalog_query.h"
#include "text/fold.h"

enum { WORD_BYTES_SHOWN = 60 };

/* One of the two: its text, fold and numbers. */
struct side {
	struct pm_article_row place;
	struct pm_buf text, folded;
	struct pm_body_room room;
	struct pm_body body;
	uint64_t *key;                   /* own, sorted from others on */
	size_t key_n;
	size_t footer;                   /* tokens left out: footers.h */
	struct pm_why_side out;
};

struct asker {
	struct pm_archive *archive;
	struct pm_policy policy;
	char policy_text[PM_POLICY_CHARS];
	struct side a, b;
	uint64_t number[2];
	struct pm_diff diff;
	struct pm_buf says[PM_WHY_TESTS], verdict;
	struct pm_why why;
	int (*answer)(void *context, const struct pm_why *why);
	void *context;
	struct pm_err *err;
};

/* ---- which articles are meant ---- */

struct found {
	uint64_t number;
	size_t n;
};

static int
note_shown(void *context, uint64_t number)
{
	struct found *found = context;

	found->number = number;
	found->n++;
	return PM_OK;
}

static int
note_listed(void *context, struct pm_article *article,
    const struct pm_article_row *place)
{
	(void)article;
	(void)note_shown(context, place->number);
	return ((struct found *)context)->n > 1 ? 1 : PM_OK;
}

/* No article has the id; a teaser may, and then it is said what it is. */
static int
not_found(struct asker *asker, const char *name,
    const struct pm_query *query)
{
	struct pm_catalog *catalog = asker->archive->catalog;
	char id[17], cluster[17];
	struct pm_teaser_link link;
	int rc = pm_catalog_teaser_link(&link, catalog, query, asker->err);

	if (rc != PM_OK)
		return rc;
	if (link.n != 1)
		return pm_fail(asker->err, PM_ENOTFOUND, "no capture has the "
		    "path %s, and no article an id that begins so", name);
	if (link.article == 0)
		return pm_fail(asker->err, PM_EUSAGE, "%s: a teaser, joined "
		    "to no article; why is told of articles", name);
	if ((rc = pm_catalog_ids(id, cluster, catalog, link.article,
	    asker->err)) != PM_OK)
		return rc;
	return pm_fail(asker->err, PM_EUSAGE, "%s: a teaser, joined to "
	    "article %s (evidence: %s, score %.2f%s); why is told of "
	    "articles", name, id, link.evidence == NULL ? "none" :
	    link.evidence, link.score, link.ambiguous ? ", ambiguous" : "");
}

static int
find_id(uint64_t *out, struct asker *asker, const char *name)
{
	const struct pm_select select = { .id = name };
	struct found found = { 0 };
	struct pm_query query;
	int rc;

	if (strspn(name, "0123456789abcdefABCDEF") != strlen(name) ||
	    pm_query_init(&query, &select, asker->archive->catalog,
	    asker->err) != PM_OK)
		return pm_fail(asker->err, PM_ENOTFOUND, "%s: neither an id "
		    "nor the path of a capture (paths are as scan and ls "
		    "--captures print them)", name);
	rc = pm_catalog_list_articles(asker->archive->catalog, &query,
	    PM_DETAIL_ROW, note_listed, &found, asker->err);
	if (rc < 0)
		return rc;
	if (found.n != 1)
		return found.n == 0 ? not_found(asker, name, &query) :
		    pm_fail(asker->err, PM_EUSAGE,
		    "several articles have an id that begins with %s; give "
		    "more digits", name);
	*out = found.number;
	return PM_OK;
}

static int
find(uint64_t *out, struct asker *asker, const char *name)
{
	struct found found = { 0 };
	int rc = pm_catalog_list_shown(asker->archive->catalog,
	    pm_bytes_of(name), note_shown, &found, asker->err);

	if (rc != PM_OK)
		return rc;
	if (found.n == 0)
		return find_id(out, asker, name);
	if (found.n > 1)
		return pm_fail(asker->err, PM_EUSAGE, "%s: captures with this "
		    "path show %zu different articles; give the id of one "
		    "(ls --captures)", name, found.n);
	if (found.number == 0)
		return pm_fail(asker->err, PM_EUSAGE, "%s: shows no article "
		    "(only teasers, or it is opaque)", name);
	*out = found.number;
	return PM_OK;
}

/* ---- reading ---- */

static int
compare_keys(const void *p, const void *q)
{
	uint64_t x = *(const uint64_t *)p, y = *(const uint64_t *)q;

	return (x > y) - (x < y);
}

/* Bands stay in their order; the others are sorted, each once. */
static int
keep_keys(struct side *side, const uint64_t *key, size_t n, size_t bands,
    struct pm_err *err)
{
	uint64_t *own = pm_alloc((n + 1) * sizeof *own, err);
	size_t kept = bands;

	if (own == NULL)
		return PM_ENOMEM;
	if (n < bands)
		kept = n;
	memcpy(own, key, n * sizeof *own);
	if (n > kept)
		qsort(own + kept, n - kept, sizeof *own, compare_keys);
	for (size_t i = kept; i < n; i++)
		if (i == bands || own[i] != own[kept - 1])
			own[kept++] = own[i];
	side->key = own;
	side->key_n = kept;
	return PM_OK;
}

static int
cut_footer(struct side *side, struct asker *asker)
{
	struct pm_footers *footers;
	struct pm_body_tails tails;
	size_t n;
	int rc = pm_archive_footers(&footers, asker->archive, asker->err);

	if (rc != PM_OK)
		return rc;
	pm_body_tails(&tails, &side->body, &side->room);
	rc = pm_footers_cut(&n, footers, &side->body, &tails, asker->err);
	if (rc == PM_OK && n < side->body.token_n) {
		side->footer = side->body.token_n - n;
		pm_body_cut(&side->body, &side->room, n);
	}
	pm_footers_close(footers);
	return rc;
}

static int
read_side(struct side *side, struct asker *asker)
{
	const uint64_t *key = NULL;
	struct pm_err *err = asker->err;
	struct pm_bytes folded;
	size_t n;
	int rc;

	if ((rc = pm_frames_article(&side->text, asker->archive->frames,
	    side->place.frame, side->place.offset, side->place.bytes, err)) !=
	    PM_OK ||
	    (rc = pm_body_text(&side->body, &folded, &side->room,
	    pm_buf_bytes(&side->text), err)) != PM_OK ||
	    (rc = pm_buf_append(&side->folded, folded.p, folded.n, err)) !=
	    PM_OK ||
	    (rc = pm_body_keys(&key, &n, &side->room, &side->body,
	    &asker->policy, err)) != PM_OK)
		return rc;
	side->out.words = side->body.token_n;
	if (key != NULL && (rc = keep_keys(side, key, n, asker->policy.bands,
	    err)) != PM_OK)
		return rc;
	rc = cut_footer(side, asker);
	side->out.grams = side->body.gram_n;
	return rc;
}

/* ---- the tests ---- */

static const char *const test_name[PM_WHY_TESTS] = { "identical", "same",
    "update", "near", "contains", "near in long texts" };
enum { IDENTICAL, SAME, UPDATE, NEAR, CONTAINS, NEAR_LONG };

static int
say_identical(struct asker *asker)
{
	struct pm_why_test *test = &asker->why.test[IDENTICAL];

	test->holds = pm_bytes_equal(pm_buf_bytes(&asker->a.text),
	    pm_buf_bytes(&asker->b.text));
	return pm_buf_printf(&asker->says[IDENTICAL], asker->err,
	    test->holds ? "%llu bytes, all equal" : "%llu and %llu bytes",
	    (unsigned long long)asker->a.text.n,
	    (unsigned long long)asker->b.text.n);
}

/* Bytes of a word that are shown, whole characters. */
static size_t
shown(struct pm_bytes word)
{
	size_t n = WORD_BYTES_SHOWN;

	if (word.n <= n)
		return word.n;
	while (n > 0 && (word.p[n] & 0xc0) == 0x80)
		n--;
	return n;
}

/* The first words in which the folded texts differ. */
static int
say_same(struct asker *asker)
{
	struct pm_why_test *test = &asker->why.test[SAME];
	struct pm_buf *says = &asker->says[SAME];
	struct pm_token_cursor a = pm_tokens(pm_buf_bytes(&asker->a.folded));
	struct pm_token_cursor b = pm_tokens(pm_buf_bytes(&asker->b.folded));
	struct pm_bytes x = { 0 }, y = { 0 };
	unsigned long long word = 0;
	bool more = true;

	test->holds = asker->a.folded.n > 0 && pm_bytes_equal(
	    pm_buf_bytes(&asker->a.folded), pm_buf_bytes(&asker->b.folded));
	if (test->holds)
		return pm_buf_printf(says, asker->err, "equal but for case, "
		    "signs and forms of letters");
	while (more && pm_bytes_equal(x, y)) {
		bool in_a = pm_token_next(&a, &x), in_b = pm_token_next(&b,
		    &y);

		if (!in_a)
			x.n = 0;
		if (!in_b)
			y.n = 0;
		more = in_a && in_b;
		word++;
	}
	if (x.n == 0 || y.n == 0)
		return pm_buf_printf(says, asker->err, "equal up to word "
		    "%llu, where one ends", word - 1);
	return pm_buf_printf(says, asker->err, "word %llu is '%.*s' in one, "
	    "'%.*s' in the other", word, (int)shown(x), x.p, (int)shown(y),
	    y.p);
}

static bool
has_digit(struct pm_bytes token)
{
	for (size_t i = 0; i < token.n; i++)
		if (token.p[i] >= '0' && token.p[i] <= '9')
			return true;
	return false;
}

static int
say_update(struct asker *asker)
{
	struct pm_buf *says = &asker->says[UPDATE];
	struct pm_token_cursor a = pm_tokens(pm_buf_bytes(&asker->a.folded));
	struct pm_token_cursor b = pm_tokens(pm_buf_bytes(&asker->b.folded));
	unsigned long long differ = 0, numbers = 0;
	struct pm_bytes x, y;

	if (asker->a.body.token_n != asker->b.body.token_n)
		return pm_buf_printf(says, asker->err, "%zu and %zu words; "
		    "an update has as many", asker->a.body.token_n,
		    asker->b.body.token_n);
	while (pm_token_next(&a, &x) && pm_token_next(&b, &y)) {
		if (pm_bytes_equal(x, y))
			continue;
		differ++;
		numbers += has_digit(x) && has_digit(y);
	}
	if (!asker->a.body.words || !asker->b.body.words)
		return pm_buf_printf(says, asker->err, "%llu words differ, "
		    "but most words are numbers: a table", differ);
	return pm_buf_printf(says, asker->err, "%llu words differ, %llu of "
	    "them in words with digits", differ, numbers);
}

static int
say_footers(struct asker *asker)
{
	return asker->a.footer + asker->b.footer == 0 ? PM_OK :
	    pm_buf_printf(&asker->says[NEAR], asker->err, ", without the "
	    "last %zu and %zu words, with which many texts end",
	    asker->a.footer, asker->b.footer);
}

static int
say_figures(struct asker *asker, const struct pm_related *found)
{
	size_t a = asker->a.body.gram_n, b = asker->b.body.gram_n;
	size_t smaller = a < b ? a : b;
	struct pm_why_test *test = asker->why.test;
	int rc;

	test[NEAR].value = test[NEAR_LONG].value = found->jaccard;
	test[NEAR].needs = asker->policy.near;
	test[CONTAINS].value = found->containment;
	test[CONTAINS].needs = asker->policy.contains;
	test[NEAR_LONG].needs = asker->policy.near_long;
	for (int i = NEAR; i <= NEAR_LONG; i++)
		test[i].holds = test[i].value >= test[i].needs;
	asker->why.shared_grams = (uint64_t)(found->containment *
	    (double)smaller + 0.5);
	if ((rc = pm_buf_printf(&asker->says[NEAR], asker->err, "%llu 3-grams "
	    "shared of %zu and %zu", (unsigned long long)
	    asker->why.shared_grams, a, b)) != PM_OK ||
	    (rc = say_footers(asker)) != PM_OK ||
	    (rc = pm_buf_printf(&asker->says[CONTAINS], asker->err,
	    "%llu of the %zu 3-grams of the shorter", (unsigned long long)
	    asker->why.shared_grams, smaller)) != PM_OK)
		return rc;
	if (smaller >= PM_NEAR_LONG)
		return pm_buf_printf(&asker->says[NEAR_LONG], asker->err,
		    "the shorter has %zu 3-grams", smaller);
	test[NEAR_LONG].holds = -1;
	return pm_buf_printf(&asker->says[NEAR_LONG], asker->err, "the shorter "
	    "has %zu 3-grams; a long text has %d", smaller, PM_NEAR_LONG);
}

/* Neither is compared: why not. */
static int
say_not_compared(struct asker *asker)
{
	bool large = asker->a.folded.n > PM_BODY_COMPARED_MAX ||
	    asker->b.folded.n > PM_BODY_COMPARED_MAX;
	int rc = PM_OK;

	for (int i = UPDATE; i < PM_WHY_TESTS && rc == PM_OK; i++) {
		asker->why.test[i].holds = -1;
		rc = large ? pm_buf_printf(&asker->says[i], asker->err,
		    "texts over %d MiB are only identical or same",
		    PM_BODY_COMPARED_MAX >> 20) : pm_buf_printf(
		    &asker->says[i], asker->err, "texts under %d words are "
		    "only identical or same", PM_BODY_TOKENS_MIN);
	}
	return rc;
}

/* Which of a line of tests holds first; PM_WHY_TESTS: none. */
static int
first_that_holds(const struct asker *asker)
{
	int i = 0;

	while (i < PM_WHY_TESTS && asker->why.test[i].holds != 1)
		i++;
	return i;
}

static int
make_tests(struct asker *asker)
{
	struct pm_related found;
	int rc;

	for (int i = 0; i < PM_WHY_TESTS; i++)
		asker->why.test[i].test = test_name[i];
	if ((rc = say_identical(asker)) != PM_OK ||
	    (rc = say_same(asker)) != PM_OK)
		return rc;
	if (asker->a.body.gram_n == 0 || asker->b.body.gram_n == 0)
		return say_not_compared(asker);
	pm_body_relate(&found, &asker->a.body, &asker->b.body,
	    &asker->policy, true);
	asker->why.test[UPDATE].holds = found.kind == PM_RELATION_UPDATE;
	rc = say_update(asker);
	return rc == PM_OK ? say_figures(asker, &found) : rc;
}

/* ---- what else is to be said ---- */

static void
count_keys(struct asker *asker)
{
	const struct side *a = &asker->a, *b = &asker->b;
	size_t bands = asker->policy.bands, i = bands, k = bands;
	struct pm_why *why = &asker->why;

	if (a->key_n < bands || b->key_n < bands)
		return;
	why->bands = asker->policy.bands;
	why->others_a = a->key_n - bands;
	why->others_b = b->key_n - bands;
	for (size_t band = 0; band < bands; band++)
		why->bands_shared += a->key[band] == b->key[band];
	while (i < a->key_n && k < b->key_n) {
		why->others_shared += a->key[i] == b->key[k];
		if (a->key[i] == b->key[k]) {
			i++;
			k++;
		} else if (a->key[i] < b->key[k]) {
			i++;
		} else {
			k++;
		}
	}
}

/* How two articles stand, as the catalog has it. */
static int
stored(const char **name, double *jaccard, double *containment,
    struct asker *asker, const struct pm_article_row *a,
    const struct pm_article_row *b)
{
	struct pm_stored_relation relation;
	int rc;

	*jaccard = *containment = 1;
	*name = NULL;
	if (a->number == b->number)
		*name = "identical";
	else if (a->same != 0 && a->same == b->same)
		*name = "same";
	if (*name != NULL)
		return PM_OK;
	rc = pm_catalog_relation(&relation, asker->archive->catalog, a, b,
	    asker->err);
	*name = pm_relation_name(relation.kind);
	*jaccard = relation.jaccard;
	*containment = relation.containment;
	return rc;
}

static int
to_canonical(struct side *side, struct asker *asker)
{
	struct pm_article_row canonical;
	double jaccard, containment;
	uint64_t number;
	int rc = pm_catalog_canonical(&number, asker->archive->catalog,
	    side->place.number, asker->err);

	if (rc != PM_OK || number == side->place.number)
		return rc;
	rc = pm_catalog_article(&canonical, asker->archive->catalog, number,
	    asker->err);
	return rc == PM_OK ? stored(&side->out.to_canonical, &jaccard,
	    &containment, asker, &side->place, &canonical) : rc;
}

static int
say_verdict(struct asker *asker)
{
	const struct pm_why *why = &asker->why;
	int first = first_that_holds(asker);
	uint64_t keys = why->bands_shared + why->others_shared;

	if (why->relation != NULL && first == PM_WHY_TESTS)
		return pm_buf_printf(&asker->verdict, asker->err, "stored as "
		    "%s, though no test holds on the two texts alone: it was "
		    "decided with what the archive knows of other texts",
		    why->relation);
	if (why->relation != NULL)
		return pm_buf_printf(&asker->verdict, asker->err, "%s: the "
		    "first test that holds is '%s'", why->relation,
		    test_name[first]);
	if (first == PM_WHY_TESTS)
		return pm_buf_printf(&asker->verdict, asker->err,
		    "not related: no test holds");
	if (keys == 0)
		return pm_buf_printf(&asker->verdict, asker->err, "not "
		    "related: '%s' would hold, but they share no key of the "
		    "candidate index and were never compared", test_name[first]);
	return pm_buf_printf(&asker->verdict, asker->err, "not related: '%s' "
	    "would hold, but it was not stored: each key they share is "
	    "crowded, or it was decided with what the archive knows of other "
	    "texts", test_name[first]);
}

static int
find_stretch(struct asker *asker)
{
	int rc = pm_diff_words(&asker->diff, pm_buf_bytes(&asker->a.text),
	    pm_buf_bytes(&asker->b.text), asker->err);

	asker->why.piece = asker->diff.piece.p;
	asker->why.piece_n = asker->diff.piece.n;
	for (size_t i = 0; i < asker->diff.piece.n && rc == PM_OK; i++) {
		const struct pm_piece *piece = &asker->diff.piece.p[i];

		if (piece->kind == PM_PIECE_BOTH &&
		    piece->words > asker->why.stretch_words) {
			asker->why.stretch = piece->text;
			asker->why.stretch_words = piece->words;
		}
	}
	return rc;
}

static int
finish(struct asker *asker)
{
	struct pm_why *why = &asker->why;
	int rc;

	for (int i = 0; i < PM_WHY_TESTS; i++) {
		if ((rc = pm_buf_append_byte(&asker->says[i], 0,
		    asker->err)) != PM_OK)
			return rc;
		why->test[i].says = (char *)asker->says[i].p;
	}
	if ((rc = say_verdict(asker)) != PM_OK ||
	    (rc = pm_buf_append_byte(&asker->verdict, 0, asker->err)) !=
	    PM_OK)
		return rc;
	why->verdict = (char *)asker->verdict.p;
	why->policy = asker->policy_text;
	why->a = asker->a.out;
	why->b = asker->b.out;
	return asker->answer(asker->context, why);
}

/* Both articles are there. */
static int
explain(struct asker *asker)
{
	int rc;

	if ((rc = read_side(&asker->a, asker)) != PM_OK ||
	    (rc = read_side(&asker->b, asker)) != PM_OK ||
	    (rc = make_tests(asker)) != PM_OK ||
	    (rc = stored(&asker->why.relation, &asker->why.jaccard,
	    &asker->why.containment, asker, &asker->a.place,
	    &asker->b.place)) != PM_OK ||
	    (rc = to_canonical(&asker->a, asker)) != PM_OK ||
	    (rc = to_canonical(&asker->b, asker)) != PM_OK ||
	    (rc = find_stretch(asker)) != PM_OK)
		return rc;
	count_keys(asker);
	return finish(asker);
}

static void
take_article(struct side *side, struct pm_article *article,
    const struct pm_article_row *place)
{
	side->place = *place;
	side->out.article = article;
	if (article->path_n > 0)
		side->out.path = article->path[0];
}

static int
with_b(void *context, struct pm_article *article,
    const struct pm_article_row *place)
{
	struct asker *asker = context;

	take_article(&asker->b, article, place);
	return explain(asker);
}

/* The second is asked for while the first is there. */
static int
with_a(void *context, struct pm_article *article,
    const struct pm_article_row *place)
{
	struct asker *asker = context;

	take_article(&asker->a, article, place);
	return pm_catalog_give_article(asker->archive->catalog,
	    asker->number[1], PM_DETAIL_FULL, with_b, asker, asker->err);
}

static void
clear_side(struct side *side)
{
	pm_buf_clear(&side->text);
	pm_buf_clear(&side->folded);
	pm_body_room_clear(&side->room);
	pm_free(side->key);
}

int
pm_why(struct pm_archive *archive, const char *a, const char *b,
    int (*why)(void *context, const struct pm_why *why), void *context,
    struct pm_err *err)
{
	struct asker asker = { .archive = archive, .answer = why,
	    .context = context, .err = err };
	int rc = pm_policy_of(&asker.policy, archive->catalog, err);

	if (rc == PM_OK && (rc = find(&asker.number[0], &asker, a)) ==
	    PM_OK && (rc = find(&asker.number[1], &asker, b)) == PM_OK) {
		pm_policy_print(asker.policy_text, &asker.policy);
		rc = pm_catalog_give_article(archive->catalog,
		    asker.number[0], PM_DETAIL_FULL, with_a, &asker, err);
	}
	clear_side(&asker.a);
	clear_side(&asker.b);
	pm_diff_clear(&asker.diff);
	for (int i = 0; i < PM_WHY_TESTS; i++)
		pm_buf_clear(&asker.says[i]);
	pm_buf_clear(&asker.verdict);
	return rc;
}
