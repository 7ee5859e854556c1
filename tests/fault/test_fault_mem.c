/*
 * Whichever request for memory fails: the right status, no crash, no leak,
 * an archive that verifies, and the same call again succeeds.
 *
 * PM_FAULT_ALL=1: every place; PM_FAULT_N: this one alone.
 */
#include "verbs.h"

#include "fail_mem.h"

/* libarchive's zip writer keeps its deflate stream when it fails; in a quick
 * backtrace there is no libarchive for lsan.supp. */
const char *__lsan_default_suppressions(void);
__attribute__((visibility("default"))) const char *
__lsan_default_suppressions(void)
{
	return "leak:deflateInit2_\n";
}

static int
run_again(struct outcome *out, const struct verb *verb, struct pm_err *err)
{
	int rc;

	verb->again();
	rc = verb_run(out, verb, err);
	if (rc == PM_OK && verb->look != NULL)
		verb->look(out);
	return rc;
}

/* False when the nth request was not reached. */
static bool
fail_nth(const struct verb *verb, const struct outcome *whole, uint64_t n,
    enum fail_mem_mode mode)
{
	struct outcome out;
	struct pm_err err;
	uint64_t failures;
	int rc;

	verb->before();
	fail_mem_set(n, mode);
	rc = verb_run(&out, verb, &err);
	failures = fail_mem_failures();
	fail_mem_set(0, FAIL_MEM_ONCE);
	if (rc == PM_OK) {
		if (verb->look != NULL)
			verb->look(&out);
		outcome_expect(verb, n, "unharmed", &out, whole);
		return failures > 0;
	}
	if (rc != PM_ENOMEM || err.status != PM_ENOMEM ||
	    err.text[0] == '\0')
		fail_msg("%s, request %llu%s: status %d, error %d: %s",
		    verb->name, (unsigned long long)n,
		    mode == FAIL_MEM_ON ? " and on" : "", rc, err.status,
		    err.text);
	assert_true(failures > 0);
	verb->after_failure();
	rc = run_again(&out, verb, &err);
	if (rc != PM_OK)
		fail_msg("%s, after request %llu failed, again: %d %s",
		    verb->name, (unsigned long long)n, rc, err.text);
	outcome_expect(verb, n, "again", &out, whole);
	return true;
}

static void
test_verb(void **state)
{
	const struct verb *verb = *state;
	const char *one = getenv("PM_FAULT_N");
	bool all = getenv("PM_FAULT_ALL") != NULL;
	struct outcome whole;
	uint64_t n, tried = 0;

	verb_whole(&whole, verb);
	if (one != NULL) {
		(void)fail_nth(verb, &whole, strtoull(one, NULL, 10),
		    FAIL_MEM_ONCE);
		return;
	}
	for (n = 1; fail_nth(verb, &whole, n, FAIL_MEM_ONCE);
	    n += all || n <= 50 ? 1 : n / 10, tried++)
		(void)fail_nth(verb, &whole, n, FAIL_MEM_ON);
	assert_true(tried > 0);
	print_message("| %-18s | memory | %6llu |\n", verb->name,
	    (unsigned long long)(2 * tried));
}

int
main(void)
{
	struct CMUnitTest tests[64];

	assert_true(verb_n <= 64);
	for (size_t i = 0; i < verb_n; i++) {
		union { const void *in; void *out; } cast = { &verbs[i] };

		tests[i] = (struct CMUnitTest){ .name = verbs[i].name,
		    .test_func = test_verb, .initial_state = cast.out };
	}
	return _cmocka_run_group_tests("fault_mem", tests, verb_n,
	    verbs_set_up, verbs_tear_down);
}
