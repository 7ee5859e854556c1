/*
 * What an add refuses, because it was forgotten.  What the archive shows is not
 * refused: a text or a teaser that is there, under whatever digest it might
 * meet a tombstone, stays what it is.
 */
#include "archive/ingest_internal.h"
#include "base/err.h"

static int
refuse_body(bool *out, struct pm_ingest *ingest,
    const struct pm_analysed *item, struct pm_err *err)
{
	struct pm_catalog *catalog = ingest->options.catalog;
	struct pm_article_row row;
	int rc;

	if (item->body.n == 0)
		return PM_OK;
	rc = pm_catalog_find_article(&row, catalog, item->body_sha256, err);
	if (rc != PM_OK || row.number != 0)
		return rc;
	return pm_catalog_refuses_body(out, catalog, item->body_sha256,
	    item->text.has_words ? item->text.norm : 0, err);
}

int
pm_refuse_capture(bool *out, struct pm_ingest *ingest,
    const struct pm_analysed *item, struct pm_err *err)
{
	int rc;

	*out = false;
	if (!ingest->forgets || item->whole)
		return PM_OK;
	rc = pm_catalog_refuses_url(out, ingest->options.catalog,
	    item->page.url, err);
	if (rc == PM_OK && !*out && item->page.revisit)
		rc = pm_catalog_refuses_payload(out, ingest->options.catalog,
		    item->page.payload_digest, err);
	return rc != PM_OK || *out ? rc : refuse_body(out, ingest, item, err);
}

static int
refuse_teaser(bool *out, struct pm_ingest *ingest,
    const struct pm_analysed_teaser *teaser, struct pm_bytes url,
    struct pm_err *err)
{
	struct pm_catalog *catalog = ingest->options.catalog;
	struct pm_teaser_row row;
	int rc = pm_catalog_find_teaser(&row, catalog, teaser->sha256, err);

	*out = false;
	if (rc != PM_OK || row.number != 0)
		return rc;
	/* Without a snippet the title tells. */
	return pm_catalog_refuses_teaser(out, catalog, teaser->sha256,
	    &teaser->marks, teaser->key != 0 ? teaser->key :
	    teaser->title_key, url, err);
}

int
pm_refuse_teasers(const uint32_t **cut, struct pm_ingest *ingest,
    const struct pm_analysed *item, struct pm_err *err)
{
	const size_t n = item->page.teaser_n;
	uint32_t *place, refused_n = 0;
	int rc = PM_OK;

	*cut = NULL;
	if (!ingest->forgets || n == 0)
		return PM_OK;
	place = pm_arena_alloc(&ingest->arena, n * sizeof *place, err);
	if (place == NULL)
		return PM_ENOMEM;
	for (size_t i = 0; i < n && rc == PM_OK; i++) {
		bool refused = false;

		rc = refuse_teaser(&refused, ingest, &item->teaser[i],
		    item->page.teaser[i].url, err);
		place[i] = refused ? ++refused_n : 0;
	}
	if (refused_n > 0)
		*cut = place;
	return rc;
}
