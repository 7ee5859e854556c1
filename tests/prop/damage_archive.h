/*
 * damage_archive.h - small archives of all kinds of captures, with volumes
 * sealed and open, kept in memory as they were; and the truth about them.
 */
#ifndef PM_TESTS_PROP_DAMAGE_ARCHIVE_H
#define PM_TESTS_PROP_DAMAGE_ARCHIVE_H

#include <inttypes.h>
#include <sqlite3.h>

#include "archive/recipe.h"
#include "base/list.h"
#include "base/pool.h"
#include "pressmark.h"
#include "store/parity.h"
#include "store/volume.h"
#include "write_files.h"

enum { KEPT_MAX = 64, HEADS_MAX = 16, ADDS_MAX = 7 };

static char scratch[SCRATCH_CHARS];
static uint64_t round_seed;

struct kept_file {
	char name[64];
	struct pm_buf bytes;
};

struct true_frame {
	uint32_t volume;
	uint64_t offset, sequence;
	uint32_t packed_bytes;
	bool hit;                /* by the damage at hand */
};

struct true_capture {
	char *path;
	char sha256[65];
	uint64_t like, line_frame;
	bool made;               /* it has a recipe, or is like one that has */
	LIST(uint64_t) frame;    /* that its recipe needs */
	LIST(uint64_t) capture;
	bool lost;               /* as repair says */
};

struct true_article {
	uint64_t key, frame, line_frame;
	bool there, lost;
};

/* By number; 0 is unused. */
struct truth {
	struct kept_file file[KEPT_MAX];
	size_t file_n;
	bool parity;
	struct pm_buf head[HEADS_MAX];   /* of before */
	size_t head_n;
	LIST(struct true_frame) frame;
	LIST(struct true_capture) capture;
	LIST(struct true_article) article;
};

static struct truth truth;

static inline void
must(int rc, const struct pm_err *err, const char *doing)
{
	if (rc != PM_OK)
		fail_msg("seed %" PRIu64 ": %s: %d: %s", round_seed, doing,
		    rc, err->text);
}

static inline void
place(char out[SCRATCH_CHARS], const char *name)
{
	scratch_join(out, scratch, name);
}

/* ---- making one ---- */

static inline void
write_long(struct writer *w)
{
	for (size_t i = 2 + below(w, 12); i > 0; i--) {
		for (size_t k = 400 + below(w, 600); k > 0; k--)
			putf(w, "%c%llx", k % 11 == 0 ? '\n' : ' ',
			    (unsigned long long)chance(w->chance) >>
			    below(w, 40));
		put_s(w, "\n\n");
	}
}

static inline void
write_part(uint64_t *state, unsigned part)
{
	static struct files files;
	struct story story[STORIES];
	struct writer w = { .chance = state, .story = story };
	char path[SCRATCH_CHARS], name[64];
	struct pm_err err;

	place(path, "in");
	must(pm_fs_make_directories(path, &err), &err, "directory");
	make_stories(story, state);
	files.letter = (const char *[]){ "a", "b", "c", "d", "e", "f", "g" }[
	    part % 7];
	write_files(&files, &w, path, 2 + chance_below(state, 14));
	for (size_t i = chance_below(state, 6); i > 0; i--) {
		struct pm_buf bytes;
		struct writer inner = aside(&w, &bytes);

		pm_buf_init(&bytes);
		write_long(&inner);
		(void)snprintf(name, sizeof name, "long%u-%zu.txt", part, i);
		place_file(&w, path, name, &bytes);
		pm_buf_clear(&bytes);
	}
	free_files(&files);
	free_stories(story);
}

static inline void
seal(const char *archive)
{
	struct pm_volume_writer *writer = NULL;
	struct pm_err err;

	must(pm_volume_writer_open(&writer, archive, &err), &err, "open");
	must(pm_volume_writer_seal(writer, &err), &err, "seal");
	pm_volume_writer_close(writer);
}

static inline void
keep_head(const char *archive)
{
	char path[SCRATCH_CHARS];

	if (truth.head_n == HEADS_MAX)
		return;
	scratch_join(path, archive, "HEAD");
	file_get(&truth.head[truth.head_n++], path);
}

/* Parity of what a last seal wrote. */
static inline void
cover(const char *archive)
{
	struct pm_parity_options options = { .percent = PM_PARITY_AS_IT_IS,
	    .threads = 1 };
	struct pm_err err;

	must(pm_pool_new(&options.pool, 0, &err), &err, "pool");
	must(pm_parity_update(archive, &options, &err), &err, "parity");
	pm_pool_free(options.pool);
}

static inline void
make_archive(uint64_t *state)
{
	char archive[SCRATCH_CHARS], in[SCRATCH_CHARS];
	const char *path[] = { in };
	struct pm_add_options options = { .input = { .path = path,
	    .path_n = 1 }, .threads = 1, .level = 1,
	    .frame_bytes = PM_FRAME_SMALLEST,
	    .parity_percent = (const int[]){ PM_NO_PARITY, PM_NO_PARITY, 5,
	    30 }[chance_below(state, 4)] };
	struct pm_counts counts;
	struct pm_err err;
	size_t adds = 1 + chance_below(state, ADDS_MAX);

	place(archive, "archive");
	place(in, "in");
	for (unsigned i = 0; i < adds; i++) {
		write_part(state, i);
		if (i > 0)
			keep_head(archive);
		must(pm_add(&counts, archive, &options, &err), &err, "add");
		scratch_remove(in);
		if (chance_below(state, 3) == 0)
			seal(archive);
	}
	truth.parity = options.parity_percent != PM_NO_PARITY;
	if (truth.parity)
		cover(archive);
	/* The catalog knows of a last seal too. */
	must(pm_reindex(&counts, archive, NULL, &err), &err, "reindex");
}

/* ---- keeping it ---- */

static inline void
keep_files(const char *archive, const char *below)
{
	char directory[SCRATCH_CHARS], path[SCRATCH_CHARS];
	struct pm_names names;
	struct pm_err err;

	scratch_join(directory, archive, below);
	must(pm_fs_list(&names, directory, &err), &err, "list");
	for (size_t i = 0; i < names.n; i++) {
		struct kept_file *file = &truth.file[truth.file_n];
		struct pm_file_info info;

		scratch_join(path, directory, names.name[i]);
		must(pm_fs_lstat(&info, path, &err), &err, "lstat");
		if (info.kind != PM_FILE_REGULAR)
			continue;
		assert_true(++truth.file_n < KEPT_MAX);
		(void)snprintf(file->name, sizeof file->name, "%s%s%s",
		    below, *below == '\0' ? "" : "/", names.name[i]);
		file_get(&file->bytes, path);
	}
	pm_fs_names_free(&names);
}

/* As it was before any damage; catalog: with its catalog. */
static inline void
put_back(const char *archive, bool catalog)
{
	char path[SCRATCH_CHARS];
	struct pm_err err;

	scratch_remove(archive);
	scratch_join(path, archive, "volumes");
	must(pm_fs_make_directories(path, &err), &err, "directory");
	if (truth.parity) {
		scratch_join(path, archive, "parity");
		must(pm_fs_make_directories(path, &err), &err, "directory");
	}
	for (size_t i = 0; i < truth.file_n; i++) {
		const struct kept_file *file = &truth.file[i];

		if (!catalog && (strncmp(file->name, "cache", 5) == 0 ||
		    strncmp(file->name, "catalog", 7) == 0))
			continue;
		scratch_join(path, archive, file->name);
		file_put(path, file->bytes.p, file->bytes.n);
	}
}

/* ---- the truth ---- */

static inline sqlite3 *
open_database(const char *archive)
{
	char path[SCRATCH_CHARS];
	sqlite3 *db = NULL;

	scratch_join(path, archive, "catalog.db");
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY,
	    NULL), SQLITE_OK);
	return db;
}

static inline sqlite3_stmt *
ask(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	return st;
}

static inline uint64_t
column(sqlite3_stmt *st, int i)
{
	return (uint64_t)sqlite3_column_int64(st, i);
}

static inline char *
text_column(sqlite3_stmt *st, int i)
{
	int n = sqlite3_column_bytes(st, i);
	char *text = calloc(1, (size_t)n + 1);

	assert_non_null(text);
	if (n > 0)
		memcpy(text, sqlite3_column_blob(st, i), (size_t)n);
	return text;
}

#define ROOM(list, number) \
	while ((list).n <= (number)) { \
		struct pm_err err_; \
		assert_int_equal(LIST_ROOM(list, &err_), PM_OK); \
		memset(&(list).p[(list).n++], 0, sizeof *(list).p); \
	}

static inline int
note_reference(void *context, const struct pm_recipe_reference *to)
{
	struct true_capture *capture = context;
	struct pm_err err;

	if (to->frame != 0) {
		assert_int_equal(LIST_ROOM(capture->frame, &err), PM_OK);
		capture->frame.p[capture->frame.n++] = to->frame;
	}
	for (uint64_t i = 0; i < to->n; i++) {
		assert_int_equal(LIST_ROOM(capture->capture, &err), PM_OK);
		capture->capture.p[capture->capture.n++] = to->first + i;
	}
	return PM_OK;
}

static inline void
read_frames(sqlite3 *db)
{
	sqlite3_stmt *st = ask(db, "SELECT f.id, f.volume, f.offset,"
	    " f.packed_bytes, (SELECT min(b.sequence) FROM batch b WHERE"
	    " b.next_frame > f.id) FROM frame f");

	while (sqlite3_step(st) == SQLITE_ROW) {
		uint64_t id = column(st, 0);

		ROOM(truth.frame, id);
		truth.frame.p[id] = (struct true_frame){
		    .volume = (uint32_t)column(st, 1),
		    .offset = column(st, 2), .sequence = column(st, 4),
		    .packed_bytes = (uint32_t)column(st, 3) };
	}
	sqlite3_finalize(st);
}

static inline void
read_captures(sqlite3 *db)
{
	sqlite3_stmt *st = ask(db, "SELECT c.number, CASE WHEN d.path = ''"
	    " THEN c.name ELSE d.path || '/' || c.name END, printf('%016x',"
	    " (c.key | -9223372036854775808) - (c.key & -9223372036854775808))"
	    " || lower(hex(c.rest)), c.recipe_frame FROM capture c"
	    " JOIN directory d ON d.id = c.directory ORDER BY c.number");

	while (sqlite3_step(st) == SQLITE_ROW) {
		uint64_t number = column(st, 0);
		struct true_capture *capture;

		ROOM(truth.capture, number);
		capture = &truth.capture.p[number];
		capture->path = text_column(st, 1);
		(void)snprintf(capture->sha256, sizeof capture->sha256, "%s",
		    (const char *)sqlite3_column_text(st, 2));
		capture->made = column(st, 3) != 0;
	}
	sqlite3_finalize(st);
}

static inline void
read_articles(sqlite3 *db)
{
	sqlite3_stmt *st = ask(db, "SELECT number, key, frame FROM article");

	while (sqlite3_step(st) == SQLITE_ROW) {
		uint64_t number = column(st, 0);

		ROOM(truth.article, number);
		truth.article.p[number] = (struct true_article){
		    .key = column(st, 1), .frame = column(st, 2),
		    .there = true };
	}
	sqlite3_finalize(st);
}

/* The recipes of one metadata frame. */
static inline void
read_lines(uint64_t id, struct pm_bytes plain)
{
	struct pm_bytes lines = { 0 }, data = { 0 };
	struct pm_log_record record;
	struct pm_tar_member member;
	struct pm_arena arena;
	struct pm_err err;
	size_t at = 0, articles = 0, captures = 0, recipe;

	while (pm_tar_next(&member, plain, &at, &err) == PM_OK) {
		if (strncmp(member.name, "meta/", 5) == 0)
			lines = member.data;
		if (strncmp(member.name, "data/", 5) == 0)
			data = member.data;
	}
	pm_arena_init(&arena);
	at = 0;
	while (lines.n > 0 && pm_log_decode(&record, &arena, lines, &at,
	    &err) == PM_OK) {
		articles += record.kind == PM_LOG_ARTICLE;
		captures += record.kind == PM_LOG_CAPTURE &&
		    record.u.capture.like == 0;
	}
	at = 0;
	recipe = articles * 8 + captures * PM_SHA256_BYTES;
	while (lines.n > 0 && pm_log_decode(&record, &arena, lines, &at,
	    &err) == PM_OK) {
		struct true_capture *capture;
		uint64_t n = 0;

		if (record.kind == PM_LOG_ARTICLE)
			truth.article.p[record.u.article.number].line_frame =
			    id;
		if (record.kind != PM_LOG_CAPTURE)
			continue;
		capture = &truth.capture.p[record.u.capture.number];
		capture->line_frame = id;
		capture->like = record.u.capture.like;
		if (capture->like != 0)
			continue;
		must(pm_varint_get(&n, data.p, data.n, &recipe, &err), &err,
		    "recipe");
		must(pm_recipe_references(id, (struct pm_bytes){ data.p +
		    recipe, (size_t)n }, note_reference, capture, &err), &err,
		    "recipe");
		recipe += (size_t)n;
	}
	pm_arena_clear(&arena);
}

static inline const struct pm_buf *
volume_bytes(uint32_t volume)
{
	char name[64];

	(void)snprintf(name, sizeof name, "volumes/%06u.tar.zst",
	    (unsigned)volume);
	for (size_t i = 0; i < truth.file_n; i++)
		if (strcmp(truth.file[i].name, name) == 0)
			return &truth.file[i].bytes;
	return NULL;
}

static inline void
learn(const char *archive)
{
	struct pm_frame_coder *coder;
	struct pm_buf plain;
	struct pm_err err;
	sqlite3 *db;

	keep_files(archive, "");
	keep_files(archive, "volumes");
	keep_files(archive, "cache");
	if (truth.parity)
		keep_files(archive, "parity");
	db = open_database(archive);
	read_frames(db);
	read_captures(db);
	read_articles(db);
	(void)sqlite3_close(db);
	pm_buf_init(&plain);
	must(pm_frame_coder_new(&coder, &err), &err, "coder");
	for (size_t id = 1; id < truth.frame.n; id++) {
		const struct true_frame *frame = &truth.frame.p[id];
		const struct pm_buf *volume = volume_bytes(frame->volume);

		pm_buf_reset(&plain);
		must(pm_frame_decode(coder, &plain, (struct pm_bytes){
		    volume->p + frame->offset, frame->packed_bytes }, &err),
		    &err, "frame");
		read_lines(id, pm_buf_bytes(&plain));
	}
	pm_frame_coder_free(coder);
	pm_buf_clear(&plain);
}

static inline void
forget_truth(void)
{
	for (size_t i = 0; i < truth.file_n; i++)
		pm_buf_clear(&truth.file[i].bytes);
	for (size_t i = 0; i < truth.head_n; i++)
		pm_buf_clear(&truth.head[i]);
	for (size_t i = 0; i < truth.capture.n; i++) {
		free(truth.capture.p[i].path);
		pm_free(truth.capture.p[i].frame.p);
		pm_free(truth.capture.p[i].capture.p);
	}
	pm_free(truth.frame.p);
	pm_free(truth.capture.p);
	pm_free(truth.article.p);
	memset(&truth, 0, sizeof truth);
}

#endif
