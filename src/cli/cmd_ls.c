/* ls. */
#include <string.h>

#include "cli/commands.h"
#include "cli/inputs.h"

/* Non-zero: no more rows. */
static int
end_row(struct output *output, int rc)
{
	const uint64_t limit = output->options->select.limit;

	if (rc != 0)
		return rc;
	if (interrupted()) {
		output->err = (struct pm_err){ .status = PM_ECANCELLED,
		    .text = "interrupted" };
		return PM_ECANCELLED;
	}
	return ++output->rows == limit || ferror(stdout) ? 1 : 0;
}

/* A last column, which holds a dash where nothing is known. */
static void
print_last(const char *text)
{
	putchar('\t');
	output_str(stdout, text == NULL ? "-" : text);
}

static int
print_article(void *context, const struct pm_article *article)
{
	struct output *output = context;

	if (output->options->json)
		return end_row(output, output_json_line(output, pm_article_json(
		    &output->json, article, &output->err)));
	output_date(article->published, article->published_precision,
	    article->published_source);
	printf("\t%s\t", article->id);
	output_list(article->tag, article->tag_n, "; ");
	print_last(article->title);
	print_last(strcmp(article->lang, "und") == 0 ? NULL : article->lang);
	print_last(article->url);
	putchar('\n');
	return end_row(output, 0);
}

static int
print_teaser(void *context, const struct pm_listed_teaser *teaser)
{
	struct output *output = context;

	if (output->options->json)
		return end_row(output, output_json_line(output, pm_teaser_json(
		    &output->json, teaser, &output->err)));
	printf("%s\t%llu\t%s\t", teaser->id,
	    (unsigned long long)teaser->sightings, teaser->article == NULL ?
	    "-" : teaser->article);
	output_text(stdout, teaser->title);
	print_last(teaser->url);
	putchar('\n');
	return end_row(output, 0);
}

static int
print_missing(void *context, const struct pm_missing *missing)
{
	struct output *output = context;

	if (output->options->json)
		return end_row(output, output_json_line(output, pm_missing_json(
		    &output->json, missing, &output->err)));
	printf("%llu\t", (unsigned long long)missing->sightings);
	output_date(missing->published, missing->published_precision, NULL);
	printf("\t%s\t", missing->id);
	output_list(missing->tag, missing->tag_n, "; ");
	putchar('\t');
	output_text(stdout, missing->title);
	putchar('\t');
	if (missing->url_n == 0)
		putchar('-');
	output_list(missing->url, missing->url_n, " ");
	putchar('\n');
	return end_row(output, 0);
}

static int
print_capture(void *context, const struct pm_listed_capture *capture)
{
	struct output *output = context;

	if (output->options->json)
		return end_row(output, output_json_line(output, pm_capture_json(
		    &output->json, capture, &output->err)));
	printf("%s\t%-6s\t%s\t", capture->crawled, capture->kind,
	    capture->article == NULL ? "-" : capture->article);
	output_text(stdout, capture->path);
	print_last(capture->url);
	if (capture->reason != NULL)
		printf("\t(%s)", capture->reason);
	putchar('\n');
	return end_row(output, 0);
}

static int
print_cluster(void *context, const struct pm_cluster *cluster)
{
	struct output *output = context;
	const struct pm_article *article = cluster->canonical;

	if (output->options->json)
		return end_row(output, output_json_line(output, pm_cluster_json(
		    &output->json, cluster, &output->err)));
	output_date(article->published, article->published_precision,
	    article->published_source);
	printf("\t%s\t", article->id);
	output_count(stdout, cluster->articles, "article", "articles");
	putchar('\t');
	output_count(stdout, cluster->captures, "capture", "captures");
	print_last(article->title);
	putchar('\n');
	return end_row(output, 0);
}

static void
print_counts(const struct pm_name_count *count, size_t n,
    const char *between)
{
	for (size_t i = 0; i < n; i++) {
		fputs(i > 0 ? between : "", stdout);
		output_str(stdout, count[i].name);
		printf(" %llu", (unsigned long long)count[i].articles);
	}
}

static int
print_tag(void *context, const struct pm_listed_tag *tag)
{
	struct output *output = context;

	if (output->options->json)
		return end_row(output, output_json_line(output, pm_tag_json(
		    &output->json, tag, &output->err)));
	printf("%llu\t", (unsigned long long)tag->articles);
	output_str(stdout, tag->tag);
	putchar('\t');
	print_counts(tag->lang, tag->lang_n, ", ");
	putchar('\t');
	if (tag->variant_n == 1 && strcmp(tag->variant->name, tag->tag) == 0)
		putchar('-');
	else
		print_counts(tag->variant, tag->variant_n, "; ");
	putchar('\n');
	return end_row(output, 0);
}

static int
print_run(void *context, const struct pm_listed_run *run)
{
	struct output *output = context;

	if (output->options->json)
		return end_row(output, output_json_line(output, pm_run_json(
		    &output->json, run, &output->err)));
	printf("%llu\t%s\t%s\t", (unsigned long long)run->run, run->started,
	    run->finished == NULL ? "interrupted" : run->finished);
	output_count(stdout, run->captures, "capture", "captures");
	putchar('\t');
	output_str(stdout, run->inputs);
	putchar('\n');
	return end_row(output, 0);
}

static int
print_lost(void *context, const struct pm_lost *lost)
{
	struct output *output = context;

	if (output->options->json)
		return output_json_line(output, pm_lost_json(&output->json,
		    lost, &output->err));
	output_lost(lost);
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
		return pm_list_tags(archive, output->options->tag_map,
		    print_tag, output, &output->err);
	case LS_RUNS:
		return pm_list_runs(archive, print_run, output, &output->err);
	case LS_LOST:
		return pm_list_lost(archive, print_lost, output,
		    &output->err);
	case LS_ARTICLES:
		break;
	}
	return pm_list_articles(archive, &output->options->select,
	    print_article, output, &output->err);
}

static bool
selects(const struct pm_select *s)
{
	return s->since != NULL || s->until != NULL || s->on != NULL ||
	    s->crawled_since != NULL || s->crawled_until != NULL ||
	    s->added_since != NULL || s->tag_n > 0 || s->source != NULL ||
	    s->title != NULL || s->id != NULL || s->lang != NULL ||
	    s->url != NULL || s->undated || s->unique;
}

/* Rather refused than not looked at. */
static bool
takes_no_select(const struct options *options)
{
	static const char *const name[] = { [LS_TEASERS] = "--teasers",
	    [LS_CAPTURES] = "--captures", [LS_TAGS] = "--tags",
	    [LS_RUNS] = "--runs", [LS_LOST] = "--lost" };
	const enum ls_what what = options->what;

	/* --tag-map says how tags are listed, too. */
	if (!selects(&options->select) || (what != LS_TEASERS && what != LS_CAPTURES &&
	    what != LS_TAGS && what != LS_RUNS && what != LS_LOST))
		return false;
	fprintf(stderr, "pressmark ls: %s lists all there are, and takes no "
	    "option that selects articles\n", name[what]);
	return true;
}

int
cmd_ls(const struct options *options)
{
	if (takes_no_select(options))
		return EXIT_USAGE;
	return inputs_with_archive(options, "ls", list);
}
