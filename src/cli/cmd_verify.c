/* verify and reindex. */
#include "cli/commands.h"
#include "cli/output.h"

static int
print_problem(void *context, const struct pm_problem *problem)
{
	struct output *output = context;

	if (output->options->json)
		return output_json_line(output, pm_problem_json(&output->json,
		    problem, &output->err));
	printf("%s: ", problem->file);
	if (problem->frame != 0)
		printf("frame %llu: ", (unsigned long long)problem->frame);
	output_str(stdout, problem->text);
	putchar('\n');
	if (problem->article_n > 0) {
		printf("  articles concerned:");
		for (size_t i = 0; i < problem->article_n; i++)
			printf(" %s", problem->article[i]);
		putchar('\n');
	}
	return 0;
}

static void
print_verified(const struct pm_verified *verified)
{
	fputs(verified->problems == 0 ? "clean: " : "damaged: ", stderr);
	output_count(stderr, verified->batches, "batch, ", "batches, ");
	output_count(stderr, verified->frames, "frame, ", "frames, ");
	output_count(stderr, verified->problems, "problem\n", "problems\n");
}

int
cmd_verify(const struct options *options)
{
	struct output output;
	struct pm_verify_options verify = { .level = options->verify,
	    .threads = options->threads, .problem = print_problem,
	    .context = &output };
	struct pm_verified verified;
	int status, rc;

	output_init(&output, options, "verify");
	verify.hooks = output_hooks(&output);
	rc = pm_verify(&verified, options->operand[0], &verify, &output.err);
	if (rc < 0) {
		status = output_fail(&output, &output.err);
	} else {
		status = output_finish(&output, verified.problems > 0);
		if (!options->quiet)
			print_verified(&verified);
	}
	output_clear(&output);
	return status;
}

int
cmd_reindex(const struct options *options)
{
	struct output output;
	struct pm_counts counts;
	struct pm_hooks hooks;
	int status;

	output_init(&output, options, "reindex");
	hooks = output_hooks(&output);
	if (pm_reindex(&counts, options->operand[0], &hooks, &output.err) !=
	    PM_OK) {
		status = output_fail(&output, &output.err);
	} else {
		if (options->json)
			(void)output_json_line(&output, pm_counts_json(
			    &output.json, &counts, &output.err));
		status = output_finish(&output, false);
		if (!options->quiet) {
			output_count(stderr, counts.captures, "capture, ",
			    "captures, ");
			output_count(stderr, counts.articles, "article\n",
			    "articles\n");
		}
	}
	output_clear(&output);
	return status;
}
