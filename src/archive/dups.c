#include "archive/archive.h"
#include "archive/diff.h"
#include "base/err.h"
#include "store/catalog_query.h"

struct dups {
	struct pm_archive *archive;
	const struct pm_dups_options *options;
	struct pm_buf canonical, text;
	struct pm_diff diff;
	struct pm_err *err;
};

static int
give_cluster(void *context, const struct pm_cluster *cluster)
{
	struct dups *dups = context;

	return dups->options->cluster == NULL ? PM_OK :
	    dups->options->cluster(dups->options->context, cluster);
}

static int
read_text(struct pm_buf *out, struct dups *dups, const struct pm_dup *dup,
    const struct pm_article_row *place)
{
	int rc;

	pm_buf_reset(out);
	rc = pm_frames_article(out, dups->archive->frames, place->frame,
	    place->offset, place->bytes, dups->err);
	return rc == PM_OK ? rc : pm_err_context(dups->err, "article %s",
	    dup->article->id);
}

static int
compare(struct dups *dups, struct pm_dup *dup,
    const struct pm_article_row *place)
{
	int rc;

	if (dup->relation == NULL)
		return read_text(&dups->canonical, dups, dup, place);
	if ((rc = read_text(&dups->text, dups, dup, place)) != PM_OK ||
	    (rc = pm_diff_words(&dups->diff, pm_buf_bytes(&dups->canonical),
	    pm_buf_bytes(&dups->text), dups->err)) != PM_OK)
		return rc;
	dup->piece = dups->diff.piece.p;
	dup->piece_n = dups->diff.piece.n;
	return PM_OK;
}

static int
give_dup(void *context, struct pm_dup *dup,
    const struct pm_article_row *place)
{
	struct dups *dups = context;
	int rc = PM_OK;

	if (dups->options->diff)
		rc = compare(dups, dup, place);
	return rc == PM_OK ? dups->options->dup(dups->options->context, dup) :
	    rc;
}

int
pm_dups(struct pm_archive *archive, const struct pm_dups_options *options,
    struct pm_err *err)
{
	const struct pm_dup_answer answer = { give_cluster, give_dup };
	struct dups dups = { .archive = archive, .options = options,
	    .err = err };
	struct pm_query query;
	int rc = pm_query_init(&query, &options->select, archive->catalog,
	    err);

	if (rc == PM_OK)
		rc = pm_catalog_list_dups(archive->catalog, &query, &answer,
		    &dups, err);
	pm_buf_clear(&dups.canonical);
	pm_buf_clear(&dups.text);
	pm_diff_clear(&dups.diff);
	return rc;
}
