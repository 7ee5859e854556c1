#include "intake/intake.h"

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
	intake->depth_max = options->depth_max != 0 ? options->depth_max :
	    DEPTH_MAX;
	intake->bomb_bytes = options->bomb_bytes != 0 ? options->bomb_bytes :
	    BOMB_BYTES;
	intake->bomb_ratio = options->bomb_ratio != 0 ? options->bomb_ratio :
	    BOMB_RATIO;
	intake->report = options->report;
	intake->waiting = options->waiting;
	intake->context = options->context;
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

/* PM_OK when the source is a record, PM_END when it was a container, which
 * is now the innermost. */
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
		return PM_OK;
	rc = pm_container_open(&container, intake, source, format, err);
	if (rc == PM_END)
		return PM_OK;
	if (rc != PM_OK)
		return rc;
	intake->top = container;
	return PM_END;
}

int
pm_intake_next(struct pm_intake *intake, const struct pm_record **out,
    struct pm_err *err)
{
	struct pm_source *source = &intake->source;
	int rc = PM_END;

	/* Its container may be closed before there is another. */
	pm_source_reset(source);
	while (rc == PM_END) {
		if ((rc = next_source(intake, err)) != PM_OK)
			break;
		rc = look_into(intake, err);
		if (intake->cancelled)
			break;
	}
	if (intake->cancelled)
		return pm_fail(err, PM_ECANCELLED, "interrupted");
	if (rc != PM_OK)
		return rc;
	intake->record = (struct pm_record){
		.path = pm_buf_bytes(&source->path),
		.input = source->input,
		.mtime_ns = source->info.mtime_ns,
		.mode = source->info.mode,
		.bytes = source->bytes,
	};
	if (source->info.mtime_ns >= PM_FS_TIME_MAX ||
	    source->info.mtime_ns <= PM_FS_TIME_MIN)
		pm_intake_report(intake, PM_INTAKE_SKIPPED,
		    intake->record.path, "has a time before 1678 or after 2262; the "
		    "nearest is stored");
	*out = &intake->record;
	return PM_OK;
}

int
pm_intake_read(struct pm_intake *intake, void *p, size_t n, size_t *got,
    struct pm_err *err)
{
	struct pm_source *source = &intake->source;
	size_t read = 0;
	int rc = pm_source_read(intake, source, p, n, &read, err);

	if (rc == PM_OK && read > 0 && source->outer != NULL)
		rc = pm_container_count_record(source->outer, read, err);
	if (intake->cancelled)
		return pm_fail(err, PM_ECANCELLED, "interrupted");
	if (rc != PM_OK)
		return rc;
	if (read == 0 && n > 0)
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
