/*
 * Whichever file call fails, ours or a library's: no crash, no leak, an error
 * that names the file and the reason; then an archive that verifies and holds
 * every capture committed before, and the same call again succeeds.
 *
 * Every kind of failure on a sample of places; PM_FAULT_ALL=1: on all.
 * PM_FAULT_VERB, PM_FAULT_KIND, PM_FAULT_N: that alone.
 */
#include "verbs.h"

#include "calls.h"

/* libarchive's zip writer keeps its deflate stream when it fails; in a quick
 * backtrace there is no libarchive for lsan.supp. */
const char *__lsan_default_suppressions(void);
__attribute__((visibility("default"))) const char *
__lsan_default_suppressions(void)
{
	return "leak:deflateInit2_\n";
}

enum { PLACES = 2 };                     /* of a verb and kind, sampled */

struct place {
	const struct verb *verb;
	const struct outcome *whole;
	enum calls_kind kind;
	enum calls_mode mode;
	uint64_t n;
};

static uint64_t injected[CALLS_KINDS], failed_calls[CALLS_KINDS];

static void
name(char out[SCRATCH_CHARS], const struct place *place)
{
	(void)snprintf(out, SCRATCH_CHARS, "%s, %s at call %llu%s (%s)",
	    place->verb->name, calls_kind_name[place->kind],
	    (unsigned long long)place->n,
	    place->mode == CALLS_ON ? " and on" : "", calls_first_failed());
}

/* Of what failed the text names a file and tells why. */
static void
expect_told(const struct place *place, const char *text)
{
	char where[SCRATCH_CHARS];

	name(where, place);
	if (strchr(text, '/') == NULL && strstr(text, ".db") == NULL)
		fail_msg("%s: names no file: %s", where, text);
	if (getenv("PM_FAULT_TELL") != NULL)
		print_message("%s: %s\n", where, text);
}

static int
disturbed(struct outcome *out, const struct place *place, struct pm_err *err,
    uint64_t *failed)
{
	int rc;

	place->verb->before();
	calls_watch(verb_scratch);
	calls_fail(place->kind, place->n, place->mode);
	rc = verb_run(out, place->verb, err);
	*failed = calls_failed();
	calls_watch(NULL);
	return rc;
}

/* False when the nth call was not reached. */
static bool
fail_nth(const struct place *place)
{
	const struct verb *verb = place->verb;
	char where[SCRATCH_CHARS];
	struct outcome out;
	struct pm_err err;
	uint64_t failed;
	int rc = disturbed(&out, place, &err, &failed);

	name(where, place);
	if (failed == 0)
		return false;
	if (rc == PM_OK && verb->look != NULL && verb_said.n == 0)
		verb->look(&out);
	if (rc == PM_OK && verb_said.n == 0) {
		outcome_expect(verb, place->n, where, &out, place->whole);
		return true;
	}
	if (calls_kind_is_harmless(place->kind))
		fail_msg("%s: %d %s", where, rc, err.text);
	if (rc != PM_OK && (err.status != rc || err.text[0] == '\0'))
		fail_msg("%s: status %d, error %d: %s", where, rc, err.status,
		    err.text);
	expect_told(place, rc == PM_OK ? verb_said.text : err.text);
	failed_calls[place->kind]++;
	verb_for_good = place->mode == CALLS_ON;
	verb->after_failure();
	verb->again();
	rc = verb_run(&out, verb, &err);
	if (rc != PM_OK)
		fail_msg("%s: again: %d %s", where, rc, err.text);
	if (verb->look != NULL)
		verb->look(&out);
	outcome_expect(verb, place->n, where, &out, place->whole);
	return true;
}

/* Places to try of `calls`, from a start that differs by verb and kind. */
static uint64_t
step_of(uint64_t calls)
{
	return getenv("PM_FAULT_ALL") != NULL || calls <= PLACES ? 1 :
	    calls / PLACES;
}

static uint64_t
test_kind(const struct verb *verb, const struct outcome *whole,
    enum calls_kind kind)
{
	struct place place = { verb, whole, kind, CALLS_ONCE, 0 };
	const char *one = getenv("PM_FAULT_N");
	struct outcome out;
	struct pm_err err;
	uint64_t calls, step, failed, tried = 0;

	if (disturbed(&out, &place, &err, &failed) != PM_OK)
		fail_msg("%s: %s", verb->name, err.text);
	calls = calls_seen();
	step = step_of(calls);
	place.n = one != NULL ? strtoull(one, NULL, 10) : step == 1 ? 1 :
	    1 + ((uint64_t)(verb - verbs) * 7 + kind * 3) % step;
	for (; place.n <= calls; place.n += step) {
		place.mode = CALLS_ONCE;
		tried += fail_nth(&place);
		place.mode = CALLS_ON;
		/* EINTR for good is a hang, and nothing that happens. */
		if (kind != CALLS_EINTR)
			tried += fail_nth(&place);
		if (one != NULL)
			break;
	}
	injected[kind] += tried;
	return tried;
}

static void
test_verb(void **state)
{
	const struct verb *verb = *state;
	const char *only = getenv("PM_FAULT_KIND");
	struct outcome whole;

	verb_whole(&whole, verb);
	for (int kind = 0; kind < CALLS_KINDS; kind++) {
		if (only != NULL && strcmp(only, calls_kind_name[kind]) != 0)
			continue;
		print_message("| %-18s | %-6s | %6llu |\n", verb->name,
		    calls_kind_name[kind], (unsigned long long)test_kind(verb,
		    &whole, (enum calls_kind)kind));
	}
}

static int
tear_down(void **state)
{
	for (int kind = 0; kind < CALLS_KINDS; kind++)
		print_message("| all | %-6s | %6llu | of them failed calls "
		    "%llu |\n", calls_kind_name[kind],
		    (unsigned long long)injected[kind],
		    (unsigned long long)failed_calls[kind]);
	return verbs_tear_down(state);
}

int
main(void)
{
	const char *only = getenv("PM_FAULT_VERB");
	struct CMUnitTest tests[64];
	size_t n = 0;

	assert_true(verb_n <= 64);
	for (size_t i = 0; i < verb_n; i++) {
		union { const void *in; void *out; } cast = { &verbs[i] };

		if (only == NULL || strcmp(only, verbs[i].name) == 0)
			tests[n++] = (struct CMUnitTest){
			    .name = verbs[i].name, .test_func = test_verb,
			    .initial_state = cast.out };
	}
	return _cmocka_run_group_tests("fault_calls", tests, n, verbs_set_up,
	    tear_down);
}
