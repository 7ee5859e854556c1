/*
 * Records and bytes into frames.  A batch is first its text frames, which hold
 * nothing but bodies as tar members, then its metadata frames: one member of
 * lines, one of binary data.  Each kind packs better among its own, and one
 * article costs one frame of texts alone.
 *
 * L1  A frame's data member is: 8 bytes for each article line (low half of the
 *     XXH3-128 of its fold; it finds candidates for `same`, which are then
 *     compared in full, so half serves as well), 32 for each capture line without "like" (SHA-256 of its
 *     bytes), then the recipes of those captures, each behind its length.
 * L2  Whatever a recipe names lies in its own frame or an earlier one.
 * L3  The k-th article line of a batch is its k-th item.
 */
#include "archive/ingest_internal.h"
#include "base/err.h"
#include "base/fs.h"
#include "page/codec.h"

enum {
	PIECE_BYTES = 4 << 20,           /* of captures that are kept whole */
	RECIPE_MAX = 2 << 20,
	LINES_SOFT_MAX = 2 << 20,
	/* So that no member outgrows PM_MEMBER_MAX: one more capture adds at
	 * most some 5 MiB of lines (PM_TEASERS_BYTES_MAX, twice that escaped,
	 * and numbers) and RECIPE_MAX of data; opaque ones ask make_room. */
	LINES_FULL = 3 << 20,
	DATA_ROOM = PM_MEMBER_MAX - (64 << 10),
	DATA_FULL = DATA_ROOM - RECIPE_MAX
};

static size_t
frame_bytes(const struct frame_builder *frame)
{
	return frame->lines.n + frame->norms.n + frame->digests.n +
	    frame->recipes.n;
}

/* ---- closing ---- */

/* Places in the data member become places in the frame. */
static void
settle_recipes(struct pm_ingest *ingest, size_t data_at)
{
	struct frame_builder *frame = &ingest->frame;
	size_t base = data_at + frame->norms.n + frame->digests.n;

	for (size_t i = frame->first_record; i < ingest->records.n; i++) {
		struct pm_log_record *record = &ingest->records.p[i];

		if (record->kind == PM_LOG_CAPTURE &&
		    record->u.capture.like == 0)
			record->u.capture.recipe_offset += (uint32_t)base;
	}
}

static int
append_data(struct pm_ingest *ingest, struct pm_buf *plain,
    struct pm_err *err)
{
	struct frame_builder *frame = &ingest->frame;
	size_t n = frame->norms.n + frame->digests.n + frame->recipes.n;
	char name[PM_MEMBER_NAME_CHARS];
	int rc;

	if (n == 0)
		return PM_OK;
	pm_name_data(name, frame->id);
	if ((rc = pm_tar_header(plain, name, n, 0, err)) != PM_OK)
		return rc;
	settle_recipes(ingest, plain->n);
	if ((rc = pm_buf_append(plain, frame->norms.p, frame->norms.n,
	    err)) == PM_OK &&
	    (rc = pm_buf_append(plain, frame->digests.p, frame->digests.n,
	    err)) == PM_OK &&
	    (rc = pm_buf_append(plain, frame->recipes.p, frame->recipes.n,
	    err)) == PM_OK)
		rc = pm_buf_append_zero(plain, (PM_TAR_BLOCK -
		    n % PM_TAR_BLOCK) % PM_TAR_BLOCK, err);
	return rc;
}

static int
send_frame(struct pm_ingest *ingest, struct pm_buf *plain,
    struct pm_err *err)
{
	int rc = ingest->options.sink.frame(ingest->options.sink.context,
	    plain, err);

	ingest->frame.id++;
	return rc;
}

int
pm_layout_close(struct pm_ingest *ingest, struct pm_err *err)
{
	struct frame_builder *frame = &ingest->frame;
	char name[PM_MEMBER_NAME_CHARS];
	struct pm_buf plain;
	int rc = PM_OK;

	if (frame_bytes(frame) == 0)
		return PM_OK;
	pm_buf_init(&plain);
	pm_name_meta(name, frame->id);
	if (frame->lines.n > 0)
		rc = pm_tar_append(&plain, name, pm_buf_bytes(&frame->lines),
		    0, err);
	if (rc == PM_OK)
		rc = append_data(ingest, &plain, err);
	if (rc == PM_OK)
		rc = send_frame(ingest, &plain, err);
	pm_buf_clear(&plain);
	pm_buf_reset(&frame->lines);
	pm_buf_reset(&frame->norms);
	pm_buf_reset(&frame->digests);
	pm_buf_reset(&frame->recipes);
	frame->first_record = ingest->records.n;
	frame->teaser_n = 0;
	return rc;
}

int
pm_layout_close_full(struct pm_ingest *ingest, struct pm_err *err)
{
	const struct frame_builder *frame = &ingest->frame;

	if (frame_bytes(frame) < frame->target_bytes &&
	    frame->lines.n < LINES_FULL &&
	    frame_bytes(frame) - frame->lines.n < DATA_FULL)
		return PM_OK;
	return pm_layout_close(ingest, err);
}

/* Room for `more` bytes in this frame, or a new one. */
static int
make_room(struct pm_ingest *ingest, size_t more, struct pm_err *err)
{
	size_t have = frame_bytes(&ingest->frame);
	size_t target = ingest->frame.target_bytes;
	size_t limit = target + target / 4;

	if (limit > DATA_ROOM)
		limit = DATA_ROOM;
	if (have == 0 || have + more <= limit)
		return PM_OK;
	return pm_layout_close(ingest, err);
}

/* ---- lines ---- */

int
pm_layout_record(struct pm_ingest *ingest,
    const struct pm_log_record *record, struct pm_err *err)
{
	int rc;

	/* The data of articles and captures is in the frame of their line. */
	if (ingest->frame.lines.n > LINES_SOFT_MAX &&
	    (record->kind == PM_LOG_TEASER || record->kind == PM_LOG_LINK ||
	    record->kind == PM_LOG_RELATION) &&
	    (rc = pm_layout_close(ingest, err)) != PM_OK)
		return rc;
	if ((rc = LIST_ROOM(ingest->records, err)) != PM_OK)
		return rc;
	ingest->records.p[ingest->records.n++] = *record;
	/* Of the lines only those of teasers are read where they lie. */
	if (ingest->options.sink.without_recipes &&
	    record->kind != PM_LOG_TEASER)
		return PM_OK;
	return pm_log_encode(&ingest->frame.lines, record, err);
}

int
pm_layout_article(struct pm_ingest *ingest, struct new_article *article,
    struct pm_err *err)
{
	struct pm_log_record record = { .kind = PM_LOG_ARTICLE };
	struct pm_log_article *line = &record.u.article;
	uint8_t norm[8];
	int rc;

	*line = (struct pm_log_article){ .number = article->number,
	    .bytes = article->from->body.n, .same = article->same,
	    .norm = article->from->text.norm, .frame = article->frame,
	    .offset = article->offset };
	if (strcmp(article->from->detected.code, "und") != 0) {
		line->lang = pm_bytes_of(article->from->detected.code);
		/* As exactly as the line says it. */
		line->lang_score = (int)(article->from->detected.score * 100 +
		    0.5f) / 100.0;
	}
	if (article->from->page.title_in_text)
		line->title = article->from->page.title;
	memcpy(line->sha256, article->from->body_sha256, PM_SHA256_BYTES);
	pm_le64_put(norm, line->norm);
	if ((rc = pm_layout_record(ingest, &record, err)) != PM_OK)
		return rc;
	return pm_buf_append(&ingest->frame.norms, norm, sizeof norm, err);
}

/* ---- texts ---- */

int
pm_layout_close_texts(struct pm_ingest *ingest, struct pm_err *err)
{
	struct pm_buf *texts = &ingest->frame.texts;
	int rc;

	if (texts->n == 0)
		return PM_OK;
	rc = send_frame(ingest, texts, err);
	pm_buf_reset(texts);
	return rc;
}

/* Each part is the only member of its frame. */
static int
layout_parts(struct pm_ingest *ingest, const struct new_article *article,
    struct pm_err *err)
{
	struct pm_bytes body = article->from->body;
	char name[PM_MEMBER_NAME_CHARS];
	struct pm_buf plain;
	unsigned part = 0;
	int rc = PM_OK;

	pm_buf_init(&plain);
	while (body.n > 0 && rc == PM_OK) {
		size_t n = body.n < PM_MEMBER_MAX ? body.n : PM_MEMBER_MAX;

		pm_name_article_part(name, article->number, part++);
		rc = pm_tar_append(&plain, name,
		    (struct pm_bytes){ body.p, n }, 0, err);
		if (rc == PM_OK)
			rc = send_frame(ingest, &plain, err);
		body.p += n;
		body.n -= n;
	}
	pm_buf_clear(&plain);
	return rc;
}

static int
add_item(struct pm_ingest *ingest, const struct new_article *article,
    struct pm_err *err)
{
	struct pm_item *item;
	int rc = LIST_ROOM(ingest->items, err);

	if (rc != PM_OK)
		return rc;
	item = &ingest->items.p[ingest->items.n++];
	memcpy(item->sha256, article->from->body_sha256, PM_SHA256_BYTES);
	item->frame = (uint32_t)(article->frame - ingest->first_frame);
	item->offset = article->offset;
	item->bytes = article->from->body.n;
	return PM_OK;
}

int
pm_layout_text(struct pm_ingest *ingest, struct new_article *article,
    struct pm_err *err)
{
	struct pm_buf *texts = &ingest->frame.texts;
	struct pm_bytes body = article->from->body;
	uint32_t target = ingest->frame.target_bytes;
	char name[PM_MEMBER_NAME_CHARS];
	int rc = PM_OK;

	/* A text that would not fit well begins a frame. */
	if (body.n > PM_MEMBER_MAX || texts->n >= target ||
	    texts->n + body.n > target + target / 4)
		rc = pm_layout_close_texts(ingest, err);
	if (rc != PM_OK)
		return rc;
	article->frame = ingest->frame.id;
	article->offset = (uint32_t)(texts->n + PM_TAR_BLOCK);
	if (body.n > PM_MEMBER_MAX) {
		rc = layout_parts(ingest, article, err);
	} else if (ingest->options.sink.without_recipes) {
		/* Nobody unpacks them. */
		article->offset = (uint32_t)texts->n;
		rc = pm_buf_append(texts, body.p, body.n, err);
	} else {
		pm_name_article(name, article->number);
		rc = pm_tar_append(texts, name, body, 0, err);
	}
	return rc == PM_OK ? add_item(ingest, article, err) : rc;
}

/* ---- recipes ---- */

/* Bytes [at, at + n) of an article's body. */
static int
copy_body(struct pm_recipe *recipe, uint64_t frame, uint32_t offset,
    size_t at, size_t n, uint64_t bytes, struct pm_err *err)
{
	int rc = PM_OK;

	if (bytes <= PM_MEMBER_MAX)
		return pm_recipe_copy(recipe, frame, offset + at, n, err);
	while (n > 0 && rc == PM_OK) {
		size_t within = at % PM_MEMBER_MAX;
		size_t part = n < PM_MEMBER_MAX - within ? n :
		    PM_MEMBER_MAX - within;

		rc = pm_recipe_copy(recipe, frame + at / PM_MEMBER_MAX,
		    PM_TAR_BLOCK + within, part, err);
		at += part;
		n -= part;
	}
	return rc;
}

/* Walks the capture in its order. */
struct shell {
	const struct pm_analysed *item;
	struct pm_recipe recipe;
	size_t done;                     /* bytes of the capture so far */
	uint64_t made;                   /* that the recipe makes */
	const uint32_t *cut;             /* see pm_layout_recipe */
	struct pm_cutter *cutter;        /* with cut alone */
};

static int
shell_literal(struct shell *shell, struct pm_bytes bytes, struct pm_err *err)
{
	int rc = shell->cut == NULL ? PM_OK : pm_cutter_cut(shell->cutter,
	    &bytes, err);

	shell->made += bytes.n;
	return rc == PM_OK ? pm_recipe_literal(&shell->recipe, bytes, err) :
	    rc;
}

/* What of the page must be found and left out. */
static int
shell_begin(struct shell *shell, struct pm_err *err)
{
	const struct pm_analysed *item = shell->item;
	int rc = PM_OK;

	if (shell->cut == NULL)
		return PM_OK;
	pm_cutter_reset(shell->cutter);
	for (size_t i = 0; i < item->page.teaser_n && rc == PM_OK; i++)
		if (shell->cut[i] != 0)
			rc = pm_cutter_add(shell->cutter,
			    item->teaser[i].title, item->teaser[i].snippet,
			    err);
	return rc;
}

static int
shell_until(struct shell *shell, size_t at, struct pm_err *err)
{
	struct pm_bytes bytes = { shell->item->capture.p + shell->done,
	    at - shell->done };

	shell->done = at;
	return shell_literal(shell, bytes, err);
}

/* A teaser that is refused. */
static int
shell_cut(struct shell *shell, const struct pm_page_part *part,
    struct pm_bytes between, struct pm_err *err)
{
	size_t snippet_n = part->n - part->title_n - part->between_n;
	struct pm_buf blank;
	int rc;

	if (!pm_cutter_blanks(shell->cutter))
		return shell_literal(shell, between, err);
	pm_buf_init(&blank);
	if ((rc = pm_buf_reserve(&blank, part->n, err)) == PM_OK) {
		memset(blank.p, ' ', part->n);
		memcpy(blank.p + part->title_n, between.p, between.n);
		blank.n = part->title_n + between.n + snippet_n;
		rc = shell_literal(shell, pm_buf_bytes(&blank), err);
	}
	pm_buf_clear(&blank);
	return rc;
}

static int
shell_teaser(struct shell *shell, const struct pm_page_part *part,
    const struct new_teaser *stored, struct pm_err *err)
{
	struct pm_bytes between = { shell->item->capture.p + part->at +
	    part->title_n, part->between_n };

	if (shell->cut != NULL && shell->cut[part->teaser] != 0) {
		pm_cutter_found(shell->cutter, shell->cut[part->teaser] - 1);
		return shell_cut(shell, part, between, err);
	}
	shell->made += part->n;
	return pm_recipe_teaser(&shell->recipe, stored->frame,
	    stored->ordinal, between, err);
}

static int
page_recipe(struct shell *shell, const struct new_teaser *teaser,
    uint64_t frame, uint32_t offset, struct pm_err *err)
{
	const struct pm_page *page = &shell->item->page;
	int rc = shell_begin(shell, err);

	for (size_t i = 0; i < page->part_n && rc == PM_OK; i++) {
		const struct pm_page_part *part = &page->part[i];

		if (part->kind == PM_PART_BODY &&
		    part->codec != PM_CODEC_PLAIN &&
		    shell->item->body.n > PM_MEMBER_MAX)
			continue;        /* stays in the shell */
		if ((rc = shell_until(shell, part->at, err)) != PM_OK)
			break;
		if (part->kind == PM_PART_BODY &&
		    part->codec == PM_CODEC_PLAIN)
			rc = copy_body(&shell->recipe, frame, offset,
			    part->from, part->text_n, shell->item->body.n,
			    err);
		else if (part->kind == PM_PART_BODY)
			rc = pm_recipe_coded(&shell->recipe, part->codec,
			    frame, offset + part->from, part->text_n, err);
		else
			rc = shell_teaser(shell, part,
			    &teaser[part->teaser], err);
		if (part->kind == PM_PART_BODY)
			shell->made += part->n;
		shell->done = part->at + part->n;
	}
	return rc == PM_OK ? shell_until(shell, shell->item->capture.n, err) :
	    rc;
}

/* A piece is the data member of a frame of its own. */
static int
layout_piece(struct pm_ingest *ingest, struct pm_bytes piece,
    struct pm_err *err)
{
	char name[PM_MEMBER_NAME_CHARS];
	struct pm_buf plain;
	int rc;

	pm_buf_init(&plain);
	pm_name_data(name, ingest->frame.id);
	rc = pm_tar_append(&plain, name, piece, 0, err);
	if (rc == PM_OK)
		rc = send_frame(ingest, &plain, err);
	pm_buf_clear(&plain);
	return rc;
}

static int
read_piece(struct pm_buf *out, const struct pm_analysed *item, uint64_t at,
    struct pm_err *err)
{
	size_t n = item->bytes - at < PIECE_BYTES ?
	    (size_t)(item->bytes - at) : PIECE_BYTES;
	int rc;

	pm_buf_reset(out);
	if (item->spill_fd < 0)
		return pm_buf_append(out, item->capture.p + at, n, err);
	if ((rc = pm_buf_reserve(out, n, err)) == PM_OK &&
	    (rc = pm_fs_read_at(item->spill_fd, out->p, n, at,
	    pm_fs_temp_directory(), err)) == PM_OK)
		out->n = n;
	return rc;
}

static int
pieces_recipe(struct pm_ingest *ingest, const struct pm_analysed *item,
    struct pm_buf *out, struct pm_err *err)
{
	uint64_t first, pieces = 0;
	struct pm_recipe recipe;
	int rc = pm_layout_close(ingest, err);

	first = ingest->frame.id;
	for (uint64_t at = 0; at < item->bytes && rc == PM_OK;
	    at += PIECE_BYTES) {
		if ((rc = read_piece(&ingest->other, item, at, err)) == PM_OK)
			rc = layout_piece(ingest,
			    pm_buf_bytes(&ingest->other), err);
		pieces++;
	}
	recipe = (struct pm_recipe){ out, ingest->frame.id };
	for (uint64_t i = 0; i < pieces && rc == PM_OK; i++) {
		uint64_t left = item->bytes - i * PIECE_BYTES;

		rc = pm_recipe_copy(&recipe, first + i, PM_TAR_BLOCK,
		    left < PIECE_BYTES ? left : PIECE_BYTES, err);
	}
	return rc;
}

/* Without what was forgotten; where that is not found for sure, or is too much
 * for a recipe, the capture goes without its bytes. */
static int
make_cut_recipe(struct pm_ingest *ingest, struct shell *shell,
    struct pm_log_capture *capture, const struct new_teaser *teaser,
    uint64_t article_frame, uint32_t article_offset, struct pm_err *err)
{
	int rc = page_recipe(shell, teaser, article_frame, article_offset,
	    err);

	capture->redacted = true;
	capture->bytes = shell->made;
	if (rc != PM_OK || (pm_cutter_is_done(ingest->cutter) &&
	    ingest->scratch.n <= RECIPE_MAX))
		return rc;
	pm_buf_reset(&ingest->scratch);
	capture->text_only = true;
	capture->bytes = shell->item->bytes;
	return PM_OK;
}

static int
make_recipe(struct pm_ingest *ingest, const struct pm_analysed *item,
    struct pm_log_capture *capture, const struct new_teaser *teaser,
    const uint32_t *cut, uint64_t article_frame, uint32_t article_offset,
    struct pm_err *err)
{
	struct pm_buf *out = &ingest->scratch;
	struct shell shell = { .item = item, .cut = cut,
	    .cutter = ingest->cutter };
	int rc;

	pm_buf_reset(out);
	capture->redacted |= cut != NULL;
	if (capture->text_only)
		return PM_OK;
	shell.recipe = (struct pm_recipe){ out, ingest->frame.id };
	if (item->whole) {
		rc = pm_recipe_literal(&shell.recipe, item->capture, err);
		return rc == PM_OK ? pm_buf_append(out, ingest->file_steps.p,
		    ingest->file_steps.n, err) : rc;
	}
	if (item->page.kind == PM_PAGE_OPAQUE) {
		if (item->bytes > PIECE_BYTES)
			return pieces_recipe(ingest, item, out, err);
		if ((rc = make_room(ingest, (size_t)item->bytes, err)) !=
		    PM_OK)
			return rc;
		shell.recipe = (struct pm_recipe){ out, ingest->frame.id };
		return pm_recipe_literal(&shell.recipe, item->capture, err);
	}
	shell.recipe = (struct pm_recipe){ out, ingest->frame.id };
	if (cut != NULL)
		return make_cut_recipe(ingest, &shell, capture, teaser,
		    article_frame, article_offset, err);
	rc = page_recipe(&shell, teaser, article_frame, article_offset, err);
	if (rc == PM_OK && out->n > RECIPE_MAX) {
		/* Megabytes of blank lines, say: keep the page whole too. */
		pm_buf_reset(out);
		rc = pieces_recipe(ingest, item, out, err);
	}
	return rc;
}

int
pm_layout_recipe(struct pm_ingest *ingest, const struct pm_analysed *item,
    struct pm_log_capture *capture, const struct new_teaser *teaser,
    const uint32_t *cut, uint64_t article_frame, uint32_t article_offset,
    struct pm_err *err)
{
	struct pm_log_record record = { .kind = PM_LOG_CAPTURE };
	struct frame_builder *frame = &ingest->frame;
	int rc = PM_OK;

	record.u.capture = *capture;
	if (capture->like == 0 && !ingest->options.sink.without_recipes) {
		if ((rc = make_recipe(ingest, item, capture, teaser, cut,
		    article_frame, article_offset, err)) != PM_OK)
			return rc;
		record.u.capture = *capture;
		record.u.capture.recipe_frame = frame->id;
		record.u.capture.recipe_offset = (uint32_t)frame->recipes.n;
		if ((rc = pm_buf_append(&frame->digests, capture->sha256,
		    PM_SHA256_BYTES, err)) != PM_OK ||
		    (rc = pm_buf_append_varint(&frame->recipes,
		    ingest->scratch.n, err)) != PM_OK ||
		    (rc = pm_buf_append(&frame->recipes, ingest->scratch.p,
		    ingest->scratch.n, err)) != PM_OK)
			return rc;
	}
	return pm_layout_record(ingest, &record, err);
}
