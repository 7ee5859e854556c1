/*
 * Lines of the metadata log, written.
 */
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "store/record_internal.h"

/* Bytes that may be no UTF-8 get another key and hexadecimal digits, because
 * JSON readers disagree about anything else. */
static void
put_bytes(struct pm_json *json, const char *key, const char *hex_key,
    struct pm_bytes value)
{
	size_t bad;

	if (pm_utf8_valid(value, &bad) &&
	    (value.n == 0 || memchr(value.p, 0, value.n) == NULL)) {
		pm_json_key(json, key);
		pm_json_string(json, value);
		return;
	}
	pm_json_key(json, hex_key);
	struct pm_buf hex;

	pm_buf_init(&hex);
	if (json->status == PM_OK)
		json->status = pm_buf_reserve(&hex, 2 * value.n + 1,
		    json->err);
	if (json->status == PM_OK) {
		pm_hex((char *)hex.p, value.p, value.n);
		pm_json_string(json, (struct pm_bytes){ hex.p, 2 * value.n });
	}
	pm_buf_clear(&hex);
}

static void
put_int(struct pm_json *json, const char *key, int64_t value)
{
	pm_json_key(json, key);
	pm_json_int(json, value);
}

static void
put_time(struct pm_json *json, const char *key, int64_t seconds)
{
	struct pm_when when = { .utc_seconds = seconds,
	    .precision = PM_MINUTE };
	char text[PM_WHEN_CHARS];
	size_t n = pm_when_format(text, &when);

	pm_json_key(json, key);
	pm_json_string(json, (struct pm_bytes){ (uint8_t *)text, n });
}

static void
put_when(struct pm_json *json, const struct pm_when *when)
{
	char text[PM_WHEN_CHARS];
	size_t n = pm_when_format(text, when);

	pm_json_string(json, (struct pm_bytes){ (uint8_t *)text, n });
	pm_json_str(json, pm_precision_name(when->precision));
}

static void
put_run(struct pm_json *json, const struct pm_log_run *run)
{
	put_int(json, "run", (int64_t)run->number);
	put_time(json, "started", run->started);
	pm_json_key(json, "version");
	pm_json_string(json, run->version);
	put_int(json, "normalizer", run->normalizer);
	pm_json_key(json, "unicode");
	pm_json_string(json, run->unicode);
	put_int(json, "page_rules", run->page_rules);
	put_bytes(json, "inputs", "inputs_hex", run->inputs);
	pm_json_key(json, "policy");
	pm_json_string(json, run->policy);
}

static void
put_article(struct pm_json *json, const struct pm_log_article *article)
{
	put_int(json, "article", (int64_t)article->number);
	put_int(json, "bytes", (int64_t)article->bytes);
	if (article->same != 0)
		put_int(json, "same", (int64_t)article->same);
	if (article->title.n > 0) {
		pm_json_key(json, "title");
		pm_json_string(json, article->title);
	}
	if (article->lang.n > 0) {
		pm_json_key(json, "lang");
		pm_json_string(json, article->lang);
		pm_json_key(json, "lang_score");
		pm_json_real(json, article->lang_score);
	}
}

static void
put_sighting(struct pm_json *json, const struct pm_log_sighting *sighting)
{
	pm_json_array(json);
	pm_json_int(json, (int64_t)sighting->teaser);
	pm_json_array(json);
	for (size_t i = 0; i < sighting->tag_n; i++)
		pm_json_string(json, sighting->tag[i]);
	pm_json_array_end(json);
	if (sighting->time_text.n > 0) {
		pm_json_string(json, sighting->time_text);
		put_when(json, &sighting->when);
	}
	if (sighting->url.n > 0)
		pm_json_string(json, sighting->url);
	pm_json_array_end(json);
}

static void
put_date(struct pm_json *json, const struct pm_when *when, int source)
{
	pm_json_array(json);
	put_when(json, when);
	pm_json_str(json, pm_date_source_name(source));
	pm_json_array_end(json);
}

static void
put_string(struct pm_json *json, const char *key, struct pm_bytes value)
{
	if (value.n > 0) {
		pm_json_key(json, key);
		pm_json_string(json, value);
	}
}

/* What a page says of itself beside its text. */
static void
put_stated(struct pm_json *json, const struct pm_log_capture *capture)
{
	if (capture->other_date_n > 0) {
		pm_json_key(json, "other_dates");
		pm_json_array(json);
		for (size_t i = 0; i < capture->other_date_n; i++)
			put_date(json, &capture->other_date[i].when,
			    capture->other_date[i].source);
		pm_json_array_end(json);
	}
	if (capture->modified.precision != 0) {
		pm_json_key(json, "modified");
		pm_json_array(json);
		put_when(json, &capture->modified);
		pm_json_array_end(json);
	}
	put_string(json, "title", capture->title);
	put_string(json, "url", capture->url);
	put_string(json, "source", capture->source);
	put_string(json, "lang", capture->lang);
	if (capture->tag_n > 0) {
		pm_json_key(json, "tags");
		pm_json_array(json);
		for (size_t i = 0; i < capture->tag_n; i++)
			pm_json_string(json, capture->tag[i]);
		pm_json_array_end(json);
	}
	if (capture->text_only) {
		pm_json_key(json, "text_only");
		pm_json_bool(json, true);
	}
	if (capture->redacted) {
		pm_json_key(json, "redacted");
		pm_json_bool(json, true);
	}
	put_string(json, "payload", capture->payload);
	if (capture->revisit) {
		pm_json_key(json, "revisit");
		pm_json_bool(json, true);
	}
}

static void
put_capture(struct pm_json *json, const struct pm_log_capture *capture)
{
	put_int(json, "capture", (int64_t)capture->number);
	put_bytes(json, "path", "path_hex", capture->path);
	put_time(json, "crawled", capture->crawled);
	if (capture->mtime_ns != pm_log_nanoseconds(capture->crawled))
		put_int(json, "mtime_ns", capture->mtime_ns);
	if (capture->mode != 0644)
		put_int(json, "mode", capture->mode);
	put_int(json, "bytes", (int64_t)capture->bytes);
	put_bytes(json, "input", "input_hex", capture->input);
	if (capture->kind != PM_CAPTURE_PAGE) {
		pm_json_key(json, "kind");
		pm_json_str(json, pm_capture_kind_name(capture->kind));
	}
	if (capture->reason.n > 0) {
		pm_json_key(json, "reason");
		pm_json_string(json, capture->reason);
	}
	if (capture->like != 0)
		put_int(json, "like", (int64_t)capture->like);
	if (capture->article != 0)
		put_int(json, "shows", (int64_t)capture->article);
	if (capture->date.precision != 0) {
		pm_json_key(json, "date");
		put_date(json, &capture->date, capture->date_source);
	}
	if (capture->file != 0)
		put_int(json, "file", (int64_t)capture->file);
	put_stated(json, capture);
	if (capture->sighting_n == 0)
		return;
	pm_json_key(json, "teasers");
	pm_json_array(json);
	for (size_t i = 0; i < capture->sighting_n; i++)
		put_sighting(json, &capture->sighting[i]);
	pm_json_array_end(json);
}

static void
put_link(struct pm_json *json, const struct pm_log_link *link)
{
	put_int(json, "link", (int64_t)link->teaser);
	put_int(json, "to", (int64_t)link->article);
	if (link->article == 0)
		return;
	pm_json_key(json, "evidence");
	pm_json_str(json, pm_evidence_name(link->evidence));
	pm_json_key(json, "score");
	pm_json_real(json, link->score);
	if (link->ambiguous) {
		pm_json_key(json, "ambiguous");
		pm_json_bool(json, true);
	}
	if (link->serves_n == 0)
		return;
	pm_json_key(json, "serves");
	pm_json_array(json);
	for (size_t i = 0; i < link->serves_n; i++)
		pm_json_int(json, (int64_t)link->serves[i]);
	pm_json_array_end(json);
}

static void
put_relation(struct pm_json *json, const struct pm_log_relation *relation)
{
	put_int(json, "relation", (int64_t)relation->a);
	put_int(json, "to", (int64_t)relation->b);
	pm_json_key(json, "as");
	if (relation->kind == PM_RELATION_NONE) {
		pm_json_str(json, "none");
		return;
	}
	pm_json_str(json, pm_relation_name(relation->kind));
	pm_json_key(json, "jaccard");
	pm_json_real(json, relation->jaccard);
	pm_json_key(json, "containment");
	pm_json_real(json, relation->containment);
}

static void
put_hex(struct pm_json *json, const uint8_t *p, size_t n)
{
	char text[2 * PM_SHA256_BYTES + 1];

	pm_hex(text, p, n);
	pm_json_string(json, (struct pm_bytes){ (uint8_t *)text, 2 * n });
}

static void
put_gone_articles(struct pm_json *json, const struct pm_log_forget *forget)
{
	if (forget->article_n == 0)
		return;
	pm_json_key(json, "articles");
	pm_json_array(json);
	for (size_t i = 0; i < forget->article_n; i++) {
		pm_json_array(json);
		pm_json_int(json, (int64_t)forget->article[i].number);
		put_hex(json, forget->article[i].sha256, PM_SHA256_BYTES);
		pm_json_int(json, (int64_t)forget->article[i].norm);
		pm_json_array_end(json);
	}
	pm_json_array_end(json);
}

static void
put_gone_teasers(struct pm_json *json, const struct pm_log_forget *forget)
{
	if (forget->teaser_n == 0)
		return;
	pm_json_key(json, "teasers");
	pm_json_array(json);
	for (size_t i = 0; i < forget->teaser_n; i++) {
		const struct pm_log_gone_teaser *gone = &forget->teaser[i];

		pm_json_array(json);
		pm_json_int(json, (int64_t)gone->number);
		put_hex(json, gone->sha256, sizeof gone->sha256);
		if (gone->has_marks) {
			pm_json_int(json, gone->start);
			pm_json_int(json, gone->marks);
		}
		pm_json_array_end(json);
	}
	pm_json_array_end(json);
}

/* Keys use all 64 bits, which JSON's numbers do not hold everywhere. */
static void
put_keys(struct pm_json *json, const char *name, const uint64_t *key,
    size_t n)
{
	uint8_t bytes[8];

	if (n == 0)
		return;
	pm_json_key(json, name);
	pm_json_array(json);
	for (size_t i = 0; i < n; i++) {
		for (int k = 0; k < 8; k++)
			bytes[k] = (uint8_t)(key[i] >> (56 - 8 * k));
		put_hex(json, bytes, sizeof bytes);
	}
	pm_json_array_end(json);
}

static void
put_forget(struct pm_json *json, const struct pm_log_forget *forget)
{
	put_int(json, "forget", (int64_t)forget->number);
	put_time(json, "at", forget->at);
	put_int(json, "run", (int64_t)forget->run);
	put_string(json, "url", forget->url);
	put_gone_articles(json, forget);
	put_gone_teasers(json, forget);
	if (forget->capture_n > 0) {
		pm_json_key(json, "captures");
		pm_json_array(json);
		for (size_t i = 0; i < forget->capture_n; i++)
			pm_json_int(json, (int64_t)forget->capture[i]);
		pm_json_array_end(json);
	}
	put_keys(json, "begins", forget->begins, forget->begins_n);
	put_keys(json, "addresses", forget->address, forget->address_n);
	put_keys(json, "payloads", forget->payload, forget->payload_n);
}

static void
put_lost(struct pm_json *json, const struct pm_log_lost *lost)
{
	char hex[2 * PM_SHA256_BYTES + 1];

	pm_json_key(json, "lost");
	pm_json_str(json, pm_lost_name(lost->what));
	put_int(json, "number", (int64_t)lost->number);
	if (lost->to != lost->number)
		put_int(json, "to", (int64_t)lost->to);
	if (lost->path.n > 0)
		put_bytes(json, "path", "path_hex", lost->path);
	if (lost->has_crawled)
		put_time(json, "crawled", lost->crawled);
	if (lost->bytes > 0)
		put_int(json, "bytes", (int64_t)lost->bytes);
	put_string(json, "title", lost->title);
	if (lost->has_sha256) {
		pm_hex(hex, lost->sha256, PM_SHA256_BYTES);
		pm_json_key(json, "sha256");
		pm_json_str(json, hex);
	}
}

int
pm_log_encode(struct pm_buf *out, const struct pm_log_record *record,
    struct pm_err *err)
{
	struct pm_json json;
	int rc;

	pm_json_begin(&json, out, err);
	pm_json_object(&json);
	switch (record->kind) {
	case PM_LOG_RUN:
		put_run(&json, &record->u.run);
		break;
	case PM_LOG_ARTICLE:
		put_article(&json, &record->u.article);
		break;
	case PM_LOG_TEASER:
		put_int(&json, "teaser", (int64_t)record->u.teaser.number);
		pm_json_key(&json, "title");
		pm_json_string(&json, record->u.teaser.title);
		pm_json_key(&json, "snippet");
		pm_json_string(&json, record->u.teaser.snippet);
		break;
	case PM_LOG_CAPTURE:
		put_capture(&json, &record->u.capture);
		break;
	case PM_LOG_LINK:
		put_link(&json, &record->u.link);
		break;
	case PM_LOG_RELATION:
		put_relation(&json, &record->u.relation);
		break;
	case PM_LOG_FORGET:
		put_forget(&json, &record->u.forget);
		break;
	case PM_LOG_LOST:
		put_lost(&json, &record->u.lost);
		break;
	case PM_LOG_RUN_END:
		put_int(&json, "run_end", (int64_t)record->u.run_end.number);
		put_time(&json, "finished", record->u.run_end.finished);
		put_int(&json, "known", (int64_t)record->u.run_end.known);
		break;
	}
	pm_json_object_end(&json);
	if ((rc = pm_json_finish(&json)) != PM_OK)
		return rc;
	return pm_buf_append_byte(out, '\n', err);
}
