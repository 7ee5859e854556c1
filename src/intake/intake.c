#include "intake/intake.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "intake/intake_internal.h"

enum {
	DEPTH_MAX = 8,
	BOMB_RATIO = 1000
};
#define BOMB_BYTES ((uint64_t)4 << 30)

void
pm_intake_report(struct pm_intake *intake, enum pm_intake_problem problem,
    struct pm_bytes path, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (intake->report == NULL || intake->cancelled)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	intake->report(intake->context, problem, path, text);
}

const char *
pm_intake_reason(const struct pm_err *err)
{
	return err->sys_errno != 0 ? strerror(err->sys_errno) : err->text;
}

static int
copy_inputs(struct pm_intake *intake, const struct pm_intake_options *options,
    struct pm_err *err)
{
	if ((intake->input = pm_alloc_zero(options->input_n *
	    sizeof *intake->input, err)) == NULL)
		return PM_ENOMEM;
	for (size_t i = 0; i < options->input_n; i++) {
		intake->input[i] = pm_arena_copy(&intake->names,
		    options->input[i], strlen(options->input[i]) + 1, err);
		if (intake->input[i] == NULL)
			return PM_ENOMEM;
	}
	intake->input_n = options->input_n;
	return PM_OK;
}

static int
make_locales(struct pm_intake *intake, struct pm_err *err)
{
	static const char *const name[] = { "C.UTF-8", "en_US.UTF-8",
	    "UTF-8" };

	intake->bytes_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (intake->bytes_locale == (locale_t)0)
		return pm_fail_errno(err, "cannot make the C locale");
	for (size_t i = 0; i < sizeof name / sizeof *name &&
	    intake->utf8_locale == (locale_t)0; i++)
		intake->utf8_locale = newlocale(LC_CTYPE_MASK, name[i],
		    (locale_t)0);
	return PM_OK;
}

int
pm_intake_open(struct pm_intake **out,
    const struct pm_intake_options *options, struct pm_err *err)
{
	struct pm_intake *intake = NULL;
	int rc = PM_ENOMEM;

	if ((intake = pm_alloc_zero(sizeof *intake, err)) == NULL)
		goto done;
	pm_arena_init(&intake->names);
	pm_source_init(&intake->source);
	pm_split_init(&intake->cutting.split);
	pm_buf_init(&intake->cutting.path);
	intake->depth_max = options->depth_max != 0 ? options->depth_max :
	    DEPTH_MAX;
	intake->bomb_bytes = options->bomb_bytes != 0 ? options->bomb_bytes :
	    BOMB_BYTES;
	intake->bomb_ratio = options->bomb_ratio != 0 ? options->bomb_ratio :
	    BOMB_RATIO;
	intake->report = options->report;
	intake->waiting = options->waiting;
	intake->context = options->context;
	intake->reader = options->reader;
	intake->asks = options->asks;
	if (options->exclude != NULL) {
		if ((rc = pm_fs_stat(&intake->exclude, options->exclude,
		    err)) != PM_OK)
			goto done;
		intake->excludes = true;
	}
	if ((rc = copy_inputs(intake, options, err)) != PM_OK ||
	    (rc = make_locales(intake, err)) != PM_OK)
		goto done;
	intake->bytes_total = pm_walk_named_bytes(intake->input,
	    intake->input_n);
	*out = intake;
	intake = NULL;
done:
	pm_intake_close(intake);
	return rc;
}

static void
pop_container(struct pm_intake *intake)
{
	struct pm_container *container = intake->top;

	intake->top = container->outer;
	pm_container_close(container);
}

void
pm_intake_close(struct pm_intake *intake)
{
	if (intake == NULL)
		return;
	pm_split_clear(&intake->cutting.split);
	pm_buf_clear(&intake->cutting.path);
	pm_free(intake->cutting.block);
	pm_source_clear(&intake->source);
	while (intake->top != NULL)
		pop_container(intake);
	pm_walk_clear(intake);
	pm_arena_clear(&intake->names);
	pm_free(intake->input);
	if (intake->bytes_locale != (locale_t)0)
		freelocale(intake->bytes_locale);
	if (intake->utf8_locale != (locale_t)0)
		freelocale(intake->utf8_locale);
	pm_free(intake);
}

/* A container that was given up ends all that were opened in it. */
static void
pop_given_up(struct pm_intake *intake)
{
	const struct pm_container *last = NULL;

	for (const struct pm_container *c = intake->top; c != NULL;
	    c = c->outer) {
		if (c->ended)
			last = c;
	}
	while (last != NULL) {
		bool done = intake->top == last;

		pop_container(intake);
		if (done)
			break;
	}
}

/* The next file or member, be it a record or a container. */
static int
next_source(struct pm_intake *intake, struct pm_err *err)
{
	pop_given_up(intake);
	while (intake->top != NULL) {
		int rc = pm_container_next(intake->top, &intake->source, err);

		if (rc != PM_END)
			return rc;
		pop_container(intake);
	}
	return pm_walk_next_file(intake, &intake->source, err);
}

/* ---- record files ---- */

/* Is the source one that is cut?  All of it is known when its end was met. */
static int
begin_cutting(struct pm_intake *intake, struct pm_err *err)
{
	struct pm_cutting *cutting = &intake->cutting;
	struct pm_source *source = &intake->source;
	struct pm_bytes head = pm_buf_bytes(&source->head);
	bool whole = !source->failed && (head.n < PM_HEAD_BYTES ||
	    (source->bytes >= 0 && (uint64_t)source->bytes == head.n));
	int rc = pm_split_begin(&cutting->split, intake->reader, head, whole,
	    source->bytes, pm_buf_bytes(&source->path), intake->asks, err);

	if (rc != PM_OK || cutting->split.kind == PM_SPLIT_NONE)
		return rc;
	if (cutting->block == NULL &&
	    (cutting->block = pm_alloc(PM_CUT_BYTES, err)) == NULL)
		return PM_ENOMEM;
	cutting->open = cutting->ended = true;
	cutting->at = cutting->n = cutting->run = 0;
	cutting->begin = cutting->passed = cutting->gap_next = 0;
	cutting->end = cutting->failed = false;
	cutting->complaints = 0;
	cutting->serial++;
	return PM_OK;
}

/* More behind what is there; or it is the end. */
static int
fill_block(struct pm_intake *intake, struct pm_err *err)
{
	struct pm_cutting *cutting = &intake->cutting;
	size_t left = cutting->n - cutting->at, got = 0;
	int rc;

	memmove(cutting->block, cutting->block + cutting->at, left);
	cutting->at = 0;
	cutting->n = left;
	rc = pm_source_read(intake, &intake->source, cutting->block + left,
	    PM_CUT_BYTES - left, &got, err);
	if (intake->cancelled)
		return pm_fail(err, PM_ECANCELLED, "interrupted");
	if (rc == PM_EINPUT) {
		cutting->end = cutting->failed = true;
		return PM_OK;
	}
	if (rc == PM_OK && got == 0) {
		cutting->end = true;
		pm_source_check_changed(intake, &intake->source);
	}
	cutting->n += got;
	return rc;
}

static int
set_record_path(struct pm_intake *intake, struct pm_err *err)
{
	struct pm_cutting *cutting = &intake->cutting;
	const struct pm_buf *file = &intake->source.path;
	uint64_t ordinal = cutting->split.ordinal;
	char digits[21];
	size_t at = sizeof digits;
	int rc;

	do {
		digits[--at] = (char)('0' + ordinal % 10);
		ordinal /= 10;
	} while (ordinal > 0);
	digits[--at] = '#';
	pm_buf_reset(&cutting->path);
	rc = pm_buf_append(&cutting->path, file->p, file->n, err);
	return rc != PM_OK ? rc : pm_buf_append(&cutting->path, digits + at,
	    sizeof digits - at, err);
}

/* What a cut file has is said once; that it is cut was said before. */
static int
report_complaint(struct pm_intake *intake, struct pm_err *err)
{
	struct pm_cutting *cutting = &intake->cutting;
	const char *complaint = cutting->split.complaint;
	int rc;

	cutting->split.complaint = NULL;
	if (complaint == NULL || cutting->failed ||
	    cutting->complaints > PM_COMPLAINTS_MAX)
		return PM_OK;
	if (cutting->complaints++ == PM_COMPLAINTS_MAX) {
		pm_intake_report(intake, PM_INTAKE_DAMAGED,
		    pm_buf_bytes(&intake->source.path),
		    "has more like these, which are not reported");
		return PM_OK;
	}
	if ((rc = set_record_path(intake, err)) == PM_OK)
		pm_intake_report(intake, PM_INTAKE_DAMAGED,
		    pm_buf_bytes(&cutting->path), "%s", complaint);
	return rc;
}

/* How much of what is there may be of the record at hand: a WARC's ends where
 * bytes were lost, whatever length it has. */
static size_t
until_gap(struct pm_intake *intake, bool *end)
{
	struct pm_cutting *cutting = &intake->cutting;
	const struct pm_container *c = intake->source.outer;
	size_t n = cutting->n - cutting->at;

	*end = cutting->end;
	if (c == NULL || (cutting->split.kind != PM_SPLIT_WARC &&
	    cutting->split.kind != PM_SPLIT_ARC))
		return n;
	while (cutting->gap_next < c->gap_n &&
	    c->gap[cutting->gap_next] <= cutting->begin)
		cutting->gap_next++;
	if (cutting->gap_next == c->gap_n ||
	    c->gap[cutting->gap_next] - cutting->passed > n)
		return n;
	*end = true;
	return (size_t)(c->gap[cutting->gap_next] - cutting->passed);
}

static void
pass(struct pm_intake *intake, size_t used)
{
	struct pm_cutting *cutting = &intake->cutting;

	cutting->at += used;
	cutting->run = used;
	cutting->passed += used;
	if (cutting->ended)
		cutting->begin = cutting->passed;
}

/* The next run of the record at hand, or its end. */
static int
cut(struct pm_intake *intake, struct pm_err *err)
{
	struct pm_cutting *cutting = &intake->cutting;
	bool more = cutting->at == cutting->n;
	size_t used = 0, n;
	int rc = PM_OK;
	bool end;

	do {
		/* Else a step broke its promise, and there is no room. */
		assert(!more || cutting->n - cutting->at <
		    PM_SPLIT_AHEAD_BYTES);
		if (more && !cutting->end)
			rc = fill_block(intake, err);
		n = until_gap(intake, &end);
		if (rc == PM_OK)
			rc = pm_split_step(&used, &cutting->ended,
			    &cutting->split, cutting->block + cutting->at, n,
			    end, err);
		if (rc == PM_OK)
			rc = report_complaint(intake, err);
		more = used == 0 && !cutting->ended;
	} while (rc == PM_OK && more);
	pass(intake, used);
	return rc;
}

/* PM_END: the file has no more. */
static int
next_record(struct pm_intake *intake, struct pm_err *err)
{
	struct pm_cutting *cutting = &intake->cutting;
	int rc = PM_OK;

	while (rc == PM_OK && !cutting->ended)
		rc = cut(intake, err);
	if (rc == PM_OK && cutting->at == cutting->n && !cutting->end)
		rc = fill_block(intake, err);
	if (rc == PM_OK && cutting->at == cutting->n)
		rc = PM_END;
	if (rc == PM_OK)
		rc = cut(intake, err);
	if (rc == PM_OK)
		rc = set_record_path(intake, err);
	if (rc != PM_OK)
		cutting->open = false;
	return rc;
}

static int
read_record(struct pm_intake *intake, uint8_t *p, size_t n, size_t *got,
    struct pm_err *err)
{
	struct pm_cutting *cutting = &intake->cutting;

	*got = 0;
	while (*got < n) {
		size_t k = n - *got;
		int rc;

		if (cutting->run == 0 && cutting->ended)
			break;
		if (cutting->run == 0 && (rc = cut(intake, err)) != PM_OK)
			return rc;
		if (k > cutting->run)
			k = cutting->run;
		memcpy(p + *got, cutting->block + cutting->at - cutting->run,
		    k);
		cutting->run -= k;
		*got += k;
	}
	if (*got == 0 && n > 0 && cutting->failed &&
	    cutting->at == cutting->n)
		return pm_fail(err, PM_EINPUT, "cannot be read");
	return PM_OK;
}

/* Its container was given up. */
static void
give_up_cutting(struct pm_cutting *cutting)
{
	cutting->at = cutting->n;
	cutting->run = 0;
	cutting->ended = cutting->end = cutting->failed = true;
}

/* ---- records ---- */

/* PM_OK when the source is a record or a record file, PM_END when it was a
 * container, which is now the innermost. */
static int
look_into(struct pm_intake *intake, struct pm_err *err)
{
	struct pm_source *source = &intake->source;
	struct pm_container *container;
	enum pm_format format;
	int rc = pm_source_fill(intake, source, PM_HEAD_BYTES, err);

	if (rc != PM_OK)
		return rc;
	format = pm_sniff(pm_buf_bytes(&source->head),
	    pm_buf_bytes(&source->path));
	if (format == PM_FORMAT_PLAIN)
		return begin_cutting(intake, err);
	rc = pm_container_open(&container, intake, source, format, err);
	if (rc == PM_END)
		return PM_OK;
	if (rc != PM_OK)
		return rc;
	intake->top = container;
	return PM_END;
}

/* A file or member that is a record or a record file. */
static int
next_file(struct pm_intake *intake, struct pm_err *err)
{
	struct pm_source *source = &intake->source;
	int rc = PM_END;

	/* Its container may be closed before there is another. */
	pm_source_reset(source);
	intake->cutting.split.reader = intake->reader;
	while (rc == PM_END) {
		if ((rc = next_source(intake, err)) != PM_OK)
			return rc;
		rc = look_into(intake, err);
		if (intake->cancelled)
			break;
	}
	if (rc == PM_OK && (source->info.mtime_ns >= PM_FS_TIME_MAX ||
	    source->info.mtime_ns <= PM_FS_TIME_MIN))
		pm_intake_report(intake, PM_INTAKE_SKIPPED,
		    pm_buf_bytes(&source->path), "has a time before 1678 or "
		    "after 2262; the nearest is stored");
	return rc;
}

static void
set_record(struct pm_intake *intake)
{
	const struct pm_source *source = &intake->source;
	const struct pm_cutting *cutting = &intake->cutting;
	struct pm_record *record = &intake->record;

	*record = (struct pm_record){
		.path = pm_buf_bytes(&source->path),
		.input = source->input,
		.mtime_ns = source->info.mtime_ns,
		.mode = source->info.mode,
		.bytes = source->bytes,
		.reader = cutting->split.reader,
	};
	if (!cutting->open)
		return;
	record->file = record->path;
	record->path = pm_buf_bytes(&cutting->path);
	record->bytes = cutting->ended && !cutting->failed ?
	    (int64_t)cutting->run : -1;
	record->file_serial = cutting->serial;
	record->ordinal = cutting->split.ordinal;
	record->context = pm_buf_bytes(&cutting->split.context);
	/* What stands before the first is no article. */
	if (record->ordinal == 0)
		record->reader = PM_READER_OPAQUE;
}

int
pm_intake_next(struct pm_intake *intake, const struct pm_record **out,
    struct pm_err *err)
{
	int rc = PM_END;

	while (rc == PM_END && !intake->cancelled) {
		if (!intake->cutting.open &&
		    (rc = next_file(intake, err)) != PM_OK)
			break;
		rc = intake->cutting.open ? next_record(intake, err) : PM_OK;
	}
	if (intake->cancelled)
		return pm_fail(err, PM_ECANCELLED, "interrupted");
	if (rc != PM_OK)
		return rc;
	set_record(intake);
	*out = &intake->record;
	return PM_OK;
}

int
pm_intake_read(struct pm_intake *intake, void *p, size_t n, size_t *got,
    struct pm_err *err)
{
	struct pm_source *source = &intake->source;
	bool cutting = intake->cutting.open;
	size_t read = 0;
	int rc = cutting ? read_record(intake, p, n, &read, err) :
	    pm_source_read(intake, source, p, n, &read, err);

	if (rc == PM_OK && read > 0 && source->outer != NULL) {
		rc = pm_container_count_record(source->outer, read, err);
		if (rc != PM_OK && cutting)
			give_up_cutting(&intake->cutting);
	}
	if (intake->cancelled)
		return pm_fail(err, PM_ECANCELLED, "interrupted");
	if (rc != PM_OK)
		return rc;
	if (read == 0 && n > 0 && !cutting)
		pm_source_check_changed(intake, source);
	*got = read;
	return PM_OK;
}

uint64_t
pm_intake_bytes_read(const struct pm_intake *intake)
{
	return intake->bytes_read;
}

uint64_t
pm_intake_bytes_total(const struct pm_intake *intake)
{
	return intake->bytes_total;
}
