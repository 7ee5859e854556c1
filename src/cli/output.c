#include "cli/output.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t interrupts;
static bool person_waits;

static void
on_interrupt(int signal_number)
{
	static const char text[] =
	    "\npressmark: stopping; once more: at once\n";

	(void)signal_number;
	/* The second one does not wait for a safe point. */
	if (interrupts++ > 0)
		_exit(EXIT_INTERRUPTED);
	if (person_waits && write(STDERR_FILENO, text, sizeof text - 1) < 0)
		person_waits = false;
}

void
catch_interrupts(void)
{
	struct sigaction action = { .sa_handler = on_interrupt };

	person_waits = isatty(STDERR_FILENO) != 0;
	sigemptyset(&action.sa_mask);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGHUP, &action, NULL);
}

bool
interrupted(void)
{
	return interrupts > 0;
}

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
output_init(struct output *output, const struct options *options,
    const char *label)
{
	memset(output, 0, sizeof *output);
	output->options = options;
	output->label = label;
	output->started_ms = now_ms();
}

void
output_clear(struct output *output)
{
	pm_text_free(&output->json);
}

/* ---- text ---- */

void
output_text(FILE *file, struct pm_bytes text)
{
	size_t start = 0;

	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		/* C0, DEL, and C1 as UTF-8 (C2 80 to C2 9F). */
		bool c1 = c == 0xc2 && i + 1 < text.n &&
		    text.p[i + 1] >= 0x80 && text.p[i + 1] <= 0x9f;

		if (c >= 0x20 && c != 0x7f && !c1)
			continue;
		fwrite(text.p + start, 1, i - start, file);
		fputc(c == '\n' || c == '\t' ? ' ' : '?', file);
		i += c1;
		start = i + 1;
	}
	if (start < text.n)
		fwrite(text.p + start, 1, text.n - start, file);
}

void
output_str(FILE *file, const char *text)
{
	output_text(file, (struct pm_bytes){ (const uint8_t *)text,
	    strlen(text) });
}

void
output_list(const char *const *text, size_t n, const char *between)
{
	for (size_t i = 0; i < n; i++) {
		fputs(i > 0 ? between : "", stdout);
		output_str(stdout, text[i]);
	}
}

void
output_count(FILE *file, uint64_t n, const char *one, const char *many)
{
	fprintf(file, "%llu %s", (unsigned long long)n, n == 1 ? one : many);
}

void
output_size(FILE *file, uint64_t bytes)
{
	static const char *const unit[] = { "B", "kB", "MB", "GB", "TB" };
	double value = (double)bytes;
	int i = 0;

	while (value >= 1000 && i < 4) {
		value /= 1000;
		i++;
	}
	fprintf(file, i == 0 ? "%.0f %s" : "%.1f %s", value, unit[i]);
}

void
output_date(const char *time, const char *precision, const char *source)
{
	int n = 20;

	if (time == NULL || (source != NULL && strcmp(source, "crawl") ==
	    0)) {
		printf("%-16s", "-");
		return;
	}
	if (precision == NULL || strcmp(precision, "minute") == 0 ||
	    strcmp(precision, "hour") == 0)
		n = 16;
	else if (strcmp(precision, "month") == 0)
		n = 7;
	else if (strcmp(precision, "year") == 0)
		n = 4;
	else
		n = 10;
	printf("%-16.*s", n, time);
}

/* ---- progress ---- */

static void
wipe_bar(struct output *output)
{
	if (output->bar)
		fputs("\r\033[K", stderr);
	output->bar = false;
}

static void
print_left(const struct pm_progress *progress, double seconds)
{
	double left;

	if (progress->bytes_total == 0 || progress->bytes == 0 ||
	    progress->bytes > progress->bytes_total)
		return;
	left = seconds * (double)(progress->bytes_total - progress->bytes) /
	    (double)progress->bytes;
	fprintf(stderr, ", %d:%02d left", (int)left / 60, (int)left % 60);
}

static void
print_bar(struct output *output, const struct pm_progress *progress,
    double seconds)
{
	fprintf(stderr, "\r\033[K%s: ", output->label);
	if (progress->pages > 0)
		fprintf(stderr, "%llu pages, ",
		    (unsigned long long)progress->pages);
	output_size(stderr, progress->bytes);
	if (seconds > 0.2) {
		fputs(", ", stderr);
		output_size(stderr, (uint64_t)((double)progress->bytes /
		    seconds));
		fputs("/s", stderr);
	}
	if (progress->duplicates > 0)
		fprintf(stderr, ", %llu duplicates",
		    (unsigned long long)progress->duplicates);
	print_left(progress, seconds);
	fflush(stderr);
	output->bar = true;
}

static void
print_json(const struct pm_progress *progress, double seconds)
{
	static const char *const phase[] = { "read", "write", "check" };

	fprintf(stderr, "{\"progress\":\"%s\",\"pages\":%llu,\"bytes\":%llu,"
	    "\"bytes_total\":%llu,\"duplicates\":%llu,\"seconds\":%d.%03d}\n",
	    phase[progress->phase], (unsigned long long)progress->pages,
	    (unsigned long long)progress->bytes,
	    (unsigned long long)progress->bytes_total,
	    (unsigned long long)progress->duplicates, (int)seconds,
	    (int)(seconds * 1000) % 1000);
}

static int
on_progress(void *context, const struct pm_progress *progress)
{
	struct output *output = context;
	enum progress_mode mode = output->options->progress;
	int64_t now = now_ms();
	double seconds = (double)(now - output->started_ms) / 1000;

	if (interrupted())
		return 1;
	if (mode == PROGRESS_AUTO)
		mode = isatty(STDERR_FILENO) && !output->options->quiet ?
		    PROGRESS_ALWAYS : PROGRESS_NEVER;
	if (output->options->quiet)
		mode = PROGRESS_NEVER;
	if (mode == PROGRESS_NEVER || now < output->told_ms +
	    (mode == PROGRESS_JSON ? 1000 : 200))
		return 0;
	output->told_ms = now;
	if (mode == PROGRESS_JSON)
		print_json(progress, seconds);
	else
		print_bar(output, progress, seconds);
	return 0;
}

/* ---- notices and errors ---- */

static void
on_notice(void *context, enum pm_notice_kind kind, const char *path,
    const char *text)
{
	struct output *output = context;

	wipe_bar(output);
	output->notices++;
	if (kind == PM_NOTICE_SKIPPED)
		output->skipped++;
	else if (kind != PM_NOTICE_INFO)
		output->damaged++;
	fputs("pressmark: ", stderr);
	if (path != NULL) {
		output_str(stderr, path);
		fputs(": ", stderr);
	}
	output_str(stderr, text);
	fputc('\n', stderr);
}

struct pm_hooks
output_hooks(struct output *output)
{
	return (struct pm_hooks){ on_progress, on_notice, output };
}

static int
exit_status_of(int status)
{
	switch (status) {
	case PM_EUSAGE:
		return EXIT_USAGE;
	case PM_ECORRUPT:
	case PM_EINPUT:
		return EXIT_DAMAGED;
	case PM_ECANCELLED:
		return EXIT_INTERRUPTED;
	default:
		return EXIT_FAILED;
	}
}

int
output_fail(struct output *output, const struct pm_err *err)
{
	wipe_bar(output);
	fflush(stdout);
	fputs("pressmark: ", stderr);
	output_str(stderr, err->text);
	fputc('\n', stderr);
	return exit_status_of(err->status);
}

int
output_finish(struct output *output, bool damaged)
{
	wipe_bar(output);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "pressmark: cannot write to standard output: "
		    "%s\n", strerror(errno));
		return EXIT_FAILED;
	}
	return damaged ? EXIT_DAMAGED : EXIT_CLEAN;
}

int
output_json_line(struct output *output, int rc)
{
	if (rc != PM_OK)
		return rc;
	wipe_bar(output);
	fwrite(output->json.p, 1, output->json.n, stdout);
	fputc('\n', stdout);
	return ferror(stdout) ? 1 : PM_OK;
}
