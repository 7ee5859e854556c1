/* verify and reindex. */
#include <stdlib.h>
#include <string.h>

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
print_share(uint64_t part, uint64_t all)
{
	output_size(stderr, part);
	fputs(" of ", stderr);
	output_size(stderr, all);
}

/* What a limit of time left for the next run, or that nothing is left. */
static void
print_round(const struct pm_verified *verified)
{
	if (verified->complete) {
		fprintf(stderr, "everything is checked: the round that began "
		    "%s is complete, with ", verified->began);
		output_count(stderr, verified->round_problems, "problem\n",
		    "problems\n");
		return;
	}
	fputs("left for the next run: ", stderr);
	if (verified->packed_left > 0) {
		print_share(verified->packed_left, verified->packed_all);
		fprintf(stderr, " (%.0f %%), ", 100 *
		    (double)verified->packed_left /
		    (double)verified->packed_all);
	}
	if (verified->captures_left > 0)
		output_count(stderr, verified->captures_left, "capture, ",
		    "captures, ");
	if (verified->catalog_left)
		fputs("the catalog, ", stderr);
	fprintf(stderr, "in the round that began %s\n", verified->began);
}

static void
print_verified(const struct options *options,
    const struct pm_verified *verified)
{
	fputs(verified->problems == 0 ? "clean: " : "damaged: ", stderr);
	output_count(stderr, verified->batches, "batch, ", "batches, ");
	output_count(stderr, verified->frames, "frame, ", "frames, ");
	if (verified->captures > 0)
		output_count(stderr, verified->captures, "capture, ",
		    "captures, ");
	output_count(stderr, verified->problems, "problem\n", "problems\n");
	if (options->parts != 0 || options->max_seconds != 0) {
		fputs("checked: ", stderr);
		print_share(verified->packed, verified->packed_all);
		if (options->parts != 0)
			fprintf(stderr, " in part %u of %u", options->part,
			    options->parts);
		fputc('\n', stderr);
	}
	if (options->max_seconds != 0)
		print_round(verified);
}

/* Where --max-time keeps how far it came; NULL: nowhere. */
static char *
state_directory(void)
{
	static const char name[] = "pressmark", home_state[] = ".local/state/";
	const char *base = getenv("XDG_STATE_HOME"), *middle = "";
	size_t n;
	char *path;

	if (base == NULL || base[0] != '/') {
		base = getenv("HOME");
		middle = home_state;
	}
	if (base == NULL || base[0] == '\0')
		return NULL;
	n = strlen(base) + sizeof home_state + sizeof name + 1;
	if ((path = malloc(n)) != NULL)
		(void)snprintf(path, n, "%s/%s%s", base, middle, name);
	return path;
}

static int
print_all(struct output *output, const struct pm_verify_options *verify,
    const struct pm_verified *verified)
{
	const struct options *options = output->options;
	int status;

	if (options->json && (options->parts != 0 ||
	    options->max_seconds != 0))
		(void)output_json_line(output, pm_verified_json(&output->json,
		    verify, verified, &output->err));
	status = output_finish(output, verified->problems > 0);
	if (!options->quiet)
		print_verified(options, verified);
	return status;
}

int
cmd_verify(const struct options *options)
{
	struct output output;
	struct pm_verify_options verify = { .level = options->verify,
	    .threads = options->threads, .part = options->part,
	    .parts = options->parts, .max_seconds = options->max_seconds,
	    .problem = print_problem, .context = &output };
	struct pm_verified verified;
	char *state = options->max_seconds == 0 ? NULL : state_directory();
	int status, rc;

	output_init(&output, options, "verify");
	verify.hooks = output_hooks(&output);
	verify.state = state;
	if (options->max_seconds != 0 && state == NULL)
		fputs("pressmark verify: neither XDG_STATE_HOME nor HOME is "
		    "set: the next run will begin anew\n", stderr);
	rc = pm_verify(&verified, options->operand[0], &verify, &output.err);
	status = rc < 0 ? output_fail(&output, &output.err) :
	    print_all(&output, &verify, &verified);
	output_clear(&output);
	free(state);
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
