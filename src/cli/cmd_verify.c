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
			fprintf(stderr, "%s: %llu batches, %llu frames, %llu "
			    "problems\n", verified.problems == 0 ? "clean" :
			    "damaged", (unsigned long long)verified.batches,
			    (unsigned long long)verified.frames,
			    (unsigned long long)verified.problems);
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
		if (!options->quiet)
			fprintf(stderr, "%llu captures, %llu articles\n",
			    (unsigned long long)counts.captures,
			    (unsigned long long)counts.articles);
	}
	output_clear(&output);
	return status;
}
