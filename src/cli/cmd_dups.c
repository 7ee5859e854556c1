/* dups. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/inputs.h"
#include "cli/output.h"

/* Bytes of text shown on each side of a change. */
enum { CONTEXT_BYTES = 60, CHANGE_BYTES_MAX = 400 };

struct printer {
	struct output output;
	bool colour;
	uint64_t clusters, articles, captures;
};

/* ---- what changed ---- */

static bool
colour_wanted(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && (no == NULL || *no == '\0') &&
	    (term == NULL || strcmp(term, "dumb") != 0);
}

static bool
is_gap(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The first bytes of text, cut between words or at least characters. */
static struct pm_bytes
head(struct pm_bytes text)
{
	size_t n = CONTEXT_BYTES;

	while (n > CONTEXT_BYTES / 2 && !is_gap(text.p[n]))
		n--;
	if (!is_gap(text.p[n]))
		for (n = CONTEXT_BYTES; n > 0 && (text.p[n] & 0xc0) == 0x80;)
			n--;
	return (struct pm_bytes){ text.p, n };
}

static struct pm_bytes
tail(struct pm_bytes text)
{
	size_t at = text.n - CONTEXT_BYTES;

	while (at < text.n - CONTEXT_BYTES / 2 && !is_gap(text.p[at]))
		at++;
	if (!is_gap(text.p[at]))
		for (at = text.n - CONTEXT_BYTES; at < text.n &&
		    (text.p[at] & 0xc0) == 0x80;)
			at++;
	return (struct pm_bytes){ text.p + at, text.n - at };
}

/* What is the same, with its middle left out; at the ends of the text only
 * the side where something changed is shown. */
static void
print_both(const struct pm_dup *dup, size_t i)
{
	struct pm_bytes text = dup->piece[i].text;
	bool first = i == 0, last = i + 1 == dup->piece_n;

	if (text.n <= 2 * CONTEXT_BYTES + 10) {
		output_text(stdout, text);
		return;
	}
	if (!first)
		output_text(stdout, head(text));
	fputs(first ? "..." : " ...", stdout);
	if (!last)
		output_text(stdout, tail(text));
}

/* The white space before a change stays outside of its marks. */
static void
print_change(const struct printer *printer, const struct pm_dup *dup,
    size_t i)
{
	const struct pm_piece *piece = &dup->piece[i];
	bool old = piece->kind == PM_PIECE_OLD;
	struct pm_bytes text = piece->text;

	while (text.n > 0 && is_gap(*text.p)) {
		text.p++;
		text.n--;
	}
	if (text.n < piece->text.n && i > 0 &&
	    dup->piece[i - 1].kind != PM_PIECE_OLD)
		putchar(' ');
	if (printer->colour)
		fputs(old ? "\033[9;31m" : "\033[4;32m", stdout);
	else
		fputs(old ? "[-" : "{+", stdout);
	if (text.n <= CHANGE_BYTES_MAX) {
		output_text(stdout, text);
	} else {
		output_text(stdout, head(text));
		printf(" ... %zu words in all ...", piece->words);
		output_text(stdout, tail(text));
	}
	fputs(printer->colour ? "\033[0m" : old ? "-]" : "+}", stdout);
}

static void
print_pieces(const struct printer *printer, const struct pm_dup *dup)
{
	if (dup->piece == NULL)
		return;
	fputs("      ", stdout);
	for (size_t i = 0; i < dup->piece_n; i++) {
		if (dup->piece[i].kind == PM_PIECE_BOTH)
			print_both(dup, i);
		else
			print_change(printer, dup, i);
	}
	putchar('\n');
}

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
	printf(" (%llu articles in %llu captures)\n",
	    (unsigned long long)cluster->articles,
	    (unsigned long long)cluster->captures);
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
	print_pieces(printer, dup);
	return ferror(stdout) ? 1 : 0;
}

int
cmd_dups(const struct options *options)
{
	struct printer printer = { .colour = colour_wanted() };
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
			fprintf(stderr, "%llu clusters: %llu articles in "
			    "%llu captures\n",
			    (unsigned long long)printer.clusters,
			    (unsigned long long)printer.articles,
			    (unsigned long long)printer.captures);
	}
	pm_archive_close(archive);
	output_clear(&printer.output);
	return status;
}
