/*
 * Which pairs are candidates follows from the corpus, not from how it came:
 * batch by batch, with what is withdrawn (B2), the pairs are those of a slow
 * look at everything at the end.
 */
#include <stdlib.h>

#include "support.h"

#include "archive/candidates.h"

enum { BODIES = 260, KEYS_MAX = 12, STRONG_KEYS = 3 };

struct world {
	uint64_t key[BODIES + 1][KEYS_MAX];
	size_t key_n[BODIES + 1];
	uint64_t rank[BODIES + 1];
	bool pair[BODIES + 1][BODIES + 1];       /* a < b */
};

static uint64_t random_state;

static uint64_t
next_random(void)
{
	uint64_t x = random_state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static uint64_t
rank_of(void *context, uint32_t number)
{
	const struct world *world = context;

	return world->rank[number];
}

/* Few keys, so that many bodies crowd under each; strong and weak ones apart. */
static void
make_bodies(struct world *world, unsigned keys)
{
	for (uint32_t i = 1; i <= BODIES; i++) {
		uint64_t grams = 1 + next_random() % 600;

		world->rank[i] = grams << PM_NORM_GRAMS_SHIFT | i;
		world->key_n[i] = STRONG_KEYS + next_random() %
		    (KEYS_MAX - STRONG_KEYS + 1);
		for (size_t k = 0; k < world->key_n[i]; k++)
			world->key[i][k] = next_random() % keys + 1 +
			    (k < STRONG_KEYS ? 1000 : 2000);
	}
}

/* ---- the slow look ---- */

static bool
has(const struct world *world, uint32_t body, uint64_t key)
{
	for (size_t k = 0; k < world->key_n[body]; k++)
		if (world->key[body][k] == key)
			return true;
	return false;
}

static bool
is_large(const struct world *world, uint32_t body, uint64_t key)
{
	unsigned larger = 0;

	for (uint32_t i = 1; i <= BODIES; i++)
		larger += has(world, i, key) &&
		    world->rank[i] > world->rank[body];
	return larger < PM_BUCKET_LARGEST;
}

static bool
are_candidates(const struct world *world, uint32_t a, uint32_t b)
{
	uint64_t x = world->rank[a] >> PM_NORM_GRAMS_SHIFT;
	uint64_t y = world->rank[b] >> PM_NORM_GRAMS_SHIFT;
	uint64_t need = (x < y ? x : y) / 132, weak = 0;

	for (size_t k = 0; k < world->key_n[a]; k++) {
		uint64_t key = world->key[a][k];
		bool again = false;

		for (size_t i = 0; i < k; i++)
			again |= world->key[a][i] == key;
		if (again || !has(world, b, key) ||
		    (!is_large(world, a, key) && !is_large(world, b, key)))
			continue;
		if (key < 2000)
			return true;
		weak++;
	}
	return weak > 0 && weak >= need;
}

/* ---- the real one ---- */

static struct pm_candidate_body
body_of(const struct world *world, uint32_t number)
{
	return (struct pm_candidate_body){ number, world->key[number],
	    world->key_n[number] };
}

static void
withdraw(struct world *world, struct pm_candidates *candidates,
    uint32_t first_new)
{
	struct pm_err err;
	size_t n;
	const uint32_t *displaced = pm_candidates_displaced(&n, candidates);

	for (size_t i = 0; i < n; i++)
		for (uint32_t other = 1; other < first_new; other++) {
			uint32_t a = displaced[i] < other ? displaced[i] :
			    other, b = displaced[i] ^ other ^ a;
			struct pm_candidate_body x = body_of(world, a);
			struct pm_candidate_body y = body_of(world, b);

			if (a == b || !world->pair[a][b])
				continue;
			assert_int_equal(pm_candidates_hold(
			    &world->pair[a][b], candidates, &x, &y, &err),
			    PM_OK);
		}
}

static void
take_batch(struct world *world, struct pm_runs *index, uint32_t first,
    uint32_t end, const struct pm_ranking *ranking)
{
	struct pm_candidate_body body[BODIES] = { { 0 } };
	struct pm_run_entry entry[BODIES * KEYS_MAX];
	struct pm_candidates *candidates;
	const uint32_t *number;
	struct pm_err err;
	size_t n, entries = 0;

	for (uint32_t i = first; i < end; i++) {
		body[i - first] = body_of(world, i);
		for (size_t k = 0; k < world->key_n[i]; k++)
			entry[entries++] = (struct pm_run_entry){
			    world->key[i][k], i };
	}
	assert_int_equal(pm_candidates_open(&candidates, body, end - first,
	    STRONG_KEYS, index, ranking, &err), PM_OK);
	for (uint32_t i = first; i < end; i++) {
		assert_int_equal(pm_candidates_of(&number, &n, candidates,
		    i - first, &err), PM_OK);
		for (size_t k = 0; k < n; k++) {
			assert_true(number[k] < i);
			assert_false(world->pair[number[k]][i]);
			world->pair[number[k]][i] = true;
		}
	}
	withdraw(world, candidates, first);
	pm_candidates_close(candidates);
	assert_int_equal(pm_runs_append(index, entry, entries, end, &err),
	    PM_OK);
}

static void
check_split(unsigned keys, unsigned most)
{
	struct world *world = calloc(1, sizeof *world);
	struct pm_ranking ranking = { rank_of, world };
	struct pm_runs *index;
	struct pm_err err;
	unsigned candidates = 0;

	assert_non_null(world);
	make_bodies(world, keys);
	assert_int_equal(pm_runs_open(&index, NULL, "x", PM_RUNS_WRITE, &err),
	    PM_OK);
	pm_runs_rank(index, ranking);
	for (uint32_t i = 1, end; i <= BODIES; i = end) {
		end = i + 1 + (uint32_t)(next_random() % most);
		end = end > BODIES + 1 ? BODIES + 1 : end;
		take_batch(world, index, i, end, &ranking);
	}
	for (uint32_t b = 2; b <= BODIES; b++)
		for (uint32_t a = 1; a < b; a++) {
			bool want = are_candidates(world, a, b);

			candidates += want;
			if (world->pair[a][b] != want)
				fail_msg("%u and %u: %s", a, b, want ?
				    "not found" : "not withdrawn");
		}
	assert_in_range(candidates, 1, BODIES * (BODIES - 1) / 2 - 1);
	pm_runs_close(index);
	free(world);
}

static void
test_splits(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		random_state = seed;
		print_message("seed %u\n", (unsigned)seed);
		check_split(3 + (unsigned)seed * 2, 1);
		check_split(5, 40);
		check_split(60, 25);
		check_split(8, BODIES);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_splits)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
