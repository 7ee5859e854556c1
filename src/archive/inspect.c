#include "archive/batch.h"
#include "archive/confine.h"
#include "base/err.h"

struct times {
	char text[PM_WHEN_CHARS];
};

static const char *
format(struct times *out, int64_t seconds, int32_t offset)
{
	struct pm_when when = { .utc_seconds = seconds,
	    .offset_minutes = offset };

	(void)pm_when_format(out->text, &when);
	return out->text;
}

static int
fill_teaser(struct pm_inspected_teaser *out, struct pm_arena *arena,
    const struct pm_analysed *item, size_t i, struct pm_err *err)
{
	const struct pm_page_teaser *from = &item->page.teaser[i];
	const struct pm_when *when = &item->teaser[i].when;
	struct pm_bytes *tag = pm_arena_alloc(arena,
	    from->tag_n * sizeof *tag, err);
	struct times *times = pm_arena_alloc(arena, sizeof *times, err);

	if (tag == NULL || times == NULL)
		return PM_ENOMEM;
	for (size_t k = 0; k < from->tag_n; k++)
		tag[k] = from->tag[k];
	*out = (struct pm_inspected_teaser){ .title = from->title,
	    .snippet = from->snippet,
	    .time_text = from->time, .url = from->url, .tag = tag,
	    .tag_n = from->tag_n };
	if (when->precision != 0) {
		out->published = format(times, when->utc_seconds,
		    when->offset_minutes);
		out->published_precision = pm_precision_name(when->precision);
	}
	return PM_OK;
}

/* As the page says, if it can be; else as it looks. */
static void
fill_language(struct pm_inspected *out, const struct pm_analysed *item)
{
	bool stated = item->stated.source == PM_LANGUAGE_STATED;
	const struct pm_language *lang = stated ? &item->stated :
	    &item->detected;

	if (item->body.n == 0)
		return;
	out->lang = lang->code;
	out->lang_score = lang->score;
	if (lang->source != PM_LANGUAGE_NONE)
		out->lang_source = stated ? "stated" : "detected";
}

/* struct pm_page_note has the same two words. */
static int
fill_notes(struct pm_inspected *out, struct pm_arena *arena,
    const struct pm_page *page, struct pm_err *err)
{
	struct pm_inspected_note *note = pm_arena_alloc(arena,
	    page->note_n * sizeof *note, err);

	if (note == NULL)
		return PM_ENOMEM;
	for (size_t i = 0; i < page->note_n; i++)
		note[i] = (struct pm_inspected_note){ page->note[i].what,
		    page->note[i].why };
	out->note = note;
	out->note_n = page->note_n;
	return PM_OK;
}

static void
fill_page(struct pm_inspected *out, struct times times[3],
    const struct pm_analysed *item)
{
	static const char *const kind[] = { [PM_PAGE_OPAQUE] = "opaque",
	    [PM_PAGE_PAGE] = "page", [PM_PAGE_LIST] = "list" };

	*out = (struct pm_inspected){ .path = item->path,
	    .kind = kind[item->page.kind], .body = item->body,
	    .crawled = format(&times[0], item->crawled, 0),
	    .tag = item->page.tag, .tag_n = item->page.tag_n,
	    .url = item->page.url, .source = item->page.source,
	    .reader = item->page.reader, .encoding = item->page.encoding };
	fill_language(out, item);
	if (item->modified.precision != 0)
		out->modified = format(&times[2], item->modified.utc_seconds,
		    item->modified.offset_minutes);
	if (item->page.kind == PM_PAGE_OPAQUE) {
		out->reason = item->page.reason;
		return;
	}
	out->title = item->page.title;
	out->heading = item->page.heading;
	if (item->date.precision != 0) {
		out->published = format(&times[1], item->date.utc_seconds,
		    item->date.offset_minutes);
		out->published_precision =
		    pm_precision_name(item->date.precision);
		out->published_source =
		    pm_date_source_name(item->date_source);
	}
}

static int
give_page(const struct pm_analysed *item, struct pm_arena *arena,
    int (*page)(void *context, const struct pm_inspected *page),
    void *context, struct pm_err *err)
{
	struct pm_inspected_teaser *teaser;
	struct pm_inspected out;
	struct times times[3];
	int rc;

	pm_arena_reset(arena);
	fill_page(&out, times, item);
	rc = fill_notes(&out, arena, &item->page, err);
	if (rc == PM_OK && item->page.kind != PM_PAGE_OPAQUE) {
		teaser = pm_arena_alloc(arena,
		    item->page.teaser_n * sizeof *teaser, err);
		if (teaser == NULL)
			return PM_ENOMEM;
		for (size_t i = 0; i < item->page.teaser_n && rc == PM_OK;
		    i++)
			rc = fill_teaser(&teaser[i], arena, item, i, err);
		out.teaser = teaser;
		out.teaser_n = item->page.teaser_n;
	}
	return rc == PM_OK ? page(context, &out) : rc;
}

int
pm_reader_of_name(enum pm_reader *out, const char *name)
{
	static const char *const names[] = {
	    [PM_READER_AUTO] = "auto", [PM_READER_TEXT] = "text",
	    [PM_READER_HTML] = "html", [PM_READER_JSON] = "json",
	    [PM_READER_CSV] = "csv", [PM_READER_TSV] = "tsv",
	    [PM_READER_FEED] = "feed", [PM_READER_WARC] = "warc",
	    [PM_READER_ARC] = "arc", [PM_READER_OPAQUE] = "opaque" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i], name) == 0) {
			*out = (enum pm_reader)i;
			return 1;
		}
	return 0;
}

int
pm_inspect(struct pm_counts *counts, const struct pm_input *input,
    const struct pm_hooks *hooks,
    int (*page)(void *context, const struct pm_inspected *page),
    void *context, struct pm_err *err)
{
	struct pm_batch_reader_options options = { .input = input,
	    .batch_bytes = 8 << 20, .counts = counts };
	struct pm_batch_reader *reader = NULL;
	struct pm_capture_batch batch = { 0 };
	struct pm_arena arena;
	struct pm_pool *pool = NULL;
	int answered = PM_OK, rc;

	*counts = (struct pm_counts){ 0 };
	pm_arena_init(&arena);
	if (hooks != NULL)
		options.hooks = *hooks;
	rc = pm_confine(input, NULL, PM_CONFINE_READS, hooks, err);
	if (rc == PM_OK)
		rc = pm_pool_new(&pool, 0, err);
	options.pool = pool;
	if (rc == PM_OK)
		rc = pm_batch_reader_open(&reader, &options, err);
	while (rc == PM_OK && answered == PM_OK &&
	    (rc = pm_batch_reader_next(reader, &batch, err)) == PM_OK) {
		for (size_t i = 0; i < batch.item_n && answered == PM_OK;
		    i++) {
			if (batch.item[i]->whole)
				continue;
			counts->captures++;
			counts->opaque +=
			    batch.item[i]->page.kind == PM_PAGE_OPAQUE;
			answered = give_page(batch.item[i], &arena, page,
			    context, err);
		}
		pm_capture_batch_clear(&batch);
	}
	pm_batch_reader_close(reader);
	pm_pool_free(pool);
	pm_arena_clear(&arena);
	return answered != PM_OK ? answered : rc == PM_END ? PM_OK : rc;
}
