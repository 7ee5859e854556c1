/* forget: what near copies there are is asked first, then all is said by name
 * as it goes. */
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/output.h"

static void
print_forgotten(FILE *file, const struct pm_forgotten *forgotten)
{
	fprintf(file, "%s%s", forgotten->what, forgotten->stays ?
	    " (stays)" : "");
	if (forgotten->id != NULL)
		fprintf(file, "\t%s", forgotten->id);
	if (forgotten->relation != NULL)
		fprintf(file, "\t%s", forgotten->relation);
	fputc('\t', file);
	output_text(file, forgotten->path.n > 0 ? forgotten->path :
	    forgotten->title);
	fputc('\n', file);
}

static int
tell(void *context, const struct pm_forgotten *forgotten)
{
	struct output *output = context;

	if (output->options->json)
		return output_json_line(output, pm_forgotten_json(
		    &output->json, forgotten, &output->err));
	print_forgotten(stdout, forgotten);
	return ferror(stdout) ? 1 : 0;
}

/* ---- near copies ---- */

static int
list_copy(void *context, const struct pm_forgotten *forgotten)
{
	(void)context;
	if (strcmp(forgotten->what, "copy") == 0)
		print_forgotten(stderr, forgotten);
	return 0;
}

enum answer { ANSWER_NO, ANSWER_YES, ANSWER_NONE };

static enum answer
ask(uint64_t n)
{
	char line[64];

	fprintf(stderr, "forget ");
	output_count(stderr, n, "near copy too?", "near copies too?");
	fprintf(stderr, " yes, no (they stay), or anything else to do "
	    "nothing: ");
	fflush(stderr);
	if (fgets(line, sizeof line, stdin) == NULL)
		return ANSWER_NONE;
	line[strcspn(line, "\n")] = '\0';
	if (strcmp(line, "yes") == 0 || strcmp(line, "y") == 0)
		return ANSWER_YES;
	return strcmp(line, "no") == 0 || strcmp(line, "n") == 0 ?
	    ANSWER_NO : ANSWER_NONE;
}

/* What becomes of near copies, when the command line does not say. */
static int
settle_copies(struct pm_forget_options *forget, struct output *output)
{
	struct pm_forget_options look = *forget;
	struct pm_receipt receipt;

	look.dry_run = 1;
	look.forgotten = NULL;
	if (pm_forget(&receipt, output->options->operand[0], &look,
	    &output->err) != PM_OK)
		return output_fail(output, &output->err);
	if (receipt.copies == 0)
		return EXIT_CLEAN;
	look.forgotten = list_copy;
	if (pm_forget(&receipt, output->options->operand[0], &look,
	    &output->err) != PM_OK)
		return output_fail(output, &output->err);
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
		fputs("pressmark forget: there are near copies (above); say "
		    "--yes to forget them too, or --only\n", stderr);
		return EXIT_USAGE;
	}
	switch (ask(receipt.copies)) {
	case ANSWER_YES:
		forget->copies = PM_COPIES_GO;
		return EXIT_CLEAN;
	case ANSWER_NO:
		return EXIT_CLEAN;
	default:
		fputs("nothing was forgotten\n", stderr);
		return EXIT_USAGE;
	}
}

/* ---- the receipt ---- */

static void
print_receipt(const struct pm_receipt *receipt)
{
	fputs(receipt->dry_run ? "would be hidden: " : "hidden: ", stderr);
	output_count(stderr, receipt->articles, "article, ", "articles, ");
	output_count(stderr, receipt->captures, "capture, ", "captures, ");
	output_count(stderr, receipt->teasers, "teaser seen ",
	    "teasers seen ");
	output_count(stderr, receipt->sightings, "time on ", "times on ");
	output_count(stderr, receipt->cut, "other page\n", "other pages\n");
	if (receipt->copies > 0)
		output_count(stderr, receipt->copies,
		    "near copy stays\n", "near copies stay\n");
	if (receipt->in_volumes && !receipt->dry_run)
		fputs("the bytes are still in the volumes, until 'pressmark "
		    "optimize'\n", stderr);
}

int
cmd_forget(const struct options *options)
{
	struct output output;
	struct pm_forget_options forget = { .id = options->operand + 1,
	    .id_n = options->operand_n - 1, .url = options->select.url,
	    .copies = options->yes ? PM_COPIES_GO : PM_COPIES_STAY,
	    .dry_run = options->dry_run, .forgotten = tell,
	    .context = &output };
	struct pm_receipt receipt;
	int status = EXIT_CLEAN, rc;

	output_init(&output, options, "forget");
	forget.hooks = output_hooks(&output);
	if (!options->yes && !options->only && !options->dry_run)
		status = settle_copies(&forget, &output);
	if (status != EXIT_CLEAN) {
		output_clear(&output);
		return status;
	}
	rc = pm_forget(&receipt, options->operand[0], &forget, &output.err);
	if (rc < 0) {
		status = output_fail(&output, &output.err);
	} else {
		if (rc == PM_OK && options->json)
			(void)output_json_line(&output, pm_receipt_json(
			    &output.json, &receipt, &output.err));
		status = output_finish(&output, false);
		if (rc == PM_OK && !options->quiet)
			print_receipt(&receipt);
	}
	output_clear(&output);
	return status;
}
