#include "archive/likeness.h"

#include <stdbool.h>
#include <stdlib.h>

#include "archive/analysis.h"
#include "archive/map.h"
#include "base/buf.h"

enum {
	SKETCH_BYTES = 256 << 10,        /* of a capture that are looked at */
	LINE_BYTES = 12,                 /* shorter lines say nothing */
	POSTINGS_MAX = 48,               /* of one value; more are too common */
	ALIKE = 3                        /* values in common that draw */
};

/* Finalizer of splitmix64 (Steele, Lea, Flood, OOPSLA 2014). */
static uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* The low bits choose the bin, the high ones compete in it. */
static void
offer(uint32_t *bin, uint32_t bins, uint64_t hash)
{
	uint32_t *slot = &bin[hash & (bins - 1)];
	uint32_t value = (uint32_t)(hash >> 32) | 1;

	if (*slot == 0 || value < *slot)
		*slot = value;
}

void
pm_sketch(struct pm_sketch *out, struct pm_bytes bytes)
{
	uint64_t word = 0, before = 0, first = 0, line = 0;
	size_t line_n = 0;

	*out = (struct pm_sketch){ 0 };
	if (bytes.n > SKETCH_BYTES)
		bytes.n = SKETCH_BYTES;
	for (size_t i = 0; i < bytes.n; i++) {
		uint8_t c = bytes.p[i];

		if (c > ' ') {
			word = (word ^ c) * UINT64_C(0x9e3779b97f4a7c15);
			line_n++;
			continue;
		}
		if (word != 0) {
			offer(out->value, PM_SKETCH_WORDS,
			    mix(word + 3 * before + 9 * first));
			line = (line ^ word) * UINT64_C(0xff51afd7ed558ccd);
			first = before;
			before = word;
			word = 0;
		}
		if (c == '\n') {
			if (line_n >= LINE_BYTES)
				offer(out->value + PM_SKETCH_WORDS,
				    PM_SKETCH_LINES, mix(line));
			line = 0;
			line_n = 0;
		}
	}
}

/* ---- order ---- */

static struct pm_bytes
base_name(struct pm_bytes path)
{
	size_t n = path.n;

	while (n > 0 && path.p[n - 1] != '/')
		n--;
	return (struct pm_bytes){ path.p + n, path.n - n };
}

/*
 * Pages by path; opaque captures behind them and by name first, because
 * scrapers write the same listing again each day.
 */
static int
compare_base(const void *a, const void *b)
{
	const struct pm_analysed *x = *(struct pm_analysed *const *)a;
	const struct pm_analysed *y = *(struct pm_analysed *const *)b;
	int opaque_x = x->page.kind == PM_PAGE_OPAQUE;
	int opaque_y = y->page.kind == PM_PAGE_OPAQUE;
	int order = opaque_x - opaque_y;

	if (order == 0 && opaque_x)
		order = pm_bytes_compare(base_name(x->path),
		    base_name(y->path));
	if (order == 0)
		order = pm_bytes_compare(x->path, y->path);
	if (order == 0)
		order = (x->crawled > y->crawled) - (x->crawled < y->crawled);
	return order != 0 ? order : memcmp(x->sha256, y->sha256,
	    PM_SHA256_BYTES);
}

struct order {
	struct pm_analysed **item;
	size_t n;
	struct pm_map postings;          /* (bin, value) to places in item */
	uint8_t *common;                 /* with the one that draws */
	bool *placed;
	uint32_t *touched;
	struct pm_analysed **out;
};

static uint64_t
posting_key(const struct pm_analysed *item, size_t bin)
{
	return mix((uint64_t)item->sketch.value[bin] << 8 | bin);
}

static int
fill_postings(struct order *order, struct pm_err *err)
{
	int rc = PM_OK;

	for (size_t i = 0; i < order->n && rc == PM_OK; i++)
		for (size_t bin = 0; bin < PM_SKETCH && rc == PM_OK; bin++)
			if (order->item[i]->sketch.value[bin] != 0)
				rc = pm_map_add(&order->postings,
				    posting_key(order->item[i], bin),
				    (uint32_t)i, err);
	return rc;
}

/* The free one that has most in common with item[at]; n when none has
 * enough.  Pages draw pages and opaque captures opaque ones. */
static size_t
most_alike(struct order *order, size_t at)
{
	const struct pm_analysed *item = order->item[at];
	size_t touched_n = 0, best = order->n;
	bool opaque = item->page.kind == PM_PAGE_OPAQUE;

	for (size_t bin = 0; bin < PM_SKETCH; bin++) {
		unsigned seen = 0;

		if (item->sketch.value[bin] == 0)
			continue;
		for (uint32_t i = pm_map_first(&order->postings,
		    posting_key(item, bin)); i != PM_MAP_END &&
		    seen < POSTINGS_MAX; i = pm_map_next(&order->postings,
		    i), seen++) {
			uint32_t other = pm_map_value(&order->postings, i);

			if (order->placed[other])
				continue;
			if (order->common[other]++ == 0)
				order->touched[touched_n++] = other;
		}
	}
	for (size_t i = 0; i < touched_n; i++) {
		uint32_t other = order->touched[i];
		bool alike = order->common[other] >= ALIKE &&
		    (order->item[other]->page.kind == PM_PAGE_OPAQUE) ==
		    opaque;

		if (alike && (best == order->n ||
		    order->common[other] > order->common[best] ||
		    (order->common[other] == order->common[best] &&
		    other < best)))
			best = other;
	}
	for (size_t i = 0; i < touched_n; i++)
		if (order->touched[i] != best)
			order->common[order->touched[i]] = 0;
	if (best != order->n)
		order->common[best] = 0;
	return best;
}

static void
chain(struct order *order)
{
	size_t done = 0;

	for (size_t i = 0; i < order->n; i++) {
		size_t at = i;

		while (at < order->n && !order->placed[at]) {
			order->placed[at] = true;
			order->out[done++] = order->item[at];
			at = most_alike(order, at);
		}
	}
}

int
pm_likeness_order(struct pm_analysed **item, size_t n, struct pm_err *err)
{
	struct order order = { .item = item, .n = n };
	int rc = PM_ENOMEM;

	if (n < 2)
		return PM_OK;
	qsort(item, n, sizeof *item, compare_base);
	order.common = pm_alloc_zero(n, err);
	order.placed = pm_alloc_zero(n * sizeof *order.placed, err);
	order.touched = pm_alloc(n * sizeof *order.touched, err);
	order.out = pm_alloc(n * sizeof *order.out, err);
	if (order.common != NULL && order.placed != NULL &&
	    order.touched != NULL && order.out != NULL)
		rc = fill_postings(&order, err);
	if (rc == PM_OK) {
		chain(&order);
		memcpy(item, order.out, n * sizeof *item);
	}
	pm_map_clear(&order.postings);
	pm_free(order.common);
	pm_free(order.placed);
	pm_free(order.touched);
	pm_free(order.out);
	return rc;
}
