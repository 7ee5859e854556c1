/*
 * record_internal.h - shared by record.c, record_write.c and record_read.c.
 */
#ifndef PM_STORE_RECORD_INTERNAL_H
#define PM_STORE_RECORD_INTERNAL_H

#include "store/record.h"

int64_t pm_log_nanoseconds(int64_t seconds);

#endif
