/*
 * What chooses articles: lines, each a letter for the condition and its value.
 * A selection is refused (PM_EUSAGE) or answered; what is answered is among
 * all there are.
 */
#include "records.h"
#include "store/catalog_query.h"

enum { ARTICLES = 4, TAGS_MAX = 8 };

static struct pm_catalog *catalog;

static void
apply(const struct pm_log_record *record)
{
	struct pm_err err;

	must(pm_catalog_apply(catalog, record, &err) == PM_OK);
}

static void
put_article(uint64_t i)
{
	static const char *const tag[] = { "City", "Город", "a", "100%" };
	struct pm_bytes own = pm_bytes_of(tag[i % 4]);
	struct pm_log_record record = { .kind = PM_LOG_ARTICLE,
	    .u.article = { .number = i, .bytes = 100 * i, .norm = i,
	    .title = pm_bytes_of("The Bridge, Ёлка"),
	    .lang = pm_bytes_of(i % 2 == 0 ? "uz-Cyrl" : "ru"),
	    .lang_score = 1, .sha256 = { (uint8_t)(i * 60) } } };

	apply(&record);
	record = (struct pm_log_record){ .kind = PM_LOG_CAPTURE,
	    .u.capture = { .number = i, .path = pm_bytes_of("d/a.html"),
	    .input = pm_bytes_of("in"), .crawled = 1739000000 + (int64_t)i,
	    .bytes = 200, .kind = PM_CAPTURE_PAGE, .article = i,
	    .sha256 = { (uint8_t)i }, .url = pm_bytes_of(
	    "https://one.example/2025/[a]-b"),
	    .source = pm_bytes_of("one.example"),
	    .date = { 1738000000 + (int64_t)i * 86400, 60, PM_DAY },
	    .date_source = PM_DATE_RECORD, .tag = &own, .tag_n = 1 } };
	apply(&record);
}

static int
no_title(void *context, struct pm_buf *out, uint64_t teaser, uint64_t frame,
    uint32_t ordinal, struct pm_err *err)
{
	(void)context, (void)out, (void)teaser, (void)frame, (void)ordinal;
	(void)err;
	return PM_OK;
}

static void
set_up(void)
{
	static const struct pm_teaser_source source = { no_title, NULL };
	struct pm_log_record run = { .kind = PM_LOG_RUN,
	    .u.run = { .number = 1, .started = 1739000000,
	    .version = pm_bytes_of("0"), .unicode = pm_bytes_of("0"),
	    .policy = pm_bytes_of("0") } };
	struct pm_err err;

	must(pm_catalog_open(&catalog, NULL, PM_CATALOG_TEMP, &err) == PM_OK);
	must(pm_catalog_begin(catalog, &err) == PM_OK);
	apply(&run);
	for (uint64_t i = 1; i <= ARTICLES; i++)
		put_article(i);
	must(pm_catalog_refresh(catalog, &source, &err) == PM_OK);
	must(pm_catalog_commit(catalog, &err) == PM_OK);
}

static void
set(struct pm_select *select, const char **tag, const char *line)
{
	const char **at[] = { ['S'] = &select->since, ['U'] = &select->until,
		['O'] = &select->on, ['C'] = &select->crawled_since,
		['D'] = &select->crawled_until, ['A'] = &select->added_since,
		['Z'] = &select->zone, ['F'] = &select->source,
		['T'] = &select->title, ['I'] = &select->id,
		['L'] = &select->lang, ['G'] = &select->url };
	unsigned char c = (unsigned char)*line;

	if (c == 'N')
		select->undated = 1;
	else if (c == 'K')
		select->unique = 1, select->keep = (enum pm_keep)
		    ((unsigned char)line[1] % 3);
	else if (c == 't' && select->tag_n < TAGS_MAX)
		tag[select->tag_n++] = line + 1;
	else if (c < sizeof at / sizeof *at && at[c] != NULL)
		*at[c] = line + 1;
}

static int
count(void *context, struct pm_article *article,
    const struct pm_article_row *place)
{
	(void)place;
	must(strlen(article->id) >= 16);
	++*(unsigned *)context;
	return 0;
}

static void
ask(const struct pm_select *select)
{
	struct pm_query query;
	struct pm_err err;
	unsigned n = 0;
	int rc = pm_query_init(&query, select, catalog, &err);

	must(rc == PM_OK || rc == PM_EUSAGE);
	if (rc == PM_OK)
		must(pm_catalog_list_articles(catalog, &query, PM_DETAIL_ROW,
		    count, &n, &err) == PM_OK);
	must(n <= ARTICLES);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const char *tag[TAGS_MAX] = { NULL };
	struct pm_select select = { .tag = tag };
	char *text = malloc(n + 1);

	must(text != NULL);
	if (n > 0)
		memcpy(text, p, n);
	text[n] = '\0';
	if (catalog == NULL)
		set_up();
	for (char *line = text, *end; line < text + n; line = end + 1) {
		if ((end = memchr(line, '\n', n - (size_t)(line - text))) ==
		    NULL)
			end = text + n;
		*end = '\0';
		set(&select, tag, line);
	}
	ask(&select);
	free(text);
	return 0;
}
