/* Which kernels of the fold this machine has. */
#include "text/fold_internal.h"

bool
pm_fold_can(enum pm_fold_variant variant)
{
	return variant == PM_FOLD_SCALAR || pm_fold_kernel_of(variant) != NULL;
}

#ifdef __x86_64__
/* The compiler's runtime asks the processor once, before main. */
pm_fold_kernel *
pm_fold_kernel_of(enum pm_fold_variant variant)
{
	if (variant == PM_FOLD_AVX2 && __builtin_cpu_supports("avx2") &&
	    __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt"))
		return pm_fold_avx2;
	if (variant == PM_FOLD_AVX512 &&
	    __builtin_cpu_supports("avx512bw") &&
	    __builtin_cpu_supports("avx512vbmi") &&
	    __builtin_cpu_supports("avx512vbmi2"))
		return pm_fold_avx512;
	return NULL;
}
#elif defined __aarch64__ && defined __ARM_NEON && \
    __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
pm_fold_kernel *
pm_fold_kernel_of(enum pm_fold_variant variant)
{
	return variant == PM_FOLD_NEON ? pm_fold_neon : NULL;
}
#else
pm_fold_kernel *
pm_fold_kernel_of(enum pm_fold_variant variant)
{
	(void)variant;
	return NULL;
}
#endif
