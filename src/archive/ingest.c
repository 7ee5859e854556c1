#include "archive/ingest.h"

#include <stdlib.h>

#include "archive/ingest_internal.h"
#include "archive/likeness.h"
#include "base/err.h"
#include "text/fold.h"

enum {
	PIECES_A_TICK = 64,
	OLD_ARTICLES_MAX = 1 << 16,
	/* Of a record file whose records are spread so widely that its recipe
	 * would be longer, only the records are kept. */
	FILE_STEPS_MAX = 4 << 20
};

int
pm_ingest_tick(struct pm_ingest *ingest, struct pm_err *err)
{
	if (ingest->options.tick == NULL ||
	    ++ingest->ticks % PIECES_A_TICK != 0)
		return PM_OK;
	return ingest->options.tick(ingest->options.tick_context, err);
}

int
pm_ingest_old_article(struct pm_article_row *out, struct pm_ingest *ingest,
    uint64_t number, struct pm_err *err)
{
	uint64_t key = number * UINT64_C(0x9e3779b97f4a7c15) >> 32;
	uint32_t i = pm_map_first(&ingest->old_by_number, key);
	int rc;

	for (; i != PM_MAP_END; i = pm_map_next(&ingest->old_by_number, i)) {
		*out = ingest->old_articles.p[pm_map_value(
		    &ingest->old_by_number, i)];
		if (out->number == number)
			return PM_OK;
	}
	rc = pm_catalog_article(out, ingest->options.catalog, number, err);
	if (rc != PM_OK || out->number == 0 ||
	    ingest->old_articles.n == OLD_ARTICLES_MAX ||
	    (rc = LIST_ROOM(ingest->old_articles, err)) != PM_OK ||
	    (rc = pm_map_add(&ingest->old_by_number, key,
	    (uint32_t)ingest->old_articles.n, err)) != PM_OK)
		return rc;
	ingest->old_articles.p[ingest->old_articles.n++] = *out;
	return PM_OK;
}

int
pm_ingest_want(struct pm_ingest *ingest, uint64_t number, uint64_t bytes,
    struct pm_err *err)
{
	struct pm_article_row row;
	int rc = pm_ingest_old_article(&row, ingest, number, err);

	return rc != PM_OK || row.number == 0 ? rc :
	    pm_frames_want(ingest->options.frames, row.frame, row.offset,
	    row.bytes < bytes ? row.bytes : bytes, err);
}

int
pm_ingest_fetch(struct pm_ingest *ingest, struct pm_err *err)
{
	return pm_frames_fetch(ingest->options.frames, ingest->options.pool,
	    ingest->options.threads, ingest->batch.bytes / 2, err);
}

/* ---- articles ---- */

/* A capture of the batch between the two passes. */
struct place {
	const struct pm_analysed *item;
	bool known;                      /* in the archive */
	bool refused;                    /* it was forgotten */
	struct pm_known before;          /* what is there */
	size_t order;                    /* of the second pass */
	uint64_t like;                   /* capture of the archive with its bytes */
	uint64_t article, frame;         /* 0: it shows none, or a new one */
	uint32_t offset;
	/* Of the archive, with its fold as far as digests tell: 0: none. */
	struct pm_article_row same;
};

static uint64_t
sha_key(const uint8_t sha256[PM_SHA256_BYTES])
{
	return pm_le64_get(sha256);
}

static struct new_article *
find_new_article(struct pm_ingest *ingest,
    const uint8_t sha256[PM_SHA256_BYTES])
{
	for (uint32_t i = pm_map_first(&ingest->article_by_sha,
	    sha_key(sha256)); i != PM_MAP_END;
	    i = pm_map_next(&ingest->article_by_sha, i)) {
		struct new_article *article =
		    &ingest->articles.p[pm_map_value(
		    &ingest->article_by_sha, i)];

		if (memcmp(article->from->body_sha256, sha256,
		    PM_SHA256_BYTES) == 0)
			return article;
	}
	return NULL;
}

/* Equal after folding; the digests said so, the texts must too. */
static int
equal_folded(bool *out, struct pm_ingest *ingest, struct pm_bytes a,
    struct pm_bytes b, struct pm_err *err)
{
	int rc;

	pm_buf_reset(&ingest->scratch);
	if ((rc = pm_fold(&ingest->scratch, a, err)) != PM_OK)
		return rc;
	size_t n = ingest->scratch.n;

	if ((rc = pm_fold(&ingest->scratch, b, err)) != PM_OK)
		return rc;
	*out = ingest->scratch.n == 2 * n && n > 0 &&
	    memcmp(ingest->scratch.p, ingest->scratch.p + n, n) == 0;
	return PM_OK;
}

static int
find_same_in_batch(uint64_t *same, struct pm_ingest *ingest,
    const struct pm_analysed *item, struct pm_err *err)
{
	uint32_t i = pm_map_first(&ingest->article_by_norm, item->text.norm);
	struct new_article *other;
	bool equal = false;
	int rc;

	if (i == PM_MAP_END)
		return PM_OK;
	other = &ingest->articles.p[pm_map_value(&ingest->article_by_norm,
	    i)];
	rc = equal_folded(&equal, ingest, other->from->body, item->body, err);
	if (rc == PM_OK && equal) {
		if (other->same == 0)
			other->same = other->number;
		*same = other->same;
	}
	return rc;
}

static int
find_same_in_archive(uint64_t *same, struct pm_ingest *ingest,
    const struct place *place, struct pm_err *err)
{
	const struct pm_article_row *row = &place->same;
	bool equal = false;
	int rc;

	if (row->number == 0)
		return PM_OK;
	pm_buf_reset(&ingest->other);
	if ((rc = pm_frames_article(&ingest->other, ingest->options.frames,
	    row->frame, row->offset, row->bytes, err)) == PM_OK)
		rc = equal_folded(&equal, ingest, pm_buf_bytes(&ingest->other),
		    place->item->body, err);
	if (rc == PM_OK && equal)
		*same = row->same != 0 ? row->same : row->number;
	return rc;
}

static int
find_same(uint64_t *same, struct pm_ingest *ingest,
    const struct place *place, struct pm_err *err)
{
	int rc;

	*same = 0;
	if (!place->item->text.has_words)
		return PM_OK;
	rc = find_same_in_batch(same, ingest, place->item, err);
	if (rc == PM_OK && *same == 0)
		rc = find_same_in_archive(same, ingest, place, err);
	return rc;
}

static int
note_body(struct pm_ingest *ingest, const struct new_article *article,
    struct pm_err *err)
{
	const struct pm_analysed_body *text = &article->from->text;
	int rc;

	for (size_t i = 0; i < text->key_n; i++) {
		if ((rc = LIST_ROOM(ingest->body_keys, err)) != PM_OK)
			return rc;
		ingest->body_keys.p[ingest->body_keys.n++] =
		    (struct pm_run_entry){ text->key[i],
		    (uint32_t)article->number };
	}
	for (size_t i = 0; i < text->tails.n; i++) {
		if ((rc = LIST_ROOM(ingest->tail_keys, err)) != PM_OK)
			return rc;
		ingest->tail_keys.p[ingest->tail_keys.n++] =
		    (struct pm_run_entry){ text->tails.key[i],
		    text->tails.lead };
	}
	return PM_OK;
}

static int
note_article(struct pm_ingest *ingest, const struct new_article *article,
    struct pm_err *err)
{
	const struct pm_analysed *item = article->from;
	uint32_t index = (uint32_t)ingest->articles.n;
	int rc;

	if ((rc = LIST_ROOM(ingest->articles, err)) != PM_OK ||
	    (rc = pm_map_add(&ingest->article_by_sha,
	    sha_key(item->body_sha256), index, err)) != PM_OK)
		return rc;
	if (item->text.has_words && (rc = pm_map_add(&ingest->article_by_norm,
	    item->text.norm, index, err)) != PM_OK)
		return rc;
	ingest->articles.p[ingest->articles.n++] = *article;
	for (size_t i = 0; i < item->text.prefix_n; i++) {
		if ((rc = LIST_ROOM(ingest->article_keys, err)) != PM_OK)
			return rc;
		ingest->article_keys.p[ingest->article_keys.n++] =
		    (struct pm_run_entry){ item->text.prefix[i],
		    (uint32_t)article->number };
	}
	/* The first stands for all that are the same. */
	return article->same == 0 ? note_body(ingest, article, err) : PM_OK;
}

static int
new_article(struct pm_ingest *ingest, const struct place *place,
    struct pm_err *err)
{
	struct new_article article = { .from = place->item };
	int rc = find_same(&article.same, ingest, place, err);

	if (rc != PM_OK)
		return rc;
	if (ingest->numbers.articles >= UINT32_MAX - 1)
		return pm_fail(err, PM_ELIMIT,
		    "an archive holds at most 4 billion articles");
	article.number = ++ingest->numbers.articles;
	if ((rc = pm_layout_text(ingest, &article, err)) != PM_OK ||
	    (rc = note_article(ingest, &article, err)) != PM_OK)
		return rc;
	ingest->counts.articles++;
	if (article.same != 0)
		ingest->counts.same++;
	return PM_OK;
}

/* Before the first pass: what the archive has of a text, or what it may be
 * the same as. */
static int
find_old_text(struct pm_ingest *ingest, struct place *place,
    struct pm_err *err)
{
	const struct pm_analysed *item = place->item;
	struct pm_article_row row;
	int rc;

	if (item->body.n == 0)
		return PM_OK;
	rc = pm_catalog_find_article(&row, ingest->options.catalog,
	    item->body_sha256, err);
	if (rc != PM_OK || row.number != 0) {
		place->article = row.number;
		place->frame = row.frame;
		place->offset = row.offset;
		return rc;
	}
	if (!item->text.has_words)
		return PM_OK;
	rc = pm_catalog_find_norm(&place->same, ingest->options.catalog,
	    item->text.norm, err);
	if (rc != PM_OK || place->same.number == 0)
		return rc;
	return pm_frames_want(ingest->options.frames, place->same.frame,
	    place->same.offset, place->same.bytes, err);
}

/* First pass: a text that is nowhere yet goes into a text frame. */
static int
place_text(struct pm_ingest *ingest, struct place *place, struct pm_err *err)
{
	return place->item->body.n == 0 || place->article != 0 ||
	    place->refused || find_new_article(ingest, place->item->body_sha256) != NULL ?
	    PM_OK : new_article(ingest, place, err);
}

/* When its pages were crawled decides which teasers of its title are near. */
static int
note_shown(struct pm_ingest *ingest, const struct place *place,
    struct pm_err *err)
{
	int rc = LIST_ROOM(ingest->shown_articles, err);

	if (rc == PM_OK)
		ingest->shown_articles.p[ingest->shown_articles.n++] =
		    (struct shown_article){ place->article, place->item };
	return rc;
}

/* Second pass: where the text is. */
static int
find_text(struct pm_ingest *ingest, struct place *place, struct pm_err *err)
{
	struct new_article *recent;

	if (place->item->body.n == 0)
		return PM_OK;
	if (place->article != 0) {
		ingest->counts.identical++;
		return note_shown(ingest, place, err);
	}
	recent = find_new_article(ingest, place->item->body_sha256);
	place->article = recent->number;
	place->frame = recent->frame;
	place->offset = recent->offset;
	ingest->counts.identical += recent->shown;
	recent->shown = true;
	/* The first one here need not be the one that brought it. */
	return place->item->title_key != 0 && place->item->title_key !=
	    recent->from->title_key ? note_shown(ingest, place, err) : PM_OK;
}

/* ---- teasers ---- */

static const struct new_teaser *
find_new_teaser(struct pm_ingest *ingest,
    const struct pm_analysed_teaser *teaser)
{
	for (uint32_t i = pm_map_first(&ingest->teaser_by_sha,
	    sha_key(teaser->sha256)); i != PM_MAP_END;
	    i = pm_map_next(&ingest->teaser_by_sha, i)) {
		const struct new_teaser *recent =
		    &ingest->teasers.p[pm_map_value(&ingest->teaser_by_sha,
		    i)];

		if (memcmp(recent->from->sha256, teaser->sha256,
		    PM_SHA256_BYTES) == 0)
			return recent;
	}
	return NULL;
}

/* A teaser whose fold was not there yet is a unique one. */
static int
count_unique(struct pm_ingest *ingest,
    const struct pm_analysed_teaser *teaser, struct pm_err *err)
{
	bool there = pm_map_first(&ingest->teaser_by_norm,
	    teaser->marks.norm) != PM_MAP_END;
	int rc = PM_OK;

	if (!there)
		rc = pm_catalog_has_teaser(&there, ingest->options.catalog,
		    &teaser->marks, err);
	if (rc == PM_OK && !there)
		ingest->counts.unique_teasers++;
	return rc == PM_OK ? pm_map_add(&ingest->teaser_by_norm,
	    teaser->marks.norm, 0, err) : rc;
}

static int
new_teaser(struct new_teaser *out, struct pm_ingest *ingest,
    const struct pm_analysed_teaser *teaser, struct pm_err *err)
{
	struct pm_log_record record = { .kind = PM_LOG_TEASER };
	struct pm_log_teaser *line = &record.u.teaser;
	int rc;

	if (ingest->numbers.teasers >= UINT32_MAX - 1)
		return pm_fail(err, PM_ELIMIT,
		    "an archive holds at most 4 billion teasers");
	line->number = ++ingest->numbers.teasers;
	line->title = teaser->title;
	line->snippet = teaser->snippet;
	line->marks = teaser->marks;
	memcpy(line->sha256, teaser->sha256, PM_SHA256_BYTES);
	/* The line may open a new frame: ask where it is only then. */
	if ((rc = pm_layout_record(ingest, &record, err)) != PM_OK)
		return rc;
	line = &ingest->records.p[ingest->records.n - 1].u.teaser;
	line->frame = ingest->frame.id;
	line->ordinal = ingest->frame.teaser_n++;
	*out = (struct new_teaser){ line->number, line->frame, line->ordinal,
	    false, teaser };
	if ((rc = LIST_ROOM(ingest->teasers, err)) != PM_OK ||
	    (rc = pm_map_add(&ingest->teaser_by_sha, sha_key(teaser->sha256),
	    (uint32_t)ingest->teasers.n, err)) != PM_OK)
		return rc;
	ingest->teasers.p[ingest->teasers.n++] = *out;
	ingest->counts.teasers++;
	if ((rc = count_unique(ingest, teaser, err)) != PM_OK)
		return rc;
	if (teaser->key == 0)
		return PM_OK;
	if ((rc = LIST_ROOM(ingest->teaser_keys, err)) == PM_OK)
		ingest->teaser_keys.p[ingest->teaser_keys.n++] =
		    (struct pm_run_entry){ teaser->key,
		    (uint32_t)out->number };
	return rc;
}

static int
place_teaser(struct new_teaser *out, struct pm_ingest *ingest,
    const struct pm_analysed_teaser *teaser, bool has_url,
    struct pm_err *err)
{
	const struct new_teaser *recent = find_new_teaser(ingest, teaser);
	struct pm_teaser_row row;
	int rc;

	ingest->counts.teaser_sightings++;
	if (recent != NULL) {
		*out = *recent;
		return PM_OK;
	}
	rc = pm_catalog_find_teaser(&row, ingest->options.catalog,
	    teaser->sha256, err);
	if (rc != PM_OK)
		return rc;
	if (row.number == 0)
		return new_teaser(out, ingest, teaser, err);
	*out = (struct new_teaser){ row.number, row.frame, row.ordinal, false,
	    teaser };
	if (row.evidence == PM_EVIDENCE_PREFIX ||
	    (teaser->title_key == 0 && !has_url))
		return PM_OK;
	if ((rc = LIST_ROOM(ingest->seen_teasers, err)) == PM_OK)
		ingest->seen_teasers.p[ingest->seen_teasers.n++] = *out;
	return rc;
}

static int
place_teasers(struct new_teaser **out, struct pm_ingest *ingest,
    const struct pm_analysed *item, const uint32_t *cut, struct pm_err *err)
{
	struct new_teaser *place = pm_arena_alloc(&ingest->arena,
	    item->page.teaser_n * sizeof *place, err);
	int rc = place == NULL ? PM_ENOMEM : PM_OK;

	for (size_t i = 0; i < item->page.teaser_n && rc == PM_OK; i++)
		if (cut == NULL || cut[i] == 0)
			rc = place_teaser(&place[i], ingest,
			    &item->teaser[i], item->page.teaser[i].url.n > 0,
			    err);
	*out = place;
	return rc;
}

/* ---- captures ---- */

/* What makes a capture known: bytes, path and crawl time. */
static uint64_t
identity_key(const struct pm_analysed *item)
{
	uint64_t key[3] = { sha_key(item->sha256), (uint64_t)item->crawled,
	    pm_digest64(item->path) };

	return pm_digest64((struct pm_bytes){ (uint8_t *)key, sizeof key });
}

static bool
same_bytes(const struct pm_analysed *a, const struct pm_analysed *b)
{
	return memcmp(a->sha256, b->sha256, PM_SHA256_BYTES) == 0;
}

static enum pm_capture_role
role_of(const struct pm_analysed *item)
{
	return item->whole ? PM_ROLE_FILE : item->file != 0 ? PM_ROLE_RECORD :
	    PM_ROLE_ALONE;
}

/* A record file is, if one of its records is. */
static bool
is_text_only(const struct pm_ingest *ingest, const struct pm_analysed *item)
{
	if (item->whole)
		return ingest->file_text_only;
	return ingest->options.text_only && item->page.markup &&
	    item->page.kind != PM_PAGE_OPAQUE;
}

/* Same bytes in this batch: *like; the same place and time too: *known. */
static void
find_new_capture(uint64_t *like, bool *known, struct pm_ingest *ingest,
    const struct pm_analysed *item)
{
	const struct pm_map *map = &ingest->capture_by_sha;
	const struct new_capture *other;

	for (uint32_t i = pm_map_first(map, sha_key(item->sha256));
	    i != PM_MAP_END; i = pm_map_next(map, i)) {
		other = &ingest->captures.p[pm_map_value(map, i)];
		if (same_bytes(other->from, item) && (!other->text_only ||
		    is_text_only(ingest, item))) {
			*like = other->number;
			break;
		}
	}
	map = &ingest->capture_by_identity;
	for (uint32_t i = pm_map_first(map, identity_key(item));
	    i != PM_MAP_END && !*known; i = pm_map_next(map, i)) {
		other = &ingest->captures.p[pm_map_value(map, i)];
		*known = same_bytes(other->from, item) &&
		    role_of(other->from) == role_of(item) &&
		    other->from->crawled == item->crawled &&
		    pm_bytes_equal(other->from->path, item->path);
	}
}

static int
find_old_capture(struct pm_ingest *ingest, struct place *place,
    struct pm_err *err)
{
	const struct pm_analysed *item = place->item;
	struct pm_capture_row row;
	int rc;

	if (!item->whole) {
		rc = pm_catalog_find_capture(&row, ingest->options.catalog,
		    item->sha256, err);
		if (rc != PM_OK || row.number == 0)
			return rc;
		place->like = row.number;
		/* Bytes that are kept must not rest on what was thrown away.
		 * A scan keeps none, and looks in vain through all that are
		 * the same. */
		if (row.text_only && ingest->options.sink.without_recipes)
			place->like = 0;
		else if (row.text_only && (rc = pm_catalog_find_whole(&place->like,
		    ingest->options.catalog, item->sha256, err)) != PM_OK)
			return rc;
	}
	rc = pm_catalog_known(&place->before, ingest->options.catalog,
	    item->sha256, item->path, item->crawled, role_of(item), err);
	/* With its bytes it is another than without. */
	place->known = place->before.known && (item->whole ||
	    !place->before.text_only || is_text_only(ingest, item));
	return rc;
}

/* Where a teaser leads is said once. */
static int
drop_known_url(struct pm_log_sighting *sighting, struct pm_ingest *ingest,
    struct pm_err *err)
{
	uint64_t key[2] = { sighting->teaser, pm_digest64(sighting->url) };
	uint64_t both = pm_digest64((struct pm_bytes){ (uint8_t *)key,
	    sizeof key });
	bool known = pm_map_first(&ingest->url_by_teaser, both) !=
	    PM_MAP_END;
	int rc = PM_OK;

	if (sighting->url.n == 0)
		return PM_OK;
	if (!known && (ingest->teasers.n == 0 ||
	    sighting->teaser < ingest->teasers.p[0].number))
		rc = pm_catalog_has_teaser_url(&known,
		    ingest->options.catalog, sighting->teaser, sighting->url,
		    err);
	if (rc == PM_OK && !known)
		rc = pm_map_add(&ingest->url_by_teaser, both, 0, err);
	if (known)
		sighting->url.n = 0;
	return rc;
}

static int
fill_sightings(struct pm_log_capture *capture, struct pm_ingest *ingest,
    const struct pm_analysed *item, const struct new_teaser *place,
    const uint32_t *cut, struct pm_err *err)
{
	struct pm_log_sighting *sighting = pm_arena_alloc(&ingest->arena,
	    item->page.teaser_n * sizeof *sighting, err);
	size_t n = 0;
	int rc;

	if (sighting == NULL)
		return PM_ENOMEM;
	for (size_t i = 0; i < item->page.teaser_n; i++) {
		const struct pm_page_teaser *from = &item->page.teaser[i];
		struct pm_bytes *tag;

		if (cut != NULL && cut[i] != 0)
			continue;
		if ((tag = pm_arena_alloc(&ingest->arena, from->tag_n *
		    sizeof *tag, err)) == NULL)
			return PM_ENOMEM;
		for (size_t k = 0; k < from->tag_n; k++)
			tag[k] = from->tag[k];
		sighting[n] = (struct pm_log_sighting){ place[i].number, tag,
		    from->tag_n, from->time, item->teaser[i].when,
		    from->url };
		if ((rc = drop_known_url(&sighting[n++], ingest, err)) !=
		    PM_OK)
			return rc;
	}
	capture->sighting = sighting;
	capture->sighting_n = n;
	return PM_OK;
}

static void
fill_stated(struct pm_log_capture *capture, const struct pm_analysed *item)
{
	const struct pm_page *page = &item->page;

	capture->other_date = item->other_date;
	capture->other_date_n = item->other_date_n;
	capture->modified = item->modified;
	if (!page->title_in_text && page->kind == PM_PAGE_PAGE)
		capture->title = page->title;
	capture->url = page->url;
	capture->source = page->source;
	capture->lang = pm_bytes_of(item->stated.code);
	capture->tag = page->tag;
	capture->tag_n = page->tag_n;
	capture->payload = page->payload_digest;
	capture->revisit = page->revisit;
}

static void
fill_capture(struct pm_log_capture *capture, struct pm_ingest *ingest,
    const struct pm_analysed *item)
{
	*capture = (struct pm_log_capture){
	    .number = ++ingest->numbers.captures, .path = item->path,
	    .input = item->input, .crawled = item->crawled,
	    .mtime_ns = item->mtime_ns, .mode = item->mode,
	    .bytes = item->bytes, .date = item->date,
	    .date_source = item->date_source };
	memcpy(capture->sha256, item->sha256, PM_SHA256_BYTES);
	switch (item->page.kind) {
	case PM_PAGE_PAGE:
		capture->kind = PM_CAPTURE_PAGE;
		break;
	case PM_PAGE_LIST:
		capture->kind = PM_CAPTURE_LIST;
		break;
	case PM_PAGE_OPAQUE:
		capture->kind = PM_CAPTURE_OPAQUE;
		capture->reason = pm_bytes_of(item->page.reason);
		break;
	}
	if (item->whole) {
		capture->kind = PM_CAPTURE_RECORDS;
		capture->reason = (struct pm_bytes){ 0 };
	}
	if (item->file != 0)
		capture->file = ingest->file_number;
	fill_stated(capture, item);
}

static int
note_capture(struct pm_ingest *ingest, const struct pm_analysed *item,
    uint64_t number, uint64_t like, bool text_only, struct pm_err *err)
{
	int rc = LIST_ROOM(ingest->captures, err);

	if (rc == PM_OK)
		rc = pm_map_add(&ingest->capture_by_identity,
		    identity_key(item), (uint32_t)ingest->captures.n, err);
	/* One of many equal ones is enough to be like; a record file is made of
	 * its records, and none of them may be like it. */
	if (rc == PM_OK && like == 0 && !item->whole)
		rc = pm_map_add(&ingest->capture_by_sha,
		    sha_key(item->sha256), (uint32_t)ingest->captures.n, err);
	if (rc != PM_OK)
		return rc;
	ingest->captures.p[ingest->captures.n++] = (struct new_capture){
	    number, item, text_only };
	if (item->whole)
		return PM_OK;
	ingest->counts.captures++;
	ingest->counts.input_bytes += item->bytes;
	if (item->page.kind == PM_PAGE_OPAQUE)
		ingest->counts.opaque++;
	return PM_OK;
}

/* ---- record files ---- */

/* What was counted of captures in a row becomes a step. */
static int
flush_records(struct pm_ingest *ingest, struct pm_err *err)
{
	struct pm_recipe steps = { .out = &ingest->file_steps };
	int rc = PM_OK;

	if (ingest->file_n > 0)
		rc = pm_recipe_captures(&steps, ingest->file_first,
		    ingest->file_n, err);
	ingest->file_n = 0;
	return rc;
}

/* How many bytes a capture makes, which may be fewer than the item has. */
static int
made_bytes(uint64_t *out, struct pm_ingest *ingest, uint64_t capture,
    uint64_t bytes, struct pm_err *err)
{
	struct pm_capture_place place;
	int rc;

	*out = bytes;
	if (!ingest->forgets)
		return PM_OK;
	rc = pm_catalog_capture_place(&place, ingest->options.catalog,
	    capture, err);
	if (rc == PM_OK)
		*out = place.bytes;
	return rc == PM_END ? PM_OK : rc;
}

static int
note_record(struct pm_ingest *ingest, uint64_t capture, uint64_t bytes,
    struct pm_err *err)
{
	uint64_t made = 0;
	int rc = made_bytes(&made, ingest, capture, bytes, err);

	if (rc != PM_OK)
		return rc;
	ingest->file_bytes += made;

	if (ingest->file_n == 0 ||
	    ingest->file_first + ingest->file_n != capture) {
		rc = flush_records(ingest, err);
		ingest->file_first = capture;
	}
	ingest->file_n++;
	return rc;
}

/* Another file begins.  Its number is that of a capture to come, which no
 * other can have; or that of its first record, if an add was killed before the
 * end of the file. */
static int
begin_file(struct pm_ingest *ingest, const struct place *place,
    struct pm_err *err)
{
	bool there = true;
	int rc = PM_OK;

	if (place->item->file == ingest->file_serial)
		return PM_OK;
	ingest->file_serial = place->item->file;
	ingest->file_number = ingest->numbers.captures + 1;
	ingest->file_n = 0;
	ingest->file_text_only = ingest->file_cut = false;
	ingest->file_bytes = 0;
	pm_buf_reset(&ingest->file_steps);
	if (!place->known || place->item->whole)
		return PM_OK;
	rc = pm_catalog_has_file(&there, ingest->options.catalog,
	    place->before.file, err);
	if (rc == PM_OK && !there)
		ingest->file_number = place->before.file;
	return rc;
}

/* What was in the archive, or in this batch, before. */
static int
count_known(struct pm_ingest *ingest, const struct place *place,
    struct pm_err *err)
{
	const struct pm_analysed *item = place->item;

	ingest->counts.known++;
	if (place->like == 0 && place->before.redacted)
		ingest->file_cut = true;
	else
		ingest->file_text_only |= place->like == 0;
	return item->file == 0 || place->like == 0 ? PM_OK :
	    note_record(ingest, place->like, item->bytes, err);
}

/* A record file is what its records make. */
static void
fill_file(struct pm_log_capture *capture, const struct pm_ingest *ingest,
    const struct pm_analysed *item)
{
	uint64_t bytes = item->capture.n + ingest->file_bytes;

	capture->like = 0;
	if (!ingest->forgets || ingest->file_text_only ||
	    (bytes == item->bytes && !ingest->file_cut))
		return;
	capture->redacted = true;
	capture->bytes = bytes;
}

/* The capture's line and recipe. */
static int
write_line(struct pm_ingest *ingest, struct place *place,
    const struct new_teaser *teasers, const uint32_t *cut,
    struct pm_err *err)
{
	const struct pm_analysed *item = place->item;
	struct pm_log_capture capture;
	bool kept;
	int rc;

	fill_capture(&capture, ingest, item);
	/* What was cut is not like what was not. */
	capture.like = cut != NULL ? 0 : place->like;
	if (item->whole)
		fill_file(&capture, ingest, item);
	capture.text_only = capture.like == 0 && is_text_only(ingest, item);
	ingest->file_text_only |= capture.text_only && !item->whole;
	capture.article = place->article;
	if (teasers != NULL && (rc = fill_sightings(&capture, ingest, item,
	    teasers, cut, err)) != PM_OK)
		return rc;
	kept = !capture.text_only;
	if ((rc = pm_layout_recipe(ingest, item, &capture, teasers, cut,
	    place->frame, place->offset, err)) != PM_OK ||
	    (rc = note_capture(ingest, item, capture.number,
	    capture.like, capture.text_only, err)) != PM_OK)
		return rc;
	if (item->file == 0 || item->whole)
		return PM_OK;
	ingest->file_cut |= capture.redacted;
	/* Its text was forgotten on the way: the file goes without it. */
	return kept && capture.text_only ? PM_OK : note_record(ingest,
	    capture.number, capture.bytes, err);
}

static int
write_capture(struct pm_ingest *ingest, struct place *place,
    struct pm_err *err)
{
	const struct pm_analysed *item = place->item;
	struct new_teaser *teasers = NULL;
	const uint32_t *cut = NULL;
	bool known = place->known;
	int rc;

	if (item->file != 0 && (rc = begin_file(ingest, place, err)) != PM_OK)
		return rc;
	if (place->refused) {
		ingest->counts.forgotten++;
		ingest->file_cut = true;
		return PM_OK;
	}
	find_new_capture(&place->like, &known, ingest, item);
	if (item->whole) {
		if (known && place->before.text_only <=
		    ingest->file_text_only)
			return PM_OK;
		if ((rc = flush_records(ingest, err)) != PM_OK ||
		    ingest->file_steps.n > FILE_STEPS_MAX)
			return rc;
	} else if (known) {
		return count_known(ingest, place, err);
	}
	if (item->page.kind != PM_PAGE_OPAQUE &&
	    ((rc = find_text(ingest, place, err)) != PM_OK ||
	    (rc = pm_refuse_teasers(&cut, ingest, item, err)) != PM_OK ||
	    (rc = place_teasers(&teasers, ingest, item, cut, err)) != PM_OK))
		return rc;
	rc = write_line(ingest, place, teasers, cut, err);
	return rc == PM_OK ? pm_layout_close_full(ingest, err) : rc;
}

/* ---- batches ---- */

int
pm_ingest_run(struct pm_ingest *ingest, const struct pm_log_run *run,
    struct pm_err *err)
{
	int rc = LIST_ROOM(ingest->records, err);

	if (rc == PM_OK) {
		ingest->records.p[ingest->records.n++] =
		    (struct pm_log_record){ .kind = PM_LOG_RUN,
		    .u.run = *run };
		ingest->run = run->number;
	}
	return rc;
}

static int
begin_batch(struct pm_ingest *ingest, struct pm_err *err)
{
	int rc;

	if (ingest->begun)
		return PM_OK;
	rc = ingest->options.sink.begin(ingest->options.sink.context,
	    ingest->run, &ingest->first_frame, err);
	ingest->frame.id = ingest->first_frame;
	ingest->frame.first_record = 0;
	ingest->frame.teaser_n = 0;
	ingest->frame.target_bytes = ingest->options.frame_bytes;
	for (size_t i = 0; i < ingest->records.n && rc == PM_OK; i++)
		rc = pm_log_encode(&ingest->frame.lines,
		    &ingest->records.p[i], err);
	ingest->begun = rc == PM_OK;
	return rc;
}

/* Metadata and opaque bytes are read for many captures at once or not at all,
 * so their frames may be larger, which packs them better. */
static uint32_t
metadata_frame_bytes(uint32_t frame_bytes)
{
	return frame_bytes > PM_FRAME_LARGEST / 4 ? PM_FRAME_LARGEST :
	    frame_bytes * 4;
}

/* Records of a file in the order of the file, so that their numbers follow one
 * another; behind the captures that stand alone, in order of likeness. */
static int
compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return (x->order > y->order) - (x->order < y->order);
}

/* In the order of their texts (L3). */
static int
write_articles(struct pm_ingest *ingest, struct pm_err *err)
{
	int rc = PM_OK;

	for (size_t i = 0; i < ingest->articles.n && rc == PM_OK; i++) {
		rc = pm_layout_article(ingest, &ingest->articles.p[i], err);
		if (rc == PM_OK)
			rc = pm_layout_close_full(ingest, err);
	}
	return rc;
}

/* Texts first, then what is said of them: see layout.c. */
static int
two_passes(struct pm_ingest *ingest, struct place *place, struct pm_err *err)
{
	const size_t n = ingest->batch.item_n;
	int rc = PM_OK;

	for (size_t i = 0; i < n && rc == PM_OK; i++) {
		place[i] = (struct place){ .item = ingest->batch.item[i] };
		place[i].order = place[i].item->file == 0 ? i :
		    n + place[i].item->position;
		rc = pm_ingest_tick(ingest, err);
		if (rc == PM_OK)
			rc = find_old_capture(ingest, &place[i], err);
		if (rc == PM_OK && !place[i].known)
			rc = pm_refuse_capture(&place[i].refused, ingest,
			    place[i].item, err);
		if (rc == PM_OK && !place[i].known && !place[i].refused)
			rc = find_old_text(ingest, &place[i], err);
	}
	if (rc == PM_OK)
		rc = pm_ingest_fetch(ingest, err);
	for (size_t i = 0; i < n && rc == PM_OK; i++) {
		rc = pm_ingest_tick(ingest, err);
		if (rc == PM_OK && !place[i].known)
			rc = place_text(ingest, &place[i], err);
	}
	if (rc == PM_OK)
		rc = pm_layout_close_texts(ingest, err);
	ingest->frame.target_bytes = metadata_frame_bytes(
	    ingest->options.frame_bytes);
	if (rc == PM_OK)
		rc = write_articles(ingest, err);
	if (n > 1)
		qsort(place, n, sizeof *place, compare_places);
	for (size_t i = 0; i < n && rc == PM_OK; i++) {
		rc = pm_ingest_tick(ingest, err);
		if (rc == PM_OK)
			rc = write_capture(ingest, &place[i], err);
	}
	return rc;
}

/* What both need of old frames is read at once; where these lie plain, that
 * saves nothing, and relations may take their time. */
static int
link_and_relate(struct pm_ingest *ingest, struct pm_err *err)
{
	bool plain = ingest->options.sink.without_recipes;
	struct linker *linker = NULL;
	struct relater *relater = NULL;
	int rc = pm_relate_open(&relater, ingest, err);

	if (rc == PM_OK)
		rc = pm_link_open(&linker, ingest, err);
	if (rc == PM_OK && !plain)
		rc = pm_relate_want(relater, err);
	if (rc == PM_OK)
		rc = pm_ingest_fetch(ingest, err);
	if (rc == PM_OK)
		rc = pm_link_batch(linker);
	if (rc == PM_OK && plain)
		rc = pm_relate_want(relater, err);
	if (rc == PM_OK)
		rc = pm_relate_batch(relater);
	pm_relate_close(relater);
	pm_link_close(linker);
	return rc;
}

int
pm_ingest_batch(struct pm_ingest *ingest, struct pm_capture_batch *batch,
    struct pm_err *err)
{
	int rc = begin_batch(ingest, err);
	struct place *place;

	ingest->batch = *batch;
	*batch = (struct pm_capture_batch){ 0 };
	for (size_t i = 0; i < ingest->batch.item_n; i++)
		ingest->batch.item[i]->position = i;
	if (rc == PM_OK && !ingest->options.sink.without_recipes)
		rc = pm_likeness_order(ingest->batch.item,
		    ingest->batch.item_n, err);
	if (rc != PM_OK)
		return rc;
	if ((rc = pm_catalog_begin(ingest->options.catalog, err)) != PM_OK)
		return rc;
	place = pm_alloc(ingest->batch.item_n * sizeof *place, err);
	if (place == NULL)
		return PM_ENOMEM;
	rc = two_passes(ingest, place, err);
	pm_free(place);
	if (rc == PM_OK)
		rc = link_and_relate(ingest, err);
	if (rc == PM_OK)
		rc = pm_layout_close(ingest, err);
	return rc;
}

static int
teaser_title(void *context, struct pm_buf *out, uint64_t teaser,
    uint64_t frame, uint32_t ordinal, struct pm_err *err)
{
	struct pm_ingest *ingest = context;
	struct pm_bytes title, snippet;
	int rc;

	if (ingest->teasers.n > 0 && teaser >= ingest->teasers.p[0].number) {
		title = ingest->teasers.p[teaser -
		    ingest->teasers.p[0].number].from->title;
	} else if ((rc = pm_frames_teaser(&title, &snippet,
	    ingest->options.frames, frame, ordinal, err)) != PM_OK) {
		return rc;
	}
	return pm_buf_append(out, title.p, title.n, err);
}

static int
fill_catalog(struct pm_ingest *ingest, const struct pm_batch *batch,
    struct pm_err *err)
{
	const struct pm_teaser_source source = { teaser_title, ingest };
	struct pm_catalog *catalog = ingest->options.catalog;
	int rc = pm_catalog_begin(catalog, err);

	for (size_t i = 0; i < ingest->records.n && rc == PM_OK; i++)
		rc = pm_catalog_apply(catalog, &ingest->records.p[i], err);
	if (rc == PM_OK)
		rc = pm_catalog_batch(catalog, batch, err);
	if (rc == PM_OK && ingest->options.refresh == PM_INGEST_REFRESH)
		rc = pm_catalog_refresh(catalog, &source, err);
	if (rc == PM_OK)
		rc = pm_catalog_commit(catalog, err);
	if (rc != PM_OK)
		pm_catalog_rollback(catalog);
	return rc;
}

static void
reset_batch(struct pm_ingest *ingest)
{
	pm_frames_forget(ingest->options.frames);
	pm_capture_batch_clear(&ingest->batch);
	pm_mem_trim();
	pm_arena_reset(&ingest->arena);
	ingest->records.n = ingest->items.n = ingest->articles.n = 0;
	ingest->teasers.n = ingest->captures.n = 0;
	ingest->seen_teasers.n = ingest->shown_articles.n = 0;
	ingest->article_keys.n = ingest->teaser_keys.n = 0;
	ingest->body_keys.n = ingest->tail_keys.n = 0;
	ingest->old_articles.n = 0;
	pm_map_reset(&ingest->old_by_number);
	pm_map_reset(&ingest->article_by_sha);
	pm_map_reset(&ingest->article_by_norm);
	pm_map_reset(&ingest->teaser_by_sha);
	pm_map_reset(&ingest->teaser_by_norm);
	pm_map_reset(&ingest->capture_by_sha);
	pm_map_reset(&ingest->url_by_teaser);
	pm_map_reset(&ingest->capture_by_identity);
}

static int
append_ranks(struct pm_ingest *ingest, uint64_t sequence, struct pm_err *err)
{
	uint64_t *rank = pm_alloc(ingest->articles.n * sizeof *rank, err);
	int rc;

	if (rank == NULL)
		return PM_ENOMEM;
	for (size_t i = 0; i < ingest->articles.n; i++)
		rank[i] = ingest->articles.p[i].from->text.norm;
	rc = pm_ranks_append(ingest->options.ranks, rank, ingest->articles.n,
	    sequence, err);
	pm_free(rank);
	return rc;
}

/* The entries of a batch on their way into an index. */
struct append {
	struct pm_job job;
	struct pm_runs *runs;
	struct pm_run_entry *entry;
	size_t n;
	uint64_t sequence;
	struct pm_err err;
};

static void
run_append(struct pm_job *job)
{
	struct append *append = (struct append *)job;

	append->err.status = pm_runs_append(append->runs, append->entry,
	    append->n, append->sequence, &append->err);
}

/* Indexes on disk come behind the catalog, in their order; those in memory
 * grow beside it. */
static int
fill_all(struct pm_ingest *ingest, const struct pm_batch *batch,
    struct pm_err *err)
{
	const struct pm_ingest_options *options = &ingest->options;
	struct append append[] = {
	    { .runs = options->articles, .entry = ingest->article_keys.p,
	    .n = ingest->article_keys.n },
	    { .runs = options->teasers, .entry = ingest->teaser_keys.p,
	    .n = ingest->teaser_keys.n },
	    { .runs = options->bodies, .entry = ingest->body_keys.p,
	    .n = ingest->body_keys.n },
	    { .runs = options->tails, .entry = ingest->tail_keys.p,
	    .n = ingest->tail_keys.n } };
	const size_t n = sizeof append / sizeof *append;
	bool beside = options->sink.without_recipes;
	struct pm_group group = { 0 };
	uint64_t sequence = batch->sequence;
	int rc = beside ? append_ranks(ingest, sequence, err) : PM_OK;

	for (size_t i = 0; i < n && rc == PM_OK; i++) {
		append[i].job.run = run_append;
		append[i].sequence = sequence;
		if (beside)
			pm_pool_submit(options->pool, &group, &append[i].job);
	}
	if (rc == PM_OK)
		rc = fill_catalog(ingest, batch, err);
	if (beside)
		pm_group_wait(options->pool, &group);
	else if (rc == PM_OK)
		rc = append_ranks(ingest, sequence, err);
	for (size_t i = 0; i < n && rc == PM_OK; i++) {
		if (!beside)
			run_append(&append[i].job);
		if ((rc = append[i].err.status) != PM_OK)
			*err = append[i].err;
	}
	return rc;
}

static int
commit_all(struct pm_ingest *ingest, struct pm_err *err)
{
	const struct pm_batch *batch;
	int rc = ingest->options.sink.commit(ingest->options.sink.context,
	    ingest->items.p, (uint32_t)ingest->items.n, &batch, err);

	if (rc != PM_OK)
		return rc;
	if (ingest->options.packed != NULL)
		ingest->options.packed(ingest->options.tick_context);
	return fill_all(ingest, batch, err);
}

int
pm_ingest_commit(struct pm_ingest *ingest, struct pm_err *err)
{
	int rc = PM_OK;

	if (!ingest->begun)
		return PM_OK;            /* the line of the run may wait */
	if (ingest->records.n > 0)
		rc = commit_all(ingest, err);
	reset_batch(ingest);
	ingest->begun = false;
	return rc;
}

int
pm_ingest_finish(struct pm_ingest *ingest, int64_t finished,
    struct pm_err *err)
{
	struct pm_log_record record = { .kind = PM_LOG_RUN_END };
	int rc = begin_batch(ingest, err);

	record.u.run_end = (struct pm_log_run_end){ ingest->run, finished,
	    ingest->counts.known };
	if (rc == PM_OK)
		rc = pm_layout_record(ingest, &record, err);
	if (rc == PM_OK)
		rc = pm_layout_close(ingest, err);
	return rc == PM_OK ? pm_ingest_commit(ingest, err) : rc;
}

/* ---- life ---- */

int
pm_ingest_open(struct pm_ingest **out,
    const struct pm_ingest_options *options, struct pm_err *err)
{
	struct pm_ingest *ingest = pm_alloc_zero(sizeof *ingest, err);
	int rc;

	if (ingest == NULL)
		return PM_ENOMEM;
	ingest->options = *options;
	pm_arena_init(&ingest->arena);
	rc = pm_catalog_state(&ingest->numbers, options->catalog, err);
	ingest->run = ingest->numbers.runs + 1;
	if (rc == PM_OK)
		rc = pm_catalog_forgets(&ingest->forgets, options->catalog,
		    err);
	if (rc == PM_OK && ingest->forgets)
		rc = pm_cutter_new(&ingest->cutter, err);
	if (rc == PM_OK)
		*out = ingest;
	else
		pm_ingest_close(ingest);
	return rc;
}

void
pm_ingest_close(struct pm_ingest *ingest)
{
	if (ingest == NULL)
		return;
	pm_capture_batch_clear(&ingest->batch);
	pm_cutter_free(ingest->cutter);
	pm_arena_clear(&ingest->arena);
	pm_buf_clear(&ingest->frame.texts);
	pm_buf_clear(&ingest->frame.lines);
	pm_buf_clear(&ingest->frame.norms);
	pm_buf_clear(&ingest->frame.digests);
	pm_buf_clear(&ingest->frame.recipes);
	pm_free(ingest->records.p);
	pm_free(ingest->items.p);
	pm_free(ingest->articles.p);
	pm_free(ingest->teasers.p);
	pm_free(ingest->seen_teasers.p);
	pm_free(ingest->shown_articles.p);
	pm_free(ingest->captures.p);
	pm_free(ingest->article_keys.p);
	pm_free(ingest->teaser_keys.p);
	pm_free(ingest->body_keys.p);
	pm_free(ingest->tail_keys.p);
	pm_free(ingest->old_articles.p);
	pm_map_clear(&ingest->old_by_number);
	pm_map_clear(&ingest->article_by_sha);
	pm_map_clear(&ingest->article_by_norm);
	pm_map_clear(&ingest->teaser_by_sha);
	pm_map_clear(&ingest->teaser_by_norm);
	pm_map_clear(&ingest->capture_by_sha);
	pm_map_clear(&ingest->url_by_teaser);
	pm_map_clear(&ingest->capture_by_identity);
	pm_buf_clear(&ingest->file_steps);
	pm_buf_clear(&ingest->scratch);
	pm_buf_clear(&ingest->other);
	pm_free(ingest);
}

const struct pm_counts *
pm_ingest_counts(const struct pm_ingest *ingest)
{
	return &ingest->counts;
}

uint64_t
pm_ingest_next_run(const struct pm_ingest *ingest)
{
	return ingest->numbers.runs + 1;
}
