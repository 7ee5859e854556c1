#include "archive/alike.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

enum {
	SAMPLED_BYTES = 1 << 20,         /* of a text */
	ROOM = 4 * PM_SAMPLES,
	POSTINGS_MAX = 64,               /* of a value; of more the nearest */
	LEAST_SHARE = 10                 /* of a text's values, to be drawn */
};

#define NONE UINT32_MAX

/* ---- samples ---- */

/* Finalizer of splitmix64 (Steele, Lea, Flood, OOPSLA 2014). */
static uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static int
compare_values(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

struct sampler {
	uint32_t value[ROOM];
	size_t n;
	uint32_t below;                  /* nothing from here on counts */
};

/* The smallest distinct ones. */
static void
settle(struct sampler *sampler)
{
	size_t kept = 0;

	qsort(sampler->value, sampler->n, sizeof *sampler->value,
	    compare_values);
	for (size_t i = 0; i < sampler->n && kept < PM_SAMPLES; i++)
		if (kept == 0 || sampler->value[kept - 1] !=
		    sampler->value[i])
			sampler->value[kept++] = sampler->value[i];
	sampler->n = kept;
	if (kept == PM_SAMPLES)
		sampler->below = sampler->value[kept - 1];
}

static void
offer(struct sampler *sampler, uint64_t hash)
{
	uint32_t value = (uint32_t)(hash >> 32);

	if (value >= sampler->below)
		return;
	sampler->value[sampler->n++] = value;
	if (sampler->n == ROOM)
		settle(sampler);
}

void
pm_sample(struct pm_sample *out, struct pm_bytes text)
{
	struct sampler sampler = { .below = UINT32_MAX };
	uint64_t word = 0, before = 0, first = 0;
	size_t n = text.n < SAMPLED_BYTES ? text.n : SAMPLED_BYTES;

	for (size_t i = 0; i <= n; i++) {
		uint8_t c = i < n ? text.p[i] : ' ';

		if (c > ' ') {
			word = (word ^ c) * UINT64_C(0x9e3779b97f4a7c15);
		} else if (word != 0) {
			offer(&sampler, mix(word + 3 * before + 9 * first));
			first = before;
			before = word;
			word = 0;
		}
	}
	settle(&sampler);
	out->n = (uint32_t)sampler.n;
	memcpy(out->value, sampler.value, sampler.n * sizeof *out->value);
}

/* ---- order ---- */

/* A value of a text; sorted by value, then by index. */
struct posting {
	uint32_t value, index;           /* index in the given order */
};

/* Texts that are not placed, in lists by how much they have in common with
 * the frame; an index in the given order stands for a text. */
struct order {
	const struct pm_alike *alike;
	const uint32_t *place;           /* by index */
	struct posting *posting;
	size_t posting_n;
	uint32_t *begin;                 /* of each value, and their end */
	uint32_t *seen;                  /* frame that has the value */
	size_t value_n;
	uint32_t *list;                  /* values of each text */
	uint32_t *list_at;               /* where they begin, and their end */
	uint8_t *common;
	bool *placed;
	uint32_t *next, *previous;
	uint32_t head[PM_SAMPLES + 1];
	uint32_t top;                    /* no list above is filled */
	uint32_t *touched;
	size_t touched_n;
	uint32_t frame;                  /* serial */
	uint64_t bytes;
	uint32_t *out;
};

static int
compare_postings(const void *a, const void *b)
{
	const struct posting *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

static void
fill_postings(struct order *order)
{
	const struct pm_alike *alike = order->alike;

	for (size_t i = 0; i < alike->n; i++) {
		size_t place = order->place[i];

		for (size_t k = 0; k < alike->value_n[place]; k++)
			order->posting[order->posting_n++] = (struct posting){
			    alike->value[place * alike->most + k],
			    (uint32_t)i };
	}
	if (order->posting_n > 1)
		qsort(order->posting, order->posting_n,
		    sizeof *order->posting, compare_postings);
}

/* Values get numbers, and each text the list of its own. */
static void
fill_lists(struct order *order)
{
	size_t n = order->alike->n;

	for (size_t i = 0; i < order->posting_n; i++) {
		if (i == 0 || order->posting[i].value !=
		    order->posting[i - 1].value)
			order->begin[order->value_n++] = (uint32_t)i;
		order->list_at[order->posting[i].index + 1]++;
	}
	order->begin[order->value_n] = (uint32_t)order->posting_n;
	for (size_t i = 0; i < n; i++)
		order->list_at[i + 1] += order->list_at[i];
	for (size_t v = order->value_n; v-- > 0;)
		for (uint32_t i = order->begin[v]; i < order->begin[v + 1]; i++)
			order->list[--order->list_at[
			    order->posting[i].index + 1]] = (uint32_t)v;
	/* Each beginning was moved into the slot behind. */
	memmove(order->list_at, order->list_at + 1,
	    n * sizeof *order->list_at);
	order->list_at[n] = (uint32_t)order->posting_n;
}

static void
unlink_text(struct order *order, uint32_t index)
{
	uint32_t next = order->next[index], previous = order->previous[index];

	if (order->common[index] == 0)
		return;
	if (previous == NONE)
		order->head[order->common[index]] = next;
	else
		order->next[previous] = next;
	if (next != NONE)
		order->previous[next] = previous;
}

static void
link_text(struct order *order, uint32_t index)
{
	uint32_t *head = &order->head[order->common[index]];

	order->next[index] = *head;
	order->previous[index] = NONE;
	if (*head != NONE)
		order->previous[*head] = index;
	*head = index;
	if (order->common[index] > order->top)
		order->top = order->common[index];
}

static void
touch(struct order *order, uint32_t index)
{
	if (order->placed[index])
		return;
	unlink_text(order, index);
	if (order->common[index] == 0)
		order->touched[order->touched_n++] = index;
	order->common[index]++;
	link_text(order, index);
}

static void
begin_frame(struct order *order)
{
	for (size_t i = 0; i < order->touched_n; i++)
		order->common[order->touched[i]] = 0;
	for (size_t i = 0; i <= PM_SAMPLES; i++)
		order->head[i] = NONE;
	order->touched_n = 0;
	order->top = 0;
	order->bytes = 0;
	order->frame++;
}

/* The frame has a value of the text at index: who else has it?  Of many those
 * that stand near it in the given order. */
static void
add_value(struct order *order, uint32_t value, uint32_t index)
{
	uint32_t low = order->begin[value], end = order->begin[value + 1];
	uint32_t from = low, high = end;

	if (order->seen[value] == order->frame)
		return;
	order->seen[value] = order->frame;
	if (end - from > POSTINGS_MAX) {
		while (low < high) {
			uint32_t middle = low + (high - low) / 2;

			if (order->posting[middle].index < index)
				low = middle + 1;
			else
				high = middle;
		}
		if (low - from > POSTINGS_MAX / 2)
			from = low - POSTINGS_MAX / 2;
		if (end - from > POSTINGS_MAX)
			end = from + POSTINGS_MAX;
	}
	for (uint32_t i = from; i < end; i++)
		touch(order, order->posting[i].index);
}

static uint32_t
least_common(const struct order *order)
{
	size_t least = order->alike->most / LEAST_SHARE;

	return least < 2 ? 2 : (uint32_t)least;
}

/* The one that has most in common with the frame; else the next in order. */
static uint32_t
choose(struct order *order, uint32_t *next)
{
	while (order->top > 0 && order->head[order->top] == NONE)
		order->top--;
	if (order->top >= least_common(order))
		return order->head[order->top];
	while (order->placed[*next])
		(*next)++;
	return *next;
}

static void
place_all(struct order *order)
{
	uint32_t next = 0;

	begin_frame(order);
	for (size_t done = 0; done < order->alike->n; done++) {
		uint32_t index = choose(order, &next);
		uint64_t bytes = order->alike->bytes[order->place[index]];

		if (order->bytes > 0 && order->bytes + bytes >
		    order->alike->frame_bytes)
			begin_frame(order);
		unlink_text(order, index);
		order->placed[index] = true;
		order->out[done] = order->place[index];
		order->bytes += bytes;
		for (uint32_t i = order->list_at[index];
		    i < order->list_at[index + 1]; i++)
			add_value(order, order->list[i], index);
	}
}

static int
allocate(struct order *order, size_t values, struct pm_err *err)
{
	size_t n = order->alike->n;

	order->posting = pm_alloc(values * sizeof *order->posting, err);
	order->begin = pm_alloc((values + 1) * sizeof *order->begin, err);
	order->seen = pm_alloc_zero((values + 1) * sizeof *order->seen, err);
	order->list = pm_alloc(values * sizeof *order->list, err);
	order->list_at = pm_alloc_zero((n + 2) * sizeof *order->list_at, err);
	order->common = pm_alloc_zero(n, err);
	order->placed = pm_alloc_zero(n * sizeof *order->placed, err);
	order->next = pm_alloc(n * sizeof *order->next, err);
	order->previous = pm_alloc(n * sizeof *order->previous, err);
	order->touched = pm_alloc(n * sizeof *order->touched, err);
	order->out = pm_alloc(n * sizeof *order->out, err);
	return order->posting == NULL || order->begin == NULL ||
	    order->seen == NULL || order->list == NULL ||
	    order->list_at == NULL || order->common == NULL ||
	    order->placed == NULL || order->next == NULL ||
	    order->previous == NULL || order->touched == NULL ||
	    order->out == NULL ? PM_ENOMEM : PM_OK;
}

static void
clear_order(struct order *order)
{
	pm_free(order->posting);
	pm_free(order->begin);
	pm_free(order->seen);
	pm_free(order->list);
	pm_free(order->list_at);
	pm_free(order->common);
	pm_free(order->placed);
	pm_free(order->next);
	pm_free(order->previous);
	pm_free(order->touched);
	pm_free(order->out);
}

int
pm_alike_order(uint32_t *places, const struct pm_alike *alike,
    struct pm_err *err)
{
	struct order order = { .alike = alike, .place = places };
	size_t values = 0;
	int rc;

	if (alike->n < 2)
		return PM_OK;
	for (size_t i = 0; i < alike->n; i++)
		values += alike->value_n[i];
	if (values >= UINT32_MAX)
		return pm_fail(err, PM_ELIMIT, "too many samples of texts");
	rc = allocate(&order, values, err);
	if (rc == PM_OK) {
		fill_postings(&order);
		fill_lists(&order);
		place_all(&order);
		memcpy(places, order.out, alike->n * sizeof *places);
	}
	clear_order(&order);
	return rc;
}
