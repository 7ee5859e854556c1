/* dups. */
#include <string.h>

#include "cli/commands.h"
#include "cli/inputs.h"
#include "cli/pieces.h"

struct printer {
	struct output output;
	uint64_t clusters, articles, captures;
};

/* ---- rows ---- */

static int
print_cluster(void *context, const struct pm_cluster *cluster)
{
	struct printer *printer = context;
	const struct pm_article *article = cluster->canonical;

	if (printer->output.options->json)
		return 0;
	if (printer->clusters++ > 0)
		putchar('\n');
	output_date(article->published, article->published_precision,
	    article->published_source);
	printf("  %s  ", article->id);
	output_str(stdout, article->title == NULL ? "-" : article->title);
	fputs(" (", stdout);
	output_count(stdout, cluster->articles, "article in ",
	    "articles in ");
	output_count(stdout, cluster->captures, "capture)\n",
	    "captures)\n");
	return 0;
}

static void
print_score(const struct pm_dup *dup)
{
	if (dup->relation == NULL)
		fputs("  canonical        ", stdout);
	else
		printf("  %-10s%.4f ", dup->relation,
		    strcmp(dup->relation, "contains") == 0 ?
		    dup->containment : dup->jaccard);
}

static int
print_dup(void *context, const struct pm_dup *dup)
{
	struct printer *printer = context;
	const struct pm_article *article = dup->article;

	if (interrupted()) {
		printer->output.err = (struct pm_err){
		    .status = PM_ECANCELLED, .text = "interrupted" };
		return PM_ECANCELLED;
	}
	printer->articles++;
	printer->captures += article->copies;
	if (printer->output.options->json)
		return output_json_line(&printer->output, pm_dup_json(
		    &printer->output.json, dup, &printer->output.err));
	print_score(dup);
	printf("%s  ", article->id);
	output_date(article->published, article->published_precision,
	    article->published_source);
	fputs("  ", stdout);
	output_str(stdout, article->source == NULL ? "-" : article->source);
	fputs("  ", stdout);
	output_text(stdout, dup->path);
	if (article->copies > 1)
		printf(" (+%llu identical)",
		    (unsigned long long)article->copies - 1);
	putchar('\n');
	pieces_print(dup->piece, dup->piece_n);
	return ferror(stdout) ? 1 : 0;
}

static void
print_summary(const struct printer *printer)
{
	output_count(stderr, printer->clusters, "cluster: ", "clusters: ");
	output_count(stderr, printer->articles, "article in ",
	    "articles in ");
	output_count(stderr, printer->captures, "capture\n", "captures\n");
}

int
cmd_dups(const struct options *options)
{
	struct printer printer = { 0 };
	struct pm_dups_options dups = { .select = options->select,
	    .diff = options->diff, .cluster = print_cluster,
	    .dup = print_dup, .context = &printer };
	struct pm_archive *archive = NULL;
	uint64_t unreadable = 0;
	int status, rc;

	output_init(&printer.output, options, "dups");
	rc = inputs_open(&archive, &unreadable, &printer.output, 0);
	if (rc == PM_OK)
		rc = pm_dups(archive, &dups, &printer.output.err);
	if (rc < 0) {
		status = output_fail(&printer.output, &printer.output.err);
	} else {
		status = output_finish(&printer.output, unreadable > 0);
		if (!options->quiet && !options->json)
			print_summary(&printer);
	}
	pm_archive_close(archive);
	output_clear(&printer.output);
	return status;
}
