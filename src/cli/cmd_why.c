/* why. */
#include <string.h>

#include "cli/commands.h"
#include "cli/inputs.h"
#include "cli/pieces.h"

/* Bytes of the shared stretch that are shown. */
enum { STRETCH_BYTES = 150 };

static void
print_side(const char *name, const struct pm_why_side *side)
{
	const struct pm_article *article = side->article;

	printf("%s  %s  ", name, article->id);
	output_date(article->published, article->published_precision,
	    article->published_source);
	fputs("  ", stdout);
	output_str(stdout, article->title == NULL ? "-" : article->title);
	fputs("\n   ", stdout);
	output_text(stdout, side->path);
	printf(": %llu bytes, %llu words, %llu 3-grams\n",
	    (unsigned long long)article->bytes,
	    (unsigned long long)side->words,
	    (unsigned long long)side->grams);
}

static void
print_test(const struct pm_why_test *test)
{
	printf("  %-19s%-4s", test->test, test->holds < 0 ? "-" :
	    test->holds ? "yes" : "no");
	if (test->needs > 0)
		printf("%s %.4f, needs %.4f: ", strcmp(test->test,
		    "contains") == 0 ? "containment" : "jaccard",
		    test->value, test->needs);
	output_str(stdout, test->says);
	putchar('\n');
}

static void
print_stretch(const struct pm_why *why)
{
	struct pm_bytes text = why->stretch;

	if (text.n == 0)
		return;
	printf("longest stretch in both: %llu words:",
	    (unsigned long long)why->stretch_words);
	if (*text.p != ' ')
		putchar(' ');
	if (text.n > STRETCH_BYTES)
		for (text.n = STRETCH_BYTES; text.n > 0 &&
		    (text.p[text.n] & 0xc0) == 0x80;)
			text.n--;
	output_text(stdout, text);
	puts(text.n < why->stretch.n ? " ..." : "");
}

static void
print_keys(const struct pm_why *why)
{
	if (why->bands == 0)
		return;
	printf("keys of the candidate index in both: %u of %u bands, %llu "
	    "others (of %llu and %llu): %s\n", why->bands_shared, why->bands,
	    (unsigned long long)why->others_shared,
	    (unsigned long long)why->others_a,
	    (unsigned long long)why->others_b, why->bands_shared +
	    why->others_shared > 0 ? "they meet" : "they do not meet");
}

static void
print_membership(const char *name, const struct pm_why_side *side)
{
	if (side->to_canonical == NULL)
		printf("  %s is the canonical of %s\n", name,
		    side->article->cluster);
	else
		printf("  %s belongs to %s: %s\n", name,
		    side->article->cluster, side->to_canonical);
}

static void
print_clusters(const struct pm_why *why)
{
	printf("cluster: %s\n", strcmp(why->a.article->cluster,
	    why->b.article->cluster) == 0 ? "the same" : "not the same");
	print_membership("a", &why->a);
	print_membership("b", &why->b);
}

static int
print_why(void *context, const struct pm_why *why)
{
	struct output *output = context;
	struct pm_why row = *why;

	if (!output->options->diff)
		row.piece = NULL;
	if (output->options->json)
		return output_json_line(output, pm_why_json(&output->json,
		    &row, &output->err));
	print_side("a", &why->a);
	print_side("b", &why->b);
	putchar('\n');
	output_str(stdout, why->verdict);
	putchar('\n');
	for (int i = 0; i < PM_WHY_TESTS; i++)
		print_test(&why->test[i]);
	print_stretch(why);
	print_keys(why);
	print_clusters(why);
	printf("compared with: %s\n", why->policy);
	pieces_print(row.piece, row.piece_n);
	return ferror(stdout) ? 1 : 0;
}

int
cmd_why(const struct options *options)
{
	const char *const *name = options->operand + options->operand_n - 2;
	struct pm_archive *archive = NULL;
	struct output output;
	uint64_t unreadable = 0;
	int status, rc;

	output_init(&output, options, "why");
	rc = inputs_open(&archive, &unreadable, &output, 2);
	if (rc == PM_OK)
		rc = pm_why(archive, name[0], name[1], print_why, &output,
		    &output.err);
	status = rc < 0 ? output_fail(&output, &output.err) :
	    output_finish(&output, unreadable > 0);
	pm_archive_close(archive);
	output_clear(&output);
	return status;
}
