/*
 * Looking rows up while the catalog is filled.
 */
#include "base/err.h"
#include "store/catalog_internal.h"

static int
read_article_row(struct pm_article_row *out, struct pm_catalog *catalog,
    sqlite3_stmt *st, struct pm_err *err)
{
	struct pm_bytes rest;
	uint64_t key;
	int rc = pm_catalog_step(catalog, st, err);

	memset(out, 0, sizeof *out);
	if (rc != PM_OK)
		return rc == PM_END ? PM_OK : rc;
	out->number = (uint64_t)sqlite3_column_int64(st, 0);
	out->same = (uint64_t)sqlite3_column_int64(st, 1);
	out->frame = (uint64_t)sqlite3_column_int64(st, 2);
	out->offset = (uint32_t)sqlite3_column_int64(st, 3);
	out->bytes = (uint64_t)sqlite3_column_int64(st, 4);
	key = (uint64_t)sqlite3_column_int64(st, 5) ^ UINT64_C(1) << 63;
	for (int i = 0; i < 8; i++)
		out->sha256[i] = (uint8_t)(key >> (56 - 8 * i));
	out->norm = (uint64_t)sqlite3_column_int64(st, 7);
	rest = pm_catalog_column(st, 6);
	if (rest.n == 24)
		memcpy(out->sha256 + 8, rest.p, 24);
	else
		rc = pm_fail(err, PM_ECORRUPT, "%s: bad digest of article "
		    "%llu", catalog->path, (unsigned long long)out->number);
	sqlite3_reset(st);
	return rc;
}

int
pm_catalog_find_article(struct pm_article_row *out,
    struct pm_catalog *catalog, const uint8_t sha256[PM_SHA256_BYTES],
    struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_FIND_ARTICLE,
	    err);

	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, pm_catalog_key(sha256));
	sqlite3_bind_blob(st, 2, sha256 + 8, 24, SQLITE_STATIC);
	return read_article_row(out, catalog, st, err);
}

int
pm_catalog_find_norm(struct pm_article_row *out, struct pm_catalog *catalog,
    uint64_t norm, struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_FIND_NORM, err);

	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, (int64_t)norm);
	return read_article_row(out, catalog, st, err);
}

int
pm_catalog_article(struct pm_article_row *out, struct pm_catalog *catalog,
    uint64_t number, struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_ARTICLE, err);

	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, (int64_t)number);
	return read_article_row(out, catalog, st, err);
}

static int
read_teaser_row(struct pm_teaser_row *out, struct pm_catalog *catalog,
    sqlite3_stmt *st, struct pm_err *err)
{
	int rc = pm_catalog_step(catalog, st, err);

	memset(out, 0, sizeof *out);
	if (rc != PM_OK)
		return rc == PM_END ? PM_OK : rc;
	out->number = (uint64_t)sqlite3_column_int64(st, 0);
	out->article = (uint64_t)sqlite3_column_int64(st, 1);
	out->frame = (uint64_t)sqlite3_column_int64(st, 2);
	out->ordinal = (uint32_t)sqlite3_column_int64(st, 3);
	out->ambiguous = sqlite3_column_int64(st, 4) != 0;
	out->evidence = (int32_t)sqlite3_column_int64(st, 5);
	out->score = sqlite3_column_double(st, 6);
	sqlite3_reset(st);
	return PM_OK;
}

int
pm_catalog_find_teaser(struct pm_teaser_row *out, struct pm_catalog *catalog,
    const uint8_t sha256[PM_SHA256_BYTES], struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_FIND_TEASER, err);

	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, pm_catalog_key(sha256));
	sqlite3_bind_blob(st, 2, sha256 + 8, 8, SQLITE_STATIC);
	return read_teaser_row(out, catalog, st, err);
}

int
pm_catalog_teaser(struct pm_teaser_row *out, struct pm_catalog *catalog,
    uint64_t number, struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_TEASER, err);

	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, (int64_t)number);
	return read_teaser_row(out, catalog, st, err);
}

int
pm_catalog_served_by(struct pm_catalog *catalog, uint64_t teaser,
    int (*article)(void *context, uint64_t number), void *context,
    struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_SERVED_BY, err);
	int rc;

	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, (int64_t)teaser);
	while ((rc = pm_catalog_step(catalog, st, err)) == PM_OK)
		if ((rc = article(context,
		    (uint64_t)sqlite3_column_int64(st, 0))) != PM_OK)
			return rc;
	return rc == PM_END ? PM_OK : rc;
}

int
pm_catalog_has_teaser(bool *out, struct pm_catalog *catalog,
    const struct pm_teaser_marks *marks, struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_TEASER_MARKS, err);
	int rc;

	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, pm_marks_start(marks));
	sqlite3_bind_int64(st, 2, pm_marks_pack(marks));
	rc = pm_catalog_step(catalog, st, err);
	*out = rc == PM_OK;
	sqlite3_reset(st);
	return rc == PM_END ? PM_OK : rc;
}

/* However many captures have these bytes, one probe of one index. */
int
pm_catalog_known(struct pm_known *out, struct pm_catalog *catalog,
    const uint8_t sha256[PM_SHA256_BYTES], struct pm_bytes path,
    int64_t crawled, enum pm_capture_role role, struct pm_err *err)
{
	struct pm_bytes directory, name;
	sqlite3_stmt *st;
	int64_t id;
	int rc;

	*out = (struct pm_known){ 0 };
	pm_catalog_split_path(&directory, &name, path);
	rc = pm_catalog_interned(&id, catalog, DICT_DIRECTORY, directory, 0,
	    0, err);
	if (rc != PM_OK)
		return rc == PM_END ? PM_OK : rc;
	if ((st = pm_catalog_statement(catalog, ST_KNOWN_CAPTURE, err)) ==
	    NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, pm_catalog_key(sha256));
	sqlite3_bind_blob(st, 2, sha256 + 8, 24, SQLITE_STATIC);
	sqlite3_bind_int64(st, 3, crawled);
	sqlite3_bind_int64(st, 4, id);
	pm_catalog_bind(st, 5, name);
	sqlite3_bind_int64(st, 6, pm_catalog_place_of(path, crawled));
	sqlite3_bind_int64(st, 7, role);
	if ((rc = pm_catalog_step(catalog, st, err)) == PM_OK) {
		out->known = true;
		out->file = (uint64_t)sqlite3_column_int64(st, 0);
		out->redacted = sqlite3_column_int64(st, 2) != 0;
		out->text_only = !out->redacted &&
		    sqlite3_column_int64(st, 1) != 0;
	}
	sqlite3_reset(st);
	return rc == PM_END ? PM_OK : rc;
}

int
pm_catalog_find_capture(struct pm_capture_row *out,
    struct pm_catalog *catalog, const uint8_t sha256[PM_SHA256_BYTES],
    struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_FIND_CAPTURE,
	    err);
	int rc;

	memset(out, 0, sizeof *out);
	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, pm_catalog_key(sha256));
	sqlite3_bind_blob(st, 2, sha256 + 8, 24, SQLITE_STATIC);
	if ((rc = pm_catalog_step(catalog, st, err)) == PM_OK) {
		out->number = (uint64_t)sqlite3_column_int64(st, 0);
		out->article = (uint64_t)sqlite3_column_int64(st, 1);
		out->kind = (int32_t)sqlite3_column_int64(st, 2);
		out->text_only = sqlite3_column_int64(st, 3) == 0;
	}
	sqlite3_reset(st);
	return rc == PM_END ? PM_OK : rc;
}

int
pm_catalog_frame(uint32_t *volume, struct pm_frame_at *out,
    struct pm_catalog *catalog, uint64_t frame, struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_FRAME, err);
	int rc;

	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, (int64_t)frame);
	rc = pm_catalog_step(catalog, st, err);
	if (rc == PM_END)
		return pm_fail(err, PM_ENOTFOUND, "%s: no frame %llu",
		    catalog->path, (unsigned long long)frame);
	if (rc != PM_OK)
		return rc;
	*volume = (uint32_t)sqlite3_column_int64(st, 0);
	out->offset = (uint64_t)sqlite3_column_int64(st, 1);
	out->packed_bytes = (uint32_t)sqlite3_column_int64(st, 2);
	out->plain_bytes = (uint32_t)sqlite3_column_int64(st, 3);
	sqlite3_reset(st);
	return PM_OK;
}
