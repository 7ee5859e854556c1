/* Lines of the metadata log: what is written is read back, and nothing else
 * is accepted or does harm. */
#include "support.h"

#include "store/record.h"

static struct pm_err err;
static struct pm_arena arena;
static struct pm_buf line;

static int
setup(void **state)
{
	(void)state;
	pm_arena_init(&arena);
	pm_buf_init(&line);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	pm_arena_clear(&arena);
	pm_buf_clear(&line);
	return 0;
}

static void
expect_bytes(struct pm_bytes a, struct pm_bytes b)
{
	if (!pm_bytes_equal(a, b))
		fail_msg("is \"%.*s\", not \"%.*s\"", (int)b.n,
		    b.n == 0 ? "" : (const char *)b.p, (int)a.n,
		    a.n == 0 ? "" : (const char *)a.p);
}

static void
expect_when(const struct pm_when *a, const struct pm_when *b)
{
	assert_int_equal(a->precision, b->precision);
	if (a->precision == 0)
		return;
	assert_true(a->utc_seconds == b->utc_seconds);
	assert_int_equal(a->offset_minutes, b->offset_minutes);
}

static void
expect_capture(const struct pm_log_capture *a, const struct pm_log_capture *b)
{
	assert_true(a->number == b->number);
	expect_bytes(a->path, b->path);
	expect_bytes(a->input, b->input);
	assert_true(a->crawled == b->crawled);
	assert_true(a->mtime_ns == b->mtime_ns);
	assert_int_equal(a->mode, b->mode);
	assert_true(a->bytes == b->bytes);
	assert_int_equal(a->kind, b->kind);
	expect_bytes(a->reason, b->reason);
	assert_true(a->article == b->article);
	assert_true(a->like == b->like);
	expect_when(&a->date, &b->date);
	assert_int_equal(a->date_source, b->date_source);
	assert_int_equal(a->other_date_n, b->other_date_n);
	for (size_t i = 0; i < a->other_date_n; i++) {
		expect_when(&a->other_date[i].when, &b->other_date[i].when);
		assert_int_equal(a->other_date[i].source,
		    b->other_date[i].source);
	}
	expect_when(&a->modified, &b->modified);
	assert_true(a->file == b->file);
	expect_bytes(a->title, b->title);
	expect_bytes(a->url, b->url);
	expect_bytes(a->source, b->source);
	expect_bytes(a->lang, b->lang);
	assert_int_equal(a->tag_n, b->tag_n);
	for (size_t i = 0; i < a->tag_n; i++)
		expect_bytes(a->tag[i], b->tag[i]);
	expect_bytes(a->payload, b->payload);
	assert_int_equal(a->revisit, b->revisit);
	assert_int_equal(a->text_only, b->text_only);
	assert_int_equal(a->redacted, b->redacted);
	assert_int_equal(a->sighting_n, b->sighting_n);
	for (size_t i = 0; i < a->sighting_n; i++) {
		const struct pm_log_sighting *x = &a->sighting[i];
		const struct pm_log_sighting *y = &b->sighting[i];

		assert_true(x->teaser == y->teaser);
		expect_bytes(x->url, y->url);
		assert_int_equal(x->tag_n, y->tag_n);
		for (size_t k = 0; k < x->tag_n; k++)
			expect_bytes(x->tag[k], y->tag[k]);
		expect_bytes(x->time_text, y->time_text);
		if (x->time_text.n > 0)
			expect_when(&x->when, &y->when);
	}
}

static void
expect_forget(const struct pm_log_forget *a, const struct pm_log_forget *b)
{
	assert_true(a->number == b->number);
	assert_true(a->run == b->run);
	assert_true(a->at == b->at);
	expect_bytes(a->url, b->url);
	assert_int_equal(a->article_n, b->article_n);
	for (size_t i = 0; i < a->article_n; i++) {
		assert_true(a->article[i].number == b->article[i].number);
		assert_true(a->article[i].norm == b->article[i].norm);
		assert_memory_equal(a->article[i].sha256,
		    b->article[i].sha256, PM_SHA256_BYTES);
	}
	assert_int_equal(a->teaser_n, b->teaser_n);
	for (size_t i = 0; i < a->teaser_n; i++) {
		assert_true(a->teaser[i].number == b->teaser[i].number);
		assert_int_equal(a->teaser[i].has_marks,
		    b->teaser[i].has_marks);
		assert_true(a->teaser[i].start == b->teaser[i].start);
		assert_true(a->teaser[i].marks == b->teaser[i].marks);
		assert_memory_equal(a->teaser[i].sha256, b->teaser[i].sha256,
		    16);
	}
	assert_int_equal(a->capture_n, b->capture_n);
	for (size_t i = 0; i < a->capture_n; i++)
		assert_true(a->capture[i] == b->capture[i]);
	assert_int_equal(a->begins_n, b->begins_n);
	for (size_t i = 0; i < a->begins_n; i++)
		assert_true(a->begins[i] == b->begins[i]);
	assert_int_equal(a->address_n, b->address_n);
	for (size_t i = 0; i < a->address_n; i++)
		assert_true(a->address[i] == b->address[i]);
	assert_int_equal(a->payload_n, b->payload_n);
	for (size_t i = 0; i < a->payload_n; i++)
		assert_true(a->payload[i] == b->payload[i]);
}

static void
expect_lost(const struct pm_log_lost *a, const struct pm_log_lost *b)
{
	assert_int_equal(a->what, b->what);
	assert_true(a->number == b->number && a->to == b->to);
	expect_bytes(a->path, b->path);
	expect_bytes(a->title, b->title);
	assert_true(a->bytes == b->bytes && a->crawled == b->crawled);
	assert_true(a->has_crawled == b->has_crawled);
	assert_int_equal(a->has_sha256, b->has_sha256);
	assert_memory_equal(a->sha256, b->sha256, PM_SHA256_BYTES);
}

static void
expect_record(const struct pm_log_record *a, const struct pm_log_record *b)
{
	assert_int_equal(a->kind, b->kind);
	switch (a->kind) {
	case PM_LOG_RELATION:
		assert_true(a->u.relation.a == b->u.relation.a);
		assert_true(a->u.relation.b == b->u.relation.b);
		assert_int_equal(a->u.relation.kind, b->u.relation.kind);
		assert_true(a->u.relation.jaccard == b->u.relation.jaccard);
		assert_true(a->u.relation.containment ==
		    b->u.relation.containment);
		break;
	case PM_LOG_RUN:
		assert_true(a->u.run.number == b->u.run.number);
		assert_true(a->u.run.started == b->u.run.started);
		expect_bytes(a->u.run.version, b->u.run.version);
		expect_bytes(a->u.run.unicode, b->u.run.unicode);
		expect_bytes(a->u.run.inputs, b->u.run.inputs);
		expect_bytes(a->u.run.policy, b->u.run.policy);
		assert_int_equal(a->u.run.normalizer, b->u.run.normalizer);
		assert_int_equal(a->u.run.page_rules, b->u.run.page_rules);
		break;
	case PM_LOG_ARTICLE:
		assert_true(a->u.article.number == b->u.article.number);
		assert_true(a->u.article.bytes == b->u.article.bytes);
		assert_true(a->u.article.same == b->u.article.same);
		expect_bytes(a->u.article.title, b->u.article.title);
		break;
	case PM_LOG_TEASER:
		assert_true(a->u.teaser.number == b->u.teaser.number);
		expect_bytes(a->u.teaser.title, b->u.teaser.title);
		expect_bytes(a->u.teaser.snippet, b->u.teaser.snippet);
		break;
	case PM_LOG_CAPTURE:
		expect_capture(&a->u.capture, &b->u.capture);
		break;
	case PM_LOG_LINK:
		assert_true(a->u.link.teaser == b->u.link.teaser);
		assert_true(a->u.link.article == b->u.link.article);
		assert_int_equal(a->u.link.evidence, b->u.link.evidence);
		assert_float_equal(a->u.link.score, b->u.link.score, 0.00006);
		assert_int_equal(a->u.link.ambiguous, b->u.link.ambiguous);
		break;
	case PM_LOG_FORGET:
		expect_forget(&a->u.forget, &b->u.forget);
		break;
	case PM_LOG_LOST:
		expect_lost(&a->u.lost, &b->u.lost);
		break;
	case PM_LOG_RUN_END:
		assert_true(a->u.run_end.number == b->u.run_end.number);
		assert_true(a->u.run_end.finished == b->u.run_end.finished);
		assert_true(a->u.run_end.known == b->u.run_end.known);
		break;
	}
}

static void
encode(const struct pm_log_record *record)
{
	pm_buf_reset(&line);
	assert_int_equal(pm_log_encode(&line, record, &err), PM_OK);
}

static int
decode(struct pm_log_record *out, struct pm_bytes bytes, size_t *at)
{
	pm_arena_reset(&arena);
	return pm_log_decode(out, &arena, bytes, at, &err);
}

/* One line, one newline, and back to the same record. */
static void
expect_round_trip(const struct pm_log_record *record)
{
	struct pm_log_record got;
	size_t at = 0, bad;

	encode(record);
	assert_true(line.n > 2);
	assert_ptr_equal(memchr(line.p, '\n', line.n), line.p + line.n - 1);
	assert_true(pm_bytes_equal(pm_bytes_of("{"),
	    (struct pm_bytes){ line.p, 1 }));
	for (bad = 0; bad < line.n - 1; bad++)
		assert_true(line.p[bad] >= 0x20);
	if (decode(&got, pm_buf_bytes(&line), &at) != PM_OK)
		fail_msg("%s: %.*s", err.text, (int)line.n, (char *)line.p);
	assert_int_equal(at, line.n);
	expect_record(record, &got);
	assert_int_equal(decode(&got, pm_buf_bytes(&line), &at), PM_END);
}

static void
expect_line(const struct pm_log_record *record, const char *expected)
{
	expect_round_trip(record);
	expect_bytes(pm_bytes_of(expected), pm_buf_bytes(&line));
}

/* ---- each kind as FORMAT.md shows it ---- */

static void
test_run(void **state)
{
	struct pm_log_record record = { .kind = PM_LOG_RUN, .u.run = {
	    .number = 3, .started = 1739347800,
	    .version = pm_bytes_of("0.1.0"), .unicode = pm_bytes_of("15.1"),
	    .inputs = pm_bytes_of("a\nb/c"),
	    .policy = pm_bytes_of("near=0.8000"), .normalizer = 1,
	    .page_rules = 2 } };

	(void)state;
	expect_line(&record, "{\"run\":3,\"started\":\"2025-02-12T08:10:00Z\","
	    "\"version\":\"0.1.0\",\"normalizer\":1,\"unicode\":\"15.1\","
	    "\"page_rules\":2,\"inputs\":\"a\\nb/c\","
	    "\"policy\":\"near=0.8000\"}\n");
	record.u.run.inputs = pm_bytes_of("\xff\x01");
	expect_round_trip(&record);
	assert_non_null(strstr((char *)line.p, "\"inputs_hex\":\"ff01\""));
}

static void
test_run_end(void **state)
{
	const struct pm_log_record record = { .kind = PM_LOG_RUN_END,
	    .u.run_end = { .number = 3, .finished = 1739347801,
	    .known = 7 } };

	(void)state;
	expect_line(&record, "{\"run_end\":3,"
	    "\"finished\":\"2025-02-12T08:10:01Z\",\"known\":7}\n");
}

static void
test_article(void **state)
{
	struct pm_log_record record = { .kind = PM_LOG_ARTICLE,
	    .u.article = { .number = 5, .bytes = 1234,
	    .sha256 = { 0x01, 0xab, 0xff } } };

	(void)state;
	expect_line(&record, "{\"article\":5,"
	    "\"bytes\":1234}\n");
	record.u.article.same = 2;
	expect_line(&record, "{\"article\":5,"
	    "\"bytes\":1234,\"same\":2}\n");
	record.u.article.number = INT64_MAX;
	record.u.article.bytes = 1;
	expect_round_trip(&record);
}

static void
test_relation(void **state)
{
	struct pm_log_record record = { .kind = PM_LOG_RELATION,
	    .u.relation = { 3, 17, PM_RELATION_NEAR, 0.5734, 0.75 } };

	(void)state;
	expect_line(&record, "{\"relation\":3,\"to\":17,\"as\":\"near\","
	    "\"jaccard\":0.5734,\"containment\":0.75}\n");
	expect_round_trip(&record);
	record.u.relation = (struct pm_log_relation){ .a = 3, .b = 17 };
	expect_line(&record, "{\"relation\":3,\"to\":17,"
	    "\"as\":\"none\"}\n");
	expect_round_trip(&record);
}

static void
test_forget(void **state)
{
	const struct pm_log_gone_article articles[] = {
	    { 5, 77, { 0xab, [31] = 0x01 } }, { 0, 0, { 0 } } };
	const struct pm_log_gone_teaser teasers[] = {
	    { 9, { 0xcd, [15] = 0x02 }, true, INT32_MIN, 1 },
	    { 10, { 0 }, false, 0, 0 } };
	const uint64_t captures[] = { 3, 4 };
	const uint64_t keys[] = { UINT64_MAX, 0x0123 };
	struct pm_log_record record = { .kind = PM_LOG_FORGET, .u.forget = {
	    .number = 2, .run = 7, .at = 1739347800,
	    .url = pm_bytes_of("http://a/*") } };
	struct pm_log_forget *forget = &record.u.forget;

	(void)state;
	expect_line(&record, "{\"forget\":2,\"at\":\"2025-02-12T08:10:00Z\","
	    "\"run\":7,\"url\":\"http://a/*\"}\n");
	forget->url.n = 0;
	forget->teaser = teasers;
	forget->teaser_n = 2;
	forget->capture = captures;
	forget->capture_n = 2;
	forget->begins = forget->address = keys;
	forget->begins_n = 2;
	forget->address_n = 1;
	expect_line(&record, "{\"forget\":2,\"at\":\"2025-02-12T08:10:00Z\","
	    "\"run\":7,\"teasers\":[[9,\"cd000000000000000000000000000002\","
	    "-2147483648,1],[10,\"00000000000000000000000000000000\"]],"
	    "\"captures\":[3,4],"
	    "\"begins\":[\"ffffffffffffffff\",\"0000000000000123\"],"
	    "\"addresses\":[\"ffffffffffffffff\"]}\n");
	forget->article = articles;
	forget->article_n = 2;
	expect_round_trip(&record);
}

static void
test_forget_refused(void **state)
{
	static const char *const lines[] = {
	    "{\"forget\":0,\"at\":\"2025-02-12T08:10:00Z\",\"run\":1}\n",
	    "{\"forget\":1,\"at\":\"then\",\"run\":1}\n",
	    "{\"forget\":1,\"at\":\"2025-02-12T08:10:00Z\"}\n",
	    "{\"forget\":1,\"at\":\"2025-02-12T08:10:00Z\",\"run\":1,"
	    "\"articles\":[[1,\"ab\",0]]}\n",
	    "{\"forget\":1,\"at\":\"2025-02-12T08:10:00Z\",\"run\":1,"
	    "\"articles\":[7]}\n",
	    "{\"forget\":1,\"at\":\"2025-02-12T08:10:00Z\",\"run\":1,"
	    "\"teasers\":[[1,\"00000000000000000000000000000000\",1]]}\n",
	    "{\"forget\":1,\"at\":\"2025-02-12T08:10:00Z\",\"run\":1,"
	    "\"teasers\":{}}\n",
	    "{\"forget\":1,\"at\":\"2025-02-12T08:10:00Z\",\"run\":1,"
	    "\"captures\":[0]}\n",
	    "{\"forget\":1,\"at\":\"2025-02-12T08:10:00Z\",\"run\":1,"
	    "\"begins\":[\"xyz\"]}\n" };
	struct pm_log_record got;

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		size_t at = 0;

		if (decode(&got, pm_bytes_of(lines[i]), &at) != PM_ECORRUPT)
			fail_msg("taken: %s", lines[i]);
	}
}

static void
test_teaser(void **state)
{
	struct pm_log_record record = { .kind = PM_LOG_TEASER, .u.teaser = {
	    .number = 9, .title = pm_bytes_of("A \"title\""),
	    .snippet = pm_bytes_of("Some words...") } };

	(void)state;
	expect_line(&record, "{\"teaser\":9,\"title\":\"A \\\"title\\\"\","
	    "\"snippet\":\"Some words...\"}\n");
	record.u.teaser.title = record.u.teaser.snippet = pm_bytes_of("");
	expect_round_trip(&record);
}

static void
test_link(void **state)
{
	struct pm_log_record record = { .kind = PM_LOG_LINK, .u.link = {
	    .teaser = 9, .article = 5, .evidence = PM_EVIDENCE_PREFIX,
	    .score = 0.97 } };

	(void)state;
	expect_line(&record, "{\"link\":9,\"to\":5,\"evidence\":\"prefix\","
	    "\"score\":0.97}\n");
	record.u.link.ambiguous = true;
	expect_line(&record, "{\"link\":9,\"to\":5,\"evidence\":\"prefix\","
	    "\"score\":0.97,\"ambiguous\":true}\n");
	record.u.link = (struct pm_log_link){ .teaser = 9 };
	expect_line(&record, "{\"link\":9,\"to\":0}\n");
}

static void
test_capture(void **state)
{
	const struct pm_bytes tags[] = { pm_bytes_of("Local"),
	    pm_bytes_of("\xd0\x9e\xd0\xb1\xd1\x89") };
	const struct pm_log_sighting sightings[] = {
		{ .teaser = 4, .tag = tags, .tag_n = 2,
		    .time_text = pm_bytes_of("3 hours ago"),
		    .when = { 1739337000, 0, PM_HOUR } },
		{ .teaser = 8 }
	};
	struct pm_log_record record = { .kind = PM_LOG_CAPTURE,
	    .u.capture = { .number = 1, .path = pm_bytes_of("a/b.txt"),
	    .input = pm_bytes_of("in"), .crawled = 1739347800,
	    .mtime_ns = INT64_C(1739347800) * 1000000000, .mode = 0644,
	    .bytes = 10, .kind = PM_CAPTURE_PAGE, .article = 5 } };

	(void)state;
	expect_line(&record, "{\"capture\":1,\"path\":\"a/b.txt\","
	    "\"crawled\":\"2025-02-12T08:10:00Z\",\"bytes\":10,"
	    "\"input\":\"in\",\"shows\":5}\n");
	record.u.capture.sighting = sightings;
	record.u.capture.sighting_n = 2;
	record.u.capture.mtime_ns++;
	record.u.capture.mode = 0;
	record.u.capture.kind = PM_CAPTURE_LIST;
	record.u.capture.like = 3;
	record.u.capture.date = (struct pm_when){ 1739318400, 300,
	    PM_MINUTE };
	record.u.capture.date_source = PM_DATE_RECORD;
	expect_line(&record, "{\"capture\":1,\"path\":\"a/b.txt\","
	    "\"crawled\":\"2025-02-12T08:10:00Z\","
	    "\"mtime_ns\":1739347800000000001,\"mode\":0,\"bytes\":10,"
	    "\"input\":\"in\",\"kind\":\"list\",\"like\":3,\"shows\":5,"
	    "\"date\":[\"2025-02-12T05:00:00+05:00\","
	    "\"minute\",\"record\"],\"teasers\":[[4,[\"Local\","
	    "\"\xd0\x9e\xd0\xb1\xd1\x89\"],\"3 hours ago\","
	    "\"2025-02-12T05:10:00Z\",\"hour\"],[8,[]]]}\n");
}

/* A file name is any bytes but NUL; we take NUL too. */
static void
test_any_path(void **state)
{
	struct pm_log_record record = { .kind = PM_LOG_CAPTURE,
	    .u.capture = { .number = 1, .crawled = -1, .mtime_ns = 5,
	    .mode = 0644, .kind = PM_CAPTURE_OPAQUE,
	    .reason = pm_bytes_of("binary") } };
	uint8_t path[3];

	(void)state;
	record.u.capture.path = (struct pm_bytes){ path, 1 };
	for (int a = 0; a < 256; a++) {
		path[0] = (uint8_t)a;
		expect_round_trip(&record);
	}
	record.u.capture.path.n = 3;
	record.u.capture.input = record.u.capture.path;
	for (int a = 0; a < 256; a++)
		for (int b = 0; b < 256; b += 15) {
			path[0] = 'x';
			path[1] = (uint8_t)a;
			path[2] = (uint8_t)b;
			expect_round_trip(&record);
		}
	record.u.capture.path.n = 0;
	expect_round_trip(&record);
}

/* ---- random records ---- */

static struct pm_bytes
random_text(uint64_t *seed, bool any)
{
	static const char *const piece[] = { "a", " ", "\n", "\"", "\\",
	    "\xc3\xa9", "\xe4\xb8\xad", "\xf0\x9f\x98\x80", "\t", "/", "~",
	    "\x7f", "\x01", "\xff", "\xed\xa0\x80" };
	size_t n = chance_below(seed, 12), length = 0;
	char *p = pm_arena_alloc(&arena, 64, &err);

	assert_non_null(p);
	for (size_t i = 0; i < n; i++) {
		const char *s = piece[chance_below(seed, any ? 15 : 13)];

		memcpy(p + length, s, strlen(s));
		length += strlen(s);
	}
	return (struct pm_bytes){ (uint8_t *)p, length };
}

static struct pm_when
random_when(uint64_t *seed)
{
	return (struct pm_when){
		(int64_t)chance_below(seed, UINT64_C(200000000000)) -
		    INT64_C(60000000000),
		(int32_t)chance_below(seed, 1441) - 720,
		(int32_t)chance_below(seed, PM_YEAR) + 1
	};
}

static uint64_t
random_number(uint64_t *seed)
{
	return (chance(seed) >> (1 + chance_below(seed, 63))) + 1;
}

static void
random_capture(struct pm_log_capture *out, uint64_t *seed)
{
	static struct pm_log_sighting sighting[5];
	static struct pm_bytes tag[5][3], own[3];
	static struct pm_log_date other[2];

	*out = (struct pm_log_capture){ .number = random_number(seed),
	    .path = random_text(seed, true), .input = random_text(seed, true),
	    .crawled = random_when(seed).utc_seconds,
	    .mtime_ns = (int64_t)chance(seed),
	    .mode = (uint32_t)chance_below(seed, 010000),
	    .bytes = random_number(seed),
	    .kind = (int32_t)chance_below(seed, 4) + 1,
	    .title = random_text(seed, false), .url = random_text(seed, false),
	    .source = random_text(seed, false), .lang = random_text(seed, false),
	    .payload = random_text(seed, false),
	    .revisit = chance_below(seed, 2) == 0,
	    .text_only = chance_below(seed, 2) == 0,
	    .file = chance_below(seed, 3), .tag = own,
	    .tag_n = chance_below(seed, 4), .other_date = other,
	    .other_date_n = chance_below(seed, 3),
	    .reason = random_text(seed, false),
	    .sighting = sighting,
	    .sighting_n = chance_below(seed, 6) };
	for (size_t i = 0; i < 3; i++)
		own[i] = random_text(seed, false);
	for (size_t i = 0; i < 2; i++)
		other[i] = (struct pm_log_date){ random_when(seed),
		    (int32_t)chance_below(seed, PM_DATE_CRAWL) + 1 };
	if (chance_below(seed, 2) == 0)
		out->modified = random_when(seed);
	if (chance_below(seed, 2) == 0)
		out->article = random_number(seed);
	if (chance_below(seed, 2) == 0)
		out->like = random_number(seed);
	if (chance_below(seed, 2) == 0) {
		out->date = random_when(seed);
		out->date_source = (int32_t)chance_below(seed,
		    PM_DATE_CRAWL) + 1;
	}
	for (size_t i = 0; i < out->sighting_n; i++) {
		sighting[i] = (struct pm_log_sighting){
		    .teaser = random_number(seed), .tag = tag[i],
		    .tag_n = chance_below(seed, 4),
		    .time_text = random_text(seed, false),
		    .when = random_when(seed),
		    .url = random_text(seed, false) };
		for (size_t k = 0; k < sighting[i].tag_n; k++)
			tag[i][k] = random_text(seed, false);
	}
}

static void
random_forget(struct pm_log_forget *out, uint64_t *seed)
{
	static struct pm_log_gone_article article[3];
	static struct pm_log_gone_teaser teaser[3];
	static uint64_t number[3];

	for (size_t i = 0; i < 3; i++) {
		article[i] = (struct pm_log_gone_article){
		    random_number(seed), random_number(seed),
		    { (uint8_t)chance_below(seed, 256) } };
		teaser[i] = (struct pm_log_gone_teaser){
		    random_number(seed),
		    { (uint8_t)chance_below(seed, 256) },
		    chance_below(seed, 2) == 0, 0, 0 };
		if (teaser[i].has_marks) {
			teaser[i].start = (int64_t)chance_below(seed,
			    UINT32_MAX) + INT32_MIN;
			teaser[i].marks = (int64_t)chance_below(seed,
			    UINT64_C(1) << 47);
		}
		number[i] = random_number(seed);
	}
	*out = (struct pm_log_forget){ .number = random_number(seed),
	    .run = chance_below(seed, 1000),
	    .at = random_when(seed).utc_seconds,
	    .url = random_text(seed, false), .article = article,
	    .article_n = chance_below(seed, 4), .teaser = teaser,
	    .teaser_n = chance_below(seed, 4), .capture = number,
	    .capture_n = chance_below(seed, 4), .begins = number,
	    .begins_n = chance_below(seed, 4), .address = number,
	    .address_n = chance_below(seed, 4), .payload = number,
	    .payload_n = chance_below(seed, 4) };
}

static void
random_lost(struct pm_log_lost *out, uint64_t *seed)
{
	*out = (struct pm_log_lost){ .what = 1 + (int32_t)chance_below(seed, 3),
	    .number = random_number(seed), .path = random_text(seed, true),
	    .title = random_text(seed, false),
	    .bytes = chance_below(seed, 2) * random_number(seed),
	    .has_crawled = chance_below(seed, 2) == 0,
	    .has_sha256 = chance_below(seed, 2) == 0 };
	out->to = out->number;
	if (out->has_crawled)
		out->crawled = random_when(seed).utc_seconds;
	if (out->has_sha256)
		for (size_t i = 0; i < PM_SHA256_BYTES; i++)
			out->sha256[i] = (uint8_t)chance_below(seed, 256);
}

static void
random_record(struct pm_log_record *out, uint64_t *seed)
{
	out->kind = (enum pm_log_kind)(1 + chance_below(seed, 9));
	switch (out->kind) {
	case PM_LOG_LOST:
		random_lost(&out->u.lost, seed);
		break;
	case PM_LOG_RELATION:
		out->u.relation = (struct pm_log_relation){
		    .a = 1 + chance_below(seed, 1000),
		    .b = 1001 + chance_below(seed, 1000),
		    .kind = (int32_t)chance_below(seed, 4) };
		if (out->u.relation.kind == PM_RELATION_NONE)
			break;
		out->u.relation.jaccard =
		    (double)chance_below(seed, 10001) / 1e4;
		out->u.relation.containment =
		    (double)chance_below(seed, 10001) / 1e4;
		break;
	case PM_LOG_RUN:
		out->u.run = (struct pm_log_run){ random_number(seed),
		    random_when(seed).utc_seconds, random_text(seed, false),
		    random_text(seed, false), random_text(seed, true),
		    random_text(seed, false), (int32_t)chance_below(seed, INT32_MAX),
		    (int32_t)chance_below(seed, INT32_MAX) };
		break;
	case PM_LOG_ARTICLE:
		out->u.article = (struct pm_log_article){
		    .number = random_number(seed),
		    .bytes = random_number(seed),
		    .same = chance_below(seed, 2) * random_number(seed),
		    .title = random_text(seed, false) };
		break;
	case PM_LOG_TEASER:
		out->u.teaser = (struct pm_log_teaser){
		    .number = random_number(seed),
		    .title = random_text(seed, false),
		    .snippet = random_text(seed, false) };
		break;
	case PM_LOG_CAPTURE:
		random_capture(&out->u.capture, seed);
		break;
	case PM_LOG_LINK:
		out->u.link = (struct pm_log_link){
		    .teaser = random_number(seed) };
		if (chance_below(seed, 3) > 0) {
			out->u.link.article = random_number(seed);
			out->u.link.evidence = PM_EVIDENCE_PREFIX;
			out->u.link.score = (double)chance_below(seed,
			    10001) / 10000;
			out->u.link.ambiguous = chance_below(seed, 2) == 0;
		}
		break;
	case PM_LOG_FORGET:
		random_forget(&out->u.forget, seed);
		break;
	case PM_LOG_RUN_END:
		out->u.run_end = (struct pm_log_run_end){
		    random_number(seed), random_when(seed).utc_seconds,
		    chance_below(seed, 1000) };
		break;
	}
}

static void
test_random(void **state)
{
	struct pm_arena mine = { 0 };
	uint64_t seed = chance_seed(1);

	(void)state;
	print_message("PM_SEED=%llu\n", (unsigned long long)seed);
	for (int i = 0; i < 5000; i++) {
		struct pm_log_record record;

		/* The record's strings are in an arena of their own, because
		 * decode empties the other. */
		struct pm_arena other = arena;

		arena = mine;
		pm_arena_reset(&arena);
		random_record(&record, &seed);
		mine = arena;
		arena = other;
		expect_round_trip(&record);
	}
	pm_arena_clear(&mine);
}

/* Many lines in one buffer, read one after the other. */
static void
test_many_lines(void **state)
{
	struct pm_log_record record = { .kind = PM_LOG_ARTICLE }, got;
	size_t at = 0;

	(void)state;
	pm_buf_reset(&line);
	for (uint64_t i = 1; i <= 100; i++) {
		record.u.article.number = record.u.article.bytes = i;
		assert_int_equal(pm_log_encode(&line, &record, &err), PM_OK);
	}
	for (uint64_t i = 1; i <= 100; i++) {
		assert_int_equal(decode(&got, pm_buf_bytes(&line), &at),
		    PM_OK);
		assert_true(got.u.article.number == i);
	}
	assert_int_equal(decode(&got, pm_buf_bytes(&line), &at), PM_END);
}

/* ---- what must be refused ---- */

static void
expect_refused(struct pm_bytes bytes)
{
	struct pm_log_record got = { .kind = PM_LOG_RUN_END }, before = got;
	size_t at = 0;
	int rc;

	err = (struct pm_err){ 0 };
	rc = decode(&got, bytes, &at);
	if (rc != PM_ECORRUPT || err.status != PM_ECORRUPT ||
	    err.text[0] == '\0')
		fail_msg("status %d for %.*s", rc, (int)bytes.n,
		    (const char *)bytes.p);
	assert_int_equal(at, 0);
	assert_memory_equal(&got, &before, sizeof got);
}

static void
test_refused(void **state)
{
	static const char *const lines[] = {
		"\n", "{}\n", "[]\n", "null\n", "1\n", "\"run\"\n", "{\n",
		"{\"article\":1,\"bytes\":2}",
		"{\"article\":1,\"bytes\":2} x\n",
		"{\"article\":1,\"bytes\":2}{}\n",
		"{\"article\":1,\"article\":1,\"bytes\":2}\n",
		"{\"article\":0,\"bytes\":2}\n",
		"{\"article\":-1,\"bytes\":2}\n",
		"{\"article\":1.0,\"bytes\":2}\n",
		"{\"article\":\"1\",\"bytes\":2}\n",
		"{\"article\":9223372036854775808,\"bytes\":2}\n",
		"{\"article\":1}\n", "{\"article\":1,\"bytes\":0}\n",
		"{\"article\":1,\"bytes\":2,\"same\":0}\n",
		"{\"article\":null,\"bytes\":2}\n",
		"{\"teaser\":1}\n", "{\"teaser\":1,\"title\":\"a\"}\n",
		"{\"teaser\":1,\"title\":\"a\",\"snippet\":3}\n",
		"{\"teaser\":1,\"title\":null,\"snippet\":\"\"}\n",
		"{\"teaser\":1,\"title\":\"\xff\",\"snippet\":\"\"}\n",
		"{\"link\":1}\n", "{\"link\":1,\"to\":-1}\n",
		"{\"link\":0,\"to\":1}\n", "{\"link\":1,\"to\":2}\n",
		"{\"link\":1,\"to\":2,\"evidence\":\"magic\",\"score\":1}\n",
		"{\"run\":1}\n",
		"{\"run\":1,\"started\":\"now\",\"version\":\"\","
		    "\"normalizer\":1,\"unicode\":\"\",\"page_rules\":1,"
		    "\"inputs\":\"\",\"policy\":\"\"}\n",
		"{\"run\":1,\"started\":\"2025-01-01T00:00:00Z\","
		    "\"version\":\"\",\"normalizer\":2147483648,"
		    "\"unicode\":\"\",\"page_rules\":1,\"inputs\":\"\",\"policy\":\"\"}\n",
		"{\"run\":1,\"started\":\"2025-01-01T00:00:00Z\","
		    "\"version\":\"\",\"normalizer\":1,\"unicode\":\"\","
		    "\"page_rules\":1,\"inputs_hex\":\"abc\",\"policy\":\"\"}\n",
		"{\"run\":1,\"started\":\"2025-01-01T00:00:00Z\","
		    "\"version\":\"\",\"normalizer\":1,\"unicode\":\"\","
		    "\"page_rules\":1,\"inputs_hex\":\"zz\",\"policy\":\"\"}\n",
		"{\"run_end\":1,\"finished\":\"2025-02-30T00:00:00Z\","
		    "\"known\":0}\n",
		"{\"run_end\":1,\"finished\":\"2025-02-03T00:00:00Z\","
		    "\"known\":-1}\n",
		"{\"run_end\":1,\"finished\":1,\"known\":0}\n"
	};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		expect_refused(pm_bytes_of(lines[i]));
	/* Deep nesting must not use up the stack. */
	pm_buf_reset(&line);
	for (int i = 0; i < 1000000; i++)
		assert_int_equal(pm_buf_append_byte(&line, '[', &err), PM_OK);
	assert_int_equal(pm_buf_append_byte(&line, '\n', &err), PM_OK);
	expect_refused(pm_buf_bytes(&line));
}

#define CAPTURE "{\"capture\":1,\"path\":\"p\",\"crawled\":" \
	"\"2025-02-12T08:10:00Z\",\"bytes\":1,\"input\":\"i\""

static void
test_refused_captures(void **state)
{
	static const char *const rests[] = { "",
		",\"mode\":4096", ",\"mode\":-1", ",\"kind\":\"thing\"",
		",\"like\":0", ",\"shows\":0", ",\"shows\":\"1\"",
		",\"reason\":[]", ",\"mtime_ns\":1.5",
		",\"path_hex\":\"0\"", ",\"input_hex\":\"AB\"",
		",\"date\":1", ",\"date\":[]",
		",\"date\":[\"2025-02-12T00:00:00Z\",\"day\"]",
		",\"date\":[\"2025-02-12T00:00:00Z\",\"day\",\"guess\"]",
		",\"date\":[\"2025-02-12T00:00:00Z\",\"eon\",\"page\"]",
		",\"date\":[\"yesterday\",\"day\",\"page\"]",
		",\"teasers\":1", ",\"teasers\":{}", ",\"teasers\":[1]",
		",\"teasers\":[[]]", ",\"teasers\":[[1]]",
		",\"teasers\":[[0,[]]]", ",\"teasers\":[[\"1\",[]]]",
		",\"teasers\":[[1,1]]", ",\"teasers\":[[1,[1]]]",
		",\"teasers\":[[1,[],7]]", ",\"url\":7", ",\"tags\":[7]",
		",\"other_dates\":[[\"2025-02-12T00:00:00Z\",\"day\"]]",
		",\"modified\":[\"never\",\"day\"]", ",\"file\":0",
		",\"teasers\":[[1,[],\"x\",\"2025-02-12T00:00:00Z\"]]",
		",\"teasers\":[[1,[],\"x\",\"never\",\"day\"]]",
		",\"teasers\":[[1,[],1,\"2025-02-12T00:00:00Z\",\"day\"]]"
	};
	struct pm_log_record got;
	size_t at = 0;

	(void)state;
	for (size_t i = 0; i < sizeof rests / sizeof rests[0]; i++) {
		char text[512];

		(void)snprintf(text, sizeof text, CAPTURE "%s}\n", rests[i]);
		if (i > 0)
			expect_refused(pm_bytes_of(text));
		else
			assert_int_equal(decode(&got, pm_bytes_of(text),
			    &at), PM_OK);
	}
}

/* Keys of a later version are passed over. */
static void
test_unknown_keys(void **state)
{
	struct pm_log_record got;
	size_t at = 0;

	(void)state;
	assert_int_equal(decode(&got, pm_bytes_of("{\"article\":7,"
	    "\"mood\":{\"a\":[1,2]},\"bytes\":3}\n"), &at), PM_OK);
	assert_int_equal(got.kind, PM_LOG_ARTICLE);
	assert_int_equal(got.u.article.number, 7);
	assert_int_equal(got.u.article.bytes, 3);
	assert_int_equal(got.u.article.same, 0);
}

/* Every prefix, and every line with one byte changed: refused, or read as
 * some record that can be written again. */
static void
test_damaged(void **state)
{
	uint64_t seed = chance_seed(2);
	struct pm_buf copy;

	(void)state;
	print_message("PM_SEED=%llu\n", (unsigned long long)seed);
	pm_buf_init(&copy);
	for (int round = 0; round < 60; round++) {
		struct pm_log_record record, got;

		pm_arena_reset(&arena);
		random_record(&record, &seed);
		encode(&record);
		for (size_t n = 0; n < line.n; n++) {
			size_t at = 0;
			struct pm_bytes part = { line.p, n };

			if (n > 0)
				expect_refused(part);
			pm_buf_reset(&copy);
			assert_int_equal(pm_buf_append(&copy, line.p, line.n,
			    &err), PM_OK);
			copy.p[n] = (uint8_t)chance(&seed);
			if (decode(&got, pm_buf_bytes(&copy), &at) == PM_OK) {
				struct pm_buf again;

				pm_buf_init(&again);
				assert_int_equal(pm_log_encode(&again, &got,
				    &err), PM_OK);
				pm_buf_clear(&again);
			} else {
				assert_int_equal(err.status, PM_ECORRUPT);
			}
		}
	}
	pm_buf_clear(&copy);
}

static void
test_garbage(void **state)
{
	uint64_t seed = chance_seed(3);

	(void)state;
	print_message("PM_SEED=%llu\n", (unsigned long long)seed);
	for (int round = 0; round < 5000; round++) {
		size_t n = 1 + chance_below(&seed, 100);

		pm_buf_reset(&line);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(pm_buf_append_byte(&line,
			    (uint8_t)(round % 2 == 0 ? chance(&seed) :
			    (uint64_t)"{}[]\",:019eE.-+ruaptclnk \\"[
			    chance_below(&seed, 26)]), &err), PM_OK);
		assert_int_equal(pm_buf_append_byte(&line, '\n', &err),
		    PM_OK);
		expect_refused(pm_buf_bytes(&line));
	}
}

static void
test_names(void **state)
{
	char name[PM_MEMBER_NAME_CHARS];

	(void)state;
	pm_name_article(name, 7);
	assert_string_equal(name, "text/00000007.txt");
	pm_name_article_part(name, 123456789012, 3);
	assert_string_equal(name, "text/123456789012.txt.003");
	pm_name_meta(name, 12);
	assert_string_equal(name, "meta/00000012.jsonl");
	pm_name_data(name, UINT64_MAX);
	assert_string_equal(name, "data/18446744073709551615.bin");
	assert_string_equal(pm_date_source_name(PM_DATE_CRAWL), "crawl");
	assert_null(pm_date_source_name(PM_DATE_NONE));
	assert_null(pm_date_source_name(-1));
	assert_null(pm_date_source_name(7));
	assert_string_equal(pm_capture_kind_name(PM_CAPTURE_LIST), "list");
	assert_string_equal(pm_capture_kind_name(PM_CAPTURE_RECORDS),
	    "records");
	assert_null(pm_capture_kind_name(5));
	assert_string_equal(pm_evidence_name(PM_EVIDENCE_PREFIX), "prefix");
	assert_string_equal(pm_evidence_name(PM_EVIDENCE_TITLE), "title");
	assert_string_equal(pm_evidence_name(PM_EVIDENCE_LEAD), "lead");
	assert_null(pm_evidence_name(0));
	assert_string_equal(pm_evidence_name(PM_EVIDENCE_URL), "url");
	assert_null(pm_evidence_name(5));
	assert_int_equal(pm_evidence_of_name("lead"), PM_EVIDENCE_LEAD);
	assert_int_equal(pm_evidence_of_name("leads"), 0);
	assert_int_equal(pm_evidence_of_name(NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_run_end),
		cmocka_unit_test(test_article),
		cmocka_unit_test(test_relation),
		cmocka_unit_test(test_forget),
		cmocka_unit_test(test_forget_refused),
		cmocka_unit_test(test_teaser),
		cmocka_unit_test(test_link),
		cmocka_unit_test(test_capture),
		cmocka_unit_test(test_any_path),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_many_lines),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_refused_captures),
		cmocka_unit_test(test_unknown_keys),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_names)
	};

	return cmocka_run_group_tests_name("record", tests, setup, teardown);
}
