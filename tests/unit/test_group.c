/* Groups of teasers: G1 to G3 of store/catalog_group.c, against their
 * definition, however teasers and links came. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "store/catalog_query.h"
#include "support.h"

enum { TEASERS = 240, ARTICLES = 12, BUCKET_MAX = 64 };

struct teaser {
	struct pm_teaser_marks marks;
	uint64_t article;                /* 0: not linked */
	char id[17], group[17];          /* as the catalog says */
	int root;                        /* as the definition says */
};

struct world {
	struct pm_catalog *catalog;
	struct teaser teaser[TEASERS + 1];       /* by number, from 1 */
	size_t n;
};

static int
no_title(void *context, struct pm_buf *out, uint64_t teaser, uint64_t frame,
    uint32_t ordinal, struct pm_err *err)
{
	(void)context;
	(void)teaser;
	(void)frame;
	(void)ordinal;
	return pm_buf_append_str(out, "a title", err);
}

static void
apply(struct world *world, const struct pm_log_record *record)
{
	struct pm_err err = { 0 };

	if (pm_catalog_apply(world->catalog, record, &err) != PM_OK)
		fail_msg("%s", err.text);
}

static void
digest(uint8_t out[PM_SHA256_BYTES], const char *what, uint64_t number)
{
	char text[40];

	(void)snprintf(text, sizeof text, "%s %llu", what,
	    (unsigned long long)number);
	pm_sha256(out, pm_bytes_of(text));
}

static void
add_article(struct world *world, uint64_t number)
{
	struct pm_log_record record = { .kind = PM_LOG_ARTICLE };

	record.u.article = (struct pm_log_article){ .number = number,
	    .bytes = 100, .norm = number, .frame = 1 };
	digest(record.u.article.sha256, "article", number);
	apply(world, &record);
}

/* With a capture that shows it. */
static void
add_teaser(struct world *world, const struct teaser *teaser)
{
	struct pm_log_record record = { .kind = PM_LOG_TEASER };
	struct pm_log_sighting sighting = { .teaser = ++world->n };
	char path[32];

	world->teaser[world->n] = *teaser;
	record.u.teaser = (struct pm_log_teaser){ .number = world->n,
	    .marks = teaser->marks, .frame = 1,
	    .ordinal = (uint32_t)world->n };
	digest(record.u.teaser.sha256, "teaser", world->n);
	pm_hex(world->teaser[world->n].id, record.u.teaser.sha256, 8);
	apply(world, &record);
	record = (struct pm_log_record){ .kind = PM_LOG_CAPTURE };
	(void)snprintf(path, sizeof path, "%zu.txt", world->n);
	record.u.capture = (struct pm_log_capture){ .number = world->n,
	    .path = pm_bytes_of(path), .input = pm_bytes_of("input"),
	    .kind = PM_CAPTURE_LIST, .sighting = &sighting,
	    .sighting_n = 1 };
	digest(record.u.capture.sha256, "capture", world->n);
	apply(world, &record);
}

static void
set_link(struct world *world, uint64_t teaser, uint64_t article)
{
	struct pm_log_record record = { .kind = PM_LOG_LINK };

	world->teaser[teaser].article = article;
	record.u.link = (struct pm_log_link){ .teaser = teaser,
	    .article = article, .evidence = PM_EVIDENCE_PREFIX, .score = 1 };
	apply(world, &record);
}

static void
open_world(struct world *world)
{
	struct pm_log_record record = { .kind = PM_LOG_RUN };
	struct pm_err err;

	*world = (struct world){ 0 };
	assert_int_equal(pm_catalog_open(&world->catalog, NULL,
	    PM_CATALOG_TEMP, &err), PM_OK);
	assert_int_equal(pm_catalog_begin(world->catalog, &err), PM_OK);
	record.u.run = (struct pm_log_run){ .number = 1,
	    .version = pm_bytes_of("1"), .unicode = pm_bytes_of("1"),
	    .policy = pm_bytes_of("none") };
	apply(world, &record);
	for (uint64_t i = 1; i <= ARTICLES; i++)
		add_article(world, i);
}

/* The end of a batch, and the beginning of the next. */
static void
refresh(struct world *world)
{
	const struct pm_teaser_source source = { no_title, NULL };
	struct pm_err err = { 0 };

	if (pm_catalog_refresh(world->catalog, &source, &err) != PM_OK ||
	    pm_catalog_commit(world->catalog, &err) != PM_OK ||
	    pm_catalog_begin(world->catalog, &err) != PM_OK)
		fail_msg("%s", err.text);
}

/* ---- the definition ---- */

static bool
joined(const struct world *world, const struct teaser *a,
    const struct teaser *b)
{
	size_t bucket = 0;

	if (a->article != 0 && a->article == b->article)
		return true;
	for (size_t i = 1; i <= world->n; i++)
		bucket += world->teaser[i].marks.start == a->marks.start;
	if (a->marks.start != b->marks.start || bucket > BUCKET_MAX)
		return false;
	return a->marks.title == b->marks.title ||
	    (a->marks.cut == b->marks.cut &&
	    (a->article == 0 || b->article == 0));
}

static int
root_of(const struct world *world, int i)
{
	while (world->teaser[i].root != i)
		i = world->teaser[i].root;
	return i;
}

static void
define(struct world *world)
{
	int n = (int)world->n;

	for (int i = 1; i <= n; i++)
		world->teaser[i].root = i;
	for (int i = 1; i <= n; i++)
		for (int k = 1; k < i; k++) {
			int a = root_of(world, i), b = root_of(world, k);

			if (a == b || !joined(world, &world->teaser[i],
			    &world->teaser[k]))
				continue;
			if (strcmp(world->teaser[a].id,
			    world->teaser[b].id) < 0)
				world->teaser[b].root = a;
			else
				world->teaser[a].root = b;
		}
}

/* ---- what the catalog says ---- */

static int
note_group(void *context, struct pm_listed_teaser *teaser, uint64_t frame,
    uint32_t ordinal)
{
	struct world *world = context;

	(void)frame;
	memcpy(world->teaser[ordinal].group, teaser->group, 17);
	assert_string_equal(world->teaser[ordinal].id, teaser->id);
	return PM_OK;
}

static void
check(struct world *world)
{
	struct pm_err err;

	define(world);
	assert_int_equal(pm_catalog_list_teasers(world->catalog, note_group,
	    world, &err), PM_OK);
	for (size_t i = 1; i <= world->n; i++)
		assert_string_equal(world->teaser[i].group,
		    world->teaser[root_of(world, (int)i)].id);
}

static struct teaser
draw(uint64_t *seed, size_t starts)
{
	struct teaser teaser = { 0 };

	teaser.marks.start = chance_below(seed, starts) *
	    UINT64_C(0x9e3779b97f4a7c15);
	teaser.marks.title = chance_below(seed, 40);
	teaser.marks.cut = chance_below(seed, 20);
	teaser.marks.norm = chance(seed);
	return teaser;
}

static void
live(uint64_t seed, size_t starts, size_t batch)
{
	struct world *world = pm_alloc(sizeof *world, &(struct pm_err){ 0 });

	assert_non_null(world);
	open_world(world);
	for (size_t i = 0; i < TEASERS; i++) {
		struct teaser teaser = draw(&seed, starts);

		add_teaser(world, &teaser);
		if (chance_below(&seed, 3) == 0)
			set_link(world, 1 + chance_below(&seed, world->n),
			    chance_below(&seed, ARTICLES + 1));
		if (i % batch == batch - 1) {
			refresh(world);
			check(world);
		}
	}
	refresh(world);
	check(world);
	pm_catalog_close(world->catalog);
	pm_free(world);
}

static void
groups_are_as_defined(void **state)
{
	uint64_t seed = chance_seed(5);

	(void)state;
	/* Many beginnings, few, and so few that G3 takes them away. */
	for (size_t starts = 200; starts > 1; starts /= 6)
		for (size_t batch = 1; batch <= TEASERS; batch = batch * 7 + 3)
			live(seed + batch, starts, batch);
}

/* One that many share stops to hold them together. */
static void
a_common_beginning_lets_go(void **state)
{
	struct world *world = pm_alloc(sizeof *world, &(struct pm_err){ 0 });
	struct teaser teaser = { .marks = { 7, 8, 9, 10 } };

	(void)state;
	assert_non_null(world);
	open_world(world);
	for (size_t i = 0; i < BUCKET_MAX; i++)
		add_teaser(world, &teaser);
	refresh(world);
	check(world);
	for (size_t i = 2; i <= BUCKET_MAX; i++)
		assert_string_equal(world->teaser[i].group,
		    world->teaser[1].group);
	add_teaser(world, &teaser);
	refresh(world);
	check(world);
	for (size_t i = 1; i <= world->n; i++)
		assert_string_equal(world->teaser[i].group,
		    world->teaser[i].id);
	/* What is linked to one article stays together all the same. */
	set_link(world, 3, 1);
	set_link(world, 5, 1);
	refresh(world);
	check(world);
	assert_string_equal(world->teaser[3].group, world->teaser[5].group);
	set_link(world, 5, 0);
	refresh(world);
	check(world);
	assert_string_not_equal(world->teaser[3].group,
	    world->teaser[5].group);
	pm_catalog_close(world->catalog);
	pm_free(world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_are_as_defined),
		cmocka_unit_test(a_common_beginning_lets_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
