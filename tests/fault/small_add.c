/* `add` with volumes and batches so small that a test has many of them. */
#define MEMORY_SMALLEST (256 << 10)
#define VOLUME_BYTES ((uint64_t)96 << 10)
#include "../../src/archive/add.c"
