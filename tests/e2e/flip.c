/*
 * flip ARCHIVE COUNT SEED - flip one bit at COUNT random places under
 * volumes/ and at COUNT of catalog.db, one at a time, and ask verify.
 *
 * In the volumes each must be reported, with the volume and, where the place
 * lies in a frame, that frame and no other, and exactly the articles that the
 * undamaged catalog has there (a body begins in it, or a page that shows the
 * article is rebuilt from it).  In the catalog each must be reported that
 * changes what any table, view or header says.
 *
 * Each verify runs in a child of its own, so a crash or a hang is one more
 * failure with its place.  ARCHIVE is as before at the end.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pressmark.h"

enum {
	HANG_SECONDS = 60,
	FAILURES_SHOWN = 20,
	ANSWER_MAX = 1 << 20,
	IDS_MAX = 1 << 19,
	PATH_SIZE = 4096
};

struct frame {
	unsigned volume;
	uint64_t id, offset, bytes;
};

struct place {
	char path[PATH_SIZE + 64];
	unsigned volume;             /* 0: the catalog */
	uint64_t offset;
	int bit;
	const struct frame *frame;   /* NULL: in none */
};

static const char *archive;
static char catalog_path[PATH_SIZE];
static struct frame *frames;
static size_t frame_n;
static uint64_t volume_bytes[100];
static unsigned volume_n;
static uint64_t random_state;
static unsigned failures;

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "flip: %s\n", what);
	exit(2);
}

static uint64_t
random_below(uint64_t n)
{
	/* splitmix64 */
	uint64_t x = random_state += 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return (x ^ x >> 31) % n;
}

/* ---- the undamaged archive ---- */

static sqlite3 *
open_catalog(void)
{
	char uri[PATH_SIZE + 32];
	sqlite3 *db = NULL;

	(void)snprintf(uri, sizeof uri, "file:%s?immutable=1", catalog_path);
	if (sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
	    NULL) != SQLITE_OK) {
		sqlite3_close(db);
		return NULL;
	}
	return db;
}

static void
load_frames(sqlite3 *db)
{
	sqlite3_stmt *st;

	if (sqlite3_prepare_v2(db, "SELECT volume, id, offset, packed_bytes"
	    " FROM frame", -1, &st, NULL) != SQLITE_OK)
		die(sqlite3_errmsg(db));
	while (sqlite3_step(st) == SQLITE_ROW) {
		frames = realloc(frames, (frame_n + 1) * sizeof *frames);
		if (frames == NULL)
			die("no memory");
		frames[frame_n++] = (struct frame){
		    (unsigned)sqlite3_column_int(st, 0),
		    (uint64_t)sqlite3_column_int64(st, 1),
		    (uint64_t)sqlite3_column_int64(st, 2),
		    (uint64_t)sqlite3_column_int64(st, 3) };
	}
	sqlite3_finalize(st);
}

static void
volume_path(char *out, size_t size, unsigned volume)
{
	(void)snprintf(out, size, "%s/volumes/%06u.tar.zst", archive, volume);
}

static uint64_t
file_bytes(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 ? (uint64_t)info.st_size : 0;
}

static void
load_volumes(void)
{
	char path[PATH_SIZE + 64];
	uint64_t n;

	for (unsigned i = 1; i < 100; i++) {
		volume_path(path, sizeof path, i);
		if ((n = file_bytes(path)) == 0)
			break;
		volume_bytes[i] = n;
		volume_n = i;
	}
	if (volume_n == 0)
		die("the archive has no volumes");
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* " id id ..." in byte order of the articles in a frame. */
static void
expected_ids(char *out, const struct frame *frame)
{
	static const char text[] = "SELECT id FROM articles WHERE frame = ?1"
	    " UNION SELECT a.id FROM capture c JOIN articles a"
	    " ON a.number = c.article WHERE c.recipe_frame = ?1 ORDER BY 1";
	sqlite3 *db = open_catalog();
	sqlite3_stmt *st;
	size_t n = 0;

	*out = '\0';
	if (sqlite3_prepare_v2(db, text, -1, &st, NULL) != SQLITE_OK)
		die(sqlite3_errmsg(db));
	sqlite3_bind_int64(st, 1, (sqlite3_int64)frame->id);
	while (sqlite3_step(st) == SQLITE_ROW && n < IDS_MAX - 40)
		n += (size_t)snprintf(out + n, IDS_MAX - n, " %s",
		    (const char *)sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	sqlite3_close(db);
}

/* ---- what the catalog says, as one number ---- */

static void
mix(uint64_t *hash, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < n; i++)
		*hash = (*hash ^ p[i]) * 0x100000001b3u;
	*hash = (*hash ^ n) * 0x100000001b3u;
}

static void
mix_query(uint64_t *hash, sqlite3 *db, const char *query)
{
	sqlite3_stmt *st;
	int code;

	if (sqlite3_prepare_v2(db, query, -1, &st, NULL) != SQLITE_OK) {
		mix(hash, "bad", 3);
		return;
	}
	while ((code = sqlite3_step(st)) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(st); i++) {
			int type = sqlite3_column_type(st, i);
			const void *p = sqlite3_column_blob(st, i);
			int n = sqlite3_column_bytes(st, i);

			mix(hash, &type, sizeof type);
			mix(hash, p, p == NULL ? 0 : (size_t)n);
		}
	}
	mix(hash, &code, sizeof code);
	sqlite3_finalize(st);
}

static uint64_t
catalog_content(void)
{
	uint64_t hash = 0xcbf29ce484222325u;
	sqlite3 *db = open_catalog();
	sqlite3_stmt *st;
	char query[300];

	if (db == NULL)
		return 0;
	mix_query(&hash, db, "SELECT * FROM sqlite_schema");
	mix_query(&hash, db, "PRAGMA user_version");
	mix_query(&hash, db, "PRAGMA application_id");
	mix_query(&hash, db, "PRAGMA encoding");
	mix_query(&hash, db, "PRAGMA integrity_check");
	if (sqlite3_prepare_v2(db, "SELECT name, type FROM sqlite_schema"
	    " WHERE type IN ('table', 'view')", -1, &st, NULL) !=
	    SQLITE_OK) {
		sqlite3_close(db);
		return 0;
	}
	while (sqlite3_step(st) == SQLITE_ROW) {
		const char *type = (const char *)sqlite3_column_text(st, 1);

		(void)snprintf(query, sizeof query, "SELECT * FROM \"%s\"%s",
		    (const char *)sqlite3_column_text(st, 0),
		    strcmp(type, "table") == 0 ? " NOT INDEXED" : "");
		mix_query(&hash, db, query);
	}
	sqlite3_finalize(st);
	sqlite3_close(db);
	return hash;
}

/* ---- verify, in a child ---- */

static int
print_problem(void *context, const struct pm_problem *problem)
{
	FILE *out = context;
	char **ids = calloc(problem->article_n + 1, sizeof *ids);

	if (ids == NULL)
		return 1;
	for (size_t i = 0; i < problem->article_n; i++)
		ids[i] = strdup(problem->article[i]);
	qsort(ids, problem->article_n, sizeof *ids, by_text);
	fprintf(out, "P %" PRIu64 " %" PRIu64 " %s\t%s\t", problem->volume,
	    problem->frame, problem->file, problem->text);
	for (size_t i = 0; i < problem->article_n; i++)
		fprintf(out, " %s", ids[i]);
	putc('\n', out);
	free(ids);
	return 0;
}

static void
verify_once(FILE *out, enum pm_verify_level level, unsigned threads)
{
	struct pm_verify_options options = { .level = level,
	    .threads = threads, .problem = print_problem, .context = out };
	struct pm_verified verified = { 0 };
	struct pm_err err = { 0 };
	int rc = pm_verify(&verified, archive, &options, &err);

	fprintf(out, "E %d %" PRIu64 " %s\n", rc, verified.problems,
	    rc == PM_OK ? "" : err.text);
}

struct answer {
	char text[ANSWER_MAX];   /* what the child wrote */
	uint64_t content;
	int status;              /* of wait */
};

static void
read_all(struct answer *answer, int fd)
{
	size_t n = 0;
	ssize_t got;

	while (n < ANSWER_MAX - 1 && (got = read(fd, answer->text + n,
	    ANSWER_MAX - 1 - n)) > 0)
		n += (size_t)got;
	answer->text[n] = '\0';
	(void)close(fd);
}

static void
ask(struct answer *answer, enum pm_verify_level level, unsigned threads,
    int with_content)
{
	int fd[2];
	pid_t child;

	(void)fflush(NULL);
	if (pipe(fd) != 0 || (child = fork()) < 0)
		die("cannot fork");
	if (child == 0) {
		FILE *out = fdopen(fd[1], "w");

		(void)close(fd[0]);
		(void)alarm(HANG_SECONDS);
		fprintf(out, "C %" PRIu64 "\n",
		    with_content ? catalog_content() : 0);
		(void)fflush(out);
		verify_once(out, level, threads);
		(void)fclose(out);
		_exit(0);
	}
	(void)close(fd[1]);
	read_all(answer, fd[0]);
	(void)waitpid(child, &answer->status, 0);
	answer->content = 0;
	(void)sscanf(answer->text, "C %" SCNu64, &answer->content);
}

/* ---- judging ---- */

static void
fail(const struct place *place, const struct answer *answer,
    const char *what)
{
	if (++failures > FAILURES_SHOWN)
		return;
	printf("FAIL %s offset %" PRIu64 " bit %d", place->path,
	    place->offset, place->bit);
	if (place->frame != NULL)
		printf(" (frame %" PRIu64 ")", place->frame->id);
	printf(": %s; verify said:\n%.1500s\n", what, answer->text);
}

/* Whether verify ended and said there is a problem. */
static int
ended_with_problem(const struct place *place, const struct answer *answer)
{
	const char *end = strstr(answer->text, "\nE ");
	unsigned long long problems = 0;
	int rc = 1;

	if (WIFSIGNALED(answer->status)) {
		fail(place, answer, WTERMSIG(answer->status) == SIGALRM ?
		    "verify hangs" : "verify crashes");
		return -1;
	}
	if (end == NULL || sscanf(end, "\nE %d %llu", &rc, &problems) != 2) {
		fail(place, answer, "verify ended early");
		return -1;
	}
	if (rc != PM_OK) {
		fail(place, answer, "verify gave up");
		return -1;
	}
	return problems > 0;
}

static void
judge_volume(const struct place *place, struct answer *answer)
{
	static char ids[IDS_MAX];
	int volume_named = 0, frame_named = 0;
	char *rest = answer->text, *line;

	if (place->frame != NULL)
		expected_ids(ids, place->frame);
	while ((line = strstr(rest, "\nP ")) != NULL) {
		unsigned long long volume, frame;
		char *end = strchr(line + 1, '\n');
		char *said = end == NULL ? NULL : strchr(line + 1, '\t');

		if (end == NULL || said == NULL || sscanf(line, "\nP %llu"
		    " %llu", &volume, &frame) != 2)
			break;
		rest = end;
		volume_named |= volume == place->volume;
		if (frame == 0)
			continue;
		if (place->frame == NULL || frame != place->frame->id) {
			fail(place, answer, "another frame is named");
			return;
		}
		frame_named = 1;
		said = strchr(said + 1, '\t');
		*end = '\0';
		if (said == NULL || strcmp(said + 1, ids) != 0) {
			*end = '\n';
			fail(place, answer, "other articles are named");
			fprintf(stdout, "expected:%.1500s\n", ids);
			return;
		}
		*end = '\n';
	}
	if (!volume_named)
		fail(place, answer, "the volume is not named");
	/* A bit that decoding does not look at spoils no article; the digest
	 * that shows it is the batch's. */
	else if (place->frame != NULL && !frame_named &&
	    strstr(answer->text, "although all of its frames decode") == NULL)
		fail(place, answer, "the frame is not named");
}

static void
flip(const struct place *place)
{
	int fd = open(place->path, O_RDWR);
	unsigned char byte;

	if (fd < 0 || pread(fd, &byte, 1, (off_t)place->offset) != 1)
		die("cannot read the place");
	byte ^= (unsigned char)(1u << place->bit);
	if (pwrite(fd, &byte, 1, (off_t)place->offset) != 1 ||
	    close(fd) != 0)
		die("cannot write the place");
}

static struct place
random_place(unsigned i)
{
	struct place place = { .volume = (unsigned)random_below(volume_n) + 1,
	    .bit = (int)random_below(8) };

	volume_path(place.path, sizeof place.path, place.volume);
	/* Markers and tables are few bytes: a third of the places. */
	for (int tries = 0; tries < 100000; tries++) {
		place.offset = random_below(volume_bytes[place.volume]);
		place.frame = NULL;
		for (size_t k = 0; k < frame_n; k++)
			if (frames[k].volume == place.volume &&
			    place.offset >= frames[k].offset &&
			    place.offset - frames[k].offset < frames[k].bytes)
				place.frame = &frames[k];
		if (i % 3 != 0 || place.frame == NULL)
			break;
	}
	return place;
}

static void
flip_volumes(unsigned count, struct answer *answer)
{
	unsigned in_frames = 0;

	for (unsigned i = 0; i < count; i++) {
		struct place place = random_place(i);
		int reported;

		in_frames += place.frame != NULL;
		flip(&place);
		ask(answer, i % 10 == 9 ? PM_VERIFY_DEEP : PM_VERIFY_DEFAULT,
		    i % 8 == 7 ? 2 : 1, 0);
		if ((reported = ended_with_problem(&place, answer)) == 0)
			fail(&place, answer, "not reported");
		if (reported > 0)
			judge_volume(&place, answer);
		if (i % 10 == 4) {
			ask(answer, PM_VERIFY_QUICK, 1, 0);
			(void)ended_with_problem(&place, answer);
		}
		flip(&place);
	}
	printf("%u places in volumes/, %u of them in frames\n", count,
	    in_frames);
}

static void
flip_catalog(unsigned count, struct answer *answer)
{
	uint64_t content = catalog_content();
	uint64_t bytes = file_bytes(catalog_path);
	unsigned changed = 0;

	for (unsigned i = 0; i < count; i++) {
		struct place place = { .bit = (int)random_below(8) };
		int reported;

		(void)snprintf(place.path, sizeof place.path, "%s",
		    catalog_path);
		/* The header says most in the fewest bytes. */
		place.offset = random_below(i % 8 == 0 ? 100 : bytes);
		flip(&place);
		ask(answer, PM_VERIFY_DEFAULT, i % 8 == 7 ? 2 : 1, 1);
		reported = ended_with_problem(&place, answer);
		if (answer->content != content) {
			changed++;
			if (reported == 0)
				fail(&place, answer,
				    "changes content and is not reported");
		}
		if (i % 10 == 4) {
			ask(answer, PM_VERIFY_DEEP, 1, 0);
			(void)ended_with_problem(&place, answer);
		}
		flip(&place);
	}
	printf("%u places in catalog.db, %u of them change what it says\n",
	    count, changed);
}

int
main(int argc, char **argv)
{
	static struct answer answer;
	struct place none = { .path = "(nothing)" };
	unsigned count;
	sqlite3 *db;

	if (argc != 4)
		die("usage: flip ARCHIVE COUNT SEED");
	archive = argv[1];
	count = (unsigned)strtoul(argv[2], NULL, 10);
	random_state = strtoull(argv[3], NULL, 10);
	(void)snprintf(catalog_path, sizeof catalog_path, "%s/catalog.db",
	    archive);
	if ((db = open_catalog()) == NULL)
		die("cannot open the catalog");
	load_frames(db);
	sqlite3_close(db);
	load_volumes();
	ask(&answer, PM_VERIFY_DEEP, 1, 0);
	if (ended_with_problem(&none, &answer) != 0)
		fail(&none, &answer, "the archive is not clean to begin with");
	if (failures == 0) {
		flip_volumes(count, &answer);
		flip_catalog(count, &answer);
		ask(&answer, PM_VERIFY_DEFAULT, 1, 0);
		if (ended_with_problem(&none, &answer) != 0)
			fail(&none, &answer, "not clean at the end");
	}
	if (failures > 0)
		printf("flip: %u failures (seed %s)\n", failures, argv[3]);
	free(frames);
	return failures > 0;
}
