/*
 * One zstd frame and the members in it.  The first byte chooses: the rest is a
 * packed frame, or plain members, which are packed and unpacked too.
 */
#include "records.h"
#include "store/frame.h"

static void
walk(struct pm_bytes plain)
{
	struct pm_tar_member member;
	struct pm_err err;
	size_t at = 0, before = 0;

	while (pm_tar_next(&member, plain, &at, &err) == PM_OK) {
		must(at > before && at <= plain.n);
		must(memchr(member.name, 0, sizeof member.name) != NULL);
		must(member.data_at <= plain.n &&
		    member.data.n <= plain.n - member.data_at);
		must(member.data.n == 0 ||
		    member.data.p == plain.p + member.data_at);
		before = at;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct pm_frame_coder *coder;
	struct pm_bytes bytes;
	struct pm_buf plain, packed;
	struct pm_err err;

	if (n == 0)
		return 0;
	if (coder == NULL)
		must(pm_frame_coder_new(&coder, &err) == PM_OK);
	bytes = (struct pm_bytes){ p + 1, n - 1 };
	pm_buf_init(&plain);
	pm_buf_init(&packed);
	must(pm_frame_measure(bytes) <= bytes.n);
	if (p[0] % 2 == 0) {
		if (pm_frame_decode(coder, &plain, bytes, &err) == PM_OK)
			walk(pm_buf_bytes(&plain));
		else
			must(plain.n == 0);
	} else {
		walk(bytes);
		must(pm_frame_encode(coder, &packed, bytes, 1, &err) ==
		    PM_OK);
		must(pm_frame_measure(pm_buf_bytes(&packed)) == packed.n);
		must(pm_frame_decode(coder, &plain, pm_buf_bytes(&packed),
		    &err) == PM_OK);
		must(pm_bytes_equal(pm_buf_bytes(&plain), bytes));
	}
	pm_buf_clear(&plain);
	pm_buf_clear(&packed);
	return 0;
}
