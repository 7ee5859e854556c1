/*
 * Lines of the metadata log, read.  Owner of jansson.
 */
#include <jansson.h>

#include "base/err.h"
#include "base/mem.h"
#include "store/record_internal.h"

enum { LINE_MAX_BYTES = 16 << 20, SIGHTINGS_MAX = 100000, TAGS_MAX = 1000,
	SERVES_MAX = 100000 };

static int
date_source_of(const char *name)
{
	for (int i = PM_DATE_RECORD; i <= PM_DATE_CRAWL; i++)
		if (strcmp(name, pm_date_source_name(i)) == 0)
			return i;
	return PM_DATE_NONE;
}

/* Carries the first fault through a sequence of gets. */
struct reader {
	json_t *object;
	struct pm_arena *arena;
	struct pm_err *err;
	int status;
};

static void
bad(struct reader *reader, const char *key)
{
	if (reader->status == PM_OK)
		reader->status = pm_fail(reader->err, PM_ECORRUPT,
		    "metadata line: bad or missing \"%s\"", key);
}

static void
copy_string(struct reader *reader, struct pm_bytes *out, json_t *value,
    const char *key)
{
	const char *s = json_string_value(value);
	size_t n = json_string_length(value);

	*out = (struct pm_bytes){ 0 };
	if (s == NULL) {
		bad(reader, key);
		return;
	}
	out->p = pm_arena_copy(reader->arena, s, n, reader->err);
	out->n = n;
	if (out->p == NULL && reader->status == PM_OK)
		reader->status = PM_ENOMEM;
}

static struct pm_bytes
get_string(struct reader *reader, const char *key)
{
	json_t *value = json_object_get(reader->object, key);
	struct pm_bytes out;

	copy_string(reader, &out, value, key);
	return out;
}

static struct pm_bytes
get_optional(struct reader *reader, const char *key)
{
	if (json_object_get(reader->object, key) == NULL)
		return (struct pm_bytes){ 0 };
	return get_string(reader, key);
}

static int
hex_value(uint8_t digit)
{
	return digit >= '0' && digit <= '9' ? digit - '0' :
	    digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* A string under key, or its bytes in hexadecimal under hex_key. */
static struct pm_bytes
get_bytes(struct reader *reader, const char *key, const char *hex_key)
{
	struct pm_bytes hex, out = { 0 };
	uint8_t *p;

	if (json_object_get(reader->object, hex_key) == NULL)
		return get_string(reader, key);
	hex = get_string(reader, hex_key);
	if (reader->status != PM_OK)
		return out;
	if ((p = pm_arena_alloc(reader->arena, hex.n / 2, reader->err)) ==
	    NULL) {
		reader->status = PM_ENOMEM;
		return out;
	}
	for (size_t i = 0; i + 1 < hex.n; i += 2) {
		int high = hex_value(hex.p[i]), low = hex_value(hex.p[i + 1]);

		if (high < 0 || low < 0)
			bad(reader, hex_key);
		else
			p[i / 2] = (uint8_t)(high << 4 | low);
	}
	if (hex.n % 2 != 0)
		bad(reader, hex_key);
	return (struct pm_bytes){ p, hex.n / 2 };
}

static int64_t
get_int(struct reader *reader, const char *key, int64_t low, int64_t high)
{
	json_t *value = json_object_get(reader->object, key);
	int64_t number = json_integer_value(value);

	if (!json_is_integer(value) || number < low || number > high) {
		bad(reader, key);
		return low;
	}
	return number;
}

static int64_t
get_optional_int(struct reader *reader, const char *key, int64_t low,
    int64_t high, int64_t otherwise)
{
	if (json_object_get(reader->object, key) == NULL)
		return otherwise;
	return get_int(reader, key, low, high);
}

static uint64_t
get_number(struct reader *reader, const char *key)
{
	return (uint64_t)get_int(reader, key, 1, INT64_MAX);
}

static void
read_when(struct reader *reader, struct pm_when *out, json_t *text,
    json_t *precision, const char *key)
{
	const char *s = json_string_value(text);
	const char *name = json_string_value(precision);

	if (s == NULL || name == NULL ||
	    !pm_when_parse(out, pm_bytes_of(s), NULL) ||
	    (out->precision = pm_precision_of_name(pm_bytes_of(name))) == 0) {
		*out = (struct pm_when){ 0 };
		bad(reader, key);
	}
}

static int64_t
get_time(struct reader *reader, const char *key)
{
	const char *s = json_string_value(json_object_get(reader->object,
	    key));
	struct pm_when when = { 0 };

	if (s == NULL || !pm_when_parse(&when, pm_bytes_of(s), NULL))
		bad(reader, key);
	return when.utc_seconds;
}

static void
read_tags(struct reader *reader, const struct pm_bytes **out, size_t *out_n,
    json_t *tags, const char *key)
{
	size_t n = json_array_size(tags);
	struct pm_bytes *tag;

	if (!json_is_array(tags) || n > TAGS_MAX) {
		bad(reader, key);
		return;
	}
	tag = pm_arena_alloc(reader->arena, n * sizeof *tag, reader->err);
	if (tag == NULL) {
		reader->status = PM_ENOMEM;
		return;
	}
	for (size_t i = 0; i < n; i++)
		copy_string(reader, &tag[i], json_array_get(tags, i), key);
	*out = tag;
	*out_n = n;
}

static void
read_sighting(struct reader *reader, struct pm_log_sighting *sighting,
    json_t *array)
{
	json_t *number = json_array_get(array, 0);
	size_t n = json_array_size(array);

	*sighting = (struct pm_log_sighting){ 0 };
	if (!json_is_integer(number) || json_integer_value(number) < 1 ||
	    n < 2 || n == 4) {
		bad(reader, "teasers");
		return;
	}
	sighting->teaser = (uint64_t)json_integer_value(number);
	read_tags(reader, &sighting->tag, &sighting->tag_n,
	    json_array_get(array, 1), "teasers");
	if (n == 3 || n > 5)
		copy_string(reader, &sighting->url,
		    json_array_get(array, n == 3 ? 2 : 5), "teasers");
	if (n < 5)
		return;
	copy_string(reader, &sighting->time_text, json_array_get(array, 2),
	    "teasers");
	read_when(reader, &sighting->when, json_array_get(array, 3),
	    json_array_get(array, 4), "teasers");
}

static void
read_sightings(struct reader *reader, struct pm_log_capture *capture)
{
	json_t *array = json_object_get(reader->object, "teasers");
	size_t n = json_array_size(array);
	struct pm_log_sighting *sighting;

	if (array == NULL)
		return;
	if (!json_is_array(array) || n > SIGHTINGS_MAX) {
		bad(reader, "teasers");
		return;
	}
	sighting = pm_arena_alloc(reader->arena, n * sizeof *sighting,
	    reader->err);
	if (sighting == NULL) {
		reader->status = PM_ENOMEM;
		return;
	}
	for (size_t i = 0; i < n; i++)
		read_sighting(reader, &sighting[i], json_array_get(array, i));
	capture->sighting = sighting;
	capture->sighting_n = n;
}

static int
read_kind(struct reader *reader)
{
	const char *name = json_string_value(json_object_get(reader->object,
	    "kind"));

	if (name == NULL || strcmp(name, "page") == 0)
		return PM_CAPTURE_PAGE;
	if (strcmp(name, "list") == 0)
		return PM_CAPTURE_LIST;
	if (strcmp(name, "records") == 0)
		return PM_CAPTURE_RECORDS;
	if (strcmp(name, "opaque") != 0)
		bad(reader, "kind");
	return PM_CAPTURE_OPAQUE;
}

static int32_t
read_date(struct reader *reader, struct pm_when *out, json_t *date,
    const char *key)
{
	const char *name = json_string_value(json_array_get(date, 2));
	int32_t source = name == NULL ? PM_DATE_NONE : date_source_of(name);

	read_when(reader, out, json_array_get(date, 0),
	    json_array_get(date, 1), key);
	if (source == PM_DATE_NONE)
		bad(reader, key);
	return source;
}

static void
read_other_dates(struct reader *reader, struct pm_log_capture *capture,
    json_t *array)
{
	size_t n = json_array_size(array);
	struct pm_log_date *date;

	if (!json_is_array(array) || n > TAGS_MAX) {
		bad(reader, "other_dates");
		return;
	}
	date = pm_arena_alloc(reader->arena, n * sizeof *date, reader->err);
	if (date == NULL) {
		reader->status = PM_ENOMEM;
		return;
	}
	for (size_t i = 0; i < n; i++)
		date[i].source = read_date(reader, &date[i].when,
		    json_array_get(array, i), "other_dates");
	capture->other_date = date;
	capture->other_date_n = n;
}

static void
read_stated(struct reader *reader, struct pm_log_capture *capture)
{
	json_t *others = json_object_get(reader->object, "other_dates");
	json_t *modified = json_object_get(reader->object, "modified");
	json_t *tags = json_object_get(reader->object, "tags");

	if (others != NULL)
		read_other_dates(reader, capture, others);
	if (modified != NULL)
		read_when(reader, &capture->modified,
		    json_array_get(modified, 0), json_array_get(modified, 1),
		    "modified");
	if (tags != NULL)
		read_tags(reader, &capture->tag, &capture->tag_n, tags,
		    "tags");
	capture->title = get_optional(reader, "title");
	capture->url = get_optional(reader, "url");
	capture->source = get_optional(reader, "source");
	capture->lang = get_optional(reader, "lang");
	capture->payload = get_optional(reader, "payload");
	capture->revisit = json_is_true(json_object_get(reader->object,
	    "revisit"));
	capture->text_only = json_is_true(json_object_get(reader->object,
	    "text_only"));
	capture->redacted = json_is_true(json_object_get(reader->object,
	    "redacted"));
	capture->file = (uint64_t)get_optional_int(reader, "file", 1,
	    INT64_MAX, 0);
}

static void
read_capture(struct reader *reader, struct pm_log_capture *capture)
{
	json_t *date = json_object_get(reader->object, "date");

	capture->number = get_number(reader, "capture");
	capture->path = get_bytes(reader, "path", "path_hex");
	capture->input = get_bytes(reader, "input", "input_hex");
	capture->crawled = get_time(reader, "crawled");
	capture->mtime_ns = get_optional_int(reader, "mtime_ns", INT64_MIN,
	    INT64_MAX, pm_log_nanoseconds(capture->crawled));
	capture->mode = (uint32_t)get_optional_int(reader, "mode", 0, 07777,
	    0644);
	capture->bytes = (uint64_t)get_int(reader, "bytes", 0, INT64_MAX);
	capture->kind = read_kind(reader);
	capture->reason = get_optional(reader, "reason");
	capture->article = (uint64_t)get_optional_int(reader, "shows", 1,
	    INT64_MAX, 0);
	capture->like = (uint64_t)get_optional_int(reader, "like", 1,
	    INT64_MAX, 0);
	if (date != NULL)
		capture->date_source = read_date(reader, &capture->date, date,
		    "date");
	read_stated(reader, capture);
	read_sightings(reader, capture);
}

static void
read_run(struct reader *reader, struct pm_log_run *run)
{
	run->number = get_number(reader, "run");
	run->started = get_time(reader, "started");
	run->version = get_string(reader, "version");
	run->unicode = get_string(reader, "unicode");
	run->normalizer = (int32_t)get_int(reader, "normalizer", 0, INT32_MAX);
	run->page_rules = (int32_t)get_int(reader, "page_rules", 0, INT32_MAX);
	run->inputs = get_bytes(reader, "inputs", "inputs_hex");
	run->policy = get_string(reader, "policy");
}

static void
read_serves(struct reader *reader, struct pm_log_link *link)
{
	json_t *array = json_object_get(reader->object, "serves");
	size_t n = json_array_size(array);
	uint64_t *serves;

	if (array == NULL)
		return;
	if (!json_is_array(array) || n > SERVES_MAX) {
		bad(reader, "serves");
		return;
	}
	serves = pm_arena_alloc(reader->arena, n * sizeof *serves,
	    reader->err);
	if (serves == NULL) {
		reader->status = PM_ENOMEM;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		json_t *number = json_array_get(array, i);

		serves[i] = (uint64_t)json_integer_value(number);
		if (!json_is_integer(number) || json_integer_value(number) < 1)
			bad(reader, "serves");
	}
	link->serves = serves;
	link->serves_n = n;
}

static double
get_share(struct reader *reader, const char *key)
{
	json_t *value = json_object_get(reader->object, key);
	double share = json_number_value(value);

	if (!json_is_number(value) || !(share >= 0 && share <= 1))
		bad(reader, key);
	return share;
}

static void
read_link(struct reader *reader, struct pm_log_link *link)
{
	const char *evidence = json_string_value(json_object_get(
	    reader->object, "evidence"));

	link->teaser = get_number(reader, "link");
	link->article = (uint64_t)get_int(reader, "to", 0, INT64_MAX);
	if (link->article == 0)
		return;
	if ((link->evidence = pm_evidence_of_name(evidence)) == 0)
		bad(reader, "evidence");
	link->score = get_share(reader, "score");
	link->ambiguous = json_is_true(json_object_get(reader->object,
	    "ambiguous"));
	read_serves(reader, link);
}

static void
read_relation(struct reader *reader, struct pm_log_relation *relation)
{
	const char *name = json_string_value(json_object_get(reader->object,
	    "as"));

	relation->a = get_number(reader, "relation");
	relation->b = get_number(reader, "to");
	if (relation->a >= relation->b)
		bad(reader, "to");
	if (name != NULL && strcmp(name, "none") == 0)
		return;
	for (int i = PM_RELATION_UPDATE; i <= PM_RELATION_CONTAINS; i++)
		if (name != NULL && strcmp(name, pm_relation_name(i)) == 0)
			relation->kind = i;
	if (relation->kind == PM_RELATION_NONE)
		bad(reader, "as");
	relation->jaccard = get_share(reader, "jaccard");
	relation->containment = get_share(reader, "containment");
}

/* ---- forget ---- */

/* An array of the object, and room for what it holds; NULL: there is none. */
static json_t *
get_array(struct reader *reader, const char *key, void **room, size_t size)
{
	json_t *array = json_object_get(reader->object, key);
	size_t n = json_array_size(array);

	if (array == NULL)
		return NULL;
	if (!json_is_array(array) || n > PM_LOG_GONE_MAX) {
		bad(reader, key);
		return NULL;
	}
	*room = pm_arena_alloc(reader->arena, n * size, reader->err);
	if (*room != NULL)
		return array;
	reader->status = PM_ENOMEM;
	return NULL;
}

static uint64_t
number_at(struct reader *reader, json_t *array, size_t i, int64_t low,
    const char *key)
{
	json_t *value = json_array_get(array, i);

	if (!json_is_integer(value) || json_integer_value(value) < low)
		bad(reader, key);
	return (uint64_t)json_integer_value(value);
}

static void
hex_at(struct reader *reader, uint8_t *out, size_t n, json_t *array, size_t i,
    const char *key)
{
	json_t *value = json_array_get(array, i);
	const char *s = json_string_value(value);

	memset(out, 0, n);
	if (s == NULL || json_string_length(value) != 2 * n) {
		bad(reader, key);
		return;
	}
	for (size_t k = 0; k < n; k++) {
		int high = hex_value((uint8_t)s[2 * k]);
		int low = hex_value((uint8_t)s[2 * k + 1]);

		if (high < 0 || low < 0)
			bad(reader, key);
		else
			out[k] = (uint8_t)(high << 4 | low);
	}
}

static void
read_gone_articles(struct reader *reader, struct pm_log_forget *forget)
{
	const char *key = "articles";
	struct pm_log_gone_article *gone;
	void *room;
	json_t *array = get_array(reader, key, &room, sizeof *gone);

	if (array == NULL)
		return;
	gone = room;
	for (size_t i = 0; i < json_array_size(array); i++) {
		json_t *row = json_array_get(array, i);

		gone[i].number = number_at(reader, row, 0, 0, key);
		hex_at(reader, gone[i].sha256, PM_SHA256_BYTES, row, 1, key);
		gone[i].norm = number_at(reader, row, 2, 0, key);
	}
	forget->article = gone;
	forget->article_n = json_array_size(array);
}

static void
read_gone_teasers(struct reader *reader, struct pm_log_forget *forget)
{
	const char *key = "teasers";
	struct pm_log_gone_teaser *gone;
	void *room;
	json_t *array = get_array(reader, key, &room, sizeof *gone);

	if (array == NULL)
		return;
	gone = room;
	for (size_t i = 0; i < json_array_size(array); i++) {
		json_t *row = json_array_get(array, i);

		gone[i].number = number_at(reader, row, 0, 0, key);
		hex_at(reader, gone[i].sha256, sizeof gone[i].sha256, row, 1,
		    key);
		gone[i].has_marks = json_array_size(row) > 2;
		gone[i].start = !gone[i].has_marks ? 0 :
		    (int64_t)number_at(reader, row, 2, INT32_MIN, key);
		gone[i].marks = !gone[i].has_marks ? 0 :
		    (int64_t)number_at(reader, row, 3, 0, key);
	}
	forget->teaser = gone;
	forget->teaser_n = json_array_size(array);
}

static const uint64_t *
read_keys(struct reader *reader, size_t *n, const char *key)
{
	uint8_t bytes[8];
	uint64_t *out;
	void *room;
	json_t *array = get_array(reader, key, &room, sizeof *out);

	*n = json_array_size(array);
	if (array == NULL)
		return NULL;
	out = room;
	for (size_t i = 0; i < *n; i++) {
		hex_at(reader, bytes, sizeof bytes, array, i, key);
		out[i] = 0;
		for (int k = 0; k < 8; k++)
			out[i] = out[i] << 8 | bytes[k];
	}
	return out;
}

static void
read_forget(struct reader *reader, struct pm_log_forget *forget)
{
	uint64_t *capture;
	void *room;
	json_t *array;

	forget->number = get_number(reader, "forget");
	forget->at = get_time(reader, "at");
	forget->run = (uint64_t)get_int(reader, "run", 0, INT64_MAX);
	forget->url = get_optional(reader, "url");
	read_gone_articles(reader, forget);
	read_gone_teasers(reader, forget);
	array = get_array(reader, "captures", &room, sizeof *capture);
	if (array != NULL) {
		capture = room;
		forget->capture_n = json_array_size(array);
		for (size_t i = 0; i < forget->capture_n; i++)
			capture[i] = number_at(reader, array, i, 1,
			    "captures");
		forget->capture = capture;
	}
	forget->begins = read_keys(reader, &forget->begins_n, "begins");
	forget->address = read_keys(reader, &forget->address_n, "addresses");
	forget->payload = read_keys(reader, &forget->payload_n, "payloads");
}

static bool
has(struct reader *reader, const char *key)
{
	return json_object_get(reader->object, key) != NULL;
}

static void
read_digest(struct reader *reader, uint8_t out[PM_SHA256_BYTES])
{
	struct pm_bytes hex = get_string(reader, "sha256");

	for (size_t i = 0; i < PM_SHA256_BYTES; i++) {
		int high = hex.n == 2 * PM_SHA256_BYTES ?
		    hex_value(hex.p[2 * i]) : -1;
		int low = high < 0 ? -1 : hex_value(hex.p[2 * i + 1]);

		if (low < 0) {
			bad(reader, "sha256");
			return;
		}
		out[i] = (uint8_t)(high << 4 | low);
	}
}

static void
read_lost(struct reader *reader, struct pm_log_lost *lost)
{
	const char *name = json_string_value(json_object_get(reader->object,
	    "lost"));

	for (int i = PM_LOST_CAPTURE; i <= PM_LOST_BATCH; i++)
		if (name != NULL && strcmp(name, pm_lost_name(i)) == 0)
			lost->what = i;
	if (lost->what == 0)
		bad(reader, "lost");
	lost->number = get_number(reader, "number");
	lost->to = (uint64_t)get_optional_int(reader, "to",
	    (int64_t)lost->number, INT64_MAX, (int64_t)lost->number);
	if (has(reader, "path") || has(reader, "path_hex"))
		lost->path = get_bytes(reader, "path", "path_hex");
	lost->has_crawled = has(reader, "crawled");
	if (lost->has_crawled)
		lost->crawled = get_time(reader, "crawled");
	lost->bytes = (uint64_t)get_optional_int(reader, "bytes", 0,
	    INT64_MAX, 0);
	lost->title = get_optional(reader, "title");
	lost->has_sha256 = has(reader, "sha256");
	if (lost->has_sha256)
		read_digest(reader, lost->sha256);
}

static void
read_record(struct reader *reader, struct pm_log_record *out)
{
	if (has(reader, "lost")) {
		out->kind = PM_LOG_LOST;
		read_lost(reader, &out->u.lost);
		return;
	}
	if (has(reader, "forget")) {
		out->kind = PM_LOG_FORGET;
		read_forget(reader, &out->u.forget);
	} else if (has(reader, "capture")) {
		out->kind = PM_LOG_CAPTURE;
		read_capture(reader, &out->u.capture);
	} else if (has(reader, "article")) {
		out->kind = PM_LOG_ARTICLE;
		out->u.article.number = get_number(reader, "article");
		out->u.article.bytes = (uint64_t)get_int(reader, "bytes", 1,
		    INT64_MAX);
		out->u.article.same = (uint64_t)get_optional_int(reader,
		    "same", 1, INT64_MAX, 0);
		out->u.article.title = get_optional(reader, "title");
		out->u.article.lang = get_optional(reader, "lang");
		if (out->u.article.lang.n > 0)
			out->u.article.lang_score = get_share(reader,
			    "lang_score");
	} else if (has(reader, "teaser")) {
		out->kind = PM_LOG_TEASER;
		out->u.teaser.number = get_number(reader, "teaser");
		out->u.teaser.title = get_string(reader, "title");
		out->u.teaser.snippet = get_string(reader, "snippet");
	} else if (has(reader, "link")) {
		out->kind = PM_LOG_LINK;
		read_link(reader, &out->u.link);
	} else if (has(reader, "relation")) {
		out->kind = PM_LOG_RELATION;
		read_relation(reader, &out->u.relation);
	} else if (has(reader, "run")) {
		out->kind = PM_LOG_RUN;
		read_run(reader, &out->u.run);
	} else if (has(reader, "run_end")) {
		out->kind = PM_LOG_RUN_END;
		out->u.run_end.number = get_number(reader, "run_end");
		out->u.run_end.finished = get_time(reader, "finished");
		out->u.run_end.known = (uint64_t)get_int(reader, "known", 0,
		    INT64_MAX);
	} else {
		bad(reader, "kind of record");
	}
}

int
pm_log_decode(struct pm_log_record *out, struct pm_arena *arena,
    struct pm_bytes lines, size_t *at, struct pm_err *err)
{
	struct reader reader = { .arena = arena, .err = err };
	struct pm_log_record record = { 0 };
	const uint8_t *newline;
	json_error_t fault;
	size_t n;

	if (*at >= lines.n)
		return PM_END;
	newline = memchr(lines.p + *at, '\n', lines.n - *at);
	if (newline == NULL)
		return pm_fail(err, PM_ECORRUPT,
		    "metadata line is cut short");
	n = (size_t)(newline - (lines.p + *at));
	if (n > LINE_MAX_BYTES)
		return pm_fail(err, PM_ECORRUPT, "metadata line is too long");
	reader.object = json_loadb((const char *)lines.p + *at, n,
	    JSON_REJECT_DUPLICATES, &fault);
	if (!json_is_object(reader.object)) {
		json_decref(reader.object);
		return pm_fail(err, PM_ECORRUPT, "metadata line: %s",
		    fault.text);
	}
	read_record(&reader, &record);
	json_decref(reader.object);
	if (reader.status == PM_OK) {
		*out = record;
		*at += n + 1;
	}
	return reader.status;
}
