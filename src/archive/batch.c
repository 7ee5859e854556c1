#include "archive/batch.h"

#include <stdatomic.h>
#include <time.h>

#include "base/ahead.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/list.h"
#include "intake/intake.h"
#include "intake/split.h"
#include "page/fields.h"

enum {
	CHUNK_BYTES = 512 << 10,
	CHUNK_ITEMS = 512,
	/* What a capture of a few teasers takes besides its bytes, in analysis,
	 * records, keys and candidates: a batch has no more than its share. */
	ITEM_BYTES = 8 << 10,
	READ_BYTES = 1 << 20,
	HEAD_BYTES_MAX = 64 << 10,
	TICK_MS = 100
};

/* What intake said, until the caller comes for it. */
struct report {
	enum pm_intake_problem problem;
	char *path, *text;
};

struct pm_chunk {
	struct pm_job job;
	struct pm_chunk *next;
	struct pm_arena arena;
	struct pm_buf bytes;             /* of its captures, one behind another */
	struct pm_analysed *item;        /* stay where they are once closed */
	size_t item_n, item_capacity;
	const struct pm_zone *zone;
	const struct pm_when *crawled;
	bool sketches;
	const struct pm_policy *policy;
	int status;
	struct pm_err err;
};

/* The record file whose records are being read. */
struct record_file {
	uint64_t serial;                 /* 0: none is */
	struct pm_buf path, input, head;
	int64_t mtime_ns;
	uint32_t mode;
	uint64_t bytes;
	struct pm_sha256_state *sha256;
};

struct pm_batch_reader {
	struct pm_batch_reader_options options;
	struct pm_intake *intake;
	struct pm_input_times times;
	struct pm_group group;
	struct pm_chunk *open;           /* being filled */
	struct record_file file;
	int64_t told_ms;
	/* For progress, while the other thread reads. */
	_Atomic uint64_t pages, bytes_read, bytes_total;
	_Atomic bool cancelled;

	/* What read_batch makes: on the thread of `ahead`, or without one on the
	 * caller's. */
	struct pm_ahead *ahead;
	struct pm_capture_batch batch;
	LIST(struct report) reports;
	int status;
	struct pm_err err;
};

/* ---- times of the input ---- */

int
pm_input_times_init(struct pm_input_times *out, const struct pm_input *input,
    struct pm_err *err)
{
	struct pm_input_times times = { 0 };
	int rc = PM_OK;

	if (input->zone != NULL)
		rc = pm_zone_open(&times.zone, input->zone, err);
	if (rc == PM_OK && input->crawled != NULL &&
	    !pm_when_parse(&times.crawled, pm_bytes_of(input->crawled),
	    times.zone))
		rc = pm_fail(err, PM_EUSAGE, "'%s' is no time; write it like "
		    "2025-02-12T08:00:00Z", input->crawled);
	if (rc == PM_OK)
		*out = times;
	else
		pm_zone_close(times.zone);
	return rc;
}

void
pm_input_times_clear(struct pm_input_times *times)
{
	pm_zone_close(times->zone);
	*times = (struct pm_input_times){ 0 };
}

/* ---- chunks ---- */

static void
analyse_chunk(struct pm_job *job)
{
	struct pm_chunk *chunk = (struct pm_chunk *)job;
	struct pm_analysis analysis = { .zone = chunk->zone,
	    .crawled = chunk->crawled, .policy = chunk->policy };
	size_t start = 0;

	for (size_t i = 0; i < chunk->item_n && chunk->status == PM_OK; i++) {
		struct pm_analysed *item = &chunk->item[i];

		if (!item->whole) {
			item->capture = (struct pm_bytes){
			    chunk->bytes.p + start,
			    item->spill_fd >= 0 ? 0 : (size_t)item->bytes };
			start += item->capture.n;
		}
		chunk->status = pm_analyse(item, &chunk->arena,
		    &analysis, &chunk->err);
		if (chunk->sketches)
			pm_sketch(&item->sketch, item->body.n > 0 ?
			    item->body : item->capture);
	}
	pm_analysis_clear(&analysis);
}

static void
chunk_free(struct pm_chunk *chunk)
{
	for (size_t i = 0; i < chunk->item_n; i++)
		pm_fs_close(chunk->item[i].spill_fd);
	pm_arena_clear(&chunk->arena);
	pm_buf_clear(&chunk->bytes);
	pm_free(chunk->item);
	pm_free(chunk);
}

static int
open_chunk(struct pm_batch_reader *reader, struct pm_err *err)
{
	struct pm_chunk *chunk = pm_alloc_zero(sizeof *chunk, err);

	if (chunk == NULL)
		return PM_ENOMEM;
	pm_arena_init(&chunk->arena);
	pm_buf_init(&chunk->bytes);
	chunk->zone = reader->times.zone;
	chunk->crawled = &reader->times.crawled;
	chunk->sketches = reader->options.sketches;
	chunk->policy = reader->options.policy;
	chunk->job.run = analyse_chunk;
	reader->open = chunk;
	return PM_OK;
}

/* Room for one more item in the open chunk. */
static int
item_room(struct pm_chunk *chunk, struct pm_err *err)
{
	size_t capacity = chunk->item_capacity == 0 ? 32 :
	    chunk->item_capacity * 2;
	struct pm_analysed *item;

	if (chunk->item_n < chunk->item_capacity)
		return PM_OK;
	item = pm_realloc_array(chunk->item, capacity, sizeof *item, err);
	if (item == NULL)
		return PM_ENOMEM;
	chunk->item = item;
	chunk->item_capacity = capacity;
	return PM_OK;
}

/* Give back what item_room took too much. */
static void
trim_items(struct pm_chunk *chunk)
{
	struct pm_err ignored;
	struct pm_analysed *item = chunk->item_n == 0 ? NULL :
	    pm_realloc_array(chunk->item, chunk->item_n, sizeof *item,
	    &ignored);

	if (item != NULL)
		chunk->item = item;
}

static int
add_item(struct pm_capture_batch *batch, struct pm_analysed *item,
    struct pm_err *err)
{
	if (batch->item_n == batch->item_capacity) {
		size_t capacity = batch->item_capacity == 0 ? 1024 :
		    batch->item_capacity * 2;
		struct pm_analysed **p = pm_realloc_array(batch->item,
		    capacity, sizeof *p, err);

		if (p == NULL)
			return PM_ENOMEM;
		batch->item = p;
		batch->item_capacity = capacity;
	}
	batch->item[batch->item_n++] = item;
	return PM_OK;
}

/* Hand the open chunk to the threads; it belongs to the batch from here on. */
static int
close_chunk(struct pm_batch_reader *reader, struct pm_capture_batch *batch,
    struct pm_err *err)
{
	struct pm_chunk *chunk = reader->open;
	int rc = PM_OK;

	if (chunk == NULL)
		return PM_OK;
	reader->open = NULL;
	pm_buf_trim(&chunk->bytes);
	trim_items(chunk);
	chunk->next = batch->chunk;
	batch->chunk = chunk;
	for (size_t i = 0; i < chunk->item_n && rc == PM_OK; i++)
		rc = add_item(batch, &chunk->item[i], err);
	pm_pool_submit(reader->options.pool, &reader->group, &chunk->job);
	return rc;
}

void
pm_capture_batch_clear(struct pm_capture_batch *batch)
{
	while (batch->chunk != NULL) {
		struct pm_chunk *next = batch->chunk->next;

		chunk_free(batch->chunk);
		batch->chunk = next;
	}
	pm_free(batch->item);
	*batch = (struct pm_capture_batch){ 0 };
}

/* ---- reading ---- */

static char *
copy_text(struct pm_bytes text)
{
	struct pm_err ignored;
	char *copy = pm_alloc(text.n + 1, &ignored);

	if (copy != NULL) {
		memcpy(copy, text.p, text.n);
		copy[text.n] = '\0';
	}
	return copy;
}

/* Kept: hooks belong to the caller's thread. */
static void
report(void *context, enum pm_intake_problem problem, struct pm_bytes path,
    const char *text)
{
	struct pm_batch_reader *reader = context;
	struct report report = { problem, copy_text(path),
	    copy_text(pm_bytes_of(text)) };
	struct pm_err ignored;

	if (report.path != NULL && report.text != NULL &&
	    LIST_ROOM(reader->reports, &ignored) == PM_OK) {
		reader->reports.p[reader->reports.n++] = report;
		return;
	}
	pm_free(report.path);
	pm_free(report.text);
}

static void
give_reports(struct pm_batch_reader *reader)
{
	static const enum pm_notice_kind kind[] = {
	    [PM_INTAKE_SKIPPED] = PM_NOTICE_SKIPPED,
	    [PM_INTAKE_UNREADABLE] = PM_NOTICE_UNREADABLE,
	    [PM_INTAKE_DAMAGED] = PM_NOTICE_DAMAGED,
	    [PM_INTAKE_CHANGED] = PM_NOTICE_CHANGED };
	const struct pm_hooks *hooks = &reader->options.hooks;

	for (size_t i = 0; i < reader->reports.n; i++) {
		struct report *given = &reader->reports.p[i];

		if (given->problem != PM_INTAKE_SKIPPED)
			reader->options.counts->unreadable++;
		if (hooks->notice != NULL)
			hooks->notice(hooks->context, kind[given->problem],
			    given->path, given->text);
		pm_free(given->path);
		pm_free(given->text);
	}
	reader->reports.n = 0;
}

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int
tell(struct pm_batch_reader *reader, struct pm_err *err)
{
	const struct pm_hooks *hooks = &reader->options.hooks;
	int64_t now;

	if (hooks->progress == NULL)
		return PM_OK;
	if ((now = now_ms()) < reader->told_ms + TICK_MS)
		return PM_OK;
	reader->told_ms = now;
	struct pm_progress progress = { .phase = PM_PHASE_READ,
	    .pages = reader->pages, .bytes = reader->bytes_read,
	    .bytes_total = reader->bytes_total,
	    .duplicates = reader->options.counts->identical +
	    reader->options.counts->known };

	if (hooks->progress(hooks->context, &progress) != 0)
		return pm_fail(err, PM_ECANCELLED, "interrupted");
	return PM_OK;
}

int
pm_batch_reader_tell(struct pm_batch_reader *reader, struct pm_err *err)
{
	return tell(reader, err);
}

/* While reading: progress, and whether to stop. */
static int
tick(struct pm_batch_reader *reader, struct pm_err *err)
{
	reader->bytes_read = pm_intake_bytes_read(reader->intake);
	reader->bytes_total = pm_intake_bytes_total(reader->intake);
	if (reader->ahead == NULL)
		return tell(reader, err);
	return reader->cancelled ? pm_fail(err, PM_ECANCELLED,
	    "interrupted") : PM_OK;
}

/* While a pipe is silent. */
static int
waiting(void *context)
{
	struct pm_err err;

	return tick(context, &err) != PM_OK;
}

static void
count_bytes(struct pm_batch_reader *reader, struct pm_bytes part)
{
	reader->file.bytes += part.n;
	pm_sha256_update(reader->file.sha256, part);
}

/* The bytes are on disk from start; go on there until the record ends. */
static int
spill(struct pm_batch_reader *reader, struct pm_analysed *item,
    struct pm_buf *bytes, size_t start, struct pm_err *err)
{
	struct pm_sha256_state *sha256 = pm_sha256_new(err);
	struct pm_bytes part = { bytes->p + start, bytes->n - start };
	size_t got = 1;
	int rc = PM_ENOMEM;

	if (sha256 == NULL)
		return rc;
	rc = pm_fs_open_temp(&item->spill_fd, err);
	while (rc == PM_OK && part.n > 0) {
		pm_sha256_update(sha256, part);
		if (item->file != 0 && item->bytes > 0)
			count_bytes(reader, part);
		item->bytes += part.n;
		rc = pm_fs_write(item->spill_fd, part.p, part.n,
		    pm_fs_temp_directory(), err);
		bytes->n = start;
		if (rc == PM_OK)
			rc = pm_intake_read(reader->intake, bytes->p + start,
			    READ_BYTES, &got, err);
		if (rc == PM_OK)
			rc = tick(reader, err);
		part = (struct pm_bytes){ bytes->p + start, got };
	}
	pm_sha256_final(item->sha256, sha256);
	pm_sha256_free(sha256);
	return rc;
}

/* All bytes of the record behind those of the chunk. */
static int
read_bytes(struct pm_batch_reader *reader, const struct pm_record *record,
    struct pm_analysed *item, struct pm_buf *bytes, struct pm_err *err)
{
	size_t start = bytes->n, got = 1, want = READ_BYTES;
	int rc = PM_OK;

	if (record->bytes >= 0 && record->bytes < PM_CAPTURE_WHOLE_MAX)
		want = (size_t)record->bytes + 1;
	while (rc == PM_OK && got > 0) {
		if ((rc = pm_buf_reserve(bytes, want, err)) != PM_OK)
			return rc;
		rc = pm_intake_read(reader->intake, bytes->p + bytes->n, want,
		    &got, err);
		if (rc != PM_OK)
			return rc;
		bytes->n += got;
		if (item->file != 0)
			count_bytes(reader, (struct pm_bytes){
			    bytes->p + bytes->n - got, got });
		if (bytes->n - start > PM_CAPTURE_WHOLE_MAX)
			return spill(reader, item, bytes, start, err);
		want = want > got ? want - got : READ_BYTES;
	}
	item->bytes = bytes->n - start;
	return rc;
}

static int
describe(struct pm_batch_reader *reader, struct pm_chunk *chunk,
    struct pm_analysed *item, const struct pm_record *record,
    struct pm_err *err)
{
	memset(item, 0, sizeof *item);
	item->spill_fd = -1;
	item->path.p = pm_arena_copy(&chunk->arena, record->path.p,
	    record->path.n, err);
	item->path.n = record->path.n;
	item->input.p = pm_arena_copy(&chunk->arena, record->input.p,
	    record->input.n, err);
	item->input.n = record->input.n;
	if (item->path.p == NULL || item->input.p == NULL)
		return PM_ENOMEM;
	item->reader = record->reader;
	item->context.n = record->context.n;
	if (record->context.n > 0 && (item->context.p = pm_arena_copy(
	    &chunk->arena, record->context.p, record->context.n, err)) ==
	    NULL)
		return PM_ENOMEM;
	item->file = record->file.n > 0 ? record->file_serial : 0;
	item->mtime_ns = record->mtime_ns;
	item->mode = record->mode & 07777;
	item->crawled = pm_crawl_time(&reader->times.crawled,
	    item->file != 0 ? record->file : item->path, record->mtime_ns,
	    reader->times.zone);
	return PM_OK;
}

/* The next item of the open chunk, which is not counted yet. */
static int
open_item(struct pm_analysed **out, struct pm_batch_reader *reader,
    const struct pm_record *record, struct pm_err *err)
{
	int rc;

	if (reader->open == NULL && (rc = open_chunk(reader, err)) != PM_OK)
		return rc;
	if ((rc = item_room(reader->open, err)) != PM_OK)
		return rc;
	*out = &reader->open->item[reader->open->item_n];
	return describe(reader, reader->open, *out, record, err);
}

static int
close_full_chunk(struct pm_batch_reader *reader,
    struct pm_capture_batch *batch, struct pm_err *err)
{
	const struct pm_chunk *chunk = reader->open;

	return chunk->bytes.n >= CHUNK_BYTES || chunk->item_n == CHUNK_ITEMS ?
	    close_chunk(reader, batch, err) : PM_OK;
}

/* ---- record files ---- */

static int
keep(struct pm_buf *out, struct pm_bytes bytes, struct pm_err *err)
{
	pm_buf_reset(out);
	return pm_buf_append(out, bytes.p, bytes.n, err);
}

/* The file itself, behind its records. */
static int
end_file(struct pm_batch_reader *reader, struct pm_capture_batch *batch,
    struct pm_err *err)
{
	struct record_file *file = &reader->file;
	struct pm_record record = { .path = pm_buf_bytes(&file->path),
	    .input = pm_buf_bytes(&file->input), .mtime_ns = file->mtime_ns,
	    .mode = file->mode, .file = pm_buf_bytes(&file->path),
	    .file_serial = file->serial };
	struct pm_analysed *item;
	int rc;

	if (file->serial == 0)
		return PM_OK;
	if ((rc = open_item(&item, reader, &record, err)) != PM_OK)
		return rc;
	item->whole = true;
	item->bytes = file->bytes;
	item->capture.n = file->head.n;
	item->capture.p = pm_arena_copy(&reader->open->arena, file->head.p,
	    file->head.n, err);
	if (item->capture.p == NULL)
		return PM_ENOMEM;
	pm_sha256_final(item->sha256, file->sha256);
	file->serial = 0;
	reader->open->item_n++;
	return close_full_chunk(reader, batch, err);
}

static int
begin_file(struct pm_batch_reader *reader, const struct pm_record *record,
    struct pm_err *err)
{
	struct record_file *file = &reader->file;
	int rc;

	if (file->sha256 == NULL && (file->sha256 = pm_sha256_new(err)) ==
	    NULL)
		return PM_ENOMEM;
	if ((rc = keep(&file->path, record->file, err)) != PM_OK ||
	    (rc = keep(&file->input, record->input, err)) != PM_OK)
		return rc;
	pm_buf_reset(&file->head);
	file->mtime_ns = record->mtime_ns;
	file->mode = record->mode;
	file->bytes = 0;
	file->serial = record->file_serial;
	return PM_OK;
}

/* A record of another file, or of none, ends the one before. */
static int
change_file(struct pm_batch_reader *reader, struct pm_capture_batch *batch,
    const struct pm_record *record, struct pm_err *err)
{
	int rc = PM_OK;

	if (reader->file.serial != 0 && (record == NULL ||
	    record->file.n == 0 ||
	    record->file_serial != reader->file.serial))
		rc = end_file(reader, batch, err);
	if (rc == PM_OK && record != NULL && record->file.n > 0 &&
	    reader->file.serial == 0)
		rc = begin_file(reader, record, err);
	return rc;
}

/* What stands before the first record is no capture, if it is small. */
static bool
is_head(const struct pm_record *record, const struct pm_analysed *item)
{
	return item->file != 0 && record->ordinal == 0 &&
	    item->spill_fd < 0 && item->bytes <= HEAD_BYTES_MAX;
}

static int
read_record(struct pm_batch_reader *reader, struct pm_capture_batch *batch,
    const struct pm_record *record, struct pm_err *err)
{
	struct pm_chunk *chunk;
	struct pm_analysed *item;
	size_t start;
	int rc;

	if ((rc = change_file(reader, batch, record, err)) != PM_OK ||
	    (rc = open_item(&item, reader, record, err)) != PM_OK)
		return rc;
	chunk = reader->open;
	start = chunk->bytes.n;
	rc = read_bytes(reader, record, item, &chunk->bytes, err);
	/* Reported already.  A page that is cut is left out; of a record file
	 * what there was is kept. */
	if (rc == PM_EINPUT && item->file != 0) {
		if (item->spill_fd < 0)
			item->bytes = chunk->bytes.n - start;
		rc = PM_OK;
	}
	if (rc == PM_OK && is_head(record, item)) {
		rc = keep(&reader->file.head, (struct pm_bytes){
		    chunk->bytes.p + start, chunk->bytes.n - start }, err);
		chunk->bytes.n = start;
		return rc;
	}
	if (rc == PM_EINPUT) {
		pm_fs_close(item->spill_fd);
		chunk->bytes.n = start;
		return PM_OK;
	}
	chunk->item_n++;
	if (rc != PM_OK)
		return rc;
	reader->pages++;
	batch->bytes += chunk->bytes.n - start;
	return close_full_chunk(reader, batch, err);
}

static int
chunk_status(const struct pm_capture_batch *batch, struct pm_err *err)
{
	for (const struct pm_chunk *chunk = batch->chunk; chunk != NULL;
	    chunk = chunk->next) {
		if (chunk->status != PM_OK) {
			*err = chunk->err;
			return chunk->status;
		}
	}
	return PM_OK;
}

static void
wait_for_chunks(struct pm_batch_reader *reader)
{
	if (reader->ahead == NULL)
		pm_group_wait(reader->options.pool, &reader->group);
	else
		pm_group_idle(reader->options.pool, &reader->group);
}

/* Into reader->batch, status and err. */
static void
read_batch(void *context)
{
	struct pm_batch_reader *reader = context;
	struct pm_capture_batch batch = { 0 };
	struct pm_err *err = &reader->err;
	const struct pm_record *record;
	uint64_t items = 0;
	bool spilled = false;
	int rc = PM_OK, closed;

	while (rc == PM_OK && batch.bytes < reader->options.batch_bytes &&
	    items < reader->options.batch_bytes / ITEM_BYTES && !spilled) {
		if ((rc = tick(reader, err)) == PM_OK &&
		    (rc = pm_intake_next(reader->intake, &record, err)) ==
		    PM_OK)
			rc = read_record(reader, &batch, record, err);
		else if (rc == PM_END && change_file(reader, &batch, NULL,
		    err) != PM_OK)
			rc = err->status;
		items++;
		spilled = reader->open != NULL && reader->open->item_n > 0 &&
		    reader->open->item[reader->open->item_n - 1].spill_fd >= 0;
	}
	closed = close_chunk(reader, &batch, err);
	wait_for_chunks(reader);
	if (rc == PM_OK || rc == PM_END) {
		if (closed != PM_OK)
			rc = closed;
		else if (chunk_status(&batch, err) != PM_OK)
			rc = err->status;
		else if (batch.item_n > 0)
			rc = PM_OK;
	}
	if (rc != PM_OK)
		pm_capture_batch_clear(&batch);
	reader->batch = batch;
	reader->status = rc;
}

/* Returns when the other thread has read a batch, or has been stopped. */
static int
wait_ahead(struct pm_batch_reader *reader, struct pm_err *err)
{
	int rc = PM_OK;

	while (!pm_ahead_wait(reader->ahead, TICK_MS))
		if (rc == PM_OK && (rc = tell(reader, err)) != PM_OK)
			reader->cancelled = true;
	return rc;
}

int
pm_batch_reader_next(struct pm_batch_reader *reader,
    struct pm_capture_batch *out, struct pm_err *err)
{
	int rc = PM_OK;

	if (reader->ahead == NULL)
		read_batch(reader);
	else
		rc = wait_ahead(reader, err);
	give_reports(reader);
	if (rc == PM_OK && (rc = reader->status) != PM_OK && rc != PM_END)
		*err = reader->err;
	if (rc == PM_OK) {
		*out = reader->batch;
		reader->batch = (struct pm_capture_batch){ 0 };
	}
	return rc;
}

void
pm_batch_reader_read_on(struct pm_batch_reader *reader)
{
	if (reader->ahead != NULL)
		pm_ahead_begin(reader->ahead);
}

int
pm_batch_reader_open(struct pm_batch_reader **out,
    const struct pm_batch_reader_options *options, struct pm_err *err)
{
	struct pm_batch_reader *reader = pm_alloc_zero(sizeof *reader, err);
	static const struct pm_split_asks asks = { pm_json_is_listing,
	    pm_json_wrapped };
	struct pm_intake_options intake = {
	    .input = options->input->path,
	    .input_n = options->input->path_n,
	    .depth_max = options->input->depth,
	    .exclude = options->exclude,
	    .reader = options->input->format,
	    .asks = &asks,
	    .report = report, .waiting = waiting };
	int rc;

	if (reader == NULL)
		return PM_ENOMEM;
	reader->options = *options;
	intake.context = reader;
	rc = pm_input_times_init(&reader->times, options->input, err);
	if (rc == PM_OK)
		rc = pm_intake_open(&reader->intake, &intake, err);
	if (rc == PM_OK && options->ahead)
		rc = pm_ahead_new(&reader->ahead, read_batch, reader, err);
	if (rc == PM_OK && options->ahead)
		pm_ahead_begin(reader->ahead);
	if (rc == PM_OK)
		*out = reader;
	else
		pm_batch_reader_close(reader);
	return rc;
}

void
pm_batch_reader_close(struct pm_batch_reader *reader)
{
	if (reader == NULL)
		return;
	reader->cancelled = true;
	pm_ahead_free(reader->ahead);
	pm_capture_batch_clear(&reader->batch);
	for (size_t i = 0; i < reader->reports.n; i++) {
		pm_free(reader->reports.p[i].path);
		pm_free(reader->reports.p[i].text);
	}
	pm_free(reader->reports.p);
	if (reader->open != NULL)
		chunk_free(reader->open);
	pm_buf_clear(&reader->file.path);
	pm_buf_clear(&reader->file.input);
	pm_buf_clear(&reader->file.head);
	pm_sha256_free(reader->file.sha256);
	pm_intake_close(reader->intake);
	pm_input_times_clear(&reader->times);
	pm_free(reader);
}
