/* Lines of the metadata log.  What is read and written again is read as the
 * same: the second line is the first. */
#include "records.h"
#include "store/record.h"

static void
must_come_again(const struct pm_log_record *record)
{
	struct pm_log_record again;
	struct pm_buf first, second;
	struct pm_arena arena;
	struct pm_err err;
	size_t at = 0;

	pm_buf_init(&first);
	pm_buf_init(&second);
	pm_arena_init(&arena);
	must(pm_log_encode(&first, record, &err) == PM_OK);
	must(pm_log_decode(&again, &arena, pm_buf_bytes(&first), &at, &err) ==
	    PM_OK);
	must(at == first.n && again.kind == record->kind);
	must(pm_log_encode(&second, &again, &err) == PM_OK);
	must(pm_bytes_equal(pm_buf_bytes(&first), pm_buf_bytes(&second)));
	pm_arena_clear(&arena);
	pm_buf_clear(&first);
	pm_buf_clear(&second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct pm_bytes lines = { p, n };
	struct pm_log_record record;
	struct pm_arena arena;
	struct pm_err err;
	size_t at = 0, before = 0;

	pm_arena_init(&arena);
	while (pm_log_decode(&record, &arena, lines, &at, &err) == PM_OK) {
		must(record.kind != PM_LOG_LINK || (record.u.link.score >= 0 &&
		    record.u.link.score <= 1));
		must(at > before && at <= n);
		before = at;
		must_come_again(&record);
	}
	pm_arena_clear(&arena);
	return 0;
}
