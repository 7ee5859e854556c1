/*
 * Rows as JSON, with the names and the order of product.md.  Every key is
 * always there, null when nothing is known.
 */
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"

struct row {
	struct pm_text *text;
	struct pm_buf buf;
	struct pm_json json;
};

/* The caller's buffer serves as ours and goes back grown. */
static struct pm_json *
begin(struct row *row, struct pm_text *text, struct pm_err *err)
{
	row->text = text;
	row->buf = (struct pm_buf){ (uint8_t *)text->p, 0, text->capacity };
	pm_json_begin(&row->json, &row->buf, err);
	pm_json_object(&row->json);
	return &row->json;
}

static int
finish(struct row *row, struct pm_err *err)
{
	int rc;

	pm_json_object_end(&row->json);
	rc = pm_json_finish(&row->json);
	if (rc == PM_OK)
		rc = pm_buf_append_byte(&row->buf, 0, err);
	row->text->p = (char *)row->buf.p;
	row->text->n = row->buf.n == 0 ? 0 : row->buf.n - 1;
	row->text->capacity = row->buf.capacity;
	return rc;
}

void
pm_text_free(struct pm_text *text)
{
	pm_free(text->p);
	*text = (struct pm_text){ 0 };
}

static void
put_str(struct pm_json *json, const char *key, const char *value)
{
	pm_json_key(json, key);
	pm_json_str(json, value);
}

static void
put_int(struct pm_json *json, const char *key, uint64_t value)
{
	pm_json_key(json, key);
	pm_json_int(json, (int64_t)value);
}

static void
put_bool(struct pm_json *json, const char *key, int value)
{
	pm_json_key(json, key);
	pm_json_bool(json, value != 0);
}

static void
put_real(struct pm_json *json, const char *key, double value)
{
	pm_json_key(json, key);
	pm_json_real(json, value);
}

static void
put_real_or_null(struct pm_json *json, const char *key, bool known,
    double value)
{
	pm_json_key(json, key);
	if (known)
		pm_json_real(json, value);
	else
		pm_json_null(json);
}

static void
put_bytes(struct pm_json *json, const char *key, struct pm_bytes value)
{
	pm_json_key(json, key);
	pm_json_string(json, value);
}

static void
put_bytes_or_null(struct pm_json *json, const char *key,
    struct pm_bytes value)
{
	pm_json_key(json, key);
	if (value.n == 0)
		pm_json_null(json);
	else
		pm_json_string(json, value);
}

static void
put_strings(struct pm_json *json, const char *key, const char *const *value,
    size_t n)
{
	pm_json_key(json, key);
	pm_json_array(json);
	for (size_t i = 0; i < n; i++)
		pm_json_str(json, value[i]);
	pm_json_array_end(json);
}

static void
put_bytes_list(struct pm_json *json, const char *key,
    const struct pm_bytes *value, size_t n)
{
	pm_json_key(json, key);
	pm_json_array(json);
	for (size_t i = 0; i < n; i++)
		pm_json_string(json, value[i]);
	pm_json_array_end(json);
}

static void
put_relations(struct pm_json *json, const struct pm_article *article)
{
	pm_json_key(json, "relations");
	pm_json_array(json);
	for (size_t i = 0; i < article->relation_n; i++) {
		const struct pm_relation *relation = &article->relation[i];

		pm_json_object(json);
		put_str(json, "id", relation->id);
		put_str(json, "relation", relation->relation);
		put_real(json, "jaccard", relation->jaccard);
		put_real(json, "containment", relation->containment);
		pm_json_object_end(json);
	}
	pm_json_array_end(json);
}

static void
put_shown(struct pm_json *json, const struct pm_article *article)
{
	put_str(json, "modified", article->modified);
	pm_json_key(json, "other_dates");
	pm_json_array(json);
	for (size_t i = 0; i < article->other_date_n; i++) {
		const struct pm_other_date *date = &article->other_date[i];

		pm_json_object(json);
		put_str(json, "published", date->published);
		put_str(json, "published_precision", date->precision);
		put_str(json, "published_source", date->source);
		pm_json_object_end(json);
	}
	pm_json_array_end(json);
	put_strings(json, "own_tags", article->own_tag, article->own_tag_n);
}

int
pm_article_json(struct pm_text *text, const struct pm_article *article,
    struct pm_err *err)
{
	struct row row;
	struct pm_json *json = begin(&row, text, err);

	put_str(json, "id", article->id);
	put_str(json, "title", article->title);
	put_str(json, "published", article->published);
	put_str(json, "published_precision", article->published_precision);
	put_str(json, "published_source", article->published_source);
	put_strings(json, "tags", article->tag, article->tag_n);
	put_str(json, "lang", article->lang);
	put_str(json, "source", article->source);
	put_str(json, "url", article->url);
	put_int(json, "bytes", article->bytes);
	put_int(json, "sightings", article->sightings);
	put_int(json, "copies", article->copies);
	put_str(json, "first_seen", article->first_seen);
	put_str(json, "last_seen", article->last_seen);
	put_str(json, "cluster", article->cluster);
	put_bool(json, "canonical", article->canonical);
	put_str(json, "lang_source", article->lang_source);
	put_real_or_null(json, "lang_score", article->lang_source != NULL,
	    article->lang_score);
	if (article->full) {
		put_bytes(json, "text", article->text);
		put_bytes_list(json, "paths", article->path, article->path_n);
		put_relations(json, article);
	}
	if (article->shown)
		put_shown(json, article);
	return finish(&row, err);
}

static void
put_inspected_teaser(struct pm_json *json,
    const struct pm_inspected_teaser *teaser)
{
	pm_json_object(json);
	put_bytes(json, "title", teaser->title);
	put_bytes_or_null(json, "snippet", teaser->snippet);
	put_bytes_list(json, "tags", teaser->tag, teaser->tag_n);
	put_bytes_or_null(json, "time_text", teaser->time_text);
	put_str(json, "published", teaser->published);
	put_str(json, "published_precision", teaser->published_precision);
	put_bytes_or_null(json, "url", teaser->url);
	pm_json_object_end(json);
}

static void
put_notes(struct pm_json *json, const struct pm_inspected *page)
{
	pm_json_key(json, "why");
	pm_json_array(json);
	for (size_t i = 0; i < page->note_n; i++) {
		pm_json_object(json);
		put_str(json, "what", page->note[i].what);
		put_str(json, "why", page->note[i].why);
		pm_json_object_end(json);
	}
	pm_json_array_end(json);
}

int
pm_inspected_json(struct pm_text *text, const struct pm_inspected *page,
    struct pm_err *err)
{
	struct row row;
	struct pm_json *json = begin(&row, text, err);

	put_bytes(json, "path", page->path);
	put_str(json, "kind", page->kind);
	put_bytes_or_null(json, "body", page->body);
	put_bytes_or_null(json, "title", page->title);
	put_str(json, "published", page->published);
	put_str(json, "published_precision", page->published_precision);
	put_str(json, "published_source", page->published_source);
	put_bytes_list(json, "tags", page->tag, page->tag_n);
	put_str(json, "lang", page->lang);
	put_bytes_or_null(json, "url", page->url);
	put_str(json, "crawled", page->crawled);
	pm_json_key(json, "teasers");
	pm_json_array(json);
	for (size_t i = 0; i < page->teaser_n; i++)
		put_inspected_teaser(json, &page->teaser[i]);
	pm_json_array_end(json);
	put_bytes_or_null(json, "heading", page->heading);
	put_str(json, "reason", page->reason);
	put_str(json, "modified", page->modified);
	put_bytes_or_null(json, "source", page->source);
	put_str(json, "lang_source", page->lang_source);
	put_real_or_null(json, "lang_score", page->lang_source != NULL,
	    page->lang_score);
	put_str(json, "reader", page->reader);
	put_str(json, "encoding", page->encoding);
	put_notes(json, page);
	return finish(&row, err);
}

int
pm_pair_json(struct pm_text *text, const struct pm_pair *pair,
    struct pm_err *err)
{
	struct row row;
	struct pm_json *json = begin(&row, text, err);

	put_bytes(json, "a", pair->a);
	put_bytes(json, "b", pair->b);
	put_str(json, "relation", pair->relation);
	put_real(json, "jaccard", pair->jaccard);
	put_real(json, "containment", pair->containment);
	return finish(&row, err);
}

int
pm_link_json(struct pm_text *text, const struct pm_link *link,
    struct pm_err *err)
{
	struct row row;
	struct pm_json *json = begin(&row, text, err);

	put_bytes(json, "path", link->path);
	put_int(json, "position", link->position);
	put_bytes(json, "title", link->title);
	put_bytes(json, "article_path", link->article_path);
	put_real(json, "score", link->score);
	put_str(json, "evidence", link->evidence);
	put_bool(json, "ambiguous", link->ambiguous);
	return finish(&row, err);
}

static void
put_counts(struct pm_json *json, const struct pm_counts *counts)
{
	put_int(json, "captures", counts->captures);
	put_int(json, "known", counts->known);
	put_int(json, "opaque", counts->opaque);
	put_int(json, "articles", counts->articles);
	put_int(json, "unique_articles", counts->unique_articles);
	put_int(json, "teasers", counts->teasers);
	put_int(json, "unique_teasers", counts->unique_teasers);
	put_int(json, "teaser_sightings", counts->teaser_sightings);
	put_int(json, "links", counts->links);
	pm_json_key(json, "relations");
	pm_json_object(json);
	put_int(json, "identical", counts->identical);
	put_int(json, "same", counts->same);
	put_int(json, "update", counts->update);
	put_int(json, "near", counts->near);
	put_int(json, "contains", counts->contains);
	pm_json_object_end(json);
	put_int(json, "input_bytes", counts->input_bytes);
	put_int(json, "volume_bytes", counts->volume_bytes);
	put_int(json, "catalog_bytes", counts->catalog_bytes);
	put_int(json, "cache_bytes", counts->cache_bytes);
	put_int(json, "parity_bytes", counts->parity_bytes);
	put_int(json, "unreadable", counts->unreadable);
	put_int(json, "forgotten", counts->forgotten);
}

int
pm_counts_json(struct pm_text *text, const struct pm_counts *counts,
    struct pm_err *err)
{
	struct row row;
	struct pm_json *json = begin(&row, text, err);

	put_counts(json, counts);
	return finish(&row, err);
}

static void
put_share(struct pm_json *json, const char *key,
    const struct pm_source_counts *source)
{
	uint64_t gone = source->articles - source->unique_articles;

	pm_json_object(json);
	put_str(json, key, source->source);
	put_int(json, "articles", source->articles);
	put_int(json, "unique_articles", source->unique_articles);
	put_real(json, "removal_rate", source->articles == 0 ? 0 :
	    (double)gone / (double)source->articles);
	put_int(json, "bytes", source->bytes);
	pm_json_object_end(json);
}

int
pm_stats_json(struct pm_text *text, const struct pm_stats *stats,
    struct pm_err *err)
{
	struct row row;
	struct pm_json *json = begin(&row, text, err);

	put_counts(json, &stats->counts);
	pm_json_key(json, "sources");
	pm_json_array(json);
	for (size_t i = 0; i < stats->source_n; i++)
		put_share(json, "source", &stats->source[i]);
	pm_json_array_end(json);
	pm_json_key(json, "languages");
	pm_json_array(json);
	for (size_t i = 0; i < stats->language_n; i++)
		put_share(json, "lang", &stats->language[i]);
	pm_json_array_end(json);
	return finish(&row, err);
}

int
pm_cluster_json(struct pm_text *text, const struct pm_cluster *cluster,
    struct pm_err *err)
{
	const struct pm_article *canonical = cluster->canonical;
	struct row row;
	struct pm_json *json = begin(&row, text, err);

	put_str(json, "cluster", canonical->id);
	put_int(json, "articles", cluster->articles);
	put_int(json, "captures", cluster->captures);
	pm_json_key(json, "relations");
	pm_json_object(json);
	put_int(json, "same", cluster->same);
	put_int(json, "update", cluster->update);
	put_int(json, "near", cluster->near);
	put_int(json, "contains", cluster->contains);
	pm_json_object_end(json);
	put_str(json, "title", canonical->title);
	put_str(json, "published", canonical->published);
	put_str(json, "published_precision", canonical->published_precision);
	put_str(json, "published_source", canonical->published_source);
	put_str(json, "source", canonical->source);
	return finish(&row, err);
}

static void
put_pieces(struct pm_json *json, const struct pm_piece *piece, size_t n)
{
	static const char *const op[] = { "equal", "delete", "insert" };

	pm_json_key(json, "diff");
	if (piece == NULL) {
		pm_json_null(json);
		return;
	}
	pm_json_array(json);
	for (size_t i = 0; i < n; i++) {
		pm_json_object(json);
		put_str(json, "op", op[piece[i].kind]);
		put_bytes(json, "text", piece[i].text);
		pm_json_object_end(json);
	}
	pm_json_array_end(json);
}

int
pm_dup_json(struct pm_text *text, const struct pm_dup *dup,
    struct pm_err *err)
{
	const struct pm_article *article = dup->article;
	struct row row;
	struct pm_json *json = begin(&row, text, err);

	put_str(json, "cluster", article->cluster);
	put_str(json, "id", article->id);
	put_bool(json, "canonical", dup->relation == NULL);
	put_str(json, "relation", dup->relation);
	put_real_or_null(json, "jaccard", dup->relation != NULL,
	    dup->jaccard);
	put_real_or_null(json, "containment", dup->relation != NULL,
	    dup->containment);
	put_str(json, "title", article->title);
	put_str(json, "published", article->published);
	put_str(json, "published_precision", article->published_precision);
	put_str(json, "published_source", article->published_source);
	put_str(json, "source", article->source);
	put_int(json, "bytes", article->bytes);
	put_int(json, "copies", article->copies);
	put_bytes(json, "path", dup->path);
	put_pieces(json, dup->piece, dup->piece_n);
	return finish(&row, err);
}

static void
put_side(struct pm_json *json, const char *key,
    const struct pm_why_side *side)
{
	pm_json_key(json, key);
	pm_json_object(json);
	put_str(json, "id", side->article->id);
	put_bytes(json, "path", side->path);
	put_str(json, "title", side->article->title);
	put_str(json, "published", side->article->published);
	put_str(json, "source", side->article->source);
	put_int(json, "bytes", side->article->bytes);
	put_int(json, "words", side->words);
	put_int(json, "grams", side->grams);
	put_str(json, "cluster", side->article->cluster);
	put_str(json, "to_canonical", side->to_canonical);
	pm_json_object_end(json);
}

static void
put_test(struct pm_json *json, const struct pm_why_test *test)
{
	pm_json_object(json);
	put_str(json, "test", test->test);
	pm_json_key(json, "holds");
	if (test->holds < 0)
		pm_json_null(json);
	else
		pm_json_bool(json, test->holds != 0);
	put_real_or_null(json, "value", test->needs > 0, test->value);
	put_real_or_null(json, "needs", test->needs > 0, test->needs);
	put_str(json, "says", test->says);
	pm_json_object_end(json);
}

static void
put_keys(struct pm_json *json, const struct pm_why *why)
{
	pm_json_key(json, "keys");
	pm_json_object(json);
	put_int(json, "bands", why->bands);
	put_int(json, "bands_shared", why->bands_shared);
	put_int(json, "others_a", why->others_a);
	put_int(json, "others_b", why->others_b);
	put_int(json, "others_shared", why->others_shared);
	pm_json_object_end(json);
}

int
pm_why_json(struct pm_text *text, const struct pm_why *why,
    struct pm_err *err)
{
	struct row row;
	struct pm_json *json = begin(&row, text, err);

	put_side(json, "a", &why->a);
	put_side(json, "b", &why->b);
	put_str(json, "relation", why->relation);
	put_real_or_null(json, "jaccard", why->relation != NULL,
	    why->jaccard);
	put_real_or_null(json, "containment", why->relation != NULL,
	    why->containment);
	put_str(json, "verdict", why->verdict);
	pm_json_key(json, "tests");
	pm_json_array(json);
	for (int i = 0; i < PM_WHY_TESTS; i++)
		put_test(json, &why->test[i]);
	pm_json_array_end(json);
	put_int(json, "shared_grams", why->shared_grams);
	put_keys(json, why);
	put_bytes_or_null(json, "stretch", why->stretch);
	put_int(json, "stretch_words", why->stretch_words);
	put_str(json, "policy", why->policy);
	put_pieces(json, why->piece, why->piece_n);
	return finish(&row, err);
}

int
pm_against_json(struct pm_text *text, const struct pm_against *capture,
    struct pm_err *err)
{
	bool related = capture->article != NULL;
	struct row row;
	struct pm_json *json = begin(&row, text, err);

	put_bytes(json, "path", capture->path);
	put_str(json, "kind", capture->kind);
	put_str(json, "status", capture->status);
	put_str(json, "article", capture->article);
	put_str(json, "cluster", capture->cluster);
	put_real_or_null(json, "jaccard", related, capture->jaccard);
	put_real_or_null(json, "containment", related, capture->containment);
	return finish(&row, err);
}

int
pm_against_counts_json(struct pm_text *text,
    const struct pm_against_counts *counts, struct pm_err *err)
{
	struct row row;
	struct pm_json *json = begin(&row, text, err);

	put_int(json, "captures", counts->captures);
	put_int(json, "known", counts->known);
	put_int(json, "identical", counts->identical);
	put_int(json, "same", counts->same);
	put_int(json, "update", counts->update);
	put_int(json, "near", counts->near);
	put_int(json, "contains", counts->contains);
	put_int(json, "new", counts->fresh);
	put_int(json, "input_bytes", counts->input_bytes);
	put_int(json, "new_bytes", counts->fresh_bytes);
	put_int(json, "unreadable", counts->unreadable);
	return finish(&row, err);
}

int
pm_teaser_json(struct pm_text *text, const struct pm_listed_teaser *teaser,
    struct pm_err *err)
{
	struct row row;
	struct pm_json *json = begin(&row, text, err);

	put_str(json, "id", teaser->id);
	put_bytes(json, "title", teaser->title);
	put_bytes_or_null(json, "snippet", teaser->snippet);
	put_str(json, "article", teaser->article);
	pm_json_key(json, "score");
	if (teaser->article == NULL)
		pm_json_null(json);
	else
		pm_json_real(json, teaser->score);
	put_str(json, "evidence", teaser->evidence);
	put_bool(json, "ambiguous", teaser->ambiguous);
	put_str(json, "group", teaser->group);
	put_int(json, "sightings", teaser->sightings);
	put_str(json, "first_seen", teaser->first_seen);
	put_str(json, "last_seen", teaser->last_seen);
	put_str(json, "url", teaser->url);
	return finish(&row, err);
}

int
pm_missing_json(struct pm_text *text, const struct pm_missing *missing,
    struct pm_err *err)
{
	struct row row;
	struct pm_json *json = begin(&row, text, err);

	put_str(json, "id", missing->id);
	put_bytes(json, "title", missing->title);
	put_bytes_or_null(json, "snippet", missing->snippet);
	put_strings(json, "tags", missing->tag, missing->tag_n);
	put_str(json, "published", missing->published);
	put_str(json, "published_precision", missing->published_precision);
	put_int(json, "sightings", missing->sightings);
	put_int(json, "teasers", missing->teasers);
	put_int(json, "pages", missing->pages);
	put_bytes_list(json, "seen_in", missing->page, missing->page_n);
	put_str(json, "first_seen", missing->first_seen);
	put_str(json, "last_seen", missing->last_seen);
	put_strings(json, "urls", missing->url, missing->url_n);
	return finish(&row, err);
}

int
pm_capture_json(struct pm_text *text,
    const struct pm_listed_capture *capture, struct pm_err *err)
{
	struct row row;
	struct pm_json *json = begin(&row, text, err);

	put_bytes(json, "path", capture->path);
	put_str(json, "kind", capture->kind);
	put_str(json, "reason", capture->reason);
	put_str(json, "crawled", capture->crawled);
	put_str(json, "article", capture->article);
	put_str(json, "source", capture->source);
	put_int(json, "bytes", capture->bytes);
	put_int(json, "run", capture->run);
	put_str(json, "sha256", capture->sha256);
	put_str(json, "url", capture->url);
	return finish(&row, err);
}

static void
put_name_counts(struct pm_json *json, const char *key, const char *name,
    const struct pm_name_count *count, size_t n)
{
	pm_json_key(json, key);
	pm_json_array(json);
	for (size_t i = 0; i < n; i++) {
		pm_json_object(json);
		put_str(json, name, count[i].name);
		put_int(json, "articles", count[i].articles);
		pm_json_object_end(json);
	}
	pm_json_array_end(json);
}

int
pm_tag_json(struct pm_text *text, const struct pm_listed_tag *tag,
    struct pm_err *err)
{
	struct row row;
	struct pm_json *json = begin(&row, text, err);

	put_str(json, "tag", tag->tag);
	put_int(json, "articles", tag->articles);
	put_name_counts(json, "langs", "lang", tag->lang, tag->lang_n);
	put_name_counts(json, "variants", "tag", tag->variant,
	    tag->variant_n);
	return finish(&row, err);
}

int
pm_run_json(struct pm_text *text, const struct pm_listed_run *run,
    struct pm_err *err)
{
	struct row row;
	struct pm_json *json = begin(&row, text, err);

	put_int(json, "run", run->run);
	put_str(json, "started", run->started);
	put_str(json, "finished", run->finished);
	put_str(json, "version", run->version);
	put_int(json, "normalizer", (uint64_t)run->normalizer);
	put_str(json, "unicode", run->unicode);
	put_int(json, "page_rules", (uint64_t)run->page_rules);
	put_str(json, "inputs", run->inputs);
	put_int(json, "captures", run->captures);
	put_int(json, "articles", run->articles);
	put_str(json, "policy", run->policy);
	return finish(&row, err);
}

int
pm_sighting_json(struct pm_text *text, const struct pm_sighting *sighting,
    struct pm_err *err)
{
	struct row row;
	struct pm_json *json = begin(&row, text, err);

	put_bytes(json, "path", sighting->path);
	put_int(json, "position", sighting->position);
	put_bytes(json, "title", sighting->title);
	put_bytes_or_null(json, "snippet", sighting->snippet);
	put_strings(json, "tags", sighting->tag, sighting->tag_n);
	put_str(json, "time_text", sighting->time_text);
	put_str(json, "published", sighting->published);
	put_str(json, "published_precision", sighting->published_precision);
	put_str(json, "crawled", sighting->crawled);
	put_str(json, "evidence", sighting->evidence);
	put_real(json, "score", sighting->score);
	put_bool(json, "ambiguous", sighting->ambiguous);
	return finish(&row, err);
}

int
pm_lost_json(struct pm_text *text, const struct pm_lost *lost,
    struct pm_err *err)
{
	struct row row;
	struct pm_json *json = begin(&row, text, err);

	put_str(json, "lost", lost->what);
	put_int(json, "number", lost->number);
	put_int(json, "to", lost->to);
	pm_json_key(json, "path");
	if (lost->path.n > 0)
		pm_json_string(json, lost->path);
	else
		pm_json_null(json);
	put_str(json, "title", lost->title);
	put_str(json, "crawled", lost->crawled[0] == '\0' ? NULL :
	    lost->crawled);
	put_str(json, "sha256", lost->sha256[0] == '\0' ? NULL :
	    lost->sha256);
	put_int(json, "bytes", lost->bytes);
	return finish(&row, err);
}

int
pm_mended_json(struct pm_text *text, const char *file, const char *how,
    struct pm_err *err)
{
	struct row row;
	struct pm_json *json = begin(&row, text, err);

	put_str(json, "mended", file);
	put_str(json, "how", how);
	return finish(&row, err);
}

int
pm_problem_json(struct pm_text *text, const struct pm_problem *problem,
    struct pm_err *err)
{
	struct row row;
	struct pm_json *json = begin(&row, text, err);

	put_str(json, "file", problem->file);
	put_int(json, "volume", problem->volume);
	put_int(json, "frame", problem->frame);
	put_str(json, "problem", problem->text);
	put_strings(json, "articles", problem->article, problem->article_n);
	return finish(&row, err);
}

int
pm_forgotten_json(struct pm_text *text, const struct pm_forgotten *forgotten,
    struct pm_err *err)
{
	struct row row;
	struct pm_json *json = begin(&row, text, err);

	put_str(json, "what", forgotten->what);
	put_bool(json, "stays", forgotten->stays);
	put_str(json, "id", forgotten->id);
	put_str(json, "relation", forgotten->relation);
	put_bytes_or_null(json, "title", forgotten->title);
	put_bytes_or_null(json, "path", forgotten->path);
	return finish(&row, err);
}

int
pm_receipt_json(struct pm_text *text, const struct pm_receipt *receipt,
    struct pm_err *err)
{
	struct row row;
	struct pm_json *json = begin(&row, text, err);

	put_int(json, "articles", receipt->articles);
	put_int(json, "copies", receipt->copies);
	put_int(json, "captures", receipt->captures);
	put_int(json, "teasers", receipt->teasers);
	put_int(json, "sightings", receipt->sightings);
	put_int(json, "cut", receipt->cut);
	put_bool(json, "dry_run", receipt->dry_run);
	put_bool(json, "in_volumes", receipt->in_volumes);
	return finish(&row, err);
}

int
pm_verified_json(struct pm_text *text,
    const struct pm_verify_options *options,
    const struct pm_verified *verified, struct pm_err *err)
{
	struct row row;
	struct pm_json *json = begin(&row, text, err);

	put_int(json, "part", options->parts == 0 ? 1 : options->part);
	put_int(json, "parts", options->parts == 0 ? 1 : options->parts);
	put_int(json, "problems", verified->problems);
	put_int(json, "batches", verified->batches);
	put_int(json, "frames", verified->frames);
	put_int(json, "captures", verified->captures);
	put_int(json, "checked_bytes", verified->packed);
	put_int(json, "part_bytes", verified->packed_all);
	put_int(json, "left_bytes", verified->packed_left);
	put_int(json, "left_captures", verified->captures_left);
	put_bool(json, "left_catalog", verified->catalog_left);
	put_str(json, "round_began", verified->began[0] == '\0' ? NULL :
	    verified->began);
	put_bool(json, "round_complete", verified->complete);
	put_int(json, "round_problems", verified->round_problems);
	return finish(&row, err);
}
