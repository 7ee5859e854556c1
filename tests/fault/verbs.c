#include "verbs.h"

#include "../unit/pages.h"

char verb_scratch[SCRATCH_CHARS];
struct said verb_said;
bool verb_for_good;

static char input[SCRATCH_CHARS];      /* the corpus */
static char first[SCRATCH_CHARS];      /* a part of it */
static char archive[SCRATCH_CHARS];    /* of the corpus, whole */
static char part[SCRATCH_CHARS];       /* of the first part */
static char restored[SCRATCH_CHARS];   /* the archive's captures, all */
static char target[SCRATCH_CHARS];     /* what the call in hand writes */
static char page_id[80];               /* of an article of the archive */
static char other_id[80];

enum { CAPTURES = 7, PART_CAPTURES = 3 };

static void
say(const char *path, const char *text)
{
	if (verb_said.n++ == 0)
		(void)snprintf(verb_said.text, sizeof verb_said.text,
		    "%s: %s", path == NULL ? "" : path, text);
}

static void
take_notice(void *context, enum pm_notice_kind kind, const char *path,
    const char *text)
{
	(void)context;
	if (kind == PM_NOTICE_UNREADABLE || kind == PM_NOTICE_DAMAGED ||
	    kind == PM_NOTICE_SKIPPED || kind == PM_NOTICE_CHANGED)
		say(path, text);
}

static const struct pm_hooks hooks = { .notice = take_notice };

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

bool
outcome_same(const struct outcome *a, const struct outcome *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

void
outcome_expect(const struct verb *verb, uint64_t n, const char *when,
    const struct outcome *a, const struct outcome *whole)
{
	if (outcome_same(a, whole))
		return;
	for (int i = 0; i < 8; i++)
		if (a->number[i] != whole->number[i])
			print_error("number %d: %llu, not %llu\n", i,
			    (unsigned long long)a->number[i],
			    (unsigned long long)whole->number[i]);
	fail_msg("%s, place %llu, %s: another result", verb->name,
	    (unsigned long long)n, when);
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
make_first(const char *directory)
{
	static const unsigned others[][2] = { { 2, 3 }, { 1, 3 }, { 1, 9 } };

	page_file(directory, "2025-02-12T08-10-00/1.txt", 1, others[0], 2);
	page_file(directory, "2025-02-12T08-10-00/2.txt", 2, others[1], 2);
	page_file(directory, "2025-02-12T08-10-00/3.txt", 3, others[2], 2);
}

static void
make_corpus(void)
{
	static const unsigned others[][2] = { { 2, 3 }, { 1, 3 } };
	struct pm_buf page;

	make_first(first);
	make_first(input);
	page_file(input, "2025-02-13T08-10-00/1.txt", 1, others[1], 2);
	file_put_str(input, "2025-02-13T08-10-00/opaque.bin",
	    "\x7f\x01\x02\xff\xfe");
	file_put_str(input, "2025-02-13T08-10-00/\xff odd", "");
	pm_buf_init(&page);
	put_page(&page, 4, others[0], 1);
	make_tar(input, "2025-02-13T08-10-00/in.tar", pm_buf_bytes(&page));
	pm_buf_clear(&page);
}

static void
copy_tree(const char *from, const char *to)
{
	struct pm_names names;
	struct pm_err err;

	assert_int_equal(pm_fs_make_directory(to, &err), PM_OK);
	assert_int_equal(pm_fs_list(&names, from, &err), PM_OK);
	for (size_t i = 0; i < names.n; i++) {
		char a[SCRATCH_CHARS], b[SCRATCH_CHARS];
		struct pm_file_info info;
		struct pm_buf bytes;

		scratch_join(a, from, names.name[i]);
		scratch_join(b, to, names.name[i]);
		assert_int_equal(pm_fs_lstat(&info, a, &err), PM_OK);
		if (info.kind == PM_FILE_DIRECTORY) {
			copy_tree(a, b);
			continue;
		}
		pm_buf_init(&bytes);
		file_get(&bytes, a);
		file_put(b, bytes.p, bytes.n);
		pm_buf_clear(&bytes);
	}
	pm_fs_names_free(&names);
}

/* ---- reading inputs ---- */

static struct pm_input
the_input(const char *const *path)
{
	return (struct pm_input){ .path = path, .path_n = 1 };
}

static int
add_to(const char *path, const char *from, struct pm_counts *counts,
    struct pm_err *err)
{
	const char *paths[] = { from };
	struct pm_add_options options = { .input = the_input(paths),
	    .threads = 1, .hooks = hooks };

	return pm_add(counts, path, &options, err);
}

static int
run_add(struct outcome *out, struct pm_err *err)
{
	struct pm_counts counts = { 0 };
	int rc = add_to(target, input, &counts, err);

	/* The other counts are what this run did, and an earlier one may have
	 * done a part: `look` looks into the archive. */
	if (rc == PM_OK)
		out->hash += counts.unreadable;
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
run_scan(struct outcome *out, struct pm_err *err)
{
	const char *paths[] = { input };
	struct pm_scan_options options = { .input = the_input(paths),
	    .threads = 1, .pairs = PM_PAIRS_ALL, .pair = scan_pair,
	    .link = scan_link, .context = out, .hooks = hooks };
	struct pm_counts counts = { 0 };
	int rc = pm_scan(&counts, &options, err);

	if (rc == PM_OK)
		mix_counts(out, &counts);
	return rc;
}

static int
against_capture(void *context, const struct pm_against *capture)
{
	mix(context, capture->path.p, capture->path.n);
	mix_str(context, capture->status);
	mix_str(context, capture->article);
	return 0;
}

static int
run_against(struct outcome *out, struct pm_err *err)
{
	const char *paths[] = { input };
	struct pm_against_options options = { .archive = part,
	    .scan = { .input = the_input(paths), .threads = 1,
	    .hooks = hooks }, .capture = against_capture, .context = out };
	struct pm_against_counts counts = { 0 };
	int rc = pm_scan_against(&counts, &options, err);

	if (rc == PM_OK) {
		out->number[0] = counts.captures;
		out->number[1] = counts.known;
		out->number[2] = counts.fresh;
		out->number[7] = counts.unreadable;
	}
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
run_inspect(struct outcome *out, struct pm_err *err)
{
	const char *paths[] = { input };
	struct pm_input the = the_input(paths);
	struct pm_counts counts = { 0 };
	int rc = pm_inspect(&counts, &the, &hooks, inspect_page, out, err);

	if (rc == PM_OK)
		mix_counts(out, &counts);
	return rc;
}

/* ---- reading an archive ---- */

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
	mix_str(context, capture->article);
	return 0;
}

static int
list_missing(void *context, const struct pm_missing *missing)
{
	mix(context, missing->title.p, missing->title.n);
	mix(context, missing->snippet.p, missing->snippet.n);
	return 0;
}

static int
list_tag(void *context, const struct pm_listed_tag *tag)
{
	mix_str(context, tag->tag);
	mix(context, &tag->articles, sizeof tag->articles);
	return 0;
}

static int
list_run(void *context, const struct pm_listed_run *run)
{
	mix(context, &run->captures, sizeof run->captures);
	return 0;
}

/* All that an archive says of its contents, whatever runs filled it. */
static int
list_all(struct pm_archive *opened, struct outcome *out, struct pm_err *err)
{
	int rc = pm_list_articles(opened, &(struct pm_select){ 0 },
	    list_article, out, err);

	if (rc == PM_OK)
		rc = pm_list_teasers(opened, list_teaser, out, err);
	if (rc == PM_OK)
		rc = pm_list_captures(opened, list_capture, out, err);
	if (rc == PM_OK)
		rc = pm_list_tags(opened, NULL, list_tag, out, err);
	return rc;
}

static int
run_ls(struct outcome *out, struct pm_err *err)
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
		rc = list_all(opened, out, err);
	if (rc == PM_OK)
		rc = pm_list_missing(opened, &(struct pm_select){ 0 },
		    list_missing, out, err);
	if (rc == PM_OK)
		rc = pm_list_runs(opened, list_run, out, err);
	pm_archive_close(opened);
	return rc;
}

static int
show_article(void *context, const struct pm_article *article)
{
	mix_str(context, article->id);
	mix(context, article->text.p, article->text.n);
	return 0;
}

static int
show_sighting(void *context, const struct pm_sighting *sighting)
{
	mix(context, sighting->path.p, sighting->path.n);
	mix(context, sighting->title.p, sighting->title.n);
	return 0;
}

static int
run_show(struct outcome *out, struct pm_err *err)
{
	struct pm_archive *opened = NULL;
	int rc = pm_archive_open(&opened, archive, err);

	if (rc == PM_OK)
		rc = pm_show(opened, page_id, show_article, show_sighting,
		    out, err);
	pm_archive_close(opened);
	return rc;
}

static int
count_source(void *context, const struct pm_source_counts *counts)
{
	mix_str(context, counts->source);
	mix(context, &counts->articles, sizeof counts->articles);
	return 0;
}

static int
run_stats(struct outcome *out, struct pm_err *err)
{
	struct pm_archive *opened = NULL;
	struct pm_counts counts = { 0 };
	int rc = pm_archive_open(&opened, archive, err);

	if (rc == PM_OK)
		rc = pm_stats(&counts, opened, err);
	if (rc == PM_OK)
		rc = pm_stats_sources(opened, count_source, out, err);
	if (rc == PM_OK)
		rc = pm_stats_languages(opened, count_source, out, err);
	if (rc == PM_OK)
		mix_counts(out, &counts);
	pm_archive_close(opened);
	return rc;
}

static int
tell_dup(void *context, const struct pm_dup *dup)
{
	mix_str(context, dup->article->id);
	mix_str(context, dup->relation);
	mix(context, dup->path.p, dup->path.n);
	return 0;
}

static int
run_dups(struct outcome *out, struct pm_err *err)
{
	struct pm_dups_options options = { .diff = 1, .dup = tell_dup,
	    .context = out };
	struct pm_archive *opened = NULL;
	int rc = pm_archive_open(&opened, archive, err);

	if (rc == PM_OK)
		rc = pm_dups(opened, &options, err);
	pm_archive_close(opened);
	return rc;
}

static int
tell_why(void *context, const struct pm_why *why)
{
	mix_str(context, why->verdict);
	mix(context, &why->piece_n, sizeof why->piece_n);
	return 0;
}

static int
run_why(struct outcome *out, struct pm_err *err)
{
	struct pm_archive *opened = NULL;
	int rc = pm_archive_open(&opened, archive, err);

	if (rc == PM_OK)
		rc = pm_why(opened, page_id, other_id, tell_why, out, err);
	pm_archive_close(opened);
	return rc;
}

/* ---- writing out ---- */

static int
take_bytes(void *context, const void *p, size_t n)
{
	mix(context, p, n);
	return 0;
}

static int
extract_to(const char *name, struct outcome *out, struct pm_err *err)
{
	struct pm_archive *opened = NULL;
	char path[SCRATCH_CHARS];
	int rc = pm_archive_open(&opened, archive, err);

	if (rc == PM_OK) {
		struct pm_extract_options options = { .write = take_bytes,
		    .hooks = { .notice = take_notice, .context = out } };

		scratch_join(path, target, name);
		options.destination = strcmp(name, "-") == 0 ? name : path;
		rc = pm_extract(&out->number[0], &out->number[1], opened,
		    &options, err);
	}
	pm_archive_close(opened);
	return rc;
}

#define EXTRACT(function, name) \
static int \
function(struct outcome *out, struct pm_err *err) \
{ \
	return extract_to(name, out, err); \
}
EXTRACT(run_extract_directory, "out")
EXTRACT(run_extract_jsonl, "out.jsonl")
EXTRACT(run_extract_jsonl_zst, "out.jsonl.zst")
EXTRACT(run_extract_tar, "out.tar")
EXTRACT(run_extract_tar_zst, "out.tar.zst")
EXTRACT(run_extract_zip, "out.zip")
EXTRACT(run_extract_warc, "out.warc.gz")

static int
run_restore(struct outcome *out, struct pm_err *err)
{
	struct pm_archive *opened = NULL;
	int rc = pm_archive_open(&opened, archive, err);

	if (rc == PM_OK) {
		struct pm_restore_options options = { .directory = target,
		    .hooks = hooks };

		rc = pm_restore(&out->number[0], &out->number[1], opened,
		    &options, err);
	}
	pm_archive_close(opened);
	return rc;
}

/* ---- care ---- */

static int
tell_problem(void *context, const struct pm_problem *problem)
{
	(void)context;
	say(problem->file, problem->text);
	return 0;
}

static int
verify_level(struct outcome *out, enum pm_verify_level level,
    struct pm_err *err)
{
	struct pm_verify_options options = { .level = level, .threads = 1,
	    .problem = tell_problem, .hooks = hooks };
	struct pm_verified verified = { 0 };
	int rc = pm_verify(&verified, archive, &options, err);

	out->number[0] = verified.problems;
	out->number[1] = verified.captures;
	out->number[2] = verified.frames;
	return rc;
}

static int
run_verify_quick(struct outcome *out, struct pm_err *err)
{
	return verify_level(out, PM_VERIFY_QUICK, err);
}

static int
run_verify(struct outcome *out, struct pm_err *err)
{
	return verify_level(out, PM_VERIFY_DEFAULT, err);
}

static int
run_verify_deep(struct outcome *out, struct pm_err *err)
{
	return verify_level(out, PM_VERIFY_DEEP, err);
}

static int
run_reindex(struct outcome *out, struct pm_err *err)
{
	struct pm_counts counts = { 0 };
	int rc = pm_reindex(&counts, target, &hooks, err);

	if (rc == PM_OK)
		mix_counts(out, &counts);
	return rc;
}

/* ---- before and after a call ---- */

static void
nothing(void)
{
}

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
target_of_part(void)
{
	no_target();
	copy_tree(part, target);
}

static void
target_of_archive(void)
{
	no_target();
	copy_tree(archive, target);
}

static void
look_at_target(struct outcome *out)
{
	mix_tree(out, target);
}

static int
print_problem(void *context, const struct pm_problem *problem)
{
	(void)context;
	print_error("verify: %s: %s\n", problem->file, problem->text);
	return 0;
}

/* A catalog that a reindex left unfinished may lack rows, nothing else. */
static int
not_of_the_catalog(void *context, const struct pm_problem *problem)
{
	if (strcmp(problem->file, "catalog.db") == 0)
		--*(int *)context;
	else
		(void)print_problem(NULL, problem);
	return 0;
}

static void
expect_clean(const char *path, enum pm_verify_level level, bool catalog)
{
	int problems = 0;
	struct pm_verify_options options = { .level = level, .threads = 1,
	    .problem = catalog ? print_problem : not_of_the_catalog,
	    .context = &problems };
	struct pm_verified verified = { 0 };
	struct pm_err err;
	int rc = pm_verify(&verified, path, &options, &err);

	/* What failed before anything was there leaves nothing. */
	if (rc == PM_ENOTFOUND && access(path, F_OK) != 0)
		return;
	if (rc != PM_OK)
		fail_msg("verify: %d %s", rc, err.text);
	assert_int_equal((int)verified.problems + problems, 0);
}

void
archive_look(struct outcome *out, const char *path)
{
	struct pm_archive *opened = NULL;
	struct pm_counts counts = { 0 };
	struct pm_err err;

	expect_clean(path, PM_VERIFY_DEEP, true);
	assert_int_equal(pm_archive_open(&opened, path, &err), PM_OK);
	assert_int_equal(pm_stats(&counts, opened, &err), PM_OK);
	assert_int_equal(list_all(opened, out, &err), PM_OK);
	mix_counts(out, &counts);
	pm_archive_close(opened);
}

static void
look_at_archive(struct outcome *out)
{
	archive_look(out, target);
}

void
tree_expect_part(const char *path, const char *whole)
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
			tree_expect_part(a, b);
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

/* A restore that failed left whole files; unless it could not remove one. */
static void
target_is_part(void)
{
	if (!verb_for_good)
		tree_expect_part(target, restored);
}

static void
make_target_for_good(void)
{
	if (verb_for_good)
		make_target();
}

/* At least so many captures are there, each with its bytes. */
static void
expect_captures(const char *path, uint64_t least)
{
	struct pm_archive *opened = NULL;
	char out[SCRATCH_CHARS];
	struct pm_restore_options options = { .directory = out };
	uint64_t captures = 0, failed = 0;
	struct pm_err err;

	scratch_join(out, verb_scratch, "again");
	if (pm_archive_open(&opened, path, &err) != PM_OK ||
	    pm_restore(&captures, &failed, opened, &options, &err) != PM_OK)
		fail_msg("restore afterwards: %s", err.text);
	pm_archive_close(opened);
	assert_int_equal(failed, 0);
	assert_true(captures >= least);
	if (!pm_fs_exists(out))
		return;
	tree_expect_part(out, restored);
	scratch_remove(out);
}

/* An add that failed left what verifies, if it left an archive at all. */
static void
target_is_clean(void)
{
	char head[SCRATCH_CHARS];

	scratch_join(head, target, "HEAD");
	if (pm_fs_exists(head))
		expect_clean(target, PM_VERIFY_DEFAULT, true);
}

static void
target_has_part(void)
{
	expect_clean(target, PM_VERIFY_DEFAULT, true);
	expect_captures(target, PART_CAPTURES);
}

static void
archive_is_clean(void)
{
	expect_clean(archive, PM_VERIFY_DEFAULT, true);
}

static void
volumes_are_clean(void)
{
	expect_clean(target, PM_VERIFY_DEFAULT, false);
}

const struct verb verbs[] = {
	{ "add", no_target, run_add, target_is_clean, nothing,
	    look_at_archive },
	{ "add again", target_of_part, run_add, target_has_part, nothing,
	    look_at_archive },
	{ "scan", nothing, run_scan, nothing, nothing, NULL },
	{ "scan --against", nothing, run_against, nothing, nothing, NULL },
	{ "inspect", nothing, run_inspect, nothing, nothing, NULL },
	{ "ls", nothing, run_ls, nothing, nothing, NULL },
	{ "show", nothing, run_show, nothing, nothing, NULL },
	{ "stats", nothing, run_stats, nothing, nothing, NULL },
	{ "dups", nothing, run_dups, nothing, nothing, NULL },
	{ "why", nothing, run_why, nothing, nothing, NULL },
	{ "extract DIR", make_target, run_extract_directory, nothing,
	    make_target, look_at_target },
	{ "extract .jsonl", make_target, run_extract_jsonl, nothing,
	    make_target, look_at_target },
	{ "extract .jsonl.zst", make_target, run_extract_jsonl_zst, nothing,
	    make_target, look_at_target },
	{ "extract .tar", make_target, run_extract_tar, nothing,
	    make_target, look_at_target },
	{ "extract .tar.zst", make_target, run_extract_tar_zst, nothing,
	    make_target, look_at_target },
	{ "extract .zip", make_target, run_extract_zip, nothing,
	    make_target, look_at_target },
	{ "extract .warc.gz", make_target, run_extract_warc, nothing,
	    make_target, look_at_target },
	{ "restore", make_target, run_restore, target_is_part,
	    make_target_for_good,
	    look_at_target },
	{ "verify --quick", nothing, run_verify_quick, nothing, nothing,
	    NULL },
	{ "verify", nothing, run_verify, nothing, nothing, NULL },
	{ "verify --deep", nothing, run_verify_deep, archive_is_clean,
	    nothing, NULL },
	{ "reindex", target_of_archive, run_reindex, volumes_are_clean,
	    nothing, look_at_archive }
};
const size_t verb_n = sizeof verbs / sizeof *verbs;

/* ---- running one ---- */

int
verb_run(struct outcome *out, const struct verb *verb, struct pm_err *err)
{
	*out = (struct outcome){ 0 };
	*err = (struct pm_err){ 0 };
	verb_said = (struct said){ 0 };
	return verb->run(out, err);
}

void
verb_whole(struct outcome *out, const struct verb *verb)
{
	struct pm_err err;

	verb->before();
	if (verb_run(out, verb, &err) != PM_OK)
		fail_msg("%s: %s", verb->name, err.text);
	if (verb->look != NULL)
		verb->look(out);
	if (verb_said.n != 0)
		fail_msg("%s: %s", verb->name, verb_said.text);
}

static int
take_id(void *context, const struct pm_article *article)
{
	(void)context;
	(void)snprintf(page_id[0] == '\0' ? page_id : other_id,
	    sizeof page_id, "%s", article->id);
	return 0;
}

int
verbs_set_up(void **state)
{
	struct pm_restore_options options = { .directory = restored };
	struct pm_archive *opened = NULL;
	char temporary[SCRATCH_CHARS];
	struct pm_counts counts;
	struct pm_err err;
	uint64_t captures, failed;

	(void)state;
	scratch_make(verb_scratch, "fault");
	scratch_join(input, verb_scratch, "in");
	scratch_join(first, verb_scratch, "first/in");
	scratch_join(archive, verb_scratch, "archive");
	scratch_join(part, verb_scratch, "part");
	scratch_join(target, verb_scratch, "target");
	scratch_join(restored, verb_scratch, "restored");
	scratch_join(temporary, verb_scratch, "tmp");
	assert_int_equal(pm_fs_make_directory(temporary, &err), PM_OK);
	assert_int_equal(setenv("TMPDIR", temporary, 1), 0);
	assert_int_equal(setenv("SQLITE_TMPDIR", temporary, 1), 0);
	make_corpus();
	assert_int_equal(add_to(archive, input, &counts, &err), PM_OK);
	assert_int_equal(counts.captures, CAPTURES);
	assert_int_equal(add_to(part, first, &counts, &err), PM_OK);
	assert_int_equal(counts.captures, PART_CAPTURES);
	assert_int_equal(pm_archive_open(&opened, archive, &err), PM_OK);
	assert_int_equal(pm_list_articles(opened, &(struct pm_select){ 0 },
	    take_id, NULL, &err), PM_OK);
	assert_int_equal(pm_restore(&captures, &failed, opened, &options,
	    &err), PM_OK);
	assert_int_equal(captures, CAPTURES);
	pm_archive_close(opened);
	return 0;
}

int
verbs_tear_down(void **state)
{
	(void)state;
	scratch_remove(verb_scratch);
	return 0;
}
