/* repair, and how what is lost is printed. */
#include <string.h>

#include "cli/commands.h"
#include "cli/output.h"

static void
print_numbers(const struct pm_lost *lost)
{
	if (lost->to == lost->number)
		printf("number %llu", (unsigned long long)lost->number);
	else
		printf("numbers %llu to %llu",
		    (unsigned long long)lost->number,
		    (unsigned long long)lost->to);
}

void
output_lost(const struct pm_lost *lost)
{
	printf("%s\t%s\t", lost->what, lost->crawled[0] == '\0' ? "-" :
	    lost->crawled);
	printf("%.16s\t", lost->sha256[0] == '\0' ? "-" : lost->sha256);
	if (lost->path.n > 0)
		output_text(stdout, lost->path);
	else if (lost->title != NULL)
		output_str(stdout, lost->title);
	else
		print_numbers(lost);
	putchar('\n');
}

static int
print_lost(void *context, const struct pm_lost *lost)
{
	struct output *output = context;

	if (output->options->json)
		return output_json_line(output, pm_lost_json(&output->json,
		    lost, &output->err));
	fputs("lost: ", stdout);
	output_lost(lost);
	return ferror(stdout) ? 1 : 0;
}

static int
print_mended(void *context, const char *file, const char *how)
{
	struct output *output = context;

	if (output->options->json)
		return output_json_line(output, pm_mended_json(&output->json,
		    file, how, &output->err));
	printf("mended: %s: ", file);
	output_str(stdout, how);
	putchar('\n');
	return ferror(stdout) ? 1 : 0;
}

static int
print_problem(void *context, const struct pm_problem *problem)
{
	struct output *output = context;

	if (output->options->json)
		return output_json_line(output, pm_problem_json(&output->json,
		    problem, &output->err));
	printf("found: %s: ", problem->file);
	output_str(stdout, problem->text);
	putchar('\n');
	return ferror(stdout) ? 1 : 0;
}

static void
print_repaired(const struct pm_repaired *repaired)
{
	if (repaired->problems == 0) {
		fputs("nothing is wrong\n", stderr);
		return;
	}
	output_count(stderr, repaired->problems, "problem, ", "problems, ");
	fputs("now clean; lost: ", stderr);
	output_count(stderr, repaired->captures, "capture, ", "captures, ");
	output_count(stderr, repaired->articles, "article", "articles");
	if (repaired->batches > 0) {
		fputs(", and what was in ", stderr);
		output_count(stderr, repaired->batches, "batch at the end",
		    "batches at the end");
	}
	fputs("\n", stderr);
}

int
cmd_repair(const struct options *options)
{
	struct output output;
	struct pm_repair_options repair = { .threads = options->threads,
	    .problem = print_problem, .mended = print_mended,
	    .lost = print_lost, .context = &output };
	struct pm_repaired repaired;
	int status, rc;

	output_init(&output, options, "repair");
	repair.hooks = output_hooks(&output);
	rc = pm_repair(&repaired, options->operand[0], &repair, &output.err);
	if (rc < 0) {
		status = output_fail(&output, &output.err);
		if (rc == PM_ECORRUPT)
			status = EXIT_FAILED;
	} else {
		status = output_finish(&output, repaired.captures +
		    repaired.articles + repaired.batches > 0);
		if (!options->quiet)
			print_repaired(&repaired);
	}
	output_clear(&output);
	return status;
}
