#include "cli/help.h"

#include <string.h>

#define COMPARES (CMD_ADD | CMD_SCAN | CMD_DUPS | CMD_WHY)
#define READS (COMPARES | CMD_INSPECT)
#define THINS (CMD_LS | CMD_EXTRACT | CMD_RESTORE)
#define SELECTS (THINS | CMD_DUPS)
#define EVERY (READS | SELECTS | CMD_SHOW | CMD_VERIFY | CMD_REINDEX | \
	CMD_STATS | CMD_FORGET | CMD_REPAIR | CMD_OPTIMIZE)

const struct option_info option_table[] = {
	{ OPT_CRAWLED, "crawled", 0, "TIME", false, false, READS,
	    "when the pages were scraped (default: a date in the path, else "
	    "the file's time)" },
	{ OPT_ZONE, "tz", 0, "ZONE", false, false, READS | SELECTS,
	    "zone of times that do not say theirs, e.g. Asia/Dushanbe or "
	    "+05:00 (default UTC)" },
	{ OPT_DEPTH, "depth", 0, "N", false, false, READS,
	    "containers within containers are looked into this deep "
	    "(default 8)" },
	{ OPT_FORMAT, "format", 0, "F", false, false, READS,
	    "read every input as F, whatever it looks like: text, html, "
	    "json, csv, tsv, feed, warc, arc or opaque" },
	{ OPT_NO_SANDBOX, "no-sandbox", 0, NULL, false, false, READS,
	    "keep what reading does not need: on Linux other files, programs "
	    "and networks are given up before anything is read" },
	{ OPT_WHY, "why", 0, NULL, false, false, CMD_INSPECT,
	    "say why each page was understood as it was" },
	{ OPT_PAIRS, "pairs", 0, "WHICH", true, false, CMD_SCAN,
	    "print related captures: canonical (default, each with the first "
	    "path of its canonical article) or all" },
	{ OPT_LINKS, "links", 0, NULL, false, false, CMD_SCAN,
	    "print each teaser that was joined to an article" },
	{ OPT_AGAINST, "against", 0, "ARCHIVE", false, false, CMD_SCAN,
	    "print what each capture is to ARCHIVE: known, identical, same, "
	    "update, near, contains (with the id of the article there) or "
	    "new" },
	{ OPT_DIFF, "diff", 0, NULL, false, false, CMD_DUPS | CMD_WHY,
	    "show word by word what changed from the canonical (why: from A to "
	    "B): [-old-]{+new+}, "
	    "in colour on a terminal (not when NO_COLOR is set)" },
	{ OPT_TEASERS, "teasers", 0, NULL, false, false, CMD_LS,
	    "list teasers instead of articles: id, times seen, id of the "
	    "article it is linked to, title, address" },
	{ OPT_MISSING, "missing", 0, NULL, false, false, CMD_LS,
	    "list articles that teasers speak of and that are not in the "
	    "archive, the most often seen first: times seen, date, id of the "
	    "group of teasers, tags, title, the addresses to fetch it from" },
	{ OPT_CAPTURES, "captures", 0, NULL, false, false, CMD_LS,
	    "list captures, every page as it was scraped: crawl time, kind "
	    "(page, list or opaque), id of its article, path, address; of "
	    "opaque ones the reason too" },
	{ OPT_CLUSTERS, "clusters", 0, NULL, false, false, CMD_LS,
	    "list clusters of two articles and more: canonical's date and id, "
	    "articles, captures, title of the canonical" },
	{ OPT_TAGS, "tags", 0, NULL, false, false, CMD_LS,
	    "list tags, the most frequent first: articles, tag, languages of "
	    "these articles, spellings that are counted together" },
	{ OPT_RUNS, "runs", 0, NULL, false, false, CMD_LS,
	    "list the runs of add: number, begin, end, captures, inputs" },
	{ OPT_LOST, "lost", 0, NULL, false, false, CMD_LS,
	    "list what repair could not save and no add brought back: kind "
	    "(capture, article or batch), crawl time, id, path or title" },
	{ OPT_OUTPUT, "output", 'o', "DEST", false, false,
	    CMD_EXTRACT | CMD_RESTORE, "where to write; extract: a directory, "
	    "a name that ends in .jsonl, .jsonl.zst, .tar, .tar.zst, .zip "
	    "or .warc.gz (articles with an address alone), "
	    "or - for JSONL on standard output" },
	{ OPT_BYTES, "bytes", 0, NULL, false, false, CMD_STATS,
	    "where the bytes are instead: of the volumes by kind of frame, of "
	    "the catalog by table and index" },
	{ OPT_QUICK, "quick", 0, NULL, false, false, CMD_VERIFY,
	    "lengths, chain of batches and HEAD alone" },
	{ OPT_DEEP, "deep", 0, NULL, false, false, CMD_VERIFY,
	    "also rebuild every capture and compare it with its SHA-256, and the "
	    "catalog with what the volumes say even if it is as it was left" },
	{ OPT_YES, "yes", 0, NULL, false, false, CMD_FORGET,
	    "forget near copies too (same, update, near, contains, and others "
	    "of the cluster), without asking" },
	{ OPT_ONLY, "only", 0, NULL, false, false, CMD_FORGET,
	    "leave near copies as they are, without asking" },
	{ OPT_DRY_RUN, "dry-run", 0, NULL, false, false,
	    CMD_FORGET | CMD_OPTIMIZE, "print what would be hidden (optimize: "
	    "gained, from a sample), and change nothing" },
	{ OPT_SUBSET, "subset", 0, "K/N", false, false, CMD_VERIFY,
	    "check the K-th of N parts alone; 1/N to N/N check everything, "
	    "also if something is added in between" },
	{ OPT_MAX_TIME, "max-time", 0, "TIME", false, false, CMD_VERIFY,
	    "stop after this long (30s, 10m, 2h); the next run with --max-time "
	    "goes on from there" },
	{ OPT_SINCE, "since", 0, "D", false, true, SELECTS,
	    "published on D or later; D is YYYY, YYYY-MM, YYYY-MM-DD or an "
	    "RFC 3339 time" },
	{ OPT_UNTIL, "until", 0, "D", false, true, SELECTS,
	    "published until the end of D" },
	{ OPT_ON, "on", 0, "D", false, true, SELECTS,
	    "published on D, compared with the day as it was printed" },
	{ OPT_UNDATED, "undated", 0, NULL, false, true, SELECTS,
	    "no date is known but that of the crawl" },
	{ OPT_TAG, "tag", 0, "T", false, true, SELECTS,
	    "has the tag T, in any case and Unicode form; may be repeated: "
	    "any of them" },
	{ OPT_TAG_MAP, "tag-map", 0, "FILE", false, true, SELECTS,
	    "names of tags that count as one, for --tag and for ls --tags: "
	    "each line of FILE holds such names with tabs between them, "
	    "first the one to show; lines that begin with # are comments" },
	{ OPT_SOURCE, "source", 0, "S", false, true, SELECTS,
	    "the publisher, else the input it came from" },
	{ OPT_LANG, "lang", 0, "L", false, true, SELECTS,
	    "the language: ru, uz (in any script), uz-Cyrl; und: unsure" },
	{ OPT_URL, "url", 0, "GLOB", false, true, SELECTS | CMD_FORGET,
	    "a page that shows it has such an address: *, ?, [a-z]" },
	{ OPT_TITLE, "title", 0, "TEXT", false, true, SELECTS,
	    "the title holds TEXT, in any case" },
	{ OPT_ID, "id", 0, "PREFIX", false, true, SELECTS,
	    "the id begins so" },
	{ OPT_CRAWLED_SINCE, "crawled-since", 0, "D", false, true, SELECTS,
	    "seen by a crawl on D or later" },
	{ OPT_CRAWLED_UNTIL, "crawled-until", 0, "D", false, true, SELECTS,
	    "seen by a crawl until the end of D" },
	{ OPT_ADDED_SINCE, "added-since", 0, "RUN|D", false, true, SELECTS,
	    "came with this run or a later one, or with one since D, for the "
	    "first time (four digits past the last run are a year)" },
	{ OPT_UNIQUE, "unique", 0, NULL, false, true, THINS,
	    "one article of each cluster" },
	{ OPT_KEEP, "keep", 0, "WHICH", false, true, THINS,
	    "which one --unique leaves: canonical (default: the canonical, "
	    "where it is selected itself), or of those selected the longest "
	    "or the earliest" },
	{ OPT_LIMIT, "limit", 0, "N", false, false,
	    CMD_LS | CMD_EXTRACT | CMD_DUPS,
	    "the first N alone; dups: clusters" },
	{ OPT_JSON, "json", 0, NULL, false, false, EVERY,
	    "one JSON object a line on standard output" },
	{ OPT_QUIET, "quiet", 'q', NULL, false, false, EVERY,
	    "no progress and no summary" },
	{ OPT_PROGRESS, "progress", 0, "MODE", false, false, EVERY,
	    "auto (default: on a terminal), always, never or json, on "
	    "standard error" },
	{ OPT_NEAR, "near", 0, "J", false, false, COMPARES,
	    "texts are near when the Jaccard index of their word 3-grams is "
	    "at least J (default 0.8, and 0.45 in texts of 50 words and more)" },
	{ OPT_NEAR_LONG, "near-long", 0, "J", false, false, COMPARES,
	    "the same for texts of 50 words and more alone" },
	{ OPT_CONTAINS, "contains", 0, "C", false, false, COMPARES,
	    "a text contains another when it has the share C of the word "
	    "3-grams of that (default 0.9)" },
	{ OPT_NOISY, "noisy", 0, NULL, false, false, COMPARES,
	    "look for candidates in 42 bands of 3 rows instead of 32 of 4: "
	    "finds texts with less in common, and takes longer" },
	{ OPT_THREADS, "jobs", 'j', "N", false, false,
	    COMPARES | CMD_VERIFY | CMD_OPTIMIZE, "threads (default: one a processor)" },
	{ OPT_MEMORY, "memory", 0, "SIZE", false, false,
	    COMPARES | CMD_OPTIMIZE,
	    "memory to use, about (default 384M, at least 64M)" },
	{ OPT_LEVEL, "level", 0, "N", false, false, CMD_ADD | CMD_OPTIMIZE,
	    "zstd level, 1 to 19 (default 10; optimize: 19)" },
	{ OPT_TEXT_ONLY, "text-only", 0, NULL, false, false, CMD_ADD,
	    "of HTML keep the text and what is known of it, not the page: much "
	    "smaller, but such pages cannot be restored, nor record files that "
	    "hold them" },
	{ OPT_FRAME, "frame", 0, "SIZE", false, false, CMD_ADD | CMD_OPTIMIZE,
	    "plain bytes in one frame, 64K to 8M (default 2M): larger packs "
	    "better, smaller gives one article faster" },
	{ OPT_PARITY, "parity", 0, "PERCENT", false, false, CMD_ADD,
	    "how much damage to the volumes can be made good, 0 (none) to 30 "
	    "percent (default: what the archive has, 5 for a new one)" },
	{ .name = NULL }
};

const struct command_info command_table[] = {
	{ CMD_ADD, "add", "ARCHIVE INPUT...", 2, SIZE_MAX,
	    "read pages, deduplicate, pack (creates ARCHIVE)",
	    "INPUT is a file, a directory, a container that libarchive reads "
	    "(looked into, nested too), - for standard input, or @LIST, a "
	    "file of paths.  Captures that are in the archive already (same "
	    "path, crawl time and bytes) are skipped.  If it is interrupted, "
	    "the archive is as after the last committed batch; the same "
	    "command carries on." },
	{ CMD_SCAN, "scan", "INPUT...", 1, SIZE_MAX,
	    "the same analysis, nothing written",
	    "Prints a summary, and with --pairs and --links what was found; "
	    "with --against what of it is new to an archive. "
	    "Needs room in $TMPDIR for the distinct articles." },
	{ CMD_INSPECT, "inspect", "INPUT...", 1, SIZE_MAX,
	    "how each page was understood",
	    "Shows the body, the teasers with their tags and times, and what "
	    "the page says of itself." },
	{ CMD_LS, "ls", "ARCHIVE", 1, 1, "list articles",
	    "By date, then id.  The columns are date, id, tags, title, "
	    "language, address, with a tab between them; - where one of the "
	    "last three is not known.  Other lists have other columns, see "
	    "below." },
	{ CMD_SHOW, "show", "ARCHIVE ID", 2, 2,
	    "one article: metadata, relations, sightings",
	    "ID may be the beginning of an id." },
	{ CMD_DUPS, "dups", "ARCHIVE|INPUT...", 1, SIZE_MAX,
	    "clusters of duplicates, for people",
	    "Each cluster by the date and id of its canonical, with title and "
	    "counts; then its articles, the canonical first: relation, score "
	    "(the Jaccard index of word 3-grams, for contains the share of "
	    "the shorter text), id, date, source, first path, and how many "
	    "more captures show the same bytes.  With options of SELECT: "
	    "clusters that hold such an article.  INPUT is read as by scan.  "
	    "--json: an article a line." },
	{ CMD_WHY, "why", "ARCHIVE|INPUT... A B", 3, SIZE_MAX,
	    "why two articles are related, or not",
	    "A and B are ids, or paths of captures.  Shows each test in the "
	    "order in which they are made, with the figure it found and what "
	    "it needs; what the two share; whether they meet under a key of "
	    "the candidate index; and their clusters.  INPUT is read as by "
	    "scan." },
	{ CMD_EXTRACT, "extract", "ARCHIVE -o DEST", 1, 1,
	    "copy articles out",
	    "A directory gets YYYY-MM-DD/ID.txt and articles.jsonl; so do "
	    "tar and zip." },
	{ CMD_RESTORE, "restore", "ARCHIVE -o DIR", 1, 1,
	    "rebuild captures byte for byte",
	    "With name, time and mode.  An equal path with other bytes "
	    "becomes PATH~2, PATH~3, in order of crawl time, past names "
	    "that are taken.  A name that the file system refuses is made "
	    "shorter, and said.  Set-user-ID and the like are left out.  "
	    "With options of SELECT only captures that show such an "
	    "article." },
	{ CMD_VERIFY, "verify", "ARCHIVE", 1, 1,
	    "check integrity; never writes",
	    "Decodes every frame, checks every digest and the chain of "
	    "batches, sealed volumes against manifest-sha256.txt, and the "
	    "catalog: whether it is byte for byte as its writer left it, or "
	    "else whether it is what the volumes say.  Lengths, chain and HEAD "
	    "are checked by every part.  Where --max-time stopped is kept in "
	    "$XDG_STATE_HOME/pressmark (default ~/.local/state/pressmark), not "
	    "in the archive." },
	{ CMD_REPAIR, "repair", "ARCHIVE", 1, 1,
	    "make a damaged archive whole, or say what is lost",
	    "Mends what can be mended to the same bytes; salvages every frame "
	    "that is whole of what cannot, and lists each capture and article "
	    "that is lost (again: ls --lost).  The files as they were are "
	    "removed when the result verifies.  Status 1: something is lost." },
	{ CMD_REINDEX, "reindex", "ARCHIVE", 1, 1,
	    "rebuild catalog and cache from the volumes",
	    "For when catalog.db or cache/ was lost or damaged." },
	{ CMD_OPTIMIZE, "optimize", "ARCHIVE", 1, 1,
	    "pack the whole archive again, smaller",
	    "Texts that are alike come to lie together, over all of the "
	    "archive, and everything is packed at level 19.  What the archive "
	    "says stays as it is.  The old volumes are removed when every "
	    "text and every capture was made from the new ones and had its "
	    "SHA-256; needs room for both.  Interrupted, the archive is as "
	    "it was." },
	{ CMD_FORGET, "forget", "ARCHIVE ID...", 1, SIZE_MAX,
	    "hide articles for good, from later runs too",
	    "ID may be the beginning of an id; or --url GLOB.  Hides the articles, the pages "
	    "that show them and teasers of them on other pages from every "
	    "output and from reindex; of pages that show such a teaser, "
	    "restore gives what is left.  Pages with the same text, or with "
	    "an address like GLOB, are refused by later runs.  Near copies "
	    "are asked about.  Prints a receipt.  The bytes stay in the "
	    "volumes until optimize." },
	{ CMD_STATS, "stats", "ARCHIVE", 1, 1,
	    "counts, sizes and ratios, by source and language",
	    "Sizes are of files on disk." },
	{ .name = NULL }
};

static const char statuses[] =
    "0  done and clean\n"
    "1  done, but an input was unreadable or damaged, or an archive is damaged\n"
    "2  wrong usage\n"
    "3  could not be done: disk full, no permission, archive locked, newer format\n"
    "130  interrupted\n";

/* Words of text, wrapped at 78 columns with an indent. */
static void
print_wrapped(FILE *file, const char *text, size_t indent, size_t column)
{
	while (*text != '\0') {
		size_t n = strcspn(text, " ");

		if (column + n > 78 && column > indent) {
			fprintf(file, "\n%*s", (int)indent, "");
			column = indent;
		}
		fprintf(file, "%.*s", (int)n, text);
		column += n;
		text += n;
		while (*text == ' ') {
			text++;
			if (*text != ' ' && *text != '\0' && column < 78) {
				fputc(' ', file);
				column++;
			}
		}
	}
	fputc('\n', file);
}

void
help_print(FILE *file)
{
	fprintf(file, "pressmark %s - archive and deduplicate scraped news\n\n"
	    "usage: pressmark COMMAND ARGUMENTS [OPTIONS]\n\n", PM_VERSION);
	for (const struct command_info *command = command_table;
	    command->name != NULL; command++)
		fprintf(file, "  %-8s %-20s %s\n", command->name,
		    command->operands, command->summary);
	fprintf(file, "\n'pressmark COMMAND --help' tells the rest; so does "
	    "man pressmark.\n\nExit status:\n%s", statuses);
}

static void
print_option(FILE *file, const struct option_info *info)
{
	char left[64];
	int n;

	n = snprintf(left, sizeof left, "  %c%c%s--%s%s%s%s",
	    info->letter ? '-' : ' ', info->letter ? info->letter : ' ',
	    info->letter ? ", " : "  ", info->name,
	    info->value == NULL ? "" : info->value_optional ? "[=" : " ",
	    info->value == NULL ? "" : info->value,
	    info->value_optional ? "]" : "");
	fprintf(file, "%-28s", left);
	if (n >= 28)
		fprintf(file, "\n%28s", "");
	print_wrapped(file, info->help, 28, 28);
}

void
help_print_command(FILE *file, const struct command_info *command)
{
	bool heading = false;

	fprintf(file, "usage: pressmark %s %s [OPTIONS]\n\n", command->name,
	    command->operands);
	print_wrapped(file, command->help, 0, 0);
	fprintf(file, "\nOptions:\n");
	for (const struct option_info *info = option_table;
	    info->name != NULL; info++)
		if ((info->commands & command->command) != 0 && !info->select)
			print_option(file, info);
	for (const struct option_info *info = option_table;
	    info->name != NULL; info++) {
		if ((info->commands & command->command) == 0 || !info->select)
			continue;
		if (!heading)
			fprintf(file, "\nWhich articles (SELECT, all "
			    "combinable):\n");
		heading = true;
		print_option(file, info);
	}
}

/* ---- the man page ---- */

/* A dash that is a dash, and a line that may begin with a dot. */
static void
print_roff(FILE *file, const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", file);
	for (; *text != '\0'; text++) {
		if (*text == '-')
			fputs("\\-", file);
		else if (*text == '\\')
			fputs("\\e", file);
		else
			fputc(*text, file);
	}
}

static void
print_man_commands(FILE *file)
{
	fprintf(file, ".SH COMMANDS\n");
	for (const struct command_info *command = command_table;
	    command->name != NULL; command++) {
		fprintf(file, ".TP\n.B pressmark %s ", command->name);
		print_roff(file, command->operands);
		fputc('\n', file);
		print_roff(file, command->summary);
		fprintf(file, ".\n");
		print_roff(file, command->help);
		fputc('\n', file);
	}
}

static void
print_man_option(FILE *file, const struct option_info *info)
{
	bool first = true;

	fprintf(file, ".TP\n.B ");
	if (info->letter)
		fprintf(file, "\\-%c, ", info->letter);
	fprintf(file, "\\-\\-");
	print_roff(file, info->name);
	if (info->value != NULL)
		fprintf(file, info->value_optional ? "[=%s]" : " %s",
		    info->value);
	fputc('\n', file);
	print_roff(file, info->help);
	fprintf(file, ".\n(");
	for (const struct command_info *command = command_table;
	    command->name != NULL; command++) {
		if ((info->commands & command->command) == 0)
			continue;
		fprintf(file, "%s%s", first ? "" : ", ", command->name);
		first = false;
	}
	fprintf(file, ")\n");
}

void
help_print_man(FILE *file)
{
	fprintf(file, ".TH PRESSMARK 1 \"\" \"pressmark %s\" \"User Commands\"\n"
	    ".SH NAME\npressmark \\- archive and deduplicate scraped news "
	    "corpora\n.SH SYNOPSIS\n.B pressmark\nCOMMAND ARGUMENTS "
	    "[OPTIONS]\n.SH DESCRIPTION\n"
	    "pressmark turns a scraped news corpus into a small archive that "
	    "finds every article again.  It takes each page apart into the "
	    "article and the teasers of its related\\-articles list, finds "
	    "what is duplicate, joins teasers to the articles they were cut "
	    "from, and packs each distinct text once.  Every page can be "
	    "restored byte for byte.\n.PP\n"
	    "An archive is a directory.  Its volumes are .tar.zst files that "
	    "GNU tar lists and extracts; its catalog is an SQLite database "
	    "with readable views; its README.txt says how to open it without "
	    "pressmark.\n", PM_VERSION);
	print_man_commands(file);
	fprintf(file, ".SH OPTIONS\nOptions may stand anywhere; \\-\\- ends "
	    "them.\n");
	for (const struct option_info *info = option_table;
	    info->name != NULL; info++)
		print_man_option(file, info);
	fprintf(file, ".SH EXIT STATUS\n.nf\n%s.fi\n", statuses);
	fprintf(file, ".SH ENVIRONMENT\n.TP\n.B TMPDIR\nwhere scan, and add "
	    "for captures over 64 MiB, put temporary files (default "
	    "/tmp).\n.TP\n.B XDG_STATE_HOME\nwhere verify \\-\\-max\\-time "
	    "keeps how far it came (default ~/.local/state).\n");
}
