/*
 * Articles of a selection in the order of ls, (published, id), taken from
 * indexes that have this order, so that the first rows come at once.
 *
 * O1: A question is a union of arms, each in order by its index; SQLite merges
 * them, and sorts at most what was published in one second.  Two arms never
 * give the same article.
 *
 * O2: Few articles have a date of a week, a month or a year.  They may have
 * been published long before the first moment asked for and still hold, so
 * they have an arm of their own; all others begin a day before it.
 *
 * The arms are by the first of these that is asked for: id and exact address
 * (a few rows, which are sorted), tag, source, language; else by date.
 */
#include "base/err.h"
#include "base/mem.h"
#include "store/catalog_internal.h"
#include "store/catalog_query.h"

enum { DAY = 86400, ARMS_MAX = 8 };

#define JOINS " CROSS JOIN article c ON c.number = a.canonical" \
	" LEFT JOIN input i ON i.id = a.input" \
	" LEFT JOIN stated u ON u.capture = a.url_capture WHERE 1"

struct order {
	struct pm_catalog *catalog;
	const struct pm_query *query;
	struct pm_err *err;
	struct pm_buf sql;
	struct pm_buf rest;              /* conditions of every arm, but tags */
	struct pm_buf tags;              /* ids as text */
	struct number_list tag;
	size_t arms;
	int64_t fine;                    /* O2; INT64_MIN: not asked for */
};

/* ---- arms ---- */

enum by { BY_ARTICLE, BY_TAG };

static int
begin_arm(struct order *order, enum by by, const char *from)
{
	static const char *const columns[] = {
		[BY_ARTICLE] = PM_ARTICLE_COLUMNS_SQL("a.published"),
		[BY_TAG] = PM_ARTICLE_COLUMNS_SQL("x.published")
	};
	const char *join = order->arms++ > 0 ? " UNION ALL " : "";
	int rc = pm_buf_printf(&order->sql, order->err, "%sSELECT %s FROM %s"
	    JOINS, join, columns[by], from);

	return rc == PM_OK ? pm_buf_append(&order->sql, order->rest.p,
	    order->rest.n, order->err) : rc;
}

static int
with_tags(struct order *order)
{
	if (order->query->tag_n == 0)
		return PM_OK;
	return pm_buf_printf(&order->sql, order->err, " AND a.number IN"
	    " (SELECT article FROM article_tag WHERE tag IN (%s))",
	    (char *)order->tags.p);
}

/* From where those begin whose dates do not reach far. */
static int
begin_at(struct order *order, const char *column)
{
	if (order->fine == INT64_MIN)
		return PM_OK;
	return pm_buf_printf(&order->sql, order->err, " AND %s > %lld",
	    column, (long long)order->fine);
}

static int
coarse_arm(struct order *order)
{
	int rc;

	if (order->fine == INT64_MIN)
		return PM_OK;
	rc = begin_arm(order, BY_ARTICLE, "article a INDEXED BY article_coarse");
	if (rc == PM_OK)
		rc = with_tags(order);
	return rc == PM_OK ? pm_buf_printf(&order->sql, order->err,
	    " AND a.precision >= 4 AND a.published <= %lld",
	    (long long)order->fine) : rc;
}

static int
date_arms(struct order *order)
{
	const struct pm_query *query = order->query;
	int rc = PM_OK;

	if (!query->undated) {
		rc = begin_arm(order, BY_ARTICLE, "article a INDEXED BY article_dated");
		if (rc == PM_OK)
			rc = with_tags(order);
		if (rc == PM_OK)
			rc = pm_buf_append_str(&order->sql,
			    " AND a.date_source < 6", order->err);
		if (rc == PM_OK)
			rc = begin_at(order, "a.published");
	}
	if (rc != PM_OK || query->dated || query->on)
		return rc;
	rc = begin_arm(order, BY_ARTICLE, "article a INDEXED BY article_undated");
	if (rc == PM_OK)
		rc = with_tags(order);
	return rc == PM_OK ? pm_buf_append_str(&order->sql, " AND"
	    " (a.date_source IS NULL OR a.date_source = 6)", order->err) : rc;
}

/* An article with two of the tags comes with the first of them. */
static int
tag_arms(struct order *order)
{
	int rc = PM_OK;

	for (size_t i = 0; i < order->tag.n && rc == PM_OK; i++) {
		rc = begin_arm(order, BY_TAG, "article_tag x INDEXED BY"
		    " article_tag_tag CROSS JOIN article a"
		    " ON a.number = x.article");
		if (rc == PM_OK)
			rc = pm_buf_printf(&order->sql, order->err,
			    " AND x.tag = %lld",
			    (long long)order->tag.p[i]);
		for (size_t k = 0; k < i && rc == PM_OK; k++)
			rc = pm_buf_printf(&order->sql, order->err, " AND"
			    " NOT EXISTS (SELECT 1 FROM article_tag y WHERE"
			    " y.article = x.article AND y.tag = %lld)",
			    (long long)order->tag.p[k]);
		if (rc == PM_OK)
			rc = begin_at(order, "x.published");
	}
	return rc;
}

static int
source_arm(struct order *order)
{
	int rc = begin_arm(order, BY_ARTICLE, "article a INDEXED BY article_input");

	return rc == PM_OK ? begin_at(order, "a.published") : rc;
}

static int
lang_arm(struct order *order, const char *lang)
{
	char *literal = lang == NULL ? NULL : sqlite3_mprintf("%Q", lang);
	int rc;

	if (lang != NULL && literal == NULL)
		return pm_fail(order->err, PM_ENOMEM, "out of memory");
	rc = begin_arm(order, BY_ARTICLE, "article a INDEXED BY article_lang");
	if (rc == PM_OK)
		rc = pm_buf_printf(&order->sql, order->err, " AND a.lang %s",
		    lang == NULL ? "IS NULL" : "= ");
	if (rc == PM_OK && lang != NULL)
		rc = pm_buf_append_str(&order->sql, literal, order->err);
	if (rc == PM_OK)
		rc = begin_at(order, "a.published");
	sqlite3_free(literal);
	return rc;
}

/* The languages there are that match, from one to the next in the index. */
static const char langs_sql[] = "WITH RECURSIVE l(x) AS"
    " (SELECT min(lang) FROM article UNION ALL SELECT (SELECT min(lang) FROM"
    " article WHERE lang > x) FROM l WHERE x IS NOT NULL)"
    " SELECT x FROM l WHERE x IS NOT NULL AND (x LIKE ?3 OR"
    " x LIKE ?3 || '-%') UNION ALL SELECT NULL WHERE 'und' LIKE ?3";

/* PM_END: there are too many. */
static int
lang_arms(struct order *order)
{
	sqlite3_stmt *st = NULL;
	int rc = pm_catalog_prepare(&st, order->catalog, langs_sql,
	    order->err);

	if (rc == PM_OK)
		rc = pm_query_bind(st, &(struct pm_query){
		    .lang = order->query->lang }, order->err);
	while (rc == PM_OK && (rc = pm_catalog_step(order->catalog, st,
	    order->err)) == PM_OK) {
		if (order->arms == ARMS_MAX) {
			order->arms = 0;
			pm_buf_reset(&order->sql);
			rc = PM_END;
			break;
		}
		rc = lang_arm(order, (const char *)sqlite3_column_text(st,
		    0));
	}
	sqlite3_finalize(st);
	return rc == PM_END && order->arms > 0 ? PM_OK : rc;
}

/* ---- the question ---- */

static bool
is_exact(const char *glob)
{
	return glob != NULL && strpbrk(glob, "*?[") == NULL;
}

static int
few_arm(struct order *order)
{
	int rc = begin_arm(order, BY_ARTICLE, order->query->id ?
	    "article a INDEXED BY article_key" : "article a");

	if (rc == PM_OK)
		rc = with_tags(order);
	if (rc != PM_OK || order->query->id)
		return rc;
	return pm_buf_printf(&order->sql, order->err, " AND a.number IN"
	    " (SELECT c.article FROM stated s JOIN capture c"
	    " ON c.number = s.capture WHERE s.url_key = %lld)",
	    (long long)pm_catalog_url_key(pm_bytes_of(order->query->url)));
}

/* No arm at all: nothing matches. */
static int
arms(struct order *order)
{
	const struct pm_query *query = order->query;
	int rc = PM_OK;

	if (query->id || is_exact(query->url))
		return few_arm(order);
	if (query->tag_n > 0 && order->tag.n == 0)
		return PM_OK;
	if (query->tag_n > 0 && order->tag.n <= ARMS_MAX)
		rc = tag_arms(order);
	else if (query->tag_n == 0 && query->source != NULL)
		rc = source_arm(order);
	else if (query->tag_n == 0 && query->lang != NULL &&
	    (rc = lang_arms(order)) == PM_END)
		rc = PM_OK;
	if (rc == PM_OK && order->arms == 0)
		rc = date_arms(order);
	return rc == PM_OK ? coarse_arm(order) : rc;
}

/* O2 */
static int64_t
fine_bound(const struct pm_query *query)
{
	int64_t bound = INT64_MIN;

	if (query->dated && query->since != INT64_MIN)
		bound = query->since - DAY;
	if (query->on && query->on_from - 2 * DAY > bound)
		bound = query->on_from - 2 * DAY;
	return bound;
}

/* Where there are no such indexes all rows are put into order. */
static int
plain_arm(struct order *order)
{
	int rc = begin_arm(order, BY_ARTICLE, "article a");

	return rc == PM_OK ? with_tags(order) : rc;
}

static int
write_question(struct order *order)
{
	const struct pm_query *query = order->query;
	int rc = PM_OK;

	order->fine = fine_bound(query);
	if (query->tag_n > 0)
		rc = pm_query_tags(&order->tag, order->catalog, query,
		    order->err);
	if (rc == PM_OK)
		rc = pm_query_tags_text(&order->tags, &order->tag,
		    order->err);
	if (rc == PM_OK)
		rc = pm_query_conditions(&order->rest, query, NULL,
		    order->err);
	if (rc == PM_OK)
		rc = pm_query_keep(&order->rest, order->catalog, query,
		    order->err);
	if (rc == PM_OK)
		rc = order->catalog->mode == PM_CATALOG_LEAN ?
		    plain_arm(order) : arms(order);
	if (rc == PM_OK && order->arms == 0)
		rc = pm_buf_append_str(&order->sql, "SELECT "
		    PM_ARTICLE_COLUMNS_SQL("a.published") " FROM article a"
		    JOINS " AND 0",
		    order->err);
	if (rc == PM_OK)
		rc = pm_buf_append_str(&order->sql, " ORDER BY 5, 2, 3",
		    order->err);
	if (rc == PM_OK && query->limit > 0 && query->limit <= INT64_MAX)
		rc = pm_buf_printf(&order->sql, order->err, " LIMIT %llu",
		    (unsigned long long)query->limit);
	return rc == PM_OK ? pm_buf_append_byte(&order->sql, 0, order->err) :
	    rc;
}

int
pm_query_prepare_articles(sqlite3_stmt **out, struct pm_catalog *catalog,
    const struct pm_query *query, struct pm_err *err)
{
	struct order order = { .catalog = catalog, .query = query,
	    .err = err };
	int rc;

	pm_buf_init(&order.sql);
	pm_buf_init(&order.rest);
	pm_buf_init(&order.tags);
	rc = pm_query_functions(catalog, err);
	if (rc == PM_OK)
		rc = write_question(&order);
	if (rc == PM_OK)
		rc = pm_catalog_prepare(out, catalog, (char *)order.sql.p,
		    err);
	if (rc == PM_OK)
		rc = pm_query_bind(*out, query, err);
	pm_free(order.tag.p);
	pm_buf_clear(&order.sql);
	pm_buf_clear(&order.rest);
	pm_buf_clear(&order.tags);
	return rc;
}

/* ---- ahead ---- */

struct pm_scout {
	struct pm_catalog *catalog;
	sqlite3_stmt *statement;
};

int
pm_catalog_scout_open(struct pm_scout **out, struct pm_catalog *catalog,
    const struct pm_query *query, struct pm_err *err)
{
	struct pm_scout *scout = pm_alloc_zero(sizeof *scout, err);
	int rc;

	if (scout == NULL)
		return PM_ENOMEM;
	scout->catalog = catalog;
	rc = pm_query_prepare_articles(&scout->statement, catalog, query,
	    err);
	if (rc == PM_OK)
		*out = scout;
	else
		pm_catalog_scout_close(scout);
	return rc;
}

int
pm_catalog_scout_next(struct pm_article_row *place, struct pm_scout *scout,
    struct pm_err *err)
{
	sqlite3_stmt *st = scout->statement;
	int rc = pm_catalog_step(scout->catalog, st, err);

	if (rc != PM_OK)
		return rc;
	*place = (struct pm_article_row){
	    .number = (uint64_t)sqlite3_column_int64(st, 0),
	    .bytes = (uint64_t)sqlite3_column_int64(st, 10),
	    .frame = (uint64_t)sqlite3_column_int64(st, 18),
	    .offset = (uint32_t)sqlite3_column_int64(st, 19) };
	return PM_OK;
}

void
pm_catalog_scout_close(struct pm_scout *scout)
{
	if (scout == NULL)
		return;
	sqlite3_finalize(scout->statement);
	pm_free(scout);
}
