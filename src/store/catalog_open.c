/*
 * Opening and closing, and how readers and the writer stay out of each
 * other's way (C4).
 *
 * SQLite's own locks would let a reader hold up the writer when the catalog
 * is at rest, since going from there to a WAL takes all of it, and to read a
 * WAL they want a file -shm to be written.  So a reader takes them only where
 * a writer is at work, whose -shm is there; else its lock of volumes/ is
 * enough: with that held no page of catalog.db changes, and a WAL only grows.
 */
#include "store/catalog.h"

#include <stdio.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "store/catalog_internal.h"
#include "store/catalog_schema.h"

/* Pages of a WAL that are worth moving into the catalog: 64 MiB.  In a large
 * one each batch writes most pages of the indexes anew. */
enum { WAL_PAGES = 16000 };

static const char new_name[] = "catalog.db.new";

/* How a reader gets at the catalog. */
enum access {
	ACCESS_PLAIN,            /* there is no WAL: catalog.db is all */
	ACCESS_LEFT,             /* a WAL whose writer is gone */
	ACCESS_LIVE              /* a writer is at work, or nobody can tell */
};

/* unix-none takes no locks; with locking_mode EXCLUSIVE the index of the WAL
 * is kept in memory. */
static const char *const access_query[] = {
	[ACCESS_PLAIN] = "?immutable=1", [ACCESS_LEFT] = "?vfs=unix-none",
	[ACCESS_LIVE] = ""
};

static int
make_schema(struct pm_catalog *catalog, struct pm_err *err)
{
	const size_t n = sizeof pm_catalog_schema / sizeof *pm_catalog_schema;
	char pragma[96];
	int rc = pm_catalog_exec(catalog, "BEGIN IMMEDIATE", err);

	for (size_t i = 0; i < n && rc == PM_OK; i++)
		rc = pm_catalog_exec(catalog, pm_catalog_schema[i], err);
	(void)snprintf(pragma, sizeof pragma, "PRAGMA application_id = %d;"
	    "PRAGMA user_version = %d", PM_CATALOG_APPLICATION,
	    PM_CATALOG_VERSION);
	if (rc == PM_OK)
		rc = pm_catalog_exec(catalog, pragma, err);
	if (rc == PM_OK)
		rc = pm_catalog_exec(catalog, "COMMIT", err);
	return rc;
}

static int
check_version(struct pm_catalog *catalog, struct pm_err *err)
{
	int64_t application = 0, version = 0, tables = 0;
	int rc;

	if ((rc = pm_catalog_number(&application, catalog, "PRAGMA application_id",
	    err)) != PM_OK ||
	    (rc = pm_catalog_number(&version, catalog, "PRAGMA user_version",
	    err)) != PM_OK ||
	    (rc = pm_catalog_number(&tables, catalog,
	    "SELECT count(*) FROM sqlite_schema", err)) != PM_OK)
		return rc;
	if (application == 0 && tables == 0 &&
	    catalog->mode != PM_CATALOG_READ)
		return make_schema(catalog, err);
	if (application == 0 && tables == 0)     /* killed while it was made */
		return pm_fail(err, PM_ENOTFOUND, "%s: empty; run reindex",
		    catalog->path);
	if (application != PM_CATALOG_APPLICATION)
		return pm_fail(err, PM_ECORRUPT,
		    "%s: not a pressmark catalog; run reindex", catalog->path);
	if (version > PM_CATALOG_VERSION)
		return pm_fail(err, PM_EVERSION, "%s: written by a newer "
		    "pressmark (catalog version %lld)", catalog->path,
		    (long long)version);
	if (version < PM_CATALOG_VERSION)
		return pm_fail(err, PM_EVERSION, "%s: written by an older "
		    "pressmark (catalog version %lld); run reindex",
		    catalog->path, (long long)version);
	return PM_OK;
}

/* "file:PATH?query", with what URIs reserve written as %xx. */
static int
uri_of(struct pm_buf *out, const char *path, const char *query,
    struct pm_err *err)
{
	int rc = pm_buf_append_str(out, "file:", err);

	for (const char *p = path; *p != '\0' && rc == PM_OK; p++) {
		if (strchr("?#%", *p) != NULL)
			rc = pm_buf_printf(out, err, "%%%02x",
			    (unsigned)(unsigned char)*p);
		else
			rc = pm_buf_append_byte(out, (uint8_t)*p, err);
	}
	if (rc == PM_OK)
		rc = pm_buf_append_str(out, query, err);
	if (rc == PM_OK)
		rc = pm_buf_append_byte(out, 0, err);
	return rc;
}

/* The archive's catalog is taken for hostile: its schema may call nothing that
 * acts.  (SQLite 3.40 counts json_group_array among these, so some of our
 * views do not serve us; they are for people.)  Closing never moves a WAL: that is done under the lock, or not. */
static void
harden(struct pm_catalog *catalog)
{
	(void)sqlite3_db_config(catalog->db, SQLITE_DBCONFIG_DEFENSIVE, 1,
	    NULL);
	(void)sqlite3_db_config(catalog->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA,
	    0, NULL);
	(void)sqlite3_db_config(catalog->db,
	    SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	(void)sqlite3_exec(catalog->db, "PRAGMA cell_size_check = ON", NULL,
	    NULL, NULL);
}

static bool
is_private(const struct pm_catalog *catalog)
{
	return catalog->mode == PM_CATALOG_TEMP ||
	    catalog->mode == PM_CATALOG_LEAN;
}

static int
open_database(struct pm_catalog *catalog, const char *query, int flags,
    struct pm_err *err)
{
	struct pm_buf uri;
	int rc;

	pm_buf_init(&uri);
	if (is_private(catalog))
		rc = pm_buf_append(&uri, "", 1, err);
	else
		rc = uri_of(&uri, catalog->path, query, err);
	if (rc == PM_OK && sqlite3_open_v2((char *)uri.p, &catalog->db,
	    flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL) !=
	    SQLITE_OK)
		rc = catalog->db == NULL ? pm_fail(err, PM_ENOMEM,
		    "out of memory") : pm_catalog_fail(catalog,
		    "cannot open", err);
	pm_buf_clear(&uri);
	if (rc != PM_OK)
		return rc;
	sqlite3_busy_timeout(catalog->db, 10000);
	if (!is_private(catalog))
		harden(catalog);
	return PM_OK;
}

/* ---- reading ---- */

/* Also when that cannot be told: to look for one does no harm. */
static bool
has_wal(const struct pm_catalog *catalog)
{
	struct pm_file_info info;
	struct pm_err ignored;
	struct pm_buf path;
	bool there = true;
	int rc;

	pm_buf_init(&path);
	if (pm_buf_printf(&path, &ignored, "%s-wal", catalog->path) ==
	    PM_OK && pm_buf_append_byte(&path, 0, &ignored) == PM_OK) {
		rc = pm_fs_stat(&info, (char *)path.p, &ignored);
		there = rc == PM_OK ? info.bytes > 0 : rc != PM_ENOTFOUND;
	}
	pm_buf_clear(&path);
	return there;
}

/* The first question begins the transaction: from then on the handle shows
 * that state. */
static int
begin_reading(struct pm_catalog *catalog, enum access access,
    struct pm_err *err)
{
	int rc = open_database(catalog, access_query[access],
	    SQLITE_OPEN_READONLY, err);

	if (rc == PM_OK && access == ACCESS_LEFT)
		rc = pm_catalog_exec(catalog,
		    "PRAGMA locking_mode = EXCLUSIVE", err);
	if (rc == PM_OK)
		rc = pm_catalog_exec(catalog, "PRAGMA cache_size = -16000;"
		    "PRAGMA temp_store = FILE; BEGIN", err);
	return rc == PM_OK ? check_version(catalog, err) : rc;
}

/* A writer that went meanwhile, and took its -shm along, is met on the second
 * try.  The lock is held in any case: with a reader of SQLite's kind about, a
 * checkpoint would come halfway, after which the next writer may begin the
 * WAL anew under one that reads it without locks. */
static int
open_reader(struct pm_catalog *catalog, const char *archive,
    struct pm_err *err)
{
	struct pm_err ignored;
	bool shared = pm_fs_share(&catalog->share, catalog->gate, &ignored) ==
	    PM_OK;
	enum access access = !shared ? ACCESS_LIVE : !has_wal(catalog) ?
	    ACCESS_PLAIN : !pm_fs_is_locked(archive) ? ACCESS_LEFT :
	    ACCESS_LIVE;
	bool there;
	int rc;

	if ((rc = pm_fs_look(&there, catalog->path, err)) != PM_OK)
		return rc;
	if (!there)
		return pm_fail(err, PM_ENOTFOUND, "%s: missing; run reindex",
		    catalog->path);
	rc = begin_reading(catalog, access, err);
	if ((rc == PM_EPERM || rc == PM_EBUSY) && access == ACCESS_LIVE &&
	    shared && !pm_fs_is_locked(archive)) {
		sqlite3_close(catalog->db);
		catalog->db = NULL;
		access = has_wal(catalog) ? ACCESS_LEFT : ACCESS_PLAIN;
		rc = begin_reading(catalog, access, err);
	}
	return rc;
}

/* ---- writing ---- */

static int
note_wal(void *context, sqlite3 *db, const char *name, int pages)
{
	struct pm_catalog *catalog = context;

	(void)db;
	(void)name;
	catalog->wal_pages = pages;
	return SQLITE_OK;
}

static int
open_writer(struct pm_catalog *catalog, struct pm_err *err)
{
	int rc = open_database(catalog, "", SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_CREATE, err);

	if (rc == PM_OK)
		rc = pm_catalog_exec(catalog, "PRAGMA journal_mode = WAL;"
		    "PRAGMA synchronous = NORMAL;"
		    "PRAGMA cache_size = -32000", err);
	if (rc != PM_OK)
		return rc;
	(void)sqlite3_wal_hook(catalog->db, note_wal, catalog);
	return check_version(catalog, err);
}

/* A private one, or one aside of which a crash leaves nothing of use. */
static int
open_fresh(struct pm_catalog *catalog, struct pm_err *err)
{
	int rc = catalog->mode == PM_CATALOG_NEW ?
	    pm_fs_remove(catalog->path, err) : PM_OK;

	if (rc == PM_OK)
		rc = open_database(catalog, "", SQLITE_OPEN_READWRITE |
		    SQLITE_OPEN_CREATE, err);
	if (rc == PM_OK)
		rc = pm_catalog_exec(catalog, "PRAGMA journal_mode = OFF;"
		    "PRAGMA synchronous = OFF;"
		    "PRAGMA cache_size = -32000", err);
	if (rc == PM_OK)
		rc = check_version(catalog, err);
	/* What is looked up while a catalog is filled needs none of these. */
	if (rc == PM_OK && catalog->mode == PM_CATALOG_LEAN)
		rc = pm_catalog_exec(catalog, "DROP INDEX article_dated;"
		    "DROP INDEX article_undated; DROP INDEX article_coarse;"
		    "DROP INDEX article_input; DROP INDEX article_lang;"
		    "DROP TRIGGER article_tag_dated; DROP INDEX stated_payload; DROP INDEX teaser_article;"
		    "DROP TRIGGER total_canonicals", err);
	return rc;
}

/* C4.  Where readers are in the way the WAL stays, and is no harm. */
void
pm_catalog_tidy(struct pm_catalog *catalog)
{
	struct pm_err ignored;
	int lock;

	if (catalog->mode != PM_CATALOG_WRITE ||
	    catalog->wal_pages < WAL_PAGES ||
	    pm_fs_lock(&lock, catalog->gate, &ignored) != PM_OK)
		return;
	(void)sqlite3_wal_checkpoint_v2(catalog->db, NULL,
	    SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	pm_fs_close(lock);
}

/* One plain file again, if nobody reads. */
static void
rest(struct pm_catalog *catalog)
{
	struct pm_err ignored;
	int lock;

	pm_catalog_rollback(catalog);
	if (pm_fs_lock(&lock, catalog->gate, &ignored) != PM_OK)
		return;
	sqlite3_busy_timeout(catalog->db, 0);
	(void)sqlite3_wal_checkpoint_v2(catalog->db, NULL,
	    SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	(void)sqlite3_exec(catalog->db, "PRAGMA journal_mode = DELETE", NULL,
	    NULL, NULL);
	pm_fs_close(lock);
}

/* ---- both ---- */

int
pm_catalog_open(struct pm_catalog **out, const char *archive,
    enum pm_catalog_mode mode, struct pm_err *err)
{
	struct pm_catalog *catalog;
	int rc = PM_ENOMEM;

	if ((catalog = pm_alloc_zero(sizeof *catalog, err)) == NULL)
		return PM_ENOMEM;
	catalog->mode = mode;
	catalog->share = -1;
	if ((catalog->path = pm_fs_join(archive == NULL ? "" : archive,
	    archive == NULL ? "catalog" : mode == PM_CATALOG_NEW ? new_name :
	    "catalog.db", err)) == NULL ||
	    (catalog->gate = pm_fs_join(archive == NULL ? "" : archive,
	    "volumes", err)) == NULL)
		goto done;
	rc = mode == PM_CATALOG_READ ? open_reader(catalog, archive, err) :
	    mode == PM_CATALOG_WRITE ? open_writer(catalog, err) :
	    open_fresh(catalog, err);
	if (rc == PM_OK) {
		*out = catalog;
		catalog = NULL;
	}
done:
	pm_catalog_close(catalog);
	return rc;
}

static int
sync_file(const char *path, struct pm_err *err)
{
	int fd = -1, rc = pm_fs_open_read(&fd, path, err);

	if (rc == PM_OK)
		rc = pm_fs_sync(fd, path, err);
	pm_fs_close(fd);
	return rc;
}

int
pm_catalog_replace(const char *archive, struct pm_err *err)
{
	static const char *const of_old[] = { "catalog.db-wal",
	    "catalog.db-shm", "catalog.db-journal" };
	char *from = pm_fs_join(archive, new_name, err);
	char *to = pm_fs_join(archive, "catalog.db", err);
	int rc = from == NULL || to == NULL ? PM_ENOMEM : PM_OK;

	if (rc == PM_OK)
		rc = sync_file(from, err);
	/* A WAL would be taken for one of the new file. */
	for (size_t i = 0; i < sizeof of_old / sizeof *of_old &&
	    rc == PM_OK; i++) {
		char *path = pm_fs_join(archive, of_old[i], err);

		rc = path == NULL ? PM_ENOMEM : pm_fs_remove(path, err);
		pm_free(path);
	}
	if (rc == PM_OK)
		rc = pm_fs_rename(from, to, err);
	if (rc == PM_OK)
		rc = pm_fs_sync_directory(archive, err);
	pm_free(from);
	pm_free(to);
	return rc;
}

int
pm_catalog_cache(struct pm_catalog *catalog, uint64_t bytes,
    struct pm_err *err)
{
	char pragma[64];

	(void)snprintf(pragma, sizeof pragma, "PRAGMA cache_size = -%llu",
	    (unsigned long long)(bytes >> 10 < 1 << 30 ? bytes >> 10 :
	    1 << 30));
	return pm_catalog_exec(catalog, pragma, err);
}

static void
finalize_all(struct pm_catalog *catalog)
{
	for (int i = 0; i < ST_COUNT; i++)
		sqlite3_finalize(catalog->statement[i]);
	for (int i = 0; i < DICT_COUNT; i++) {
		sqlite3_finalize(catalog->dict_find[i]);
		sqlite3_finalize(catalog->dict_add[i]);
	}
}

void
pm_catalog_close(struct pm_catalog *catalog)
{
	if (catalog == NULL)
		return;
	finalize_all(catalog);
	if (catalog->db != NULL && catalog->mode == PM_CATALOG_WRITE)
		rest(catalog);
	sqlite3_close(catalog->db);
	pm_fs_close(catalog->share);
	for (int d = 0; d < DICT_COUNT; d++)
		for (int i = 0; i < DICT_SLOTS; i++)
			pm_buf_clear(&catalog->slot[d][i].key);
	pm_free(catalog->touched_articles.p);
	pm_free(catalog->touched_teasers.p);
	pm_free(catalog->touched_groups.p);
	pm_free(catalog->touched_payloads.p);
	pm_free(catalog->regroup.p);
	pm_free(catalog->relinked.p);
	pm_free(catalog->left_articles.p);
	pm_free(catalog->gate);
	pm_free(catalog->path);
	pm_free(catalog);
}
