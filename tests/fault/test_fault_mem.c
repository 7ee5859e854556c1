/*
 * Whichever request for memory fails: the right status, no crash, no leak,
 * an archive that verifies, and the same call again succeeds.
 *
 * See README.md for how this is linked.
 */
#include "../unit/pages.h"

#include "fail_mem.h"
#include "pressmark.h"

static char scratch[SCRATCH_CHARS];
static char input[SCRATCH_CHARS];      /* the corpus */
static char archive[SCRATCH_CHARS];    /* of the corpus, whole */
static char restored[SCRATCH_CHARS];   /* the archive's captures, all */
static char target[SCRATCH_CHARS];     /* what the call in hand writes */

/* What a call gave, to compare with what it gives undisturbed. */
struct outcome {
	uint64_t hash;           /* of what it told and wrote, in any order */
	uint64_t number[8];
};

static void
mix(struct outcome *out, const void *p, size_t n)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ ((const uint8_t *)p)[i]) *
		    UINT64_C(0x100000001b3);
	out->hash += hash;
}

static void
mix_str(struct outcome *out, const char *s)
{
	if (s != NULL)
		mix(out, s, strlen(s));
}

static void
mix_counts(struct outcome *out, const struct pm_counts *counts)
{
	uint64_t *number = out->number;

	number[0] = counts->captures;
	number[1] = counts->opaque;
	number[2] = counts->articles;
	number[3] = counts->unique_articles;
	number[4] = counts->teasers;
	number[5] = counts->links;
	number[6] = counts->input_bytes;
	number[7] = counts->unreadable;
}

/* Every file below, name and bytes. */
static void
mix_tree(struct outcome *out, const char *path)
{
	struct pm_names names;
	struct pm_err err;

	assert_int_equal(pm_fs_list(&names, path, &err), PM_OK);
	for (size_t i = 0; i < names.n; i++) {
		char below[SCRATCH_CHARS];
		struct pm_file_info info;
		struct pm_buf bytes;

		scratch_join(below, path, names.name[i]);
		assert_int_equal(pm_fs_lstat(&info, below, &err), PM_OK);
		if (info.kind == PM_FILE_DIRECTORY) {
			mix_tree(out, below);
			continue;
		}
		pm_buf_init(&bytes);
		file_get(&bytes, below);
		put_str(&bytes, names.name[i]);
		mix(out, bytes.p, bytes.n);
		pm_buf_clear(&bytes);
	}
	pm_fs_names_free(&names);
}

/* ---- the corpus ---- */

/* A tar archive of one small file, by hand. */
static void
make_tar(const char *directory, const char *name, struct pm_bytes bytes)
{
	uint8_t tar[8192] = { 0 };
	char path[SCRATCH_CHARS];
	unsigned sum = 0;

	assert_true(bytes.n < sizeof tar - 1536);
	memcpy(tar, "inside/page.txt", 15);
	memcpy(tar + 100, "0000644", 7);
	memcpy(tar + 108, "0000000", 7);
	memcpy(tar + 116, "0000000", 7);
	(void)snprintf((char *)tar + 124, 12, "%011o", (unsigned)bytes.n);
	memcpy(tar + 136, "14753400000", 11);
	memset(tar + 148, ' ', 8);
	tar[156] = '0';
	memcpy(tar + 257, "ustar\0" "00", 8);
	for (int i = 0; i < 512; i++)
		sum += tar[i];
	(void)snprintf((char *)tar + 148, 8, "%06o", sum);
	memcpy(tar + 512, bytes.p, bytes.n);
	scratch_join(path, directory, name);
	file_put(path, tar, 512 + (bytes.n + 511) / 512 * 512 + 1024);
}

static void
make_corpus(void)
{
	static const unsigned others[][2] = { { 2, 3 }, { 1, 3 }, { 1, 9 } };
	struct pm_buf page;

	scratch_join(input, scratch, "in");
	page_file(input, "2025-02-12T08-10-00/1.txt", 1, others[0], 2);
	page_file(input, "2025-02-12T08-10-00/2.txt", 2, others[1], 2);
	page_file(input, "2025-02-12T08-10-00/3.txt", 3, others[2], 2);
	page_file(input, "2025-02-13T08-10-00/1.txt", 1, others[1], 2);
	file_put_str(input, "2025-02-13T08-10-00/opaque.bin",
	    "\x7f\x01\x02\xff\xfe");
	file_put_str(input, "2025-02-13T08-10-00/\xff odd", "");
	pm_buf_init(&page);
	put_page(&page, 4, others[0], 1);
	make_tar(input, "2025-02-13T08-10-00/in.tar", pm_buf_bytes(&page));
	pm_buf_clear(&page);
}

/* ---- the calls ---- */

static struct pm_input
the_input(const char *const *path)
{
	return (struct pm_input){ .path = path, .path_n = 1 };
}

static int
add_to(const char *path, struct pm_counts *counts, struct pm_err *err)
{
	const char *paths[] = { input };
	struct pm_add_options options = { .input = the_input(paths),
	    .threads = 1 };

	return pm_add(counts, path, &options, err);
}

static int
call_add(struct outcome *out, struct pm_err *err)
{
	struct pm_counts counts = { 0 };
	int rc = add_to(target, &counts, err);

	/* The counts are what this run did, and an earlier one may have done
	 * a part: `again` looks into the archive. */
	(void)out;
	if (rc == PM_OK)
		assert_int_equal(counts.unreadable, 0);
	return rc;
}

static int
scan_pair(void *context, const struct pm_pair *pair)
{
	mix(context, pair->a.p, pair->a.n);
	mix(context, pair->b.p, pair->b.n);
	mix_str(context, pair->relation);
	return 0;
}

static int
scan_link(void *context, const struct pm_link *link)
{
	mix(context, link->path.p, link->path.n);
	mix(context, link->title.p, link->title.n);
	mix(context, link->article_path.p, link->article_path.n);
	return 0;
}

static int
call_scan(struct outcome *out, struct pm_err *err)
{
	const char *paths[] = { input };
	struct pm_scan_options options = { .input = the_input(paths),
	    .threads = 1, .pairs = PM_PAIRS_ALL, .pair = scan_pair,
	    .link = scan_link, .context = out };
	struct pm_counts counts = { 0 };
	int rc = pm_scan(&counts, &options, err);

	if (rc == PM_OK)
		mix_counts(out, &counts);
	return rc;
}

static int
inspect_page(void *context, const struct pm_inspected *page)
{
	mix(context, page->path.p, page->path.n);
	mix(context, page->body.p, page->body.n);
	mix_str(context, page->kind);
	mix(context, &page->teaser_n, sizeof page->teaser_n);
	return 0;
}

static int
call_inspect(struct outcome *out, struct pm_err *err)
{
	const char *paths[] = { input };
	struct pm_input the = the_input(paths);
	struct pm_counts counts = { 0 };
	int rc = pm_inspect(&counts, &the, NULL, inspect_page, out, err);

	if (rc == PM_OK)
		mix_counts(out, &counts);
	return rc;
}

static int
list_article(void *context, const struct pm_article *article)
{
	mix_str(context, article->id);
	mix_str(context, article->title);
	mix_str(context, article->published);
	return 0;
}

static int
list_teaser(void *context, const struct pm_listed_teaser *teaser)
{
	mix(context, teaser->title.p, teaser->title.n);
	mix_str(context, teaser->article);
	return 0;
}

static int
list_capture(void *context, const struct pm_listed_capture *capture)
{
	mix(context, capture->path.p, capture->path.n);
	mix_str(context, capture->sha256);
	return 0;
}

static int
call_list(struct outcome *out, struct pm_err *err)
{
	const char *const tags[] = { "Local", "Weather" };
	struct pm_select select = { .since = "2025", .tag = tags,
	    .tag_n = 2, .title = "story" };
	struct pm_archive *opened = NULL;
	int rc = pm_archive_open(&opened, archive, err);

	if (rc == PM_OK)
		rc = pm_list_articles(opened, &select, list_article, out,
		    err);
	if (rc == PM_OK)
		rc = pm_list_teasers(opened, list_teaser, out, err);
	if (rc == PM_OK)
		rc = pm_list_captures(opened, list_capture, out, err);
	pm_archive_close(opened);
	return rc;
}

static int
extract_to(const char *name, struct outcome *out, struct pm_err *err)
{
	struct pm_archive *opened = NULL;
	char path[SCRATCH_CHARS];
	int rc = pm_archive_open(&opened, archive, err);

	if (rc == PM_OK) {
		struct pm_extract_options options = { .destination = path };

		scratch_join(path, target, name);
		rc = pm_extract(&out->number[0], &out->number[1], opened,
		    &options, err);
	}
	pm_archive_close(opened);
	return rc;
}

static int
call_extract_directory(struct outcome *out, struct pm_err *err)
{
	return extract_to("out", out, err);
}

static int
call_extract_jsonl(struct outcome *out, struct pm_err *err)
{
	return extract_to("out.jsonl.zst", out, err);
}

static int
call_extract_tar(struct outcome *out, struct pm_err *err)
{
	return extract_to("out.tar", out, err);
}

static int
call_restore(struct outcome *out, struct pm_err *err)
{
	struct pm_archive *opened = NULL;
	int rc = pm_archive_open(&opened, archive, err);

	if (rc == PM_OK) {
		struct pm_restore_options options = { .directory = target };

		rc = pm_restore(&out->number[0], &out->number[1], opened,
		    &options, err);
	}
	pm_archive_close(opened);
	return rc;
}

static int
verify_level(struct outcome *out, enum pm_verify_level level,
    struct pm_err *err)
{
	struct pm_verify_options options = { .level = level, .threads = 1 };
	struct pm_verified verified = { 0 };
	int rc = pm_verify(&verified, archive, &options, err);

	out->number[0] = verified.problems;
	out->number[1] = verified.captures;
	out->number[2] = verified.frames;
	return rc;
}

static int
call_verify(struct outcome *out, struct pm_err *err)
{
	return verify_level(out, PM_VERIFY_DEFAULT, err);
}

static int
call_verify_deep(struct outcome *out, struct pm_err *err)
{
	return verify_level(out, PM_VERIFY_DEEP, err);
}

static int
call_reindex(struct outcome *out, struct pm_err *err)
{
	struct pm_counts counts = { 0 };
	struct pm_hooks hooks = { 0 };
	int rc = pm_reindex(&counts, archive, &hooks, err);

	if (rc == PM_OK)
		mix_counts(out, &counts);
	return rc;
}

/* ---- before and after a call ---- */

static void
no_target(void)
{
	if (pm_fs_exists(target))
		scratch_remove(target);
}

static void
make_target(void)
{
	struct pm_err err;

	no_target();
	assert_int_equal(pm_fs_make_directory(target, &err), PM_OK);
}

static void
look_at_target(struct outcome *out)
{
	mix_tree(out, target);
}

static void
expect_clean(const char *path, enum pm_verify_level level)
{
	struct pm_verify_options options = { .level = level, .threads = 1 };
	struct pm_verified verified = { 0 };
	struct pm_err err;
	int rc = pm_verify(&verified, path, &options, &err);

	/* What failed before anything was there leaves nothing. */
	if (rc == PM_ENOTFOUND && access(path, F_OK) != 0)
		return;
	if (rc != PM_OK)
		fail_msg("verify: %d %s", rc, err.text);
	assert_int_equal(verified.problems, 0);
}

static void
look_at_added(struct outcome *out)
{
	struct pm_archive *opened = NULL;
	struct pm_counts counts = { 0 };
	struct pm_err err;

	expect_clean(target, PM_VERIFY_DEEP);
	assert_int_equal(pm_archive_open(&opened, target, &err), PM_OK);
	assert_int_equal(pm_stats(&counts, opened, &err), PM_OK);
	mix_counts(out, &counts);
	pm_archive_close(opened);
}

/* An add that failed left what verifies, if it left an archive at all. */
static void
target_is_clean(void)
{
	char head[SCRATCH_CHARS];

	scratch_join(head, target, "HEAD");
	if (pm_fs_exists(head))
		expect_clean(target, PM_VERIFY_DEFAULT);
}

static void
archive_is_clean(void)
{
	expect_clean(archive, PM_VERIFY_DEFAULT);
}

static int
catalog_problem(void *context, const struct pm_problem *problem)
{
	(void)context;
	if (strcmp(problem->file, "catalog.db") != 0)
		fail_msg("verify: %s: %s", problem->file, problem->text);
	return 0;
}

/* After a reindex that failed the catalog may lack rows, nothing else. */
static void
volumes_are_clean(void)
{
	struct pm_verify_options options = { .level = PM_VERIFY_DEFAULT,
	    .threads = 1, .problem = catalog_problem };
	struct pm_verified verified = { 0 };
	struct pm_err err;

	assert_int_equal(pm_verify(&verified, archive, &options, &err),
	    PM_OK);
}

/* What is in `path` is in `whole` with the same bytes. */
static void
expect_part_of(const char *path, const char *whole)
{
	struct pm_names names;
	struct pm_err err;

	assert_int_equal(pm_fs_list(&names, path, &err), PM_OK);
	for (size_t i = 0; i < names.n; i++) {
		char a[SCRATCH_CHARS], b[SCRATCH_CHARS];
		struct pm_file_info info;
		struct pm_buf x, y;

		scratch_join(a, path, names.name[i]);
		scratch_join(b, whole, names.name[i]);
		assert_int_equal(pm_fs_lstat(&info, a, &err), PM_OK);
		if (info.kind == PM_FILE_DIRECTORY) {
			expect_part_of(a, b);
			continue;
		}
		pm_buf_init(&x);
		pm_buf_init(&y);
		file_get(&x, a);
		file_get(&y, b);
		if (!pm_bytes_equal(pm_buf_bytes(&x), pm_buf_bytes(&y)))
			fail_msg("%s is there with wrong bytes", a);
		pm_buf_clear(&x);
		pm_buf_clear(&y);
	}
	pm_fs_names_free(&names);
}

/* A restore that failed left whole files. */
static void
target_is_part(void)
{
	expect_part_of(target, restored);
}

static void
nothing(void)
{
}

struct call {
	const char *name;
	int (*run)(struct outcome *out, struct pm_err *err);
	void (*before)(void);
	void (*after_failure)(void);
	void (*look)(struct outcome *out);     /* NULL: nothing written */
};

static const struct call calls[] = {
	{ "add", call_add, no_target, target_is_clean, look_at_added },
	{ "scan", call_scan, nothing, nothing, NULL },
	{ "inspect", call_inspect, nothing, nothing, NULL },
	{ "list", call_list, nothing, nothing, NULL },
	{ "extract to a directory", call_extract_directory, make_target,
	    nothing, look_at_target },
	{ "extract to jsonl.zst", call_extract_jsonl, make_target, nothing,
	    look_at_target },
	{ "extract to tar", call_extract_tar, make_target, nothing,
	    look_at_target },
	{ "restore", call_restore, make_target, target_is_part,
	    look_at_target },
	{ "verify", call_verify, nothing, nothing, NULL },
	{ "verify deep", call_verify_deep, nothing, archive_is_clean, NULL },
	{ "reindex", call_reindex, nothing, volumes_are_clean, NULL }
};

static int
run(struct outcome *out, const struct call *call, struct pm_err *err)
{
	int rc;

	*out = (struct outcome){ 0 };
	*err = (struct pm_err){ 0 };
	rc = call->run(out, err);
	fail_mem_set(0, FAIL_MEM_ONCE);
	if (rc == PM_OK && call->look != NULL)
		call->look(out);
	return rc;
}

static void
expect_same(const struct call *call, uint64_t n, const char *when,
    const struct outcome *a, const struct outcome *b)
{
	if (memcmp(a, b, sizeof *a) == 0)
		return;
	for (int i = 0; i < 8; i++)
		if (a->number[i] != b->number[i])
			print_error("number %d: %llu, not %llu\n", i,
			    (unsigned long long)a->number[i],
			    (unsigned long long)b->number[i]);
	fail_msg("%s, request %llu, %s: another result", call->name,
	    (unsigned long long)n, when);
}

/* False when the nth request was not reached. */
static bool
fail_nth(const struct call *call, const struct outcome *whole, uint64_t n,
    enum fail_mem_mode mode)
{
	struct outcome out;
	struct pm_err err;
	uint64_t failures;
	int rc;

	call->before();
	fail_mem_set(n, mode);
	out = (struct outcome){ 0 };
	err = (struct pm_err){ 0 };
	rc = call->run(&out, &err);
	failures = fail_mem_failures();
	fail_mem_set(0, FAIL_MEM_ONCE);
	if (rc == PM_OK) {
		if (call->look != NULL)
			call->look(&out);
		expect_same(call, n, "unharmed", &out, whole);
		return failures > 0;
	}
	if (rc != PM_ENOMEM || err.status != PM_ENOMEM ||
	    err.text[0] == '\0')
		fail_msg("%s, request %llu%s: status %d, error %d: %s",
		    call->name, (unsigned long long)n,
		    mode == FAIL_MEM_ON ? " and on" : "", rc, err.status,
		    err.text);
	assert_true(failures > 0);
	call->after_failure();
	if (call->before == make_target)
		make_target();
	rc = run(&out, call, &err);
	if (rc != PM_OK)
		fail_msg("%s, after request %llu failed, again: %d %s",
		    call->name, (unsigned long long)n, rc, err.text);
	expect_same(call, n, "again", &out, whole);
	return true;
}

static void
test_call(void **state)
{
	const struct call *call = *state;
	const char *one = getenv("PM_FAULT_N");
	bool all = getenv("PM_FAULT_ALL") != NULL;
	struct outcome whole;
	struct pm_err err;
	uint64_t n, tried = 0;

	call->before();
	if (run(&whole, call, &err) != PM_OK)
		fail_msg("%s: %s", call->name, err.text);
	if (one != NULL) {
		(void)fail_nth(call, &whole, strtoull(one, NULL, 10),
		    FAIL_MEM_ONCE);
		no_target();
		return;
	}
	for (n = 1; fail_nth(call, &whole, n, FAIL_MEM_ONCE);
	    n += all || n <= 100 ? 1 : n / 10, tried++)
		(void)fail_nth(call, &whole, n, FAIL_MEM_ON);
	assert_true(tried > 0);
	print_message("%s: %llu places among about %llu requests\n",
	    call->name, (unsigned long long)tried, (unsigned long long)n);
	no_target();
}

static int
setup(void **state)
{
	struct pm_restore_options options = { .directory = restored };
	struct pm_archive *opened = NULL;
	struct pm_counts counts;
	struct pm_err err;
	uint64_t captures, failed;

	(void)state;
	scratch_make(scratch, "fault");
	scratch_join(archive, scratch, "archive");
	scratch_join(target, scratch, "target");
	scratch_join(restored, scratch, "restored");
	make_corpus();
	assert_int_equal(add_to(archive, &counts, &err), PM_OK);
	assert_int_equal(counts.captures, 7);
	assert_int_equal(pm_archive_open(&opened, archive, &err), PM_OK);
	assert_int_equal(pm_restore(&captures, &failed, opened, &options,
	    &err), PM_OK);
	assert_int_equal(captures, 7);
	pm_archive_close(opened);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	scratch_remove(scratch);
	return 0;
}

int
main(void)
{
	enum { N = sizeof calls / sizeof calls[0] };
	struct CMUnitTest tests[N];

	for (int i = 0; i < N; i++) {
		union { const void *in; void *out; } cast = { &calls[i] };

		tests[i] = (struct CMUnitTest){ .name = calls[i].name,
		    .test_func = test_call, .initial_state = cast.out };
	}
	return cmocka_run_group_tests_name("fault_mem", tests, setup,
	    teardown);
}
