/*
 * utf8.h - UTF-8, strictly: no overlong forms, no surrogates, nothing past
 * U+10FFFF.
 */
#ifndef PM_BASE_UTF8_H
#define PM_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pressmark.h"

/* Bytes of the character at s.p[at], 1 to 4; 0 when it is not valid. */
size_t pm_utf8_length(struct pm_bytes s, size_t at);

/* The character at s.p[*at], which must be valid; advances *at. */
uint32_t pm_utf8_next(struct pm_bytes s, size_t *at);

/* Writes 1 to 4 bytes; returns how many. */
size_t pm_utf8_put(uint8_t out[4], uint32_t character);

/* True when all of s is valid; else *bad is the offset of the first bad
 * byte. */
bool pm_utf8_valid(struct pm_bytes s, size_t *bad);

#endif
