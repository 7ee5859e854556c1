/* How much two sets share, two numbers of each at a time. */
#include "dup/shingle_internal.h"

#if defined __aarch64__ && defined __ARM_NEON
#include <arm_neon.h>

enum { STEP = 2 };

void
pm_shared_neon(struct pm_shared_place *out)
{
	struct pm_shared_place p = *out;

	while (p.a_end - p.a >= STEP && p.b_end - p.b >= STEP &&
	    pm_shared_goes_on(&p)) {
		uint64x2_t a = vld1q_u64(p.a), b = vld1q_u64(p.b);
		uint64x2_t same = vorrq_u64(vceqq_u64(a, b),
		    vceqq_u64(a, vextq_u64(b, b, 1)));
		uint64_t x = p.a[STEP - 1], y = p.b[STEP - 1];

		/* A mask is -1. */
		p.shared -= (size_t)vaddvq_u64(same);
		p.a += x <= y ? STEP : 0;
		p.b += y <= x ? STEP : 0;
	}
	*out = p;
}
#endif
