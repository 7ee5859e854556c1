/* optimize. */
#include "cli/commands.h"
#include "cli/output.h"

static void
print_kind(const char *name, uint64_t before, uint64_t after)
{
	if (before == 0)
		return;
	fprintf(stderr, "  %s ", name);
	output_size(stderr, before);
	fputs(", about ", stderr);
	output_size(stderr, after);
	fputc('\n', stderr);
}

static void
print_gain(const struct pm_optimized *optimized, bool forecast)
{
	uint64_t before = optimized->bytes_before;
	uint64_t after = optimized->bytes_after;

	output_count(stderr, optimized->captures, "capture, ", "captures, ");
	output_count(stderr, optimized->articles, "article: ", "articles: ");
	fputs("volumes ", stderr);
	output_size(stderr, before);
	fputs(forecast ? ", about " : ", now ", stderr);
	output_size(stderr, after);
	if (before > 0)
		fprintf(stderr, " (%.0f %%)", 100.0 * (double)after /
		    (double)before);
	fputc('\n', stderr);
	if (!forecast)
		return;
	print_kind("texts", optimized->text_before, optimized->text_after);
	print_kind("pages around them", optimized->metadata_before,
	    optimized->metadata_after);
}

int
cmd_optimize(const struct options *options)
{
	struct pm_optimize_options optimize = { .level = options->level,
	    .frame_bytes = options->frame_bytes,
	    .threads = options->threads,
	    .memory_bytes = options->memory_bytes,
	    .dry_run = options->dry_run };
	struct pm_optimized optimized;
	struct output output;
	int status;

	output_init(&output, options, "optimize");
	optimize.hooks = output_hooks(&output);
	if (pm_optimize(&optimized, options->operand[0], &optimize,
	    &output.err) != PM_OK) {
		status = output_fail(&output, &output.err);
	} else {
		status = output_finish(&output, false);
		if (!options->quiet)
			print_gain(&optimized, options->dry_run);
	}
	output_clear(&output);
	return status;
}
