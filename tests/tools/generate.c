/*
 * generate - a corpus of news pages as scrapers leave them, of any size, with
 * its truth.
 *
 *	generate --pages N [--seed S] [--edits MIN-MAX] [--mix KIND=W,...]
 *	    [-o OUT.tar] [--truth DIR]
 *
 * OUT.tar (standard output by default) is an ustar stream of pages
 * pages/LANG/SITE/NNN/NNNNNNN.txt, in order of crawl, whose modification time
 * is the time of the crawl.  DIR gets truth.tsv and links.tsv; their columns
 * are explained in tests/tools/README.md.
 *
 * Page i belongs to site i mod 16.  It shows an article of its own, or a copy
 * of an earlier one of its language, and up to five teasers of articles that
 * its site published before.  Every page is a pure function of seed and i.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "generate.h"

enum { PAGES_MAX = 10000000, TEASERS = 5, LEAD_PREFIX_WORDS = 20 };
enum { START_UTC_SECONDS = 1451606400, PAGE_SECONDS = 30 };

enum kind {
	ORIG, IDENTICAL, SAME, UPDATE, NEAR, CONTAINS, MOVED, BOILERPLATE, KINDS
};

static const char *const kind_name[KINDS] = {
	"orig", "identical", "same", "update", "near", "contains", "moved",
	"boilerplate"
};

struct options {
	uint64_t pages, seed;
	double edit_min, edit_max;
	uint32_t mix[KINDS], mix_sum;
	const char *out, *truth;
};

struct slot {
	uint64_t index, root;        /* root: the article this is a copy of */
	uint32_t site;
	enum kind kind;
	int64_t crawl;
};

struct generator {
	struct options options;
	FILE *tar, *truth, *links;
	struct text original, body, page, title, lead;
};

/* --- where everything is: functions of seed and index --- */

static enum kind
kind_of(const struct options *o, uint64_t index)
{
	struct rng rng = rng_of(o->seed, index, 'K');
	uint32_t r = rng_below(&rng, o->mix_sum);
	enum kind kind = ORIG;

	if (index < SITES)
		return ORIG;
	while (r >= o->mix[kind])
		r -= o->mix[kind++];
	return kind;
}

/* About 5 % of the articles are never shown. */
static bool
hidden(const struct options *o, uint64_t index)
{
	struct rng rng = rng_of(o->seed, index, 'H');

	return rng_chance(&rng, 50);
}

static uint32_t
tag_of(const struct options *o, uint64_t index)
{
	struct rng rng = rng_of(o->seed, index, 'G');

	return rng_below(&rng, TAGS);
}

static int64_t
crawl_of(const struct options *o, uint64_t index)
{
	struct rng rng = rng_of(o->seed, index, 'C');

	return START_UTC_SECONDS + (int64_t)index * PAGE_SECONDS +
	    rng_below(&rng, PAGE_SECONDS);
}

/* Between an article's publication and its first crawl. */
static int64_t
lag_of(const struct options *o, uint64_t index)
{
	struct rng rng = rng_of(o->seed, index, 'A');
	uint32_t r = rng_below(&rng, 100);

	if (r < 75)
		return 3600 + rng_below(&rng, 9 * 3600);
	if (r < 95)
		return 10 * 3600 + rng_below(&rng, 62 * 3600);
	return 3 * 86400 + rng_below(&rng, 17 * 86400);
}

static int64_t
published_of(const struct options *o, uint64_t index)
{
	return crawl_of(o, index) - lag_of(o, index);
}

/* The article that page `index` shows, which is no original. */
static uint64_t
root_of(const struct options *o, uint64_t index)
{
	struct rng rng = rng_of(o->seed, index, 'R');
	uint32_t row = (uint32_t)(index / SITES), back, site;
	uint32_t language = sites[index % SITES].language;
	uint64_t root;

	do
		site = rng_below(&rng, SITES);
	while (sites[site].language != language);
	back = 1 + rng_below(&rng, rng_chance(&rng, 600) && row > 100 ? 100 :
	    row);
	root = (uint64_t)(row - back) * SITES + site;
	while (kind_of(o, root) != ORIG)     /* row 0 is of originals only */
		root -= SITES;
	return root;
}

static struct slot
slot_of(const struct options *o, uint64_t index)
{
	struct slot slot = { .index = index, .root = index,
	    .site = (uint32_t)(index % SITES), .kind = kind_of(o, index),
	    .crawl = crawl_of(o, index) };

	if (slot.kind != ORIG)
		slot.root = root_of(o, index);
	return slot;
}

/* --- bodies --- */

struct edit {
	double percent;
	struct likeness likeness;
	bool lead_kept;
};

static void
add_boilerplate(struct text *body, const struct slot *slot, uint64_t seed)
{
	for (uint32_t i = 0; i < 2; i++) {
		text_add_str(body, "\n");
		site_line(body, seed, slot->site, i);
	}
}

static void
make_copy(struct generator *g, const struct slot *slot, struct edit *edit)
{
	const struct options *o = &g->options;
	const struct vocabulary *v = vocabulary_of(slot->site);
	struct rng rng = rng_of(o->seed, slot->index, 'E');
	double u = rng_below(&rng, 1000001) / 1e6;

	switch (slot->kind) {
	case SAME:
		edit_same(&g->body, &g->original, v, &rng);
		break;
	case UPDATE:
		edit_update(&g->body, &g->original, &rng);
		break;
	case NEAR:
		edit->percent = edit_near(&g->body, &g->original, v, &rng,
		    o->edit_min + u * (o->edit_max - o->edit_min));
		break;
	case CONTAINS:
		edit->percent = 20 + u * 70;
		edit_contains(&g->body, &g->original, v, &rng, edit->percent);
		break;
	case MOVED:
		edit_moved(&g->body, &g->original, &rng);
		break;
	default:
		text_add(&g->body, g->original.p, g->original.n);
		if (slot->kind == BOILERPLATE)
			add_boilerplate(&g->body, slot, o->seed);
	}
}

static void
make_body(struct generator *g, const struct slot *slot, struct edit *edit)
{
	uint32_t site = (uint32_t)(slot->root % SITES);
	size_t lead_n;

	*edit = (struct edit){ 0, { 1, 1 }, true };
	g->body.n = 0;
	if (slot->kind == ORIG || slot->kind == IDENTICAL) {
		article_body(&g->body, g->options.seed, slot->root, site);
		return;
	}
	g->original.n = 0;
	article_body(&g->original, g->options.seed, slot->root, site);
	make_copy(g, slot, edit);
	if (slot->kind == SAME)
		return;
	edit->likeness = measure(&g->body, &g->original);
	lead_n = words_prefix(&g->original, vocabulary_of(site),
	    LEAD_PREFIX_WORDS);
	edit->lead_kept = g->body.n >= lead_n &&
	    memcmp(g->body.p, g->original.p, lead_n) == 0;
}

/* --- teasers --- */

/* How a site cuts its snippets. */
struct cut {
	uint32_t words;
	const char *ellipsis;
	bool inside_words;
};

static struct cut
cut_of(const struct options *o, uint32_t site)
{
	struct rng rng = rng_of(o->seed, site, 'U');
	struct cut cut;

	cut.words = 12 + rng_below(&rng, 9);
	cut.ellipsis = rng_chance(&rng, 500) ? "..." : "…";
	cut.inside_words = rng_chance(&rng, 300);
	return cut;
}

static void
add_snippet(struct text *out, const struct text *lead, uint32_t site,
    const struct cut *cut)
{
	size_t n = words_prefix(lead, vocabulary_of(site), cut->words);

	if (cut->inside_words && n > 4)
		for (n -= 3; ((unsigned char)lead->p[n] & 0xc0) == 0x80; n--)
			;
	while (n > 0 && strchr(" .,;:", lead->p[n - 1]) != NULL)
		n--;
	text_add(out, lead->p, n);
	text_add_str(out, cut->ellipsis);
}

/* An article to show: UINT64_MAX when there is none to be found. */
static uint64_t
choose_target(const struct options *o, const struct slot *slot,
    const uint64_t *chosen, uint32_t chosen_n, struct rng *rng)
{
	uint32_t row = (uint32_t)(slot->index / SITES);

	for (uint32_t attempt = 0; attempt < 8 && row > 0; attempt++) {
		uint32_t reach = rng_chance(rng, 800) ? 40 : 400;
		uint32_t back = 1 + rng_below(rng, row < reach ? row : reach);
		struct slot target = slot_of(o, slot->index -
		    (uint64_t)back * SITES);
		bool usable = target.root != slot->root &&
		    !hidden(o, target.root);

		for (uint32_t i = 0; i < chosen_n; i++)
			usable = usable && chosen[i] != target.root;
		if (usable)
			return target.root;
	}
	return UINT64_MAX;
}

struct teaser {
	uint64_t target;             /* index of the text it was cut from */
	bool known;                  /* an article of this corpus */
	int64_t published;
};

/* On about 3 % of the pages that show an article its headline is another. */
static void
make_title(struct generator *g, const struct teaser *teaser, uint32_t site,
    struct rng *rng)
{
	const struct vocabulary *v = vocabulary_of(site);

	g->title.n = 0;
	article_title(&g->title, g->options.seed, teaser->target, site);
	if (rng_chance(rng, 30)) {
		const struct word *word = word_pick(v, rng);

		text_add_str(&g->title, v->language->space);
		text_add(&g->title, word->p, word->n);
	}
}

static void
add_teaser(struct generator *g, const struct slot *slot,
    const struct teaser *teaser, uint32_t position, const char *path,
    struct rng *rng)
{
	static const char *const unit_name[UNITS] = { "hour", "day", "week" };
	const struct options *o = &g->options;
	uint32_t site = teaser->known ? (uint32_t)(teaser->target % SITES) :
	    slot->site;
	const struct vocabulary *v = vocabulary_of(site);
	struct cut cut = cut_of(o, slot->site);
	enum unit unit;

	make_title(g, teaser, site, rng);
	g->lead.n = 0;
	article_lead(&g->lead, o->seed, teaser->target, site);
	text_add_str(&g->page, "\n\n\n");
	text_add(&g->page, g->title.p, g->title.n);
	text_add_str(&g->page, "\n");
	add_snippet(&g->page, &g->lead, site, &cut);
	text_printf(&g->page, "\n- %s\n- ", v->tag[tag_of(o, teaser->target)]);
	time_ago(&g->page, v->language, slot->crawl - teaser->published, &unit);
	if (g->links == NULL)
		return;
	fprintf(g->links, "%s\t%u\t", path, position);
	if (teaser->known)
		fprintf(g->links, "a%07llu", (unsigned long long)teaser->target);
	else
		fputc('-', g->links);
	fprintf(g->links, "\t%.*s\t%s\n", (int)g->title.n, g->title.p,
	    unit_name[unit]);
}

static void
add_teasers(struct generator *g, const struct slot *slot, const char *path)
{
	const struct options *o = &g->options;
	struct rng rng = rng_of(o->seed, slot->index, 'X');
	uint64_t chosen[TEASERS];
	uint32_t n = 0;

	for (uint32_t i = 0; i < TEASERS; i++) {
		struct teaser teaser = { UINT64_MAX, true, 0 };

		if (!rng_chance(&rng, 50))
			teaser.target = choose_target(o, slot, chosen, n, &rng);
		else
			teaser.known = false;
		if (teaser.target == UINT64_MAX && teaser.known && n >= 3)
			continue;            /* a young site shows fewer */
		teaser.known = teaser.target != UINT64_MAX;
		if (teaser.known)
			teaser.published = published_of(o, teaser.target);
		else {
			teaser.target = ((uint64_t)1 << 40) +
			    slot->index * TEASERS + i;
			teaser.published = slot->crawl -
			    lag_of(o, teaser.target);
		}
		chosen[n++] = teaser.target;
		add_teaser(g, slot, &teaser, n, path, &rng);
	}
}

/* --- output --- */

static void
fail(const char *what)
{
	fprintf(stderr, "generate: %s: %s\n", what, strerror(errno));
	exit(3);
}

static void
tar_member(struct generator *g, const char *path, const struct text *text,
    int64_t mtime)
{
	static const char zero[512];
	char header[512] = "";
	unsigned sum = 0;

	snprintf(header, 100, "%s", path);
	memcpy(header + 100, "0000644\0000000000\0000000000", 24);
	snprintf(header + 124, 12, "%011llo", (unsigned long long)text->n);
	snprintf(header + 136, 12, "%011llo", (unsigned long long)mtime);
	memset(header + 148, ' ', 8);
	header[156] = '0';
	memcpy(header + 257, "ustar\00000", 8);
	for (size_t i = 0; i < sizeof header; i++)
		sum += (unsigned char)header[i];
	snprintf(header + 148, 8, "%06o", sum);
	if (fwrite(header, sizeof header, 1, g->tar) != 1 ||
	    fwrite(text->p, 1, text->n, g->tar) != text->n ||
	    fwrite(zero, 1, -text->n % 512, g->tar) != -text->n % 512)
		fail(g->options.out);
}

static void
write_truth(struct generator *g, const struct slot *slot,
    const struct edit *edit, const char *path)
{
	const struct options *o = &g->options;
	uint32_t site = (uint32_t)(slot->root % SITES);

	g->title.n = 0;
	article_title(&g->title, o->seed, slot->root, site);
	fprintf(g->truth, "%s\ta%07llu\t%s\t", path,
	    (unsigned long long)slot->index, kind_name[slot->kind]);
	if (slot->kind == ORIG)
		fputc('-', g->truth);
	else
		fprintf(g->truth, "a%07llu", (unsigned long long)slot->root);
	fprintf(g->truth, "\t%.*s\t%s\t%lld\t%.2f\t%s\t%.4f\t%.4f\n",
	    (int)g->title.n, g->title.p,
	    vocabulary_of(site)->tag[tag_of(o, slot->root)],
	    (long long)published_of(o, slot->root), edit->percent,
	    edit->lead_kept ? "kept" : "edited", edit->likeness.jaccard,
	    edit->likeness.containment);
}

static void
make_page(struct generator *g, uint64_t index)
{
	struct slot slot = slot_of(&g->options, index);
	struct rng style = rng_of(g->options.seed, slot.site, 'Y');
	struct edit edit;
	char path[64];

	snprintf(path, sizeof path, "pages/%s/%02u/%03u/%07u.txt",
	    vocabulary_of(slot.site)->language->code, slot.site,
	    (unsigned)(index / 10000), (unsigned)index);
	make_body(g, &slot, &edit);
	g->page.n = 0;
	if (rng_chance(&style, 500))
		text_add_str(&g->page, "\n");
	text_add(&g->page, g->body.p, g->body.n);
	text_add_str(&g->page, "\n");
	text_add_str(&g->page, sites[slot.site].heading);
	add_teasers(g, &slot, path);
	if (rng_chance(&style, 300))
		text_add_str(&g->page, "\n");
	tar_member(g, path, &g->page, slot.crawl);
	if (g->truth != NULL)
		write_truth(g, &slot, &edit, path);
}

static FILE *
open_truth(const char *directory, const char *name, const char *columns)
{
	char path[4096];
	FILE *file;

	if (snprintf(path, sizeof path, "%s/%s", directory, name) >=
	    (int)sizeof path || (file = fopen(path, "w")) == NULL) {
		fail(path);
		return NULL;
	}
	fputs(columns, file);
	return file;
}

static void
close_output(FILE *file, const char *what)
{
	if (file != NULL && (fflush(file) != 0 || ferror(file)))
		fail(what);
	if (file != NULL && file != stdout)
		fclose(file);
}

/* --- options --- */

static void
usage(void)
{
	fputs("usage: generate --pages N [--seed S] [--edits MIN-MAX]\n"
	    "    [--mix KIND=WEIGHT,...] [-o OUT.tar] [--truth DIR]\n"
	    "kinds: orig identical same update near contains moved "
	    "boilerplate\n", stderr);
	exit(2);
}

static uint64_t
number_of(const char *s, uint64_t max)
{
	char *end;
	unsigned long long n;

	errno = 0;
	n = strtoull(s, &end, 10);
	if (errno != 0 || end == s || *end != '\0' || *s == '-' || n > max)
		usage();
	return n;
}

/* Kinds that are not named keep no weight. */
static void
parse_mix(struct options *o, const char *s)
{
	memset(o->mix, 0, sizeof o->mix);
	while (*s != '\0') {
		size_t n = strcspn(s, "=");
		int kind = 0;
		char *end;

		while (kind < KINDS && (strlen(kind_name[kind]) != n ||
		    memcmp(kind_name[kind], s, n) != 0))
			kind++;
		if (kind == KINDS || s[n] != '=')
			usage();
		o->mix[kind] = (uint32_t)(strtoul(s + n + 1, &end, 10) % 10000);
		if (end == s + n + 1 || (*end != ',' && *end != '\0'))
			usage();
		s = end + (*end == ',');
	}
}

static void
parse_edits(struct options *o, const char *s)
{
	char *end;

	o->edit_min = strtod(s, &end);
	if (end == s || *end != '-')
		usage();
	s = end + 1;
	o->edit_max = strtod(s, &end);
	if (end == s || *end != '\0' || !(o->edit_min >= 0) ||
	    !(o->edit_max >= o->edit_min) || !(o->edit_max <= 100))
		usage();
}

static void
parse_options(struct options *o, int argc, char **argv)
{
	*o = (struct options){ .seed = 1, .edit_min = 0.5, .edit_max = 10,
	    .mix = { 70, 8, 4, 5, 8, 5, 0, 0 }, .out = "-" };
	for (int i = 1; i < argc; i += 2) {
		if (i + 1 == argc)
			usage();
		if (strcmp(argv[i], "--pages") == 0)
			o->pages = number_of(argv[i + 1], PAGES_MAX);
		else if (strcmp(argv[i], "--seed") == 0)
			o->seed = number_of(argv[i + 1], UINT64_MAX);
		else if (strcmp(argv[i], "--edits") == 0)
			parse_edits(o, argv[i + 1]);
		else if (strcmp(argv[i], "--mix") == 0)
			parse_mix(o, argv[i + 1]);
		else if (strcmp(argv[i], "-o") == 0)
			o->out = argv[i + 1];
		else if (strcmp(argv[i], "--truth") == 0)
			o->truth = argv[i + 1];
		else
			usage();
	}
	for (int i = 0; i < KINDS; i++)
		o->mix_sum += o->mix[i];
	if (o->pages == 0 || o->mix_sum == 0 || o->mix[ORIG] == 0)
		usage();
}

int
main(int argc, char **argv)
{
	static struct generator g;
	static const char zero[1024];

	parse_options(&g.options, argc, argv);
	vocabularies_init(g.options.seed);
	g.tar = stdout;
	if (strcmp(g.options.out, "-") != 0 &&
	    (g.tar = fopen(g.options.out, "wb")) == NULL)
		fail(g.options.out);
	if (g.options.truth != NULL) {
		if (mkdir(g.options.truth, 0777) != 0 && errno != EEXIST)
			fail(g.options.truth);
		g.truth = open_truth(g.options.truth, "truth.tsv",
		    "path\tkey\tkind\tof\ttitle\ttags\tpublished\tedit\tlead\t"
		    "jaccard\tcontainment\n");
		g.links = open_truth(g.options.truth, "links.tsv",
		    "path\tposition\ttarget\ttitle\tprecision\n");
	}
	for (uint64_t i = 0; i < g.options.pages; i++)
		make_page(&g, i);
	if (fwrite(zero, sizeof zero, 1, g.tar) != 1)
		fail(g.options.out);
	close_output(g.tar, g.options.out);
	close_output(g.truth, "truth.tsv");
	close_output(g.links, "links.tsv");
	return 0;
}
