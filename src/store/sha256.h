/*
 * sha256.h - the identity of bytes.  Owner of libcrypto.
 */
#ifndef PM_STORE_SHA256_H
#define PM_STORE_SHA256_H

#include "pressmark.h"

enum { PM_SHA256_BYTES = 32 };

void pm_sha256(uint8_t out[PM_SHA256_BYTES], struct pm_bytes bytes);

/* Piecewise: new, update..., final (may go on after), free (takes NULL). */
struct pm_sha256_state;
struct pm_sha256_state *pm_sha256_new(struct pm_err *err);
void pm_sha256_update(struct pm_sha256_state *state, struct pm_bytes bytes);
/* The digest so far; starts anew. */
void pm_sha256_final(uint8_t out[PM_SHA256_BYTES],
    struct pm_sha256_state *state);
/* The digest so far; goes on. */
void pm_sha256_peek(uint8_t out[PM_SHA256_BYTES],
    const struct pm_sha256_state *state);
void pm_sha256_free(struct pm_sha256_state *state);

/* 2n lower-case digits and a NUL. */
void pm_hex(char *out, const uint8_t *p, size_t n);

#endif
