/*
 * archive_of.h - an archive of what lies in in/p0 and in/p1 of a scratch
 * directory: added, verified, restored, and asked for all that it tells.
 */
#ifndef PM_TESTS_PROP_ARCHIVE_OF_H
#define PM_TESTS_PROP_ARCHIVE_OF_H

#include <inttypes.h>

#include "pressmark.h"
#include "write_files.h"

static char scratch[SCRATCH_CHARS];
static uint64_t round_seed;
static struct files files[2];

static inline void
place(char out[SCRATCH_CHARS], const char *name)
{
	scratch_join(out, scratch, name);
}

/* pressmark's own word of what went wrong. */
static inline void
must(int rc, const struct pm_err *err, const char *doing)
{
	if (rc != PM_OK)
		fail_msg("seed %" PRIu64 ": %s: %d: %s", round_seed, doing,
		    rc, err->text);
}

/* ---- adding and checking ---- */

static inline struct pm_counts
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

static inline int
print_problem(void *context, const struct pm_problem *problem)
{
	(void)context;
	print_error("%s: frame %" PRIu64 ": %s\n", problem->file,
	    problem->frame, problem->text);
	return 0;
}

static inline void
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

static inline size_t
count_files(const char *path)
{
	struct pm_names names;
	struct pm_err err;
	size_t n = 0;

	must(pm_fs_list(&names, path, &err), &err, "list");
	for (size_t i = 0; i < names.n; i++) {
		char below[SCRATCH_CHARS];
		struct pm_file_info info;

		scratch_join(below, path, names.name[i]);
		must(pm_fs_lstat(&info, below, &err), &err, "lstat");
		n += info.kind == PM_FILE_DIRECTORY ? count_files(below) : 1;
	}
	pm_fs_names_free(&names);
	return n;
}

static inline void
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

static inline void
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

static inline int
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

static inline int
take_article(void *context, const struct pm_article *article)
{
	struct told *told = context;

	return take_line(told, pm_article_json(&told->json, article,
	    &told->err));
}

static inline int
take_capture(void *context, const struct pm_listed_capture *capture)
{
	struct told *told = context;

	return take_line(told, pm_capture_json(&told->json, capture,
	    &told->err));
}

static inline int
take_teaser(void *context, const struct pm_listed_teaser *teaser)
{
	struct told *told = context;

	return take_line(told, pm_teaser_json(&told->json, teaser,
	    &told->err));
}

static inline int
take_tag(void *context, const struct pm_listed_tag *tag)
{
	struct told *told = context;

	return take_line(told, pm_tag_json(&told->json, tag, &told->err));
}

static inline int
take_missing(void *context, const struct pm_missing *missing)
{
	struct told *told = context;

	return take_line(told, pm_missing_json(&told->json, missing,
	    &told->err));
}

static inline int
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

static inline int
take_id(void *context, const struct pm_article *article)
{
	struct ids *ids = context;

	assert_true(ids->n < sizeof ids->id / sizeof *ids->id);
	(void)snprintf(ids->id[ids->n++], sizeof *ids->id, "%s", article->id);
	return 0;
}

/* Each article with its text, relations and teasers. */
static inline void
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

static inline int
compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static inline void
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
static inline void
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

static inline void
put_told(const char *name, const struct pm_buf *text)
{
	char path[SCRATCH_CHARS];

	place(path, name);
	file_put(path, text->p, text->n);
}

static inline struct pm_bytes
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
static inline void
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

#endif
