/*
 * What is a footer follows from the corpus, not from how it came: batch by
 * batch, tails are counted as by one look at everything, and a tail that
 * becomes a footer is told once.
 */
#include <stdlib.h>

#include "support.h"

#include "archive/footers.h"

static struct pm_err err;

/* ---- tails of a text ---- */

static void
tails_of(struct pm_body_tails *out, size_t *tokens, const char *text)
{
	struct pm_body_room room = { 0 };
	struct pm_bytes folded;
	struct pm_body body;

	assert_int_equal(pm_body_text(&body, &folded, &room,
	    pm_bytes_of(text), &err), PM_OK);
	pm_body_tails(out, &body, &room);
	*tokens = body.token_n;
	pm_body_room_clear(&room);
}

#define FIRST "one two three four five six seven eight nine ten eleven\n"

static void
test_tails(void **state)
{
	struct pm_body_tails a, b;
	size_t tokens;

	(void)state;
	/* The last line, the last two; four would be all there is. */
	tails_of(&a, &tokens, FIRST "\nbody text\n \nRead 12 more here\nBye\n");
	assert_int_equal(tokens, 18);
	assert_int_equal(a.n, 2);
	assert_int_equal(a.at[0], 13);
	assert_int_equal(a.at[1], 17);
	/* Numbers, case and blank lines make no difference; words do. */
	tails_of(&b, &tokens, "x" FIRST "read 9 more here\n\n\nBYE!");
	assert_int_equal(b.n, 2);
	assert_true(a.key[0] == b.key[0] && a.key[1] == b.key[1]);
	assert_int_not_equal(a.lead, b.lead);
	tails_of(&b, &tokens, FIRST "Read 12 less here\nBye\n");
	assert_true(a.key[0] != b.key[0] && a.key[1] == b.key[1]);
	assert_int_equal(a.lead, b.lead);
	/* One line has no tail, a text that is not compared neither. */
	tails_of(&b, &tokens, FIRST);
	assert_int_equal(b.n, 0);
	tails_of(&b, &tokens, "a b c\nd e f\n");
	assert_int_equal(b.n, 0);
	/* A line that says nothing is a line, but no tail. */
	tails_of(&b, &tokens, FIRST "tail line\n***\n");
	assert_int_equal(b.n, 1);
	assert_int_equal(b.at[0], 11);
}

/* ---- batches ---- */

enum { BODIES = 300, TAILS = 12, LEADS = 40 };

static struct pm_body_tails bodies[BODIES];

static uint64_t random_state;

static uint64_t
next_random(void)
{
	uint64_t x = random_state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* Some tails are common, some rare. */
static void
make_bodies(void)
{
	for (size_t i = 0; i < BODIES; i++) {
		bodies[i].n = next_random() % 3;
		bodies[i].lead = (uint32_t)(next_random() % LEADS + 1);
		for (size_t k = 0; k < bodies[i].n; k++)
			bodies[i].key[k] = 500 + (next_random() % TAILS) *
			    (next_random() % TAILS) / TAILS;
	}
}

static size_t
leads_of(uint64_t key, size_t end)
{
	bool seen[LEADS + 1] = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < end; i++)
		for (size_t k = 0; k < bodies[i].n; k++)
			if (bodies[i].key[k] == key &&
			    !seen[bodies[i].lead]) {
				seen[bodies[i].lead] = true;
				n++;
			}
	return n;
}

static bool
is_footer(struct pm_footers *footers, uint64_t key)
{
	struct pm_body body = { .token_n = 100 };
	struct pm_body_tails tails = { .key = { key }, .at = { 50 }, .n = 1 };
	size_t cut;

	assert_int_equal(pm_footers_cut(&cut, footers, &body, &tails, &err),
	    PM_OK);
	assert_true(cut == 50 || cut == 100);
	return cut == 50;
}

static void
take_batch(struct pm_runs *index, size_t from, size_t end)
{
	const struct pm_body_tails *batch[BODIES];
	struct pm_run_entry entry[BODIES * PM_BODY_TAILS];
	struct pm_footers *footers;
	const uint32_t *crossed;
	size_t entries = 0, n, crossings = 0;

	for (size_t i = from; i < end; i++) {
		batch[i - from] = &bodies[i];
		for (size_t k = 0; k < bodies[i].n; k++)
			entry[entries++] = (struct pm_run_entry){
			    bodies[i].key[k], bodies[i].lead };
	}
	assert_int_equal(pm_footers_open(&footers, batch, end - from, index,
	    &err), PM_OK);
	for (uint64_t key = 500; key < 500 + TAILS; key++) {
		struct pm_body_tails one = { .key = { key }, .n = 1 };
		bool before = leads_of(key, from) >= PM_FOOTER_LEADS;
		bool after = leads_of(key, end) >= PM_FOOTER_LEADS;

		assert_int_equal(is_footer(footers, key), after);
		assert_int_equal(pm_footers_has_crossed(footers, &one),
		    after && !before);
		crossings += after && !before && leads_of(key, from) > 0;
	}
	crossed = pm_footers_crossed(&n, footers);
	assert_int_equal(n > 0, crossings > 0);
	for (size_t i = 1; i < n; i++)
		assert_true(crossed[i - 1] < crossed[i]);
	pm_footers_close(footers);
	assert_int_equal(pm_runs_append(index, entry, entries, end, &err),
	    PM_OK);
}

static void
test_batches(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct pm_runs *index;

		random_state = seed;
		make_bodies();
		assert_int_equal(pm_runs_open(&index, NULL, "x",
		    PM_RUNS_WRITE, &err), PM_OK);
		for (size_t from = 0, end; from < BODIES; from = end) {
			end = from + 1 + next_random() % 40;
			end = end > BODIES ? BODIES : end;
			take_batch(index, from, end);
		}
		pm_runs_close(index);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tails),
		cmocka_unit_test(test_batches)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
