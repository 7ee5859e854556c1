/*
 * Clusters with their members, and how two articles stand.
 *
 * There is no index on `canonical`: every member is of the `same` group of its
 * canonical or related to that group (R6), so it is found through those.
 */
#include "base/err.h"
#include "base/mem.h"
#include "store/catalog_internal.h"

/* number, kind (0: same), jaccard, containment of all but the canonical ?1. */
#define MEMBERS_SQL \
	"SELECT m.number AS member, 0 AS kind, 1.0 AS jaccard," \
	" 1.0 AS containment FROM article g JOIN article m" \
	" ON m.same = g.same AND m.number <> g.number WHERE g.number = ?1" \
	" UNION ALL SELECT m.number, r.kind, r.jaccard, r.containment" \
	" FROM article g JOIN relation r ON r.a = coalesce(g.same, g.number)" \
	" JOIN article m ON m.number = r.b OR m.same = r.b" \
	" WHERE g.number = ?1 AND m.canonical = ?1" \
	" UNION ALL SELECT m.number, r.kind, r.jaccard, r.containment" \
	" FROM article g JOIN relation r ON r.b = coalesce(g.same, g.number)" \
	" JOIN article m ON m.number = r.a OR m.same = r.a" \
	" WHERE g.number = ?1 AND m.canonical = ?1"

struct dups {
	struct pm_catalog *catalog;
	struct lister *canonicals, *members;
	sqlite3_stmt *canonical, *size, *member, *path;
	const struct pm_dup_answer *answer;
	void *context;
	uint64_t limit, told;            /* limit 0: none */
	struct pm_err *err;
};

/* ---- one cluster ---- */

static int
read_size(struct pm_cluster *out, struct dups *dups, uint64_t number)
{
	int rc;

	sqlite3_reset(dups->size);
	sqlite3_bind_int64(dups->size, 1, (int64_t)number);
	while ((rc = pm_catalog_step(dups->catalog, dups->size, dups->err)) ==
	    PM_OK) {
		uint64_t n = (uint64_t)sqlite3_column_int64(dups->size, 1);

		out->articles += n;
		out->captures += (uint64_t)sqlite3_column_int64(dups->size,
		    2);
		switch (sqlite3_column_int(dups->size, 0)) {
		case PM_RELATION_UPDATE:
			out->update += n;
			break;
		case PM_RELATION_NEAR:
			out->near += n;
			break;
		case PM_RELATION_CONTAINS:
			out->contains += n;
			break;
		default:
			out->same += n;
			break;
		}
	}
	return rc == PM_END ? PM_OK : rc;
}

/* The first path of an article, in byte order; borrowed until the next. */
static int
read_path(struct pm_bytes *out, struct dups *dups, uint64_t number)
{
	int rc;

	sqlite3_reset(dups->path);
	sqlite3_bind_int64(dups->path, 1, (int64_t)number);
	rc = pm_catalog_step(dups->catalog, dups->path, dups->err);
	*out = (struct pm_bytes){ 0 };
	if (rc == PM_OK)
		*out = pm_catalog_column(dups->path, 0);
	return rc == PM_END ? PM_OK : rc;
}

static int
give_member(void *context, struct pm_article *article,
    const struct pm_article_row *place)
{
	struct dups *dups = context;
	int kind = sqlite3_column_int(dups->member, PM_ARTICLE_COLUMNS);
	struct pm_dup dup = { .article = article,
	    .relation = kind == PM_RELATION_NONE ? "same" :
	    pm_relation_name(kind),
	    .jaccard = sqlite3_column_double(dups->member,
	    PM_ARTICLE_COLUMNS + 1),
	    .containment = sqlite3_column_double(dups->member,
	    PM_ARTICLE_COLUMNS + 2) };
	int rc = read_path(&dup.path, dups, place->number);

	return rc == PM_OK ? dups->answer->dup(dups->context, &dup, place) :
	    rc;
}

static int
give_members(struct dups *dups, struct pm_article *canonical,
    const struct pm_article_row *place)
{
	struct pm_dup dup = { .article = canonical };
	int rc = read_path(&dup.path, dups, place->number);

	if (rc == PM_OK)
		rc = dups->answer->dup(dups->context, &dup, place);
	if (rc != PM_OK)
		return rc;
	sqlite3_reset(dups->member);
	sqlite3_bind_int64(dups->member, 1, (int64_t)place->number);
	return pm_lister_articles(dups->members, dups->member, PM_DETAIL_ROW,
	    give_member, dups);
}

static int
give_cluster(void *context, struct pm_article *canonical,
    const struct pm_article_row *place)
{
	struct dups *dups = context;
	struct pm_cluster cluster = { .canonical = canonical, .articles = 1,
	    .captures = canonical->copies };
	int rc = read_size(&cluster, dups, place->number);

	if (rc != PM_OK || (cluster.articles < 2 &&
	    (dups->answer->dup == NULL || cluster.captures < 2)))
		return rc;
	if (dups->limit > 0 && dups->told == dups->limit)
		return PM_END;
	dups->told++;
	if (dups->answer->cluster != NULL)
		rc = dups->answer->cluster(dups->context, &cluster);
	return rc == PM_OK && dups->answer->dup != NULL ?
	    give_members(dups, canonical, place) : rc;
}

/* ---- all ---- */

static int
prepare_canonicals(struct dups *dups, const struct pm_query *query)
{
	struct pm_buf sql;
	int rc;

	pm_buf_init(&sql);
	rc = pm_buf_append_str(&sql, pm_catalog_articles_sql, dups->err);
	if (rc == PM_OK)
		rc = pm_buf_append_str(&sql, " AND a.number IN (SELECT"
		    " a.canonical FROM article a LEFT JOIN input i"
		    " ON i.id = a.input WHERE 1", dups->err);
	if (rc == PM_OK)
		rc = pm_buf_append_byte(&sql, 0, dups->err);
	if (rc == PM_OK)
		rc = pm_query_prepare(&dups->canonical, dups->catalog, query,
		    (char *)sql.p, ") ORDER BY a.published, a.key, a.rest",
		    dups->err);
	pm_buf_clear(&sql);
	return rc;
}

static int
prepare_members(struct dups *dups)
{
	struct pm_buf sql;
	int rc;

	pm_buf_init(&sql);
	rc = pm_buf_printf(&sql, dups->err, "WITH members AS (" MEMBERS_SQL
	    ") SELECT x.*, kind, jaccard, containment FROM members JOIN"
	    " (%s) x ON x.number = member ORDER BY x.published, x.key",
	    pm_catalog_articles_sql);
	if (rc == PM_OK)
		rc = pm_buf_append_byte(&sql, 0, dups->err);
	if (rc == PM_OK)
		rc = pm_catalog_prepare(&dups->member, dups->catalog,
		    (char *)sql.p, dups->err);
	pm_buf_clear(&sql);
	return rc;
}

static int
open_all(struct dups *dups, const struct pm_query *query)
{
	int rc;

	if ((rc = pm_lister_new(&dups->canonicals, dups->catalog,
	    dups->err)) != PM_OK ||
	    (rc = pm_lister_new(&dups->members, dups->catalog, dups->err)) !=
	    PM_OK ||
	    (rc = pm_catalog_prepare(&dups->size, dups->catalog,
	    "SELECT kind, count(*), sum(a.copies) FROM (" MEMBERS_SQL ")"
	    " JOIN article a ON a.number = member GROUP BY kind",
	    dups->err)) != PM_OK ||
	    (rc = pm_catalog_prepare(&dups->path, dups->catalog,
	    "SELECT min(CAST(CASE WHEN d.path = '' THEN c.name ELSE d.path"
	    " || '/' || c.name END AS BLOB)) FROM capture c"
	    " JOIN directory d ON d.id = c.directory WHERE c.article = ?1",
	    dups->err)) != PM_OK ||
	    (rc = prepare_members(dups)) != PM_OK)
		return rc;
	return prepare_canonicals(dups, query);
}

int
pm_catalog_list_dups(struct pm_catalog *catalog,
    const struct pm_query *query, const struct pm_dup_answer *answer,
    void *context, struct pm_err *err)
{
	struct dups dups = { .catalog = catalog, .answer = answer,
	    .context = context, .limit = query->limit, .err = err };
	int rc = open_all(&dups, query);

	if (rc == PM_OK)
		rc = pm_lister_articles(dups.canonicals, dups.canonical,
		    PM_DETAIL_ROW, give_cluster, &dups);
	sqlite3_finalize(dups.canonical);
	sqlite3_finalize(dups.size);
	sqlite3_finalize(dups.member);
	sqlite3_finalize(dups.path);
	pm_lister_free(dups.members);
	pm_lister_free(dups.canonicals);
	return dups.limit > 0 && dups.told == dups.limit && rc == PM_END ?
	    PM_OK : rc;
}

/* ---- two articles ---- */

int
pm_catalog_give_article(struct pm_catalog *catalog, uint64_t number,
    enum pm_detail detail, int (*article)(void *context,
    struct pm_article *article, const struct pm_article_row *place),
    void *context, struct pm_err *err)
{
	struct lister *lister = NULL;
	struct pm_buf sql;
	sqlite3_stmt *st = NULL;
	int rc = pm_lister_new(&lister, catalog, err);

	pm_buf_init(&sql);
	if (rc == PM_OK)
		rc = pm_buf_printf(&sql, err, "%s AND a.number = %llu",
		    pm_catalog_articles_sql, (unsigned long long)number);
	if (rc == PM_OK)
		rc = pm_buf_append_byte(&sql, 0, err);
	if (rc == PM_OK)
		rc = pm_catalog_prepare(&st, catalog, (char *)sql.p, err);
	if (rc == PM_OK)
		rc = pm_lister_articles(lister, st, detail, article, context);
	sqlite3_finalize(st);
	pm_lister_free(lister);
	pm_buf_clear(&sql);
	return rc;
}

int
pm_catalog_list_shown(struct pm_catalog *catalog, struct pm_bytes path,
    int (*article)(void *context, uint64_t number), void *context,
    struct pm_err *err)
{
	size_t slash = path.n;
	struct pm_bytes directory, name;
	sqlite3_stmt *st = NULL;
	int rc = pm_catalog_prepare(&st, catalog, "SELECT DISTINCT c.article"
	    " FROM directory d JOIN capture c ON c.directory = d.id"
	    " WHERE d.path = ?1 AND c.name = ?2 ORDER BY c.article", err);

	while (slash > 0 && path.p[slash - 1] != '/')
		slash--;
	directory = (struct pm_bytes){ path.p, slash > 0 ? slash - 1 : 0 };
	name = (struct pm_bytes){ path.p + slash, path.n - slash };
	if (rc == PM_OK) {
		pm_catalog_bind(st, 1, directory);
		pm_catalog_bind(st, 2, name);
	}
	while (rc == PM_OK && (rc = pm_catalog_step(catalog, st, err)) ==
	    PM_OK)
		rc = article(context, (uint64_t)sqlite3_column_int64(st, 0));
	sqlite3_finalize(st);
	return rc == PM_END ? PM_OK : rc;
}

int
pm_catalog_relation(struct pm_stored_relation *out,
    struct pm_catalog *catalog, const struct pm_article_row *a,
    const struct pm_article_row *b, struct pm_err *err)
{
	uint64_t x = a->same != 0 ? a->same : a->number;
	uint64_t y = b->same != 0 ? b->same : b->number;
	sqlite3_stmt *st = NULL;
	int rc = pm_catalog_prepare(&st, catalog, "SELECT kind, jaccard,"
	    " containment FROM relation WHERE a = ?1 AND b = ?2", err);

	*out = (struct pm_stored_relation){ 0 };
	if (rc == PM_OK) {
		sqlite3_bind_int64(st, 1, (int64_t)(x < y ? x : y));
		sqlite3_bind_int64(st, 2, (int64_t)(x < y ? y : x));
		rc = pm_catalog_step(catalog, st, err);
	}
	if (rc == PM_OK)
		*out = (struct pm_stored_relation){
		    sqlite3_column_int(st, 0), sqlite3_column_double(st, 1),
		    sqlite3_column_double(st, 2) };
	sqlite3_finalize(st);
	return rc == PM_END ? PM_OK : rc;
}

int
pm_catalog_canonical(uint64_t *out, struct pm_catalog *catalog,
    uint64_t number, struct pm_err *err)
{
	sqlite3_stmt *st = NULL;
	int rc = pm_catalog_prepare(&st, catalog, "SELECT canonical FROM"
	    " article WHERE number = ?1", err);

	if (rc == PM_OK) {
		sqlite3_bind_int64(st, 1, (int64_t)number);
		rc = pm_catalog_step(catalog, st, err);
	}
	if (rc == PM_OK)
		*out = (uint64_t)sqlite3_column_int64(st, 0);
	else if (rc == PM_END)
		rc = pm_fail(err, PM_ECORRUPT, "no article %llu",
		    (unsigned long long)number);
	sqlite3_finalize(st);
	return rc;
}

int
pm_catalog_group_best(uint64_t *out, struct pm_catalog *catalog,
    uint64_t group, struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_GROUP_BEST, err);
	int rc;

	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, (int64_t)group);
	rc = pm_catalog_step(catalog, st, err);
	if (rc == PM_OK)
		*out = (uint64_t)sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return rc == PM_END ? pm_fail(err, PM_ECORRUPT, "no article %llu",
	    (unsigned long long)group) : rc;
}

int
pm_catalog_ids(char id[17], char cluster[17], struct pm_catalog *catalog,
    uint64_t number, struct pm_err *err)
{
	sqlite3_stmt *st = NULL;
	int rc = pm_catalog_prepare(&st, catalog, "SELECT a.key, c.key FROM"
	    " article a JOIN article c ON c.number = a.canonical"
	    " WHERE a.number = ?1", err);

	if (rc == PM_OK) {
		sqlite3_bind_int64(st, 1, (int64_t)number);
		rc = pm_catalog_step(catalog, st, err);
	}
	if (rc == PM_OK) {
		pm_catalog_id(id, sqlite3_column_int64(st, 0));
		pm_catalog_id(cluster, sqlite3_column_int64(st, 1));
	} else if (rc == PM_END) {
		rc = pm_fail(err, PM_ECORRUPT, "no article %llu",
		    (unsigned long long)number);
	}
	sqlite3_finalize(st);
	return rc;
}

int
pm_catalog_teaser_link(struct pm_teaser_link *out,
    struct pm_catalog *catalog, const struct pm_query *query,
    struct pm_err *err)
{
	sqlite3_stmt *st = NULL;
	int rc = pm_catalog_prepare(&st, catalog, "SELECT count(*), article,"
	    " evidence, score, ambiguous FROM teaser WHERE key BETWEEN ?1"
	    " AND ?2", err);

	*out = (struct pm_teaser_link){ 0 };
	if (rc == PM_OK) {
		sqlite3_bind_int64(st, 1, query->id_low);
		sqlite3_bind_int64(st, 2, query->id_high);
		rc = pm_catalog_step(catalog, st, err);
	}
	if (rc == PM_OK)
		*out = (struct pm_teaser_link){
		    (uint64_t)sqlite3_column_int64(st, 0),
		    (uint64_t)sqlite3_column_int64(st, 1),
		    pm_evidence_name(sqlite3_column_int(st, 2)),
		    sqlite3_column_double(st, 3),
		    sqlite3_column_int(st, 4) != 0 };
	sqlite3_finalize(st);
	return rc == PM_END ? PM_OK : rc;
}
