/*
 * What a callback answers ends the call and is what the call returns, 1 as
 * well as any other; and problems are JSON whatever bytes they speak of.
 */
#include "pages.h"

#include "pressmark.h"

static char scratch[SCRATCH_CHARS], input[SCRATCH_CHARS];
static char archive[SCRATCH_CHARS], damaged[SCRATCH_CHARS];
static struct pm_err err;

/* A callback's context: what it answers, and how often it was asked. */
struct asked {
	int answer;
	unsigned n;
};

static int
answer(void *context)
{
	struct asked *asked = context;

	asked->n++;
	return asked->answer;
}

#define ANSWER(name, type) \
static int \
name(void *context, type row) \
{ \
	(void)row; \
	return answer(context); \
}

ANSWER(on_article, const struct pm_article *)
ANSWER(on_teaser, const struct pm_listed_teaser *)
ANSWER(on_capture, const struct pm_listed_capture *)
ANSWER(on_tag, const struct pm_listed_tag *)
ANSWER(on_run, const struct pm_listed_run *)
ANSWER(on_source, const struct pm_source_counts *)
ANSWER(on_missing, const struct pm_missing *)
ANSWER(on_sighting, const struct pm_sighting *)
ANSWER(on_page, const struct pm_inspected *)
ANSWER(on_pair, const struct pm_pair *)
ANSWER(on_link, const struct pm_link *)
ANSWER(on_problem, const struct pm_problem *)

/* ---- the calls ---- */

static struct pm_archive *opened;

static int
call_articles(struct asked *asked)
{
	const struct pm_select all = { 0 };

	return pm_list_articles(opened, &all, on_article, asked, &err);
}

static int
call_teasers(struct asked *asked)
{
	return pm_list_teasers(opened, on_teaser, asked, &err);
}

static int
call_captures(struct asked *asked)
{
	return pm_list_captures(opened, on_capture, asked, &err);
}

static int
call_tags(struct asked *asked)
{
	return pm_list_tags(opened, NULL, on_tag, asked, &err);
}

static int
call_runs(struct asked *asked)
{
	return pm_list_runs(opened, on_run, asked, &err);
}

static int
call_sources(struct asked *asked)
{
	return pm_stats_sources(opened, on_source, asked, &err);
}

static int
call_languages(struct asked *asked)
{
	return pm_stats_languages(opened, on_source, asked, &err);
}

static int
call_missing(struct asked *asked)
{
	const struct pm_select all = { 0 };

	return pm_list_missing(opened, &all, on_missing, asked, &err);
}

static int
keep_id(void *context, const struct pm_article *article)
{
	(void)snprintf(context, 33, "%s", article->id);
	return 0;
}

static int
call_show(struct asked *asked)
{
	const struct pm_select all = { 0 };
	char id[33] = "";

	assert_int_equal(pm_list_articles(opened, &all, keep_id, id, &err), 0);
	return pm_show(opened, id, on_article, NULL, asked, &err);
}

static int
pass_over(void *context, const struct pm_article *article)
{
	(void)context;
	(void)article;
	return 0;
}

static int
call_show_sighting(struct asked *asked)
{
	const struct pm_select all = { 0 };
	char id[33] = "";

	assert_int_equal(pm_list_articles(opened, &all, keep_id, id, &err), 0);
	return pm_show(opened, id, pass_over, on_sighting, asked, &err);
}

static int
call_inspect(struct asked *asked)
{
	const char *paths[] = { input };
	const struct pm_input from = { .path = paths, .path_n = 1 };
	struct pm_counts counts;

	return pm_inspect(&counts, &from, NULL, on_page, asked, &err);
}

static int
scan(struct asked *asked, enum pm_pairs pairs,
    int (*link)(void *context, const struct pm_link *link))
{
	const char *paths[] = { input };
	struct pm_scan_options options = { .input = { .path = paths,
	    .path_n = 1 }, .threads = 1, .pairs = pairs, .pair = on_pair,
	    .link = link, .context = asked };
	struct pm_counts counts;

	return pm_scan(&counts, &options, &err);
}

static int
call_scan_pairs(struct asked *asked)
{
	return scan(asked, PM_PAIRS_ALL, NULL);
}

static int
call_scan_links(struct asked *asked)
{
	return scan(asked, PM_PAIRS_NONE, on_link);
}

static int
call_verify(struct asked *asked)
{
	struct pm_verify_options options = { .threads = 1,
	    .problem = on_problem, .context = asked };
	struct pm_verified verified;
	int rc = pm_verify(&verified, damaged, &options, &err);

	assert_true(verified.problems > 0);
	return rc;
}

static const struct {
	const char *name;
	int (*call)(struct asked *asked);
	unsigned rows;                   /* at least; 2: the end is seen */
} calls[] = {
	{ "articles", call_articles, 2 }, { "teasers", call_teasers, 2 },
	{ "captures", call_captures, 2 }, { "tags", call_tags, 2 },
	{ "runs", call_runs, 1 }, { "sources", call_sources, 1 },
	{ "languages", call_languages, 1 }, { "missing", call_missing, 2 },
	{ "show", call_show, 1 }, { "sightings", call_show_sighting, 1 },
	{ "inspect", call_inspect, 2 }, { "pairs", call_scan_pairs, 2 },
	{ "links", call_scan_links, 2 }, { "verify", call_verify, 1 }
};

static void
test_answer_ends_the_call(void **state)
{
	static const int answers[] = { 1, 2, -77 };

	(void)state;
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		struct asked all = { 0, 0 };

		if (calls[i].call(&all) != PM_OK || all.n < calls[i].rows)
			fail_msg("%s: %u rows: %s", calls[i].name, all.n,
			    err.text);
		for (size_t k = 0; k < 3; k++) {
			struct asked one = { answers[k], 0 };
			int rc = calls[i].call(&one);

			if (rc != answers[k] || one.n != 1)
				fail_msg("%s: %d after %u rows, not %d",
				    calls[i].name, rc, one.n, answers[k]);
		}
	}
}

static void
test_problem_is_json(void **state)
{
	static const char *const ids[] = { "0123456789abcdef", "b" };
	const struct pm_problem problem = { .file = "a\xff\"b",
	    .volume = 1, .frame = 22, .text = "\xc3\xa9\xc3\n",
	    .article = ids, .article_n = 2 };
	struct pm_text json = { 0 };

	(void)state;
	assert_int_equal(pm_problem_json(&json, &problem, &err), PM_OK);
	assert_string_equal(json.p, "{\"file\":\"a\\udcff\\\"b\","
	    "\"volume\":1,\"frame\":22,"
	    "\"problem\":\"\xc3\xa9\\udcc3\\n\","
	    "\"articles\":[\"0123456789abcdef\",\"b\"]}");
	pm_text_free(&json);
}

static int
set_up(void **state)
{
	static const unsigned others[] = { 2, 3 }, back[] = { 1, 3 };
	static const unsigned gone[] = { 1, 8, 9 };
	const char *paths[] = { input };
	struct pm_add_options options = { .input = { .path = paths,
	    .path_n = 1 }, .threads = 1 };
	struct pm_counts counts;

	(void)state;
	scratch_make(scratch, "answers");
	scratch_join(input, scratch, "in");
	scratch_join(archive, scratch, "archive");
	page_file(input, "2025-02-12T08-10-00/1.txt", 1, others, 2);
	page_file(input, "2025-02-12T08-10-00/2.txt", 2, back, 2);
	page_file(input, "2025-02-13T08-10-00/1.txt", 1, others, 2);
	page_file(input, "2025-02-13T08-10-00/2.txt", 2, others, 1);
	page_file(input, "2025-02-13T08-10-00/3.txt", 3, gone, 3);
	assert_int_equal(pm_add(&counts, archive, &options, &err), PM_OK);
	scratch_join(damaged, scratch, "damaged");
	assert_int_equal(pm_add(&counts, damaged, &options, &err), PM_OK);
	file_put_str(damaged, "catalog.db", "rubbish");
	return pm_archive_open(&opened, archive, &err);
}

static int
tear_down(void **state)
{
	(void)state;
	pm_archive_close(opened);
	scratch_remove(scratch);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer_ends_the_call),
		cmocka_unit_test(test_problem_is_json)
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
