/*
 * The reader of plain text: spans of text_page.h into what every reader gives.
 */
#include "page/fields.h"
#include "page/page_internal.h"

struct reading {
	struct pm_page *page;
	struct pm_arena *arena;
	const struct pm_text_page *from;
	struct pm_bytes text;
	struct pm_err *err;
};

static int
join_body(struct reading *r)
{
	const struct pm_text_page *from = r->from;
	size_t n = 0;
	uint8_t *p;

	if (from->body_n == 0)
		return PM_OK;
	if (from->body_n == 1) {
		r->page->body = pm_page_bytes(r->text, from->body[0]);
		return PM_OK;
	}
	for (size_t i = 0; i < from->body_n; i++)
		n += from->body[i].n;
	if ((p = pm_arena_alloc(r->arena, n, r->err)) == NULL)
		return PM_ENOMEM;
	r->page->body = (struct pm_bytes){ p, n };
	for (size_t i = 0; i < from->body_n; i++) {
		memcpy(p, r->text.p + from->body[i].at, from->body[i].n);
		p += from->body[i].n;
	}
	return PM_OK;
}

static int
fill_teasers(struct reading *r)
{
	const size_t n = r->from->teaser_n;
	struct pm_page_teaser *to = pm_arena_alloc(r->arena, n * sizeof *to,
	    r->err);

	if (to == NULL)
		return PM_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct pm_text_teaser *from = &r->from->teaser[i];

		to[i] = (struct pm_page_teaser){
		    .title = pm_page_bytes(r->text, from->title),
		    .snippet = pm_page_bytes(r->text, from->snippet),
		    .tag_n = from->tag_n,
		    .time = pm_page_bytes(r->text, from->time),
		    .when = from->when };
		for (size_t k = 0; k < from->tag_n; k++)
			to[i].tag[k] = pm_page_bytes(r->text, from->tag[k]);
	}
	r->page->teaser = to;
	r->page->teaser_n = n;
	return PM_OK;
}

static struct pm_page_part
teaser_part(const struct pm_text_teaser *teaser, size_t i)
{
	struct pm_page_part part = { .kind = PM_PART_TEASER,
	    .at = teaser->title.at, .n = teaser->title.n, .teaser = i,
	    .title_n = teaser->title.n };

	if (teaser->snippet.n > 0) {
		part.n = teaser->snippet.at + teaser->snippet.n - part.at;
		part.between_n = teaser->snippet.at - teaser->title.at -
		    teaser->title.n;
	}
	return part;
}

/* Body and teasers side by side, in the order of the page. */
static int
fill_parts(struct reading *r)
{
	const struct pm_text_page *from = r->from;
	size_t b = 0, t = 0, done = 0, n = 0;
	struct pm_page_part *part = pm_arena_alloc(r->arena,
	    (from->body_n + from->teaser_n) * sizeof *part, r->err);

	if (part == NULL)
		return PM_ENOMEM;
	while (b < from->body_n || t < from->teaser_n) {
		if (t == from->teaser_n || (b < from->body_n &&
		    from->body[b].at < from->teaser[t].title.at)) {
			part[n++] = (struct pm_page_part){
			    .kind = PM_PART_BODY, .at = from->body[b].at,
			    .n = from->body[b].n, .from = done,
			    .text_n = from->body[b].n };
			done += from->body[b++].n;
		} else {
			part[n++] = teaser_part(&from->teaser[t], t);
			t++;
		}
	}
	r->page->part = part;
	r->page->part_n = n;
	return PM_OK;
}

/* What is read out of the text is behind what is said beside it. */
static void
fill_title(struct reading *r)
{
	struct pm_page *page = r->page;
	struct pm_bytes title = pm_page_bytes(r->text, r->from->title);

	if (title.n == 0)
		return;
	if (page->title.n > 0) {
		pm_page_notef(page, r->arena, "title",
		    pm_bytes_equal(page->title, title) ?
		    "the text has the same: %.*s" :
		    "the text has another: %.*s",
		    title.n < 200 ? (int)title.n : 200,
		    (const char *)title.p);
		return;
	}
	page->title = title;
	page->title_in_text = true;
}

int
pm_text_page_fill(struct pm_page *page, struct pm_arena *arena,
    const struct pm_text_page *from, struct pm_bytes text,
    struct pm_err *err)
{
	struct reading reading = { page, arena, from, text, err };
	int rc;

	page->kind = from->kind;
	page->reason = from->reason;
	page->heading = pm_page_bytes(text, from->heading);
	fill_title(&reading);
	if (from->has_dateline)
		pm_page_add_date(page, &from->dateline, PM_PAGE_DATE_PAGE,
		    "a line that is a date");
	if (from->has_prose)
		pm_page_add_date(page, &from->prose, PM_PAGE_DATE_TEXT,
		    "a date in the lead");
	rc = join_body(&reading);
	return rc == PM_OK ? fill_teasers(&reading) : rc;
}

/* Front matter with a title and no text below it speaks of a page that is
 * elsewhere: a list of one, as of a record without a body. */
static int
teaser_of_itself(struct reading *r)
{
	struct pm_page *page = r->page;
	struct pm_page_teaser *teaser = pm_arena_alloc(r->arena,
	    sizeof *teaser, r->err);

	if (teaser == NULL)
		return PM_ENOMEM;
	*teaser = (struct pm_page_teaser){ .title = page->title,
	    .url = page->url };
	for (size_t i = 0; i < page->tag_n && i < PM_PAGE_TAGS_MAX; i++)
		teaser->tag[teaser->tag_n++] = page->tag[i];
	pm_page_note(page, "body", "none: a teaser of itself");
	page->kind = PM_PAGE_LIST;
	page->reason = NULL;
	page->teaser = teaser;
	page->teaser_n = 1;
	page->part_n = 0;
	return PM_OK;
}

int
pm_page_read_text(struct pm_page *out, struct pm_arena *arena,
    const struct pm_page_input *in, struct pm_err *err)
{
	struct pm_text_page from;
	struct reading reading = { out, arena, &from, in->capture, err };
	struct pm_bytes block = pm_front_matter_block(in->capture);
	int rc = pm_text_page_parse(&from, arena, in->capture, err);

	out->reader = "text";
	if (rc == PM_OK && block.n > 0)
		rc = pm_front_matter_read(out, arena, block, err);
	if (rc == PM_OK)
		rc = pm_text_page_fill(out, arena, &from, in->capture, err);
	if (rc == PM_OK && out->kind == PM_PAGE_OPAQUE && out->title.n > 0)
		return teaser_of_itself(&reading);
	return rc == PM_OK ? fill_parts(&reading) : rc;
}
