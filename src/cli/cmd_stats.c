/* stats. */
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/inputs.h"

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

struct shares {
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
note_share(void *context, const struct pm_source_counts *counts)
{
	struct shares *sources = context;
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
free_shares(struct shares *sources)
{
	for (size_t i = 0; i < sources->n; i++)
		free((void *)(uintptr_t)sources->p[i].source);
	free(sources->p);
}

static void
print_shares(const char *heading, const struct shares *shares)
{
	if (shares->n > 0)
		printf("%s\n", heading);
	for (size_t i = 0; i < shares->n; i++) {
		const struct pm_source_counts *share = &shares->p[i];

		fputs("  ", stdout);
		output_str(stdout, share->source);
		fputs(": ", stdout);
		output_count(stdout, share->articles, "article", "articles");
		printf(", %llu unique (--unique removes %.1f %%), ",
		    (unsigned long long)share->unique_articles,
		    100 * removal_rate(share));
		output_size(stdout, share->bytes);
		putchar('\n');
	}
}

/* Boilerplate taken for text, a paywall's notice on every page: such a source
 * wants a look before it is thinned out. */
static void
warn_sources(const struct shares *sources)
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
	print_bytes("parity", counts->parity_bytes, counts->input_bytes);
}

static int
gather(struct pm_stats *out, struct shares *sources,
    struct shares *languages, struct output *output,
    struct pm_archive *archive)
{
	int rc = pm_stats(&out->counts, archive, &output->err);

	if (rc == PM_OK)
		rc = pm_stats_sources(archive, note_share, sources,
		    &output->err);
	if (rc == PM_OK)
		rc = pm_stats_languages(archive, note_share, languages,
		    &output->err);
	if (rc == 1) {
		output->err = (struct pm_err){ .status = PM_ENOMEM,
		    .text = "out of memory" };
		rc = PM_ENOMEM;
	}
	out->source = sources->p;
	out->source_n = sources->n;
	out->language = languages->p;
	out->language_n = languages->n;
	return rc;
}

/* file, part, bytes, plain bytes, with a tab between them. */
static int
print_part(void *context, const struct pm_part_bytes *bytes)
{
	const struct output *output = context;

	if (output->options->json)
		printf("{\"file\":\"%s\",\"part\":\"%s\",\"bytes\":%llu,"
		    "\"plain_bytes\":%llu}\n", bytes->file, bytes->part,
		    (unsigned long long)bytes->bytes,
		    (unsigned long long)bytes->plain_bytes);
	else
		printf("%s\t%s\t%llu\t%llu\n", bytes->file, bytes->part,
		    (unsigned long long)bytes->bytes,
		    (unsigned long long)bytes->plain_bytes);
	return ferror(stdout) ? 1 : 0;
}

static int
stats(struct output *output, struct pm_archive *archive)
{
	struct shares sources = { 0 }, languages = { 0 };
	struct pm_stats all;
	int rc;

	if (output->options->bytes)
		return pm_stats_bytes(archive, print_part, output,
		    &output->err);
	rc = gather(&all, &sources, &languages, output, archive);
	if (rc == PM_OK && output->options->json) {
		rc = output_json_line(output, pm_stats_json(&output->json,
		    &all, &output->err));
	} else if (rc == PM_OK) {
		print_counts(&all.counts);
		print_shares("by source", &sources);
		print_shares("by language", &languages);
	}
	if (rc == PM_OK)
		warn_sources(&sources);
	free_shares(&sources);
	free_shares(&languages);
	return rc;
}

int
cmd_stats(const struct options *options)
{
	return inputs_with_archive(options, "stats", stats);
}
