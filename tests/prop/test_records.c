/*
 * Record files of chance: every byte comes back, adding again adds nothing,
 * verify finds nothing, reindex changes nothing, and neither does the order of
 * adding.
 *
 * PM_SEED is the number of the first round (its lines say which is at hand),
 * PM_ROUNDS how many there are.  With PM_KEEP set the directory of a round
 * that fails stays.
 */
#include <inttypes.h>
#include <locale.h>

#include "pressmark.h"
#include "write_files.h"

enum { ROUNDS = 12, PART_FILES_MAX = 12 };

static char scratch[SCRATCH_CHARS];
static uint64_t round_seed;
static struct files files[2];

static void
place(char out[SCRATCH_CHARS], const char *name)
{
	scratch_join(out, scratch, name);
}

/* pressmark's own word of what went wrong. */
static void
must(int rc, const struct pm_err *err, const char *doing)
{
	if (rc != PM_OK)
		fail_msg("seed %" PRIu64 ": %s: %d: %s", round_seed, doing,
		    rc, err->text);
}

/* ---- adding and checking ---- */

static struct pm_counts
add(const char *name, uint64_t *state, enum pm_reader format,
    const int *part, size_t part_n)
{
	static const uint64_t memory[] = { 0, 64 << 20, 100 << 20 };
	char archive[SCRATCH_CHARS], input[2][SCRATCH_CHARS];
	const char *path[2];
	struct pm_add_options options = {
		.input = { .format = format, .path = path, .path_n = part_n },
		.threads = 1 + (unsigned)chance_below(state, 3),
		.memory_bytes = memory[chance_below(state, 3)],
		.level = 1 + (int)chance_below(state, 3),
		.frame_bytes = chance_below(state, 2) == 0 ? 0 :
		    PM_FRAME_SMALLEST,
	};
	struct pm_counts counts;
	struct pm_err err;

	place(archive, name);
	for (size_t i = 0; i < part_n; i++) {
		place(input[i], part[i] == 0 ? "in/p0" : "in/p1");
		path[i] = input[i];
	}
	must(pm_add(&counts, archive, &options, &err), &err, "add");
	return counts;
}

static int
print_problem(void *context, const struct pm_problem *problem)
{
	(void)context;
	print_error("%s: frame %" PRIu64 ": %s\n", problem->file,
	    problem->frame, problem->text);
	return 0;
}

static void
verify(const char *name)
{
	struct pm_verify_options options = { .level = PM_VERIFY_DEEP,
	    .threads = 2, .problem = print_problem };
	char archive[SCRATCH_CHARS];
	struct pm_verified verified;
	struct pm_err err;

	place(archive, name);
	must(pm_verify(&verified, archive, &options, &err), &err, "verify");
	if (verified.problems > 0)
		fail_msg("seed %" PRIu64 ": %s does not verify", round_seed,
		    name);
}

/* ---- restoring ---- */

static size_t
count_files(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	size_t n = 0;

	assert_non_null(directory);
	while ((entry = readdir(directory)) != NULL) {
		char below[2 * SCRATCH_CHARS];
		struct stat st;

		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		(void)snprintf(below, sizeof below, "%s/%s", path,
		    entry->d_name);
		assert_int_equal(lstat(below, &st), 0);
		n += S_ISDIR(st.st_mode) ? count_files(below) : 1;
	}
	assert_int_equal(closedir(directory), 0);
	return n;
}

static void
compare_file(const char *root, const struct file *file)
{
	char path[SCRATCH_CHARS];
	struct pm_buf got;
	struct pm_err err;

	pm_buf_init(&got);
	scratch_join(path, root, path_of(file));
	must(pm_fs_read_file(&got, path, (size_t)1 << 30, &err), &err,
	    "restored");
	if (!pm_bytes_equal(pm_buf_bytes(&got), pm_buf_bytes(&file->bytes)))
		fail_msg("seed %" PRIu64 ": %s: %zu bytes restored, not as "
		    "the %zu that were added", round_seed, path_of(file),
		    got.n, file->bytes.n);
	pm_buf_clear(&got);
}

static void
restore(const char *name)
{
	char path[SCRATCH_CHARS], out[SCRATCH_CHARS];
	struct pm_restore_options options = { .directory = out };
	struct pm_archive *archive;
	uint64_t captures, failed;
	struct pm_err err;

	place(path, name);
	place(out, "restored");
	must(pm_archive_open(&archive, path, &err), &err, "open");
	must(pm_restore(&captures, &failed, archive, &options, &err), &err,
	    "restore");
	pm_archive_close(archive);
	assert_int_equal(failed, 0);
	for (size_t part = 0; part < 2; part++)
		for (size_t i = 0; i < files[part].n; i++)
			compare_file(out, &files[part].file[i]);
	assert_int_equal(captures, count_files(out));
	if (!files[0].damaged && !files[1].damaged)
		assert_int_equal(captures, files[0].n + files[1].n);
	scratch_remove(out);
}

/* ---- what an archive tells ---- */

struct told {
	struct pm_buf text;
	struct pm_text json;
	struct pm_err err;
	bool runs;               /* also which run a capture came with */
};

static int
take_line(struct told *told, int rc)
{
	struct pm_err *err = &told->err;
	char *run = told->json.n == 0 || told->runs ? NULL :
	    strstr(told->json.p, "\"run\":");

	must(rc, err, "JSON");
	if (run != NULL)
		for (run += 6; *run >= '0' && *run <= '9'; run++)
			*run = '#';
	must(pm_buf_append(&told->text, told->json.p, told->json.n, err), err,
	    "memory");
	must(pm_buf_append_byte(&told->text, '\n', err), err, "memory");
	told->json.n = 0;
	return 0;
}

static int
take_article(void *context, const struct pm_article *article)
{
	struct told *told = context;

	return take_line(told, pm_article_json(&told->json, article,
	    &told->err));
}

static int
take_capture(void *context, const struct pm_listed_capture *capture)
{
	struct told *told = context;

	return take_line(told, pm_capture_json(&told->json, capture,
	    &told->err));
}

static int
take_teaser(void *context, const struct pm_listed_teaser *teaser)
{
	struct told *told = context;

	return take_line(told, pm_teaser_json(&told->json, teaser,
	    &told->err));
}

static int
take_tag(void *context, const struct pm_listed_tag *tag)
{
	struct told *told = context;

	return take_line(told, pm_tag_json(&told->json, tag, &told->err));
}

static int
take_missing(void *context, const struct pm_missing *missing)
{
	struct told *told = context;

	return take_line(told, pm_missing_json(&told->json, missing,
	    &told->err));
}

static int
take_sighting(void *context, const struct pm_sighting *sighting)
{
	struct told *told = context;

	return take_line(told, pm_sighting_json(&told->json, sighting,
	    &told->err));
}

struct ids {
	char id[4096][72];
	size_t n;
};

static int
take_id(void *context, const struct pm_article *article)
{
	struct ids *ids = context;

	assert_true(ids->n < sizeof ids->id / sizeof *ids->id);
	(void)snprintf(ids->id[ids->n++], sizeof *ids->id, "%s", article->id);
	return 0;
}

/* Each article with its text, relations and teasers. */
static void
show_all(struct told *told, struct pm_archive *archive)
{
	static struct ids ids;
	struct pm_select select = { 0 };
	struct pm_err *err = &told->err;

	ids.n = 0;
	must(pm_list_articles(archive, &select, take_id, &ids, err), err,
	    "list");
	for (size_t i = 0; i < ids.n; i++)
		must(pm_show(archive, ids.id[i], take_article, take_sighting,
		    told, err), err, "show");
}

static int
compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
sort_lines(struct pm_buf *text)
{
	struct pm_buf sorted;
	struct pm_err err;
	char **line = NULL, *p;
	size_t n = 0;

	must(pm_buf_append_byte(text, 0, &err), &err, "memory");
	for (p = strtok((char *)text->p, "\n"); p != NULL;
	    p = strtok(NULL, "\n")) {
		line = realloc(line, (n + 1) * sizeof *line);
		assert_non_null(line);
		line[n++] = p;
	}
	pm_buf_init(&sorted);
	if (n > 0)
		qsort(line, n, sizeof *line, compare_lines);
	for (size_t i = 0; i < n; i++)
		must(pm_buf_printf(&sorted, &err, "%s\n", line[i]), &err,
		    "memory");
	free(line);
	pm_buf_clear(text);
	*text = sorted;
}

/* All that an archive says of its contents. */
static void
tell(struct pm_buf *out, const char *name, bool runs)
{
	struct told told = { .runs = runs };
	struct pm_err *err = &told.err;
	struct pm_select select = { 0 };
	struct pm_archive *archive;
	char path[SCRATCH_CHARS];

	place(path, name);
	pm_buf_init(&told.text);
	must(pm_archive_open(&archive, path, err), err, "open");
	must(pm_list_articles(archive, &select, take_article, &told, err),
	    err, "articles");
	must(pm_list_captures(archive, take_capture, &told, err), err,
	    "captures");
	must(pm_list_teasers(archive, take_teaser, &told, err), err,
	    "teasers");
	must(pm_list_missing(archive, &select, take_missing, &told, err), err,
	    "missing");
	must(pm_list_tags(archive, NULL, take_tag, &told, err), err, "tags");
	show_all(&told, archive);
	pm_archive_close(archive);
	pm_text_free(&told.json);
	if (!runs)
		sort_lines(&told.text);
	*out = told.text;
}

static void
put_told(const char *name, const struct pm_buf *text)
{
	char path[SCRATCH_CHARS];

	place(path, name);
	file_put(path, text->p, text->n);
}

static struct pm_bytes
line_around(const struct pm_buf *text, size_t at)
{
	size_t from = at, end = at;

	while (from > 0 && text->p[from - 1] != '\n')
		from--;
	while (end < text->n && text->p[end] != '\n')
		end++;
	return (struct pm_bytes){ text->p + from, end - from };
}

/* The first lines that differ, and for PM_KEEP all of them. */
static void
must_tell_the_same(const struct pm_buf *a, const struct pm_buf *b,
    const char *what)
{
	struct pm_bytes was, is;
	size_t at = 0;

	if (pm_bytes_equal(pm_buf_bytes(a), pm_buf_bytes(b)))
		return;
	while (at < a->n && at < b->n && a->p[at] == b->p[at])
		at++;
	was = line_around(a, at);
	is = line_around(b, at);
	print_error("- %.*s\n+ %.*s\n", (int)was.n, (const char *)was.p,
	    (int)is.n, (const char *)is.p);
	put_told("told.before", a);
	put_told("told.after", b);
	fail_msg("seed %" PRIu64 ": %s tells something else", round_seed,
	    what);
}

/* ---- rounds ---- */

static void
write_input(uint64_t *state)
{
	struct story story[STORIES];
	struct writer w = { .chance = state, .story = story };
	char path[SCRATCH_CHARS];
	struct pm_err err;

	make_stories(story, state);
	for (size_t part = 0; part < 2; part++) {
		place(path, part == 0 ? "in/p0" : "in/p1");
		must(pm_fs_make_directories(path, &err), &err, "directory");
		files[part].letter = part == 0 ? "f" : "g";
		write_files(&files[part], &w, path, 1 +
		    chance_below(state, PART_FILES_MAX));
		if (part == 1 && chance_below(state, 4) == 0)
			write_damaged(&files[part], &w, path);
	}
	free_stories(story);
}

static void
reindex(const char *name)
{
	struct pm_buf before, after;
	char path[SCRATCH_CHARS];
	struct pm_counts counts;
	struct pm_err err;

	tell(&before, name, true);
	place(path, name);
	must(pm_reindex(&counts, path, NULL, &err), &err, "reindex");
	tell(&after, name, true);
	must_tell_the_same(&before, &after, "a reindexed archive");
	pm_buf_clear(&before);
	pm_buf_clear(&after);
}

static void
add_in_parts(uint64_t *state, enum pm_reader format)
{
	struct pm_buf whole, parts;

	(void)add("parts", state, format, (int[]){ 1 }, 1);
	(void)add("parts", state, format, (int[]){ 0 }, 1);
	tell(&whole, "whole", false);
	tell(&parts, "parts", false);
	must_tell_the_same(&whole, &parts, "an archive of two adds");
	pm_buf_clear(&whole);
	pm_buf_clear(&parts);
	verify("parts");
	restore("parts");
}

static void
one_round(uint64_t seed)
{
	uint64_t state = seed;
	struct pm_counts counts, again;
	enum pm_reader format = chance_below(&state, 4) > 0 ? PM_READER_AUTO :
	    (enum pm_reader)chance_below(&state, PM_READER_OPAQUE + 1);
	const int both[] = { 0, 1 };

	round_seed = seed;
	scratch_make(scratch, "prop");
	write_input(&state);
	counts = add("whole", &state, format, both, 2);
	again = add("whole", &state, format, both, 2);
	assert_int_equal(again.captures, 0);
	assert_int_equal(again.articles, 0);
	assert_int_equal(again.teasers, 0);
	assert_int_equal(again.known, counts.captures + counts.known);
	verify("whole");
	restore("whole");
	reindex("whole");
	restore("whole");
	add_in_parts(&state, format);
	free_files(&files[0]);
	free_files(&files[1]);
	scratch_remove(scratch);
	*scratch = '\0';
}

static void
test_records(void **state)
{
	const char *rounds = getenv("PM_ROUNDS");
	uint64_t n = rounds == NULL ? ROUNDS : strtoull(rounds, NULL, 0);

	(void)state;
	for (uint64_t i = 0; i < n; i++)
		one_round(chance_seed(1) + i);
}

/* After a failure too. */
static int
clean_up(void **state)
{
	(void)state;
	free_files(&files[0]);
	free_files(&files[1]);
	if (*scratch == '\0')
		return 0;
	print_error("again: PM_SEED=%" PRIu64 " PM_ROUNDS=1\n", round_seed);
	if (getenv("PM_KEEP") != NULL)
		print_error("kept: %s\n", scratch);
	else
		scratch_remove(scratch);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_records, clean_up),
	};

	/* Names in a zip are UTF-8. */
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
