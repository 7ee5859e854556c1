/* ls, show and stats. */
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/output.h"

/* ---- ls ---- */

static void
print_tags(const char *const *tag, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			fputs("; ", stdout);
		output_str(stdout, tag[i]);
	}
}

static int
print_article(void *context, const struct pm_article *article)
{
	struct output *output = context;

	if (output->options->json)
		return output_json_line(output, pm_article_json(
		    &output->json, article, &output->err));
	output_date(article->published, article->published_precision,
	    article->published_source);
	printf("\t%s\t", article->id);
	print_tags(article->tag, article->tag_n);
	putchar('\t');
	output_str(stdout, article->title == NULL ? "-" : article->title);
	putchar('\n');
	return ferror(stdout) ? 1 : 0;
}

static int
print_teaser(void *context, const struct pm_listed_teaser *teaser)
{
	struct output *output = context;

	if (output->options->json)
		return output_json_line(output, pm_teaser_json(&output->json,
		    teaser, &output->err));
	printf("%s\t%llu\t%s\t", teaser->id,
	    (unsigned long long)teaser->sightings, teaser->article == NULL ?
	    "-" : teaser->article);
	output_text(stdout, teaser->title);
	putchar('\n');
	return ferror(stdout) ? 1 : 0;
}

static int
print_missing(void *context, const struct pm_missing *missing)
{
	struct output *output = context;

	if (output->options->json)
		return output_json_line(output, pm_missing_json(
		    &output->json, missing, &output->err));
	printf("%llu\t", (unsigned long long)missing->sightings);
	output_date(missing->published, missing->published_precision, NULL);
	printf("\t%s\t", missing->id);
	print_tags(missing->tag, missing->tag_n);
	putchar('\t');
	output_text(stdout, missing->title);
	putchar('\n');
	return ferror(stdout) ? 1 : 0;
}

static int
print_capture(void *context, const struct pm_listed_capture *capture)
{
	struct output *output = context;

	if (output->options->json)
		return output_json_line(output, pm_capture_json(
		    &output->json, capture, &output->err));
	printf("%s\t%-6s\t%s\t", capture->crawled, capture->kind,
	    capture->article == NULL ? "-" : capture->article);
	output_text(stdout, capture->path);
	if (capture->reason != NULL)
		printf("\t(%s)", capture->reason);
	putchar('\n');
	return ferror(stdout) ? 1 : 0;
}

static int
print_cluster(void *context, const struct pm_cluster *cluster)
{
	struct output *output = context;
	const struct pm_article *article = cluster->canonical;

	if (output->options->json)
		return output_json_line(output, pm_cluster_json(
		    &output->json, cluster, &output->err));
	output_date(article->published, article->published_precision,
	    article->published_source);
	printf("\t%s\t%llu articles\t%llu captures\t", article->id,
	    (unsigned long long)cluster->articles,
	    (unsigned long long)cluster->captures);
	output_str(stdout, article->title == NULL ? "-" : article->title);
	putchar('\n');
	return ferror(stdout) ? 1 : 0;
}

static int
print_tag(void *context, const struct pm_listed_tag *tag)
{
	struct output *output = context;

	if (output->options->json)
		return output_json_line(output, pm_tag_json(&output->json,
		    tag, &output->err));
	printf("%llu\t", (unsigned long long)tag->articles);
	output_str(stdout, tag->tag);
	putchar('\n');
	return ferror(stdout) ? 1 : 0;
}

static int
print_run(void *context, const struct pm_listed_run *run)
{
	struct output *output = context;

	if (output->options->json)
		return output_json_line(output, pm_run_json(&output->json,
		    run, &output->err));
	printf("%llu\t%s\t%s\t%llu captures\t", (unsigned long long)run->run,
	    run->started, run->finished == NULL ? "interrupted" :
	    run->finished, (unsigned long long)run->captures);
	output_str(stdout, run->inputs);
	putchar('\n');
	return ferror(stdout) ? 1 : 0;
}

static int
list(struct output *output, struct pm_archive *archive)
{
	switch (output->options->what) {
	case LS_TEASERS:
		return pm_list_teasers(archive, print_teaser, output,
		    &output->err);
	case LS_MISSING:
		return pm_list_missing(archive, &output->options->select,
		    print_missing, output, &output->err);
	case LS_CAPTURES:
		return pm_list_captures(archive, print_capture, output,
		    &output->err);
	case LS_CLUSTERS:
		return pm_list_clusters(archive, &output->options->select,
		    print_cluster, output, &output->err);
	case LS_TAGS:
		return pm_list_tags(archive, print_tag, output, &output->err);
	case LS_RUNS:
		return pm_list_runs(archive, print_run, output, &output->err);
	case LS_ARTICLES:
		break;
	}
	return pm_list_articles(archive, &output->options->select,
	    print_article, output, &output->err);
}

/* Open the archive, do `work`, report. */
static int
with_archive(const struct options *options, const char *label,
    int (*work)(struct output *output, struct pm_archive *archive))
{
	struct pm_archive *archive = NULL;
	struct output output;
	int status, rc;

	output_init(&output, options, label);
	rc = pm_archive_open(&archive, options->operand[0], &output.err);
	if (rc == PM_OK)
		rc = work(&output, archive);
	status = rc < 0 ? output_fail(&output, &output.err) :
	    output_finish(&output, false);
	pm_archive_close(archive);
	output_clear(&output);
	return status;
}

int
cmd_ls(const struct options *options)
{
	return with_archive(options, "ls", list);
}

/* ---- show ---- */

static void
print_line(const char *name, const char *value)
{
	if (value == NULL)
		return;
	printf("%-12s", name);
	output_str(stdout, value);
	putchar('\n');
}

static int
show_article(void *context, const struct pm_article *article)
{
	struct output *output = context;

	if (output->options->json)
		return output_json_line(output, pm_article_json(
		    &output->json, article, &output->err));
	print_line("id", article->id);
	print_line("title", article->title);
	printf("%-12s%s (to the %s, from %s)\n", "published",
	    article->published == NULL ? "-" : article->published,
	    article->published_precision == NULL ? "?" :
	    article->published_precision,
	    article->published_source == NULL ? "?" :
	    article->published_source);
	printf("%-12s", "tags");
	print_tags(article->tag, article->tag_n);
	putchar('\n');
	print_line("source", article->source);
	printf("%-12s%s%s\n", "cluster", article->cluster,
	    article->canonical ? " (this one)" : "");
	printf("%-12s%llu, first %s, last %s\n", "copies",
	    (unsigned long long)article->copies, article->first_seen,
	    article->last_seen);
	for (size_t i = 0; i < article->path_n; i++) {
		printf("%-12s", i == 0 ? "paths" : "");
		output_text(stdout, article->path[i]);
		putchar('\n');
	}
	for (size_t i = 0; i < article->relation_n; i++)
		printf("%-12s%s %s\n", i == 0 ? "relations" : "",
		    article->relation[i].relation, article->relation[i].id);
	putchar('\n');
	fwrite(article->text.p, 1, article->text.n, stdout);
	fputs("\n", stdout);
	return ferror(stdout) ? 1 : 0;
}

static int
show_sighting(void *context, const struct pm_sighting *sighting)
{
	struct output *output = context;

	if (output->options->json)
		return output_json_line(output, pm_sighting_json(
		    &output->json, sighting, &output->err));
	fputs("\nseen in     ", stdout);
	output_text(stdout, sighting->path);
	printf(", place %u\n            ", sighting->position + 1);
	if (strcmp(sighting->evidence, "prefix") != 0)
		printf("joined by its %s (%.2f%s)\n            ",
		    sighting->evidence, sighting->score,
		    sighting->ambiguous ? ", ambiguous" : "");
	output_text(stdout, sighting->title);
	putchar('\n');
	if (sighting->tag_n > 0) {
		fputs("            ", stdout);
		print_tags(sighting->tag, sighting->tag_n);
		putchar('\n');
	}
	if (sighting->time_text != NULL) {
		fputs("            ", stdout);
		output_str(stdout, sighting->time_text);
		printf(" = %s (to the %s)\n", sighting->published == NULL ?
		    "?" : sighting->published,
		    sighting->published_precision == NULL ? "?" :
		    sighting->published_precision);
	}
	return ferror(stdout) ? 1 : 0;
}

static int
show(struct output *output, struct pm_archive *archive)
{
	return pm_show(archive, output->options->operand[1], show_article,
	    show_sighting, output, &output->err);
}

int
cmd_show(const struct options *options)
{
	return with_archive(options, "show", show);
}

/* ---- stats ---- */

static void
print_count(const char *name, uint64_t value)
{
	printf("%-18s%llu\n", name, (unsigned long long)value);
}

static void
print_bytes(const char *name, uint64_t bytes, uint64_t whole)
{
	printf("%-18s", name);
	output_size(stdout, bytes);
	if (whole > 0)
		printf(" (%.1f %%)", 100.0 * (double)bytes / (double)whole);
	putchar('\n');
}

/* More than this share of a source may not go unnoticed; of a file or two it
 * says nothing. */
#define REMOVED_TOO_MUCH 0.9
#define ARTICLES_TO_WARN 10

struct sources {
	struct pm_source_counts *p;      /* each owns its name */
	size_t n;
};

static double
removal_rate(const struct pm_source_counts *source)
{
	return source->articles == 0 ? 0 : (double)(source->articles -
	    source->unique_articles) / (double)source->articles;
}

static int
note_source(void *context, const struct pm_source_counts *counts)
{
	struct sources *sources = context;
	struct pm_source_counts *p = realloc(sources->p,
	    (sources->n + 1) * sizeof *p);

	if (p == NULL)
		return 1;
	sources->p = p;
	p[sources->n] = *counts;
	if ((p[sources->n].source = strdup(counts->source)) == NULL)
		return 1;
	sources->n++;
	return 0;
}

static void
free_sources(struct sources *sources)
{
	for (size_t i = 0; i < sources->n; i++)
		free((void *)(uintptr_t)sources->p[i].source);
	free(sources->p);
}

static void
print_sources(const struct sources *sources)
{
	printf("by source\n");
	for (size_t i = 0; i < sources->n; i++) {
		const struct pm_source_counts *source = &sources->p[i];

		fputs("  ", stdout);
		output_str(stdout, source->source);
		printf(": %llu articles, %llu unique (--unique removes "
		    "%.1f %%), ", (unsigned long long)source->articles,
		    (unsigned long long)source->unique_articles,
		    100 * removal_rate(source));
		output_size(stdout, source->bytes);
		putchar('\n');
	}
}

/* Boilerplate taken for text, a paywall's notice on every page: such a source
 * wants a look before it is thinned out. */
static void
warn_sources(const struct sources *sources)
{
	fflush(stdout);
	for (size_t i = 0; i < sources->n; i++) {
		if (sources->p[i].articles < ARTICLES_TO_WARN ||
		    removal_rate(&sources->p[i]) <= REMOVED_TOO_MUCH)
			continue;
		fputs("pressmark: ", stderr);
		output_str(stderr, sources->p[i].source);
		fprintf(stderr, ": --unique would remove %llu of its %llu "
		    "articles (%.1f %%); look at them with 'pressmark dups "
		    "ARCHIVE --source' first\n",
		    (unsigned long long)(sources->p[i].articles -
		    sources->p[i].unique_articles),
		    (unsigned long long)sources->p[i].articles,
		    100 * removal_rate(&sources->p[i]));
	}
}

static void
print_counts(const struct pm_counts *counts)
{
	print_count("captures", counts->captures);
	print_count("  opaque", counts->opaque);
	print_count("articles", counts->articles);
	print_count("  unique", counts->unique_articles);
	print_count("  identical", counts->identical);
	print_count("  same", counts->same);
	print_count("  update", counts->update);
	print_count("  near", counts->near);
	print_count("  contains", counts->contains);
	print_count("teasers", counts->teasers);
	print_count("  unique", counts->unique_teasers);
	print_count("  sightings", counts->teaser_sightings);
	print_count("  linked", counts->links);
	print_bytes("input", counts->input_bytes, 0);
	print_bytes("volumes", counts->volume_bytes, counts->input_bytes);
	print_bytes("catalog", counts->catalog_bytes, counts->input_bytes);
	print_bytes("cache", counts->cache_bytes, counts->input_bytes);
}

static int
stats(struct output *output, struct pm_archive *archive)
{
	struct sources sources = { 0 };
	struct pm_counts counts;
	int rc = pm_stats(&counts, archive, &output->err);

	if (rc == PM_OK && (rc = pm_stats_sources(archive, note_source,
	    &sources, &output->err)) == 1) {
		output->err = (struct pm_err){ .status = PM_ENOMEM,
		    .text = "out of memory" };
		rc = PM_ENOMEM;
	}
	if (rc == PM_OK && output->options->json) {
		rc = output_json_line(output, pm_stats_json(&output->json,
		    &counts, sources.p, sources.n, &output->err));
	} else if (rc == PM_OK) {
		print_counts(&counts);
		print_sources(&sources);
	}
	if (rc == PM_OK)
		warn_sources(&sources);
	free_sources(&sources);
	return rc;
}

int
cmd_stats(const struct options *options)
{
	return with_archive(options, "stats", stats);
}
