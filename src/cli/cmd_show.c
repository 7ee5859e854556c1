/* show. */
#include <string.h>

#include "cli/commands.h"
#include "cli/inputs.h"

static void
print_line(const char *name, const char *value)
{
	if (value == NULL)
		return;
	printf("%-12s", name);
	output_str(stdout, value);
	putchar('\n');
}

static void
print_date(const char *name, const char *time, const char *precision,
    const char *source)
{
	printf("%-12s%s (to the %s, from %s)\n", name, time == NULL ? "-" :
	    time, precision == NULL ? "?" : precision, source == NULL ? "?" :
	    source);
}

static void
print_tags(const char *name, const char *const *tag, size_t n)
{
	printf("%-12s", name);
	output_list(tag, n, "; ");
	putchar('\n');
}

/* What is known of it, and what its pages state of themselves. */
static void
print_stated(const struct pm_article *article)
{
	print_line("id", article->id);
	print_line("title", article->title);
	print_date("published", article->published,
	    article->published_precision, article->published_source);
	print_line("modified", article->modified);
	for (size_t i = 0; i < article->other_date_n; i++)
		print_date(i == 0 ? "other dates" : "",
		    article->other_date[i].published,
		    article->other_date[i].precision,
		    article->other_date[i].source);
	print_tags("tags", article->tag, article->tag_n);
	if (article->own_tag_n > 0)
		print_tags("own tags", article->own_tag, article->own_tag_n);
	if (article->lang_source != NULL)
		printf("%-12s%s (%s, %.2f)\n", "language", article->lang,
		    article->lang_source, article->lang_score);
	print_line("url", article->url);
	print_line("source", article->source);
}

static int
show_article(void *context, const struct pm_article *article)
{
	struct output *output = context;

	if (output->options->json)
		return output_json_line(output, pm_article_json(
		    &output->json, article, &output->err));
	print_stated(article);
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
		output_list(sighting->tag, sighting->tag_n, "; ");
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
	return inputs_with_archive(options, "show", show);
}
