/*
 * What pages say of themselves beside their text: address, title, publisher,
 * language, tags, other dates; and which revisit shows what.
 *
 * A revisit of a WARC shows what the response with the same payload digest
 * shows, in whichever order the two come: of several such articles that with
 * the smallest SHA-256.
 */
#include "base/err.h"
#include "base/mem.h"
#include "store/catalog_internal.h"

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool
skip_prefix(struct pm_bytes *s, const char *prefix)
{
	size_t n = strlen(prefix);

	if (s->n < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (lower(s->p[i]) != (uint8_t)prefix[i])
			return false;
	s->p += n;
	s->n -= n;
	return true;
}

/* Addresses that lead to one page have one key: without scheme, "www.",
 * fragment, a slash at the end and what only says where the reader came from. */
int64_t
pm_catalog_url_key(struct pm_bytes url)
{
	uint8_t sha256[PM_SHA256_BYTES], host[256];
	size_t n = 0, query = 0;
	const uint8_t *end;
	int64_t key;

	if (!skip_prefix(&url, "https://"))
		(void)skip_prefix(&url, "http://");
	(void)skip_prefix(&url, "www.");
	if (url.n > 0 && (end = memchr(url.p, '#', url.n)) != NULL)
		url.n = (size_t)(end - url.p);
	while (query < url.n && url.p[query] != '?')
		query++;
	if (query + 5 <= url.n && memcmp(url.p + query, "?utm_", 5) == 0)
		url.n = query;
	while (url.n > 0 && url.p[url.n - 1] == '/')
		url.n--;
	for (; n < url.n && n < sizeof host && url.p[n] != '/'; n++)
		host[n] = lower(url.p[n]);
	pm_sha256(sha256, (struct pm_bytes){ host, n });
	key = pm_catalog_key(sha256);
	pm_sha256(sha256, (struct pm_bytes){ url.p + n, url.n - n });
	return key ^ pm_catalog_key(sha256);
}

/* Nothing is dropped or changed for its key but a prefix and one slash. */
static bool
is_plain(struct pm_bytes url, struct pm_bytes rest)
{
	for (size_t i = 0; i < url.n && (url.p + i < rest.p ||
	    url.p[i] != '/'); i++)
		if (lower(url.p[i]) != url.p[i])
			return false;
	return rest.n < 2 || rest.p[rest.n - 1] != '/' ||
	    rest.p[rest.n - 2] != '/';
}

/* Tells addresses of one key apart: a small number for what they usually
 * differ in, else 62 bits of a digest. */
static int64_t
url_form(struct pm_bytes url)
{
	struct pm_bytes rest = url;
	uint8_t sha256[PM_SHA256_BYTES];
	int form = 0;

	if (memchr(url.p, '#', url.n) == NULL &&
	    memchr(url.p, '?', url.n) == NULL) {
		if (!skip_prefix(&rest, "https://"))
			form = skip_prefix(&rest, "http://") ? 1 : 2;
		form |= skip_prefix(&rest, "www.") ? 4 : 0;
		form |= rest.n > 0 && rest.p[rest.n - 1] == '/' ? 8 : 0;
		if (is_plain(url, rest))
			return form;
	}
	pm_sha256(sha256, url);
	return 16 + (int64_t)((uint64_t)pm_catalog_key(sha256) >> 2);
}

int64_t
pm_catalog_payload_key(struct pm_bytes payload)
{
	uint8_t sha256[PM_SHA256_BYTES];

	pm_sha256(sha256, payload);
	return pm_catalog_key(sha256);
}

static bool
says_something(const struct pm_log_capture *capture)
{
	return capture->url.n > 0 || capture->title.n > 0 ||
	    capture->source.n > 0 || capture->lang.n > 0 ||
	    capture->tag_n > 0 || capture->payload.n > 0 ||
	    capture->modified.precision != 0;
}

static void
bind_text(sqlite3_stmt *st, int column, struct pm_bytes value)
{
	if (value.n > 0)
		pm_catalog_bind(st, column, value);
}

static int
insert_stated(struct pm_catalog *catalog,
    const struct pm_log_capture *capture, int64_t source, int64_t tag_set,
    struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_STATED_INSERT,
	    err);

	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, (int64_t)capture->number);
	bind_text(st, 2, capture->url);
	if (capture->url.n > 0)
		sqlite3_bind_int64(st, 3, pm_catalog_url_key(capture->url));
	bind_text(st, 4, capture->title);
	if (source != 0)
		sqlite3_bind_int64(st, 5, source);
	bind_text(st, 6, capture->lang);
	if (tag_set != 0)
		sqlite3_bind_int64(st, 7, tag_set);
	if (capture->modified.precision != 0) {
		sqlite3_bind_int64(st, 8, capture->modified.utc_seconds);
		sqlite3_bind_int64(st, 9, capture->modified.offset_minutes);
		sqlite3_bind_int64(st, 10, capture->modified.precision);
	}
	if (capture->payload.n > 0)
		sqlite3_bind_int64(st, 11,
		    pm_catalog_payload_key(capture->payload));
	if (capture->revisit)
		sqlite3_bind_int64(st, 12, 1);
	return pm_catalog_run(catalog, st, err);
}

static int
insert_other_dates(struct pm_catalog *catalog,
    const struct pm_log_capture *capture, struct pm_err *err)
{
	int rc = PM_OK;

	for (size_t i = 0; i < capture->other_date_n && rc == PM_OK; i++) {
		const struct pm_log_date *date = &capture->other_date[i];
		sqlite3_stmt *st = pm_catalog_statement(catalog,
		    ST_OTHER_DATE_INSERT, err);

		if (st == NULL)
			return err->status;
		sqlite3_bind_int64(st, 1, (int64_t)capture->number);
		sqlite3_bind_int64(st, 2, (int64_t)i);
		sqlite3_bind_int64(st, 3, date->when.utc_seconds);
		sqlite3_bind_int64(st, 4, date->when.offset_minutes);
		sqlite3_bind_int64(st, 5, date->when.precision);
		sqlite3_bind_int64(st, 6, date->source);
		rc = pm_catalog_run(catalog, st, err);
	}
	return rc;
}

int
pm_catalog_apply_stated(struct pm_catalog *catalog,
    const struct pm_log_capture *capture, struct pm_err *err)
{
	int64_t source = 0, tag_set = 0;
	int rc;

	/* Only these are looked up. */
	if (catalog->mode == PM_CATALOG_LEAN)
		return capture->url.n > 0 || capture->title.n > 0 ?
		    insert_stated(catalog, capture, 0, 0, err) : PM_OK;
	rc = insert_other_dates(catalog, capture, err);
	if (rc != PM_OK || !says_something(capture))
		return rc;
	if (capture->source.n > 0)
		rc = pm_catalog_intern(&source, catalog, DICT_INPUT,
		    capture->source, 0, 0, err);
	if (rc == PM_OK && capture->tag_n > 0)
		rc = pm_catalog_intern_tags(&tag_set, catalog, capture->tag,
		    capture->tag_n, err);
	if (rc == PM_OK)
		rc = insert_stated(catalog, capture, source, tag_set, err);
	if (rc == PM_OK && capture->payload.n > 0)
		rc = pm_number_list_add(&catalog->touched_payloads,
		    (uint64_t)pm_catalog_payload_key(capture->payload), err);
	return rc;
}

int
pm_catalog_apply_teaser_url(struct pm_catalog *catalog, uint64_t teaser,
    struct pm_bytes url, struct pm_err *err)
{
	sqlite3_stmt *st;

	if (url.n == 0)
		return PM_OK;
	if ((st = pm_catalog_statement(catalog, ST_TEASER_URL_INSERT, err)) ==
	    NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, (int64_t)teaser);
	sqlite3_bind_int64(st, 2, pm_catalog_url_key(url));
	sqlite3_bind_int64(st, 3, url_form(url));
	pm_catalog_bind(st, 4, url);
	return pm_catalog_run(catalog, st, err);
}

/* ---- revisits ---- */

static int
payload_article(uint64_t *out, struct pm_catalog *catalog, int64_t payload,
    struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_PAYLOAD_ARTICLE,
	    err);
	int rc;

	*out = 0;
	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, payload);
	if ((rc = pm_catalog_step(catalog, st, err)) == PM_OK)
		*out = (uint64_t)sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return rc == PM_END ? PM_OK : rc;
}

static int
show_in_revisits(struct pm_catalog *catalog, int64_t payload,
    uint64_t article, struct pm_err *err)
{
	struct number_list captures = { 0 };
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_REVISITS, err);
	int rc;

	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, payload);
	sqlite3_bind_int64(st, 2, (int64_t)article);
	while ((rc = pm_catalog_step(catalog, st, err)) == PM_OK) {
		rc = pm_number_list_add(&captures,
		    (uint64_t)sqlite3_column_int64(st, 0), err);
		/* What it showed until now loses it. */
		if (rc == PM_OK && sqlite3_column_type(st, 1) != SQLITE_NULL)
			rc = pm_number_list_add(&catalog->touched_articles,
			    (uint64_t)sqlite3_column_int64(st, 1), err);
		if (rc != PM_OK)
			break;
	}
	if (rc == PM_END)
		rc = PM_OK;
	for (size_t i = 0; i < captures.n && rc == PM_OK; i++) {
		if ((st = pm_catalog_statement(catalog, ST_SET_SHOWN, err)) ==
		    NULL) {
			rc = err->status;
			break;
		}
		sqlite3_bind_int64(st, 1, (int64_t)captures.p[i]);
		sqlite3_bind_int64(st, 2, (int64_t)article);
		rc = pm_catalog_run(catalog, st, err);
	}
	if (rc == PM_OK && captures.n > 0)
		rc = pm_number_list_add(&catalog->touched_articles, article,
		    err);
	pm_free(captures.p);
	return rc;
}

int
pm_catalog_resolve_revisits(struct pm_catalog *catalog, struct pm_err *err)
{
	struct number_list *payloads = &catalog->touched_payloads;
	uint64_t article;
	int rc = PM_OK;

	pm_number_list_sort(payloads);
	for (size_t i = 0; i < payloads->n && rc == PM_OK; i++) {
		int64_t payload = (int64_t)payloads->p[i];

		rc = payload_article(&article, catalog, payload, err);
		if (rc == PM_OK && article != 0)
			rc = show_in_revisits(catalog, payload, article, err);
	}
	payloads->n = 0;
	return rc;
}

/* ---- looking up ---- */

int
pm_catalog_stated_titles(struct pm_catalog *catalog, uint64_t article,
    int (*title)(void *context, struct pm_bytes title), void *context,
    struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_STATED_TITLES,
	    err);
	int answered = PM_OK, rc = PM_OK;

	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, (int64_t)article);
	while (answered == PM_OK &&
	    (rc = pm_catalog_step(catalog, st, err)) == PM_OK)
		answered = title(context, pm_catalog_column(st, 0));
	sqlite3_reset(st);
	return answered != PM_OK ? answered : rc == PM_END ? PM_OK : rc;
}

int
pm_catalog_recipe(uint64_t *frame, uint32_t *offset, uint64_t *bytes,
    struct pm_catalog *catalog, uint64_t capture, struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_RECIPE, err);
	int rc;

	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, (int64_t)capture);
	rc = pm_catalog_step(catalog, st, err);
	if (rc == PM_END)
		return pm_fail(err, PM_ENOTFOUND, "%s: no capture %llu",
		    catalog->path, (unsigned long long)capture);
	if (rc != PM_OK)
		return rc;
	*frame = (uint64_t)sqlite3_column_int64(st, 0);
	*offset = (uint32_t)sqlite3_column_int64(st, 1);
	*bytes = (uint64_t)sqlite3_column_int64(st, 2);
	sqlite3_reset(st);
	return PM_OK;
}

int
pm_catalog_has_file(bool *out, struct pm_catalog *catalog, uint64_t file,
    struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_HAS_FILE, err);
	int rc;

	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, (int64_t)file);
	rc = pm_catalog_step(catalog, st, err);
	*out = rc == PM_OK;
	sqlite3_reset(st);
	return rc == PM_END ? PM_OK : rc;
}

int
pm_catalog_find_whole(uint64_t *out, struct pm_catalog *catalog,
    const uint8_t sha256[PM_SHA256_BYTES], struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_FIND_WHOLE, err);
	int rc;

	*out = 0;
	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, pm_catalog_key(sha256));
	sqlite3_bind_blob(st, 2, sha256 + 8, 24, SQLITE_STATIC);
	if ((rc = pm_catalog_step(catalog, st, err)) == PM_OK)
		*out = (uint64_t)sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return rc == PM_END ? PM_OK : rc;
}

/* ---- addresses ---- */

int
pm_catalog_article_at(uint64_t *out, struct pm_catalog *catalog,
    int64_t url_key, struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_ARTICLE_AT, err);
	int rc;

	*out = 0;
	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, url_key);
	if ((rc = pm_catalog_step(catalog, st, err)) == PM_OK)
		*out = (uint64_t)sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return rc == PM_END ? PM_OK : rc;
}

int
pm_catalog_teasers_to(struct pm_catalog *catalog, int64_t url_key,
    int (*teaser)(void *context, uint64_t number), void *context,
    struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_TEASERS_TO, err);
	int answered = PM_OK, rc = PM_OK;

	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, url_key);
	while (answered == PM_OK &&
	    (rc = pm_catalog_step(catalog, st, err)) == PM_OK)
		answered = teaser(context,
		    (uint64_t)sqlite3_column_int64(st, 0));
	sqlite3_reset(st);
	return answered != PM_OK ? answered : rc == PM_END ? PM_OK : rc;
}

int
pm_catalog_teaser_urls(struct pm_catalog *catalog, uint64_t teaser,
    int (*key)(void *context, int64_t url_key), void *context,
    struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_TEASER_URLS, err);
	struct number_list keys = { 0 };
	int rc = PM_OK;

	if (st == NULL)
		return err->status;
	/* First all of them: the answer asks the catalog, too. */
	sqlite3_bind_int64(st, 1, (int64_t)teaser);
	while ((rc = pm_catalog_step(catalog, st, err)) == PM_OK &&
	    (rc = pm_number_list_add(&keys,
	    (uint64_t)sqlite3_column_int64(st, 0), err)) == PM_OK)
		;
	if (rc == PM_END)
		rc = PM_OK;
	for (size_t i = 0; i < keys.n && rc == PM_OK; i++)
		rc = key(context, (int64_t)keys.p[i]);
	pm_free(keys.p);
	return rc;
}

int
pm_catalog_has_teaser_url(bool *out, struct pm_catalog *catalog,
    uint64_t teaser, struct pm_bytes url, struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_HAS_TEASER_URL,
	    err);
	int rc;

	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, (int64_t)teaser);
	sqlite3_bind_int64(st, 2, pm_catalog_url_key(url));
	sqlite3_bind_int64(st, 3, url_form(url));
	rc = pm_catalog_step(catalog, st, err);
	*out = rc == PM_OK;
	sqlite3_reset(st);
	return rc == PM_END ? PM_OK : rc;
}

int
pm_catalog_addresses(struct pm_catalog *catalog, uint64_t article,
    int (*address)(void *context, const struct pm_address *address),
    void *context, struct pm_err *err)
{
	sqlite3_stmt *st = NULL;
	struct pm_address found;
	struct pm_buf url;
	int answered = PM_OK;
	int rc = pm_catalog_prepare(&st, catalog, "SELECT s.url, c.number,"
	    " c.crawled, c.file FROM capture c JOIN stated s"
	    " ON s.capture = c.number WHERE c.article = ?1"
	    " AND s.url IS NOT NULL ORDER BY s.url, c.crawled, c.number",
	    err);

	pm_buf_init(&url);
	if (rc == PM_OK)
		sqlite3_bind_int64(st, 1, (int64_t)article);
	while (rc == PM_OK && answered == PM_OK &&
	    (rc = pm_catalog_step(catalog, st, err)) == PM_OK) {
		struct pm_bytes column = pm_catalog_column(st, 0);

		if (url.n > 0 && pm_bytes_equal(column, pm_buf_bytes(&url)))
			continue;
		found.capture = (uint64_t)sqlite3_column_int64(st, 1);
		found.crawled = sqlite3_column_int64(st, 2);
		found.is_record = sqlite3_column_type(st, 3) != SQLITE_NULL;
		pm_buf_reset(&url);
		rc = pm_buf_append(&url, column.p, column.n, err);
		found.url = pm_buf_bytes(&url);
		if (rc == PM_OK)
			answered = address(context, &found);
	}
	sqlite3_finalize(st);
	pm_buf_clear(&url);
	return answered != PM_OK ? answered : rc == PM_END ? PM_OK : rc;
}

int
pm_catalog_last_run_time(int64_t *out, struct pm_catalog *catalog,
    struct pm_err *err)
{
	return pm_catalog_number(out, catalog, "SELECT"
	    " coalesce(max(coalesce(finished, started)), 0) FROM run", err);
}
