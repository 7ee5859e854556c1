/*
 * What is lost, by name: from the lines that are left, from a catalog that was
 * made before, and from the items of markers.
 */
#include "archive/salvage.h"

#include "base/err.h"

enum { ONE_BY_ONE_MAX = 1 << 24 };

/* What was forgotten is in no list, in that of the lost either. */
static int
is_forgotten(bool *out, struct salvage *salvage,
    const struct pm_log_lost *lost)
{
	*out = false;
	if (salvage->catalog == NULL || lost->number != lost->to)
		return PM_OK;
	if (lost->what == PM_LOST_CAPTURE)
		return pm_catalog_forgotten_capture(out, salvage->catalog,
		    lost->number, salvage->err);
	return lost->what != PM_LOST_ARTICLE ? PM_OK :
	    pm_catalog_forgotten_article(out, salvage->catalog, lost->number,
	    salvage->err);
}

int
pm_salvage_lose(struct salvage *salvage, const struct pm_log_lost *lost)
{
	struct pm_log_record record = { .kind = PM_LOG_LOST,
	    .u.lost = *lost };
	bool forgotten;
	int rc = is_forgotten(&forgotten, salvage, lost);

	if (rc != PM_OK || forgotten)
		return rc;
	salvage->lost_n[lost->what - 1] += lost->to - lost->number + 1;
	return pm_log_encode(&salvage->lost, &record, salvage->err);
}

/* ---- articles ---- */

/* The item of an article whose line or text is lost. */
static const struct pm_item *
item_of(const struct salvage *salvage, uint64_t article)
{
	for (size_t i = 0; i < salvage->mark.n; i++) {
		const struct salvage_mark *mark = &salvage->mark.p[i];

		if (mark->article != 0 && article >= mark->article &&
		    article - mark->article < mark->item_n)
			return &salvage->mark_item.p[mark->item +
			    (article - mark->article)];
	}
	return NULL;
}

static int
take_first(void *context, const struct pm_log_lost *lost)
{
	struct pm_log_lost *out = context;
	bool titled = out->title.n > 0;

	/* The strings of the row do not outlive this call. */
	if (!titled)
		out->title = (struct pm_bytes){ 0 };
	out->bytes = lost->bytes;
	out->has_sha256 = lost->has_sha256;
	memcpy(out->sha256, lost->sha256, PM_SHA256_BYTES);
	return PM_OK;
}

int
pm_salvage_lose_article(struct salvage *salvage,
    const struct pm_log_article *article)
{
	struct pm_log_lost lost = { .what = PM_LOST_ARTICLE,
	    .number = article->number, .to = article->number,
	    .title = article->title, .bytes = article->bytes };
	const struct pm_item *item = item_of(salvage, article->number);
	int rc = PM_OK;

	if (item != NULL) {
		lost.has_sha256 = true;
		memcpy(lost.sha256, item->sha256, PM_SHA256_BYTES);
	} else if (salvage->catalog != NULL) {
		rc = pm_catalog_name_lost(salvage->catalog, PM_LOST_ARTICLE,
		    lost.number, lost.number, take_first, &lost,
		    salvage->err);
	}
	return rc == PM_OK ? pm_salvage_lose(salvage, &lost) : rc;
}

/* ---- numbers that have no line ---- */

int
pm_salvage_meet(struct salvage *salvage, enum pm_lost_what what,
    uint64_t number)
{
	uint64_t *last = &salvage->last[what - 1];
	int rc = PM_OK;

	if (number <= *last)
		return PM_OK;
	if (number > *last + 1 &&
	    (rc = LIST_ROOM(salvage->gap[what - 1], salvage->err)) == PM_OK)
		salvage->gap[what - 1].p[salvage->gap[what - 1].n++] =
		    (struct salvage_range){ *last + 1, number - 1 };
	*last = number;
	return rc;
}

struct naming {
	struct salvage *salvage;
	enum pm_lost_what what;
};

static bool
is_listed(const struct naming *naming, uint64_t number)
{
	return pm_map_first(&naming->salvage->listed[naming->what - 1],
	    number) != PM_MAP_END;
}

static int
lose_named(void *context, const struct pm_log_lost *lost)
{
	const struct naming *naming = context;

	return is_listed(naming, lost->number) ? PM_OK :
	    pm_salvage_lose(naming->salvage, lost);
}

static int
lose_range(struct naming *naming, uint64_t from, uint64_t to)
{
	struct pm_log_lost lost = { .what = naming->what, .number = from,
	    .to = to };
	struct pm_log_article article = { .number = from };

	if (naming->what != PM_LOST_ARTICLE || item_of(naming->salvage,
	    from) == NULL)
		return pm_salvage_lose(naming->salvage, &lost);
	article.bytes = item_of(naming->salvage, from)->bytes;
	return pm_salvage_lose_article(naming->salvage, &article);
}

/* Without a catalog: those not listed before, an article alone. */
static int
lose_unnamed(struct naming *naming, struct salvage_range range)
{
	uint64_t from = range.from, i = from;
	int rc = PM_OK;

	if (range.to - range.from > ONE_BY_ONE_MAX)
		return lose_range(naming, range.from, range.to);
	for (; i <= range.to && rc == PM_OK; i++) {
		bool listed = is_listed(naming, i);

		if (listed && from < i)
			rc = lose_range(naming, from, i - 1);
		if (listed)
			from = i + 1;
		else if (naming->what == PM_LOST_ARTICLE && item_of(
		    naming->salvage, i) != NULL) {
			if (from < i)
				rc = lose_range(naming, from, i - 1);
			if (rc == PM_OK)
				rc = lose_range(naming, i, i);
			from = i + 1;
		}
	}
	return rc == PM_OK && from < i ? lose_range(naming, from, i - 1) : rc;
}

static int
lose_ranges(struct salvage *salvage, enum pm_lost_what what)
{
	struct naming naming = { salvage, what };
	int rc = PM_OK;

	for (size_t i = 0; i < salvage->gap[what - 1].n && rc == PM_OK; i++) {
		struct salvage_range range = salvage->gap[what - 1].p[i];

		rc = salvage->catalog == NULL ?
		    lose_unnamed(&naming, range) :
		    pm_catalog_name_lost(salvage->catalog, what, range.from,
		    range.to, lose_named, &naming, salvage->err);
	}
	return rc;
}

/* ---- the end of the log ---- */

/* Could captures have been in the frame, which is lost?  Texts are known by
 * their items, and a volume's own frames by where they stand. */
static bool
may_have_captures(const struct salvage *salvage, uint64_t id)
{
	const struct salvage_mark *mark = pm_salvage_mark(salvage, id);
	const struct salvage_mark *next = pm_salvage_mark(salvage, id + 1);

	if (mark == NULL)
		return (next == NULL || !next->begins ||
		    next->first_frame != id + 1) &&
		    (id + 1 != salvage->known_end || !salvage->headed || !salvage->head.sealed);
	if (mark->seals || (mark->begins && id == mark->first_frame))
		return false;
	for (uint32_t k = 0; k < mark->item_n; k++)
		if (salvage->mark_item.p[mark->item + k].frame ==
		    id - mark->first_frame)
			return false;
	return true;
}

/* The batches that the frame can have been in. */
static struct salvage_range
batches_of(const struct salvage *salvage, uint64_t id)
{
	struct salvage_range range = { salvage->after.sequence + 1,
	    salvage->headed ? salvage->head.sequence : UINT64_MAX };

	for (size_t i = 0; i < salvage->mark.n; i++) {
		const struct salvage_mark *mark = &salvage->mark.p[i];

		if (mark->first_frame + mark->frame_n <= id) {
			range.from = mark->sequence + 1;
		} else {
			range.to = mark->first_frame <= id ?
			    mark->sequence : mark->sequence - 1;
			range.from = mark->first_frame <= id ?
			    mark->sequence : range.from;
			break;
		}
	}
	if (range.to == UINT64_MAX || range.to < range.from)
		range.to = range.from;
	return range;
}

/* Numbers tell of captures between others.  Of frames behind the last line of
 * a capture nothing tells. */
static int
lose_batches(struct salvage *salvage)
{
	struct pm_log_lost lost = { .what = PM_LOST_BATCH };
	uint64_t id = salvage->capture_frame + 1;
	uint64_t end = salvage_first(salvage) + salvage->slot_n;

	/* Behind what HEAD and markers know slots are room alone. */
	if (salvage->known_end < end)
		end = salvage->known_end;
	if (id < salvage_first(salvage))
		id = salvage_first(salvage);
	for (; id < end; id++) {
		struct salvage_range range;

		if (salvage_kept(salvage, id) != NULL ||
		    !may_have_captures(salvage, id))
			continue;
		range = batches_of(salvage, id);
		if (lost.number == 0)
			lost.number = range.from;
		lost.to = range.to > lost.to ? range.to : lost.to;
	}
	/* That can be all that is left of a batch. */
	if (lost.number == 0 && salvage->torn) {
		lost.number = salvage->mark.n == 0 ?
		    salvage->after.sequence + 1 :
		    salvage->mark.p[salvage->mark.n - 1].sequence + 1;
		lost.to = lost.number;
	}
	return lost.number == 0 ? PM_OK : pm_salvage_lose(salvage, &lost);
}

int
pm_salvage_lose_rest(struct salvage *salvage)
{
	struct pm_catalog_state state = { 0 };
	const struct salvage_mark *mark;
	int rc = PM_OK;

	if (salvage->catalog != NULL) {
		rc = pm_catalog_state(&state, salvage->catalog, salvage->err);
	} else {
		for (size_t i = 0; i < salvage->mark.n; i++) {
			mark = &salvage->mark.p[i];
			if (mark->article > 0 && mark->item_n > 0)
				state.articles = mark->article +
				    mark->item_n - 1;
		}
	}
	if (rc == PM_OK)
		rc = pm_salvage_meet(salvage, PM_LOST_CAPTURE,
		    state.captures + 1);
	if (rc == PM_OK)
		rc = pm_salvage_meet(salvage, PM_LOST_ARTICLE,
		    state.articles + 1);
	if (rc == PM_OK)
		rc = lose_ranges(salvage, PM_LOST_ARTICLE);
	if (rc == PM_OK)
		rc = lose_ranges(salvage, PM_LOST_CAPTURE);
	return rc == PM_OK && salvage->catalog == NULL ?
	    lose_batches(salvage) : rc;
}
