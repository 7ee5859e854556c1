#include "archive/archive.h"

#include <stdio.h>

#include "archive/fold.h"
#include "archive/footers.h"
#include "archive/policy.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "store/manifest.h"
#include "store/parity.h"

static const char readme[] =
"This directory is a pressmark archive: scraped news pages, each distinct\n"
"text once, and all that is needed to make every page again byte for byte.\n"
"\n"
"With pressmark:   pressmark ls .   pressmark restore . -o DIR   ... --help\n"
"\n"
"Without it: every file in volumes/ is a tar archive packed with zstd.\n"
"\n"
"    tar --zstd -tf volumes/000001.tar.zst      list\n"
"    tar --zstd -xf volumes/000001.tar.zst      unpack\n"
"    zstd -t volumes/*.tar.zst                  check\n"
"    sha256sum -c manifest-sha256.txt           check every byte of those that\n"
"                                               are finished, once there are any\n"
"\n"
"    text/NNNNNNNN.txt      one article, UTF-8\n"
"    meta/NNNNNNNN.jsonl    what is known of articles, teasers and pages: one\n"
"                           JSON object a line; {\"article\":N} is text/N.txt,\n"
"                           {\"capture\"...,\"shows\":N} is a page that shows it\n"
"    data/NNNNNNNN.bin      digests, and the bytes of pages around the text\n"
"\n"
"catalog.db is an SQLite database with the views articles, teasers,\n"
"sightings, links, relations, captures, tags and runs:\n"
"\n"
"    sqlite3 catalog.db \"SELECT published, title FROM articles LIMIT 10\"\n"
"\n"
"It can be made again from the volumes (pressmark reindex .), and cache/ may\n"
"be deleted at any time.  HEAD names the last committed batch.  parity/, where\n"
"it is, makes good what time damages in the volumes (pressmark repair .); it is\n"
"not needed to read them.  The format is described byte for byte in\n"
"src/FORMAT.md of the pressmark sources.\n";

static bool
is_ours(const char *name)
{
	static const char *const ours[] = { "HEAD", "HEAD.new", "README.txt",
	    "README.txt.new", "volumes", "parity", "cache", "catalog.db",
	    "catalog.db-wal", "catalog.db-shm", "catalog.db-journal",
	    "catalog.db.new", "manifest-sha256.txt",
	    "manifest-sha256.txt.new" };

	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		if (strcmp(name, ours[i]) == 0)
			return true;
	return false;
}

static bool
has(const struct pm_names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->name[i], name) == 0)
			return true;
	return false;
}

/* HEAD of any version. */
static bool
has_our_head(const char *path)
{
	static const char first[] = "pressmark ";
	struct pm_err ignored;
	char start[sizeof first] = "";
	char *file = pm_fs_join(path, "HEAD", &ignored);
	size_t got;
	int fd = -1;

	if (file != NULL && pm_fs_open_read(&fd, file, &ignored) == PM_OK)
		(void)pm_fs_read(fd, start, sizeof first - 1, &got, file,
		    &ignored);
	pm_fs_close(fd);
	pm_free(file);
	return strcmp(start, first) == 0;
}

/*
 * File systems, copying programs and people leave files in an archive.  So it
 * is known by its HEAD; by volumes and catalog when HEAD is damaged; and when
 * there is nothing else, by any of its names: killed while it was made.
 */
static bool
is_archive(const char *path, const struct pm_names *names)
{
	if (has_our_head(path) ||
	    (has(names, "volumes") && has(names, "catalog.db")))
		return true;
	for (size_t i = 0; i < names->n; i++)
		if (!is_ours(names->name[i]))
			return false;
	return true;
}

int
pm_archive_probe(const char *path, struct pm_err *err)
{
	struct pm_file_info info;
	struct pm_names names;
	bool ours;
	size_t n;
	int rc;

	if ((rc = pm_fs_stat(&info, path, err)) != PM_OK)
		return rc;
	if (info.kind != PM_FILE_DIRECTORY)
		return pm_fail(err, PM_EUSAGE,
		    "%s: not an archive (not a directory)", path);
	if ((rc = pm_fs_list(&names, path, err)) != PM_OK)
		return rc;
	ours = is_archive(path, &names);
	n = names.n;
	pm_fs_names_free(&names);
	if (!ours)
		return pm_fail(err, PM_EUSAGE, "%s: not an archive (it holds "
		    "other files); give the name of a new directory", path);
	return n > 0 ? PM_OK : pm_fail(err, PM_ENOTFOUND,
	    "%s: an empty directory", path);
}

static int
make_folder(const char *path, const char *name, struct pm_err *err)
{
	char *folder = pm_fs_join(path, name, err);
	int rc = folder == NULL ? PM_ENOMEM :
	    pm_fs_make_directory(folder, err);

	pm_free(folder);
	return rc;
}

/* README.txt is the first file; what holds the archive is synced before. */
static int
make_readme(const char *path, struct pm_err *err)
{
	char *file = pm_fs_join(path, "README.txt", err);
	int rc = file == NULL ? PM_ENOMEM : PM_OK;

	if (rc == PM_OK && !pm_fs_exists(file)) {
		rc = pm_fs_sync_above(path, err);
		if (rc == PM_OK || rc == PM_EPERM)       /* not ours to sync */
			rc = pm_fs_replace_file(file, readme,
			    sizeof readme - 1, err);
	}
	pm_free(file);
	return rc;
}

static int
make_archive(const char *path, struct pm_err *err)
{
	int rc;

	if ((rc = pm_archive_probe(path, err)) != PM_OK &&
	    rc != PM_ENOTFOUND)
		return rc;
	if ((rc = pm_fs_make_directory(path, err)) == PM_OK &&
	    (rc = make_readme(path, err)) == PM_OK &&
	    (rc = make_folder(path, "volumes", err)) == PM_OK)
		rc = make_folder(path, "cache", err);
	return rc;
}

/* ---- writing ---- */

struct fold_progress {
	const struct pm_hooks *hooks;
};

static int
tell_fold(void *context, uint64_t frames, uint64_t bytes)
{
	const struct pm_hooks *hooks = ((struct fold_progress *)context)->hooks;
	struct pm_progress progress = { .phase = PM_PHASE_CHECK,
	    .bytes = bytes };

	(void)frames;
	return hooks == NULL || hooks->progress == NULL ? 0 :
	    hooks->progress(hooks->context, &progress);
}

static int
fold_from(struct pm_writer *writer, struct pm_fold_options *options,
    const struct pm_hooks *hooks, struct pm_err *err)
{
	struct fold_progress progress = { hooks };
	struct pm_folded folded;

	options->archive = writer->path;
	options->pool = writer->pool;
	options->progress = tell_fold;
	options->progress_context = &progress;
	return pm_fold_log(&folded, options, err);
}

/* The catalog may stand behind the volumes (killed between the two), never
 * before or beside them. */
static int
catch_up_catalog(struct pm_writer *writer, const struct pm_hooks *hooks,
    struct pm_err *err)
{
	const struct pm_head *head = pm_volume_writer_head(writer->volumes);
	struct pm_fold_options options = { .catalog = writer->catalog };
	struct pm_catalog_state state;
	int rc = pm_catalog_state(&state, writer->catalog, err);

	if (rc != PM_OK)
		return rc;
	if (state.at.sequence > head->sequence ||
	    (state.at.sequence == head->sequence && head->sequence > 0 &&
	    memcmp(state.at.chain, head->chain, sizeof head->chain) != 0))
		return pm_fail(err, PM_ECORRUPT, "%s: the catalog is not of "
		    "these volumes; run reindex", writer->path);
	if (state.at.sequence == head->sequence)
		return PM_OK;
	options.start = state.at;
	return fold_from(writer, &options, hooks, err);
}

static int
reset_cache(struct pm_writer *writer, struct pm_err *err)
{
	int rc = pm_runs_reset(writer->articles, err);

	if (rc == PM_OK)
		rc = pm_runs_reset(writer->teasers, err);
	if (rc == PM_OK)
		rc = pm_runs_reset(writer->bodies, err);
	if (rc == PM_OK)
		rc = pm_runs_reset(writer->tails, err);
	return rc == PM_OK ? pm_ranks_reset(writer->ranks, err) : rc;
}

/* A crash may leave one part ahead of another. */
static void
cache_sequences(uint64_t *least, uint64_t *most,
    const struct pm_writer *writer)
{
	uint64_t sequence[] = { pm_runs_sequence(writer->articles),
	    pm_runs_sequence(writer->teasers),
	    pm_runs_sequence(writer->bodies),
	    pm_runs_sequence(writer->tails),
	    pm_ranks_sequence(writer->ranks) };

	*least = *most = sequence[0];
	for (size_t i = 1; i < sizeof sequence / sizeof *sequence; i++) {
		*least = sequence[i] < *least ? sequence[i] : *least;
		*most = sequence[i] > *most ? sequence[i] : *most;
	}
}

static struct pm_fold_options
cache_options(const struct pm_writer *writer)
{
	return (struct pm_fold_options){ .articles = writer->articles,
	    .teasers = writer->teasers, .bodies = writer->bodies,
	    .ranks = writer->ranks, .tails = writer->tails };
}

/* An index of the cache was found damaged and is empty now. */
static int
refill(void *context, const char *why, struct pm_err *err)
{
	struct pm_writer *writer = context;
	struct pm_fold_options options = cache_options(writer);
	const struct pm_hooks *hooks = writer->hooks;
	char text[300];
	int rc;

	(void)snprintf(text, sizeof text, "%s; it is made again", why);
	if (hooks != NULL && hooks->notice != NULL)
		hooks->notice(hooks->context, PM_NOTICE_INFO, "cache", text);
	options.start.next_frame = 1;
	rc = pm_policy_of(&options.policy, writer->catalog, err);
	return rc == PM_OK ? fold_from(writer, &options, hooks, err) : rc;
}

static void
mend_cache(struct pm_writer *writer)
{
	struct pm_runs_mend mend = { refill, writer };

	pm_runs_mend(writer->articles, mend);
	pm_runs_mend(writer->teasers, mend);
	pm_runs_mend(writer->bodies, mend);
	pm_runs_mend(writer->tails, mend);
}

static int
catch_up_cache(struct pm_writer *writer, const struct pm_hooks *hooks,
    struct pm_err *err)
{
	const struct pm_head *head = pm_volume_writer_head(writer->volumes);
	struct pm_fold_options options = cache_options(writer);
	uint64_t least, most;
	int rc = PM_OK;

	cache_sequences(&least, &most, writer);
	if (most > head->sequence) {     /* of other volumes */
		rc = reset_cache(writer, err);
		least = 0;
	}
	if (rc != PM_OK || least == head->sequence)
		return rc;
	if ((rc = pm_policy_of(&options.policy, writer->catalog, err)) !=
	    PM_OK ||
	    (rc = pm_catalog_position(&options.start, writer->catalog, least,
	    err)) != PM_OK)
		return rc;
	return fold_from(writer, &options, hooks, err);
}

int
pm_writer_catch_up(struct pm_writer *writer, const struct pm_hooks *hooks,
    struct pm_err *err)
{
	int rc = catch_up_catalog(writer, hooks, err);

	if (rc == PM_OK)
		rc = catch_up_cache(writer, hooks, err);
	return rc == PM_OK ? pm_sums_update(writer->path, err) : rc;
}

static int
remove_file(const char *path, const char *name, struct pm_err *err)
{
	char *file = pm_fs_join(path, name, err);
	int rc = file == NULL ? PM_ENOMEM : pm_fs_remove(file, err);

	pm_free(file);
	return rc;
}

static int
remove_catalog(const char *path, struct pm_err *err)
{
	static const char *const name[] = { "catalog.db", "catalog.db-wal",
	    "catalog.db-shm", "catalog.db-journal" };
	int rc = PM_OK;

	for (size_t i = 0; i < sizeof name / sizeof *name && rc == PM_OK; i++)
		rc = remove_file(path, name[i], err);
	return rc;
}

static int
open_parts(struct pm_writer *writer, enum pm_writer_how how,
    struct pm_err *err)
{
	char *cache = pm_fs_join(writer->path, "cache", err);
	int rc = cache == NULL ? PM_ENOMEM : PM_OK;

	if (rc == PM_OK)
		rc = pm_volume_writer_open(&writer->volumes, writer->path,
		    err);
	if (rc == PM_OK && how == PM_WRITER_REBUILD)
		rc = remove_catalog(writer->path, err);
	if (rc == PM_OK)
		rc = pm_catalog_open(&writer->catalog, writer->path,
		    PM_CATALOG_WRITE, err);
	if (rc == PM_OK)
		rc = pm_frames_open(&writer->frames, writer->catalog,
		    writer->path, -1, err);
	if (rc == PM_OK)
		rc = pm_runs_open(&writer->articles, cache, "articles",
		    PM_RUNS_WRITE, err);
	if (rc == PM_OK)
		rc = pm_runs_open(&writer->teasers, cache, "teasers",
		    PM_RUNS_WRITE, err);
	if (rc == PM_OK)
		rc = pm_runs_open(&writer->bodies, cache, "bodies",
		    PM_RUNS_WRITE, err);
	if (rc == PM_OK)
		rc = pm_runs_open(&writer->tails, cache, "tails",
		    PM_RUNS_WRITE, err);
	if (rc == PM_OK && (writer->ranks_path = pm_fs_join(cache, "ranks",
	    err)) == NULL)
		rc = PM_ENOMEM;
	if (rc == PM_OK)
		rc = pm_ranks_open(&writer->ranks, writer->ranks_path,
		    PM_RUNS_WRITE, err);
	if (rc == PM_OK)
		pm_runs_rank(writer->bodies, pm_ranks_ranking(writer->ranks));
	if (rc == PM_OK && how == PM_WRITER_REBUILD)
		rc = reset_cache(writer, err);
	pm_free(cache);
	return rc;
}

/* V7: the log was replaced, and its writer died before it made the catalog of
 * the new one. */
static int
leave_replaced(struct pm_writer *writer, const struct pm_hooks *hooks,
    struct pm_err *err)
{
	const struct pm_head *head = pm_volume_writer_head(writer->volumes);
	struct pm_catalog_state state;
	int rc = PM_OK;

	if (head->drop_from == 0 ||
	    (rc = pm_catalog_state(&state, writer->catalog, err)) != PM_OK ||
	    state.at.volume < head->drop_from ||
	    state.at.volume > head->drop_to)
		return rc;
	return pm_writer_renew(writer, 0, hooks, err);
}

/* Into a catalog aside and the cache, which both know nothing yet. */
static int
fold_anew(struct pm_writer *writer, struct pm_catalog *aside,
    uint64_t cache_bytes, const struct pm_hooks *hooks, struct pm_err *err)
{
	struct pm_fold_options options = cache_options(writer);
	int rc = reset_cache(writer, err);

	options.catalog = aside;
	options.start.next_frame = 1;
	if (rc == PM_OK && cache_bytes > 0)
		rc = pm_catalog_cache(aside, cache_bytes, err);
	if (rc == PM_OK)
		rc = pm_policy_of(&options.policy, writer->catalog, err);
	return rc == PM_OK ? fold_from(writer, &options, hooks, err) : rc;
}

int
pm_writer_renew(struct pm_writer *writer, uint64_t cache_bytes,
    const struct pm_hooks *hooks, struct pm_err *err)
{
	struct pm_catalog *aside = NULL;
	int rc = pm_catalog_open(&aside, writer->path, PM_CATALOG_NEW, err);

	if (rc == PM_OK)
		rc = fold_anew(writer, aside, cache_bytes, hooks, err);
	pm_catalog_close(aside);
	if (rc != PM_OK)
		return rc;
	pm_frames_close(writer->frames);
	writer->frames = NULL;
	pm_catalog_close(writer->catalog);
	writer->catalog = NULL;
	rc = pm_catalog_replace(writer->path, err);
	if (rc == PM_OK)
		rc = pm_catalog_open(&writer->catalog, writer->path,
		    PM_CATALOG_WRITE, err);
	return rc == PM_OK ? pm_frames_open(&writer->frames, writer->catalog,
	    writer->path, -1, err) : rc;
}

int
pm_writer_drop(struct pm_writer *writer, uint32_t *left, struct pm_err *err)
{
	const struct pm_head *head = pm_volume_writer_head(writer->volumes);
	int rc = PM_OK;

	*left = 0;
	if (head->drop_from == 0)
		return PM_OK;
	/* What is of no log needs no parity. */
	rc = pm_parity_drop(writer->path, head->drop_from, head->drop_to,
	    err);
	return rc == PM_OK ? pm_volume_writer_drop(writer->volumes, left,
	    err) : rc;
}

int
pm_writer_open(struct pm_writer *out, const char *path, unsigned threads,
    enum pm_writer_how how, const struct pm_hooks *hooks, struct pm_err *err)
{
	struct pm_writer writer = { .path = path, .hooks = hooks };
	uint32_t left;
	int rc;

	if (threads == 0)
		threads = pm_processors();
	if (how == PM_WRITER_REBUILD)
		rc = pm_archive_probe(path, err);
	else
		rc = make_archive(path, err);
	if (rc == PM_OK)
		rc = make_folder(path, "cache", err);
	/* With one thread everything runs on the caller's. */
	if (rc == PM_OK)
		rc = pm_pool_new(&writer.pool, threads == 1 ? 0 : threads,
		    err);
	if (rc == PM_OK)
		rc = open_parts(&writer, how, err);
	writer.rebuilt = how == PM_WRITER_REBUILD;
	writer.volume_bytes = pm_archive_folder_bytes(path, "volumes");
	*out = writer;
	if (rc == PM_OK) {
		mend_cache(out);
		rc = leave_replaced(out, hooks, err);
		if (rc == PM_OK)
			rc = pm_writer_catch_up(out, hooks, err);
		if (rc == PM_OK)
			rc = pm_writer_drop(out, &left, err);
	}
	if (rc != PM_OK)
		pm_writer_close(out);
	return rc;
}

/*
 * So that verify need not make the fold again.  Reading the catalog costs what
 * the archive has, not what was added; so it is left where little was.
 */
static void
note_catalog(const struct pm_writer *writer)
{
	enum { ALWAYS = 64 << 20, TIMES = 16 };
	uint64_t catalog = pm_archive_catalog_bytes(writer->path);
	uint64_t now = pm_archive_folder_bytes(writer->path, "volumes");
	uint64_t added = now > writer->volume_bytes ?
	    now - writer->volume_bytes : 0;
	struct pm_err ignored;

	if (writer->rebuilt || catalog <= ALWAYS || catalog / TIMES <= added)
		(void)pm_catalog_sum_write(writer->path, &ignored);
}

void
pm_writer_close(struct pm_writer *writer)
{
	bool at_rest = writer->catalog != NULL;

	pm_pool_free(writer->pool);
	pm_runs_close(writer->tails);
	pm_runs_close(writer->bodies);
	pm_ranks_close(writer->ranks);
	pm_free(writer->ranks_path);
	pm_runs_close(writer->teasers);
	pm_runs_close(writer->articles);
	pm_frames_close(writer->frames);
	pm_catalog_close(writer->catalog);
	if (at_rest) {
		struct pm_err ignored;

		/* The next writer does what fails here. */
		(void)pm_sums_update(writer->path, &ignored);
		note_catalog(writer);
	}
	pm_volume_writer_close(writer->volumes);     /* the lock goes last */
	*writer = (struct pm_writer){ 0 };
}

/* ---- reading ---- */

int
pm_is_archive(const char *path)
{
	struct pm_err ignored;
	char *head, *catalog;
	int is = 0;

	if (pm_archive_probe(path, &ignored) != PM_OK)
		return 0;
	head = pm_fs_join(path, "HEAD", &ignored);
	catalog = pm_fs_join(path, "catalog.db", &ignored);
	if (head != NULL && catalog != NULL)
		is = pm_fs_exists(head) || pm_fs_exists(catalog);
	pm_free(head);
	pm_free(catalog);
	return is;
}

int
pm_archive_open(struct pm_archive **out, const char *path,
    struct pm_err *err)
{
	struct pm_archive *archive;
	struct pm_head head;
	int headed, rc = pm_archive_probe(path, err);

	if (rc != PM_OK)
		return rc;
	/* A damaged HEAD is for verify to say; the catalog can be read. */
	headed = pm_head_read(&head, path, err);
	if (headed == PM_EVERSION)
		return headed;
	if ((archive = pm_alloc_zero(sizeof *archive, err)) == NULL)
		return PM_ENOMEM;
	if ((archive->path = pm_fs_join(path, "", err)) == NULL)
		rc = PM_ENOMEM;
	if (rc == PM_OK)
		rc = pm_catalog_open(&archive->catalog, path, PM_CATALOG_READ,
		    err);
	/* Killed before its first batch: an archive without anything. */
	if (rc == PM_ENOTFOUND && headed == PM_OK && head.sequence == 0)
		rc = pm_catalog_open(&archive->catalog, NULL, PM_CATALOG_TEMP,
		    err);
	if (rc == PM_OK)
		rc = pm_frames_open(&archive->frames, archive->catalog, path,
		    -1, err);
	if (rc == PM_OK)
		*out = archive;
	else
		pm_archive_close(archive);
	return rc;
}

void
pm_archive_close(struct pm_archive *archive)
{
	if (archive == NULL)
		return;
	if (archive->scanner != NULL) {
		pm_scanner_close(archive->scanner);
	} else {
		pm_runs_close(archive->tails);
		pm_frames_close(archive->frames);
		pm_catalog_close(archive->catalog);
	}
	pm_free(archive->path);
	pm_free(archive);
}

int
pm_archive_footers(struct pm_footers **out, struct pm_archive *archive,
    struct pm_err *err)
{
	char *cache;
	int rc = PM_OK;

	if (archive->tails == NULL) {
		if ((cache = pm_fs_join(archive->path, "cache", err)) == NULL)
			return PM_ENOMEM;
		rc = pm_runs_open(&archive->tails, cache, "tails",
		    PM_RUNS_READ, err);
		pm_free(cache);
	}
	return rc == PM_OK ? pm_footers_open(out, NULL, 0, archive->tails,
	    err) : rc;
}

uint64_t
pm_archive_folder_bytes(const char *archive, const char *name)
{
	struct pm_file_info info;
	struct pm_names names;
	struct pm_err err;
	uint64_t bytes = 0;
	char *folder = pm_fs_join(archive, name, &err);

	if (folder == NULL || pm_fs_list(&names, folder, &err) != PM_OK) {
		pm_free(folder);
		return 0;
	}
	for (size_t i = 0; i < names.n; i++) {
		char *file = pm_fs_join(folder, names.name[i], &err);

		if (file != NULL && pm_fs_lstat(&info, file, &err) == PM_OK &&
		    info.kind == PM_FILE_REGULAR)
			bytes += info.bytes;
		pm_free(file);
	}
	pm_fs_names_free(&names);
	pm_free(folder);
	return bytes;
}

uint64_t
pm_archive_catalog_bytes(const char *archive)
{
	static const char *const name[] = { "catalog.db", "catalog.db-wal" };
	struct pm_file_info info;
	struct pm_err err;
	uint64_t bytes = 0;

	for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
		char *file = pm_fs_join(archive, name[i], &err);

		if (file != NULL && pm_fs_stat(&info, file, &err) == PM_OK)
			bytes += info.bytes;
		pm_free(file);
	}
	return bytes;
}
