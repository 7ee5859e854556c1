/* add and scan: both end in the same summary. */
#include "cli/commands.h"
#include "cli/inputs.h"
#include "cli/output.h"

static void
print_sizes(const struct pm_counts *counts)
{
	fputs("  volumes ", stderr);
	output_size(stderr, counts->volume_bytes);
	fputs(", catalog ", stderr);
	output_size(stderr, counts->catalog_bytes);
	fputs(", cache ", stderr);
	output_size(stderr, counts->cache_bytes);
	fputc('\n', stderr);
}

static void
print_unreadable(uint64_t n)
{
	if (n == 0)
		return;
	fputs("  ", stderr);
	output_count(stderr, n, "input could not be read (see above)\n",
	    "inputs could not be read (see above)\n");
}

static void
print_articles(const struct pm_counts *counts)
{
	fputs("\n  ", stderr);
	output_count(stderr, counts->articles, "article, ", "articles, ");
	fprintf(stderr, "%llu unique (", (unsigned long long)
	    counts->unique_articles);
	output_count(stderr, counts->identical, "identical copy, ",
	    "identical copies, ");
	fprintf(stderr, "%llu the same, ", (unsigned long long)counts->same);
	output_count(stderr, counts->update, "update, ", "updates, ");
	fprintf(stderr, "%llu near, %llu contained)\n",
	    (unsigned long long)counts->near,
	    (unsigned long long)counts->contains);
}

static void
print_summary(const struct pm_counts *counts)
{
	output_count(stderr, counts->captures, "capture (", "captures (");
	output_size(stderr, counts->input_bytes);
	fputc(')', stderr);
	if (counts->known > 0)
		fprintf(stderr, ", %llu known already",
		    (unsigned long long)counts->known);
	if (counts->opaque > 0)
		fprintf(stderr, ", %llu opaque",
		    (unsigned long long)counts->opaque);
	if (counts->forgotten > 0)
		fprintf(stderr, ", %llu forgotten and refused",
		    (unsigned long long)counts->forgotten);
	print_articles(counts);
	fputs("  ", stderr);
	output_count(stderr, counts->teasers, "teaser seen ",
	    "teasers seen ");
	output_count(stderr, counts->teaser_sightings, "time, ", "times, ");
	fprintf(stderr, "%llu linked to articles\n",
	    (unsigned long long)counts->links);
	print_unreadable(counts->unreadable);
}

int
cmd_add(const struct options *options)
{
	struct pm_add_options add = { .input = input_of(options, 1, 0),
	    .threads = options->threads,
	    .memory_bytes = options->memory_bytes, .level = options->level,
	    .frame_bytes = options->frame_bytes,
	    .parity_percent = options->parity_percent,
	    .text_only = options->text_only,
	    .thresholds = options->thresholds };
	struct output output;
	struct pm_counts counts;
	int status;

	output_init(&output, options, "add");
	add.hooks = output_hooks(&output);
	if (pm_add(&counts, options->operand[0], &add, &output.err) !=
	    PM_OK) {
		status = output_fail(&output, &output.err);
		/* What is damaged is the archive's affair; nothing was done. */
		if (status == EXIT_DAMAGED)
			status = EXIT_FAILED;
	} else {
		status = output_finish(&output, counts.unreadable > 0 ||
		    counts.damaged > 0);
		if (!options->quiet) {
			print_summary(&counts);
			if (counts.volume_bytes > 0)
				print_sizes(&counts);
		}
		if (options->json && output_json_line(&output,
		    pm_counts_json(&output.json, &counts, &output.err)) ==
		    PM_OK && output_finish(&output, false) != EXIT_CLEAN)
			status = EXIT_FAILED;
	}
	output_clear(&output);
	return status;
}

/* ---- scan ---- */

static int
print_pair(void *context, const struct pm_pair *pair)
{
	struct output *output = context;

	if (output->options->json)
		return output_json_line(output, pm_pair_json(&output->json,
		    pair, &output->err));
	printf("%s\t", pair->relation);
	output_text(stdout, pair->a);
	putchar('\t');
	output_text(stdout, pair->b);
	putchar('\n');
	return ferror(stdout) ? 1 : 0;
}

static int
print_link(void *context, const struct pm_link *link)
{
	struct output *output = context;

	if (output->options->json)
		return output_json_line(output, pm_link_json(&output->json,
		    link, &output->err));
	output_text(stdout, link->path);
	printf("\t%u\t", link->position);
	output_text(stdout, link->article_path);
	putchar('\t');
	output_text(stdout, link->title);
	printf("%s\n", link->ambiguous ? "\tambiguous" : "");
	return ferror(stdout) ? 1 : 0;
}

static int
scan(const struct options *options)
{
	struct output output;
	struct pm_counts counts;
	struct pm_scan_options scan = { .input = input_of(options, 0, 0),
	    .threads = options->threads,
	    .memory_bytes = options->memory_bytes,
	    .thresholds = options->thresholds, .pairs = options->pairs,
	    .pair = print_pair, .link = options->links ? print_link : NULL,
	    .context = &output };
	bool rows = options->links || options->pairs != PM_PAIRS_NONE;
	int status, rc;

	output_init(&output, options, "scan");
	scan.hooks = output_hooks(&output);
	rc = pm_scan(&counts, &scan, &output.err);
	if (rc < 0) {
		status = output_fail(&output, &output.err);
	} else {
		if (!options->quiet && rc == PM_OK)
			print_summary(&counts);
		if (options->json && !rows && rc == PM_OK)
			(void)output_json_line(&output, pm_counts_json(
			    &output.json, &counts, &output.err));
		status = output_finish(&output, rc == PM_OK &&
		    counts.unreadable > 0);
	}
	output_clear(&output);
	return status;
}

/* ---- scan --against ---- */

static int
print_against(void *context, const struct pm_against *capture)
{
	struct output *output = context;

	if (output->options->json)
		return output_json_line(output, pm_against_json(
		    &output->json, capture, &output->err));
	printf("%-9s\t%-16s\t", capture->status, capture->article == NULL ?
	    "-" : capture->article);
	output_text(stdout, capture->path);
	putchar('\n');
	return ferror(stdout) ? 1 : 0;
}

static void
print_against_summary(const struct pm_against_counts *counts)
{
	output_count(stderr, counts->captures, "capture: ", "captures: ");
	fprintf(stderr, "%llu known, %llu identical, %llu the same, ",
	    (unsigned long long)counts->known,
	    (unsigned long long)counts->identical,
	    (unsigned long long)counts->same);
	output_count(stderr, counts->update, "update, ", "updates, ");
	fprintf(stderr, "%llu near, %llu contained, %llu new (",
	    (unsigned long long)counts->near,
	    (unsigned long long)counts->contains,
	    (unsigned long long)counts->fresh);
	output_size(stderr, counts->fresh_bytes);
	fputs(" of ", stderr);
	output_size(stderr, counts->input_bytes);
	fputs(")\n", stderr);
	print_unreadable(counts->unreadable);
}

static int
scan_against(const struct options *options)
{
	struct output output;
	struct pm_against_counts counts;
	struct pm_against_options against = { .archive = options->against,
	    .scan = { .input = input_of(options, 0, 0),
	    .threads = options->threads,
	    .memory_bytes = options->memory_bytes,
	    .thresholds = options->thresholds },
	    .capture = print_against, .context = &output };
	int status, rc;

	output_init(&output, options, "scan");
	against.scan.hooks = output_hooks(&output);
	rc = pm_scan_against(&counts, &against, &output.err);
	if (rc < 0) {
		status = output_fail(&output, &output.err);
	} else {
		if (options->json && rc == PM_OK)
			(void)output_json_line(&output,
			    pm_against_counts_json(&output.json, &counts,
			    &output.err));
		status = output_finish(&output, rc == PM_OK &&
		    counts.unreadable > 0);
		if (!options->quiet && rc == PM_OK)
			print_against_summary(&counts);
	}
	output_clear(&output);
	return status;
}

int
cmd_scan(const struct options *options)
{
	return options->against != NULL ? scan_against(options) :
	    scan(options);
}

/* ---- inspect ---- */

static void
print_field(const char *name, struct pm_bytes value)
{
	if (value.n == 0)
		return;
	printf("  %-10s", name);
	output_text(stdout, value);
	putchar('\n');
}

static void
print_time(const char *name, const char *time, const char *precision,
    const char *source)
{
	if (time == NULL)
		return;
	printf("  %-10s%s", name, time);
	if (precision != NULL)
		printf(" (to the %s%s%s)", precision, source == NULL ? "" :
		    ", from ", source == NULL ? "" : source);
	putchar('\n');
}

static void
print_body(struct pm_bytes body)
{
	size_t at = 0;

	while (at < body.n) {
		size_t end = at;

		while (end < body.n && body.p[end] != '\n')
			end++;
		fputs("  | ", stdout);
		output_text(stdout, (struct pm_bytes){ body.p + at,
		    end - at });
		putchar('\n');
		at = end + 1;
	}
}

static void
print_teaser(const struct pm_inspected_teaser *teaser, size_t number)
{
	printf("  teaser %zu\n", number);
	fputs("  ", stdout);
	print_field("title", teaser->title);
	if (teaser->snippet.n > 0) {
		fputs("  ", stdout);
		print_field("snippet", teaser->snippet);
	}
	for (size_t i = 0; i < teaser->tag_n; i++) {
		fputs("  ", stdout);
		print_field("tag", teaser->tag[i]);
	}
	if (teaser->time_text.n > 0) {
		fputs("  ", stdout);
		print_field("time", teaser->time_text);
	}
	if (teaser->url.n > 0) {
		fputs("  ", stdout);
		print_field("url", teaser->url);
	}
	if (teaser->published != NULL) {
		fputs("  ", stdout);
		print_time("published", teaser->published,
		    teaser->published_precision, NULL);
	}
}

static void
print_notes(const struct pm_inspected *page)
{
	if (page->reader != NULL)
		printf("  why       read as %s\n", page->reader);
	if (page->encoding != NULL)
		printf("  why       encoding %s\n", page->encoding);
	for (size_t i = 0; i < page->note_n; i++)
		printf("  why       %s: %s\n", page->note[i].what,
		    page->note[i].why);
}

static int
print_page(void *context, const struct pm_inspected *page)
{
	struct output *output = context;

	if (output->options->json)
		return output_json_line(output, pm_inspected_json(
		    &output->json, page, &output->err));
	output_text(stdout, page->path);
	printf(": %s%s%s\n", page->kind, page->reason == NULL ? "" : ": ",
	    page->reason == NULL ? "" : page->reason);
	print_time("crawled", page->crawled, NULL, NULL);
	print_field("title", page->title);
	print_time("published", page->published, page->published_precision,
	    page->published_source);
	print_time("modified", page->modified, NULL, NULL);
	print_field("url", page->url);
	print_field("source", page->source);
	for (size_t i = 0; i < page->tag_n; i++)
		print_field("tag", page->tag[i]);
	if (page->lang_source != NULL)
		printf("  language  %s (%s, %.2f)\n", page->lang,
		    page->lang_source, page->lang_score);
	if (output->options->why)
		print_notes(page);
	if (page->body.n > 0)
		printf("  body      %zu bytes\n", page->body.n);
	print_body(page->body);
	print_field("heading", page->heading);
	for (size_t i = 0; i < page->teaser_n; i++)
		print_teaser(&page->teaser[i], i + 1);
	return ferror(stdout) ? 1 : 0;
}

int
cmd_inspect(const struct options *options)
{
	struct pm_input input = input_of(options, 0, 0);
	struct output output;
	struct pm_counts counts;
	struct pm_hooks hooks;
	int status, rc;

	output_init(&output, options, "inspect");
	hooks = output_hooks(&output);
	rc = pm_inspect(&counts, &input, &hooks, print_page, &output,
	    &output.err);
	if (rc < 0)
		status = output_fail(&output, &output.err);
	else
		status = output_finish(&output, counts.unreadable > 0);
	output_clear(&output);
	return status;
}
