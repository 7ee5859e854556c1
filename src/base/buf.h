/*
 * buf.h - a growing byte buffer and little-endian numbers.
 *
 * init / clear; reset empties and keeps the memory.  Appending may move p.
 * Every append returns PM_OK or PM_ENOMEM and leaves the buffer as it was on
 * failure.  PM_BUF_MAX bounds one buffer (PM_ELIMIT past it).
 */
#ifndef PM_BASE_BUF_H
#define PM_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pressmark.h"

#define PM_BUF_MAX ((size_t)1 << 40)

struct pm_buf {
	uint8_t *p;
	size_t n;
	size_t capacity;
};

void pm_buf_init(struct pm_buf *buf);
void pm_buf_clear(struct pm_buf *buf);
void pm_buf_reset(struct pm_buf *buf);

/* Make room for `more` bytes after n. */
int pm_buf_reserve(struct pm_buf *buf, size_t more, struct pm_err *err);
/* Give back memory behind n; a buffer that stays long. */
void pm_buf_trim(struct pm_buf *buf);
int pm_buf_append(struct pm_buf *buf, const void *p, size_t n,
    struct pm_err *err);
int pm_buf_append_byte(struct pm_buf *buf, uint8_t byte, struct pm_err *err);
int pm_buf_append_zero(struct pm_buf *buf, size_t n, struct pm_err *err);
int pm_buf_append_str(struct pm_buf *buf, const char *s, struct pm_err *err);
int pm_buf_printf(struct pm_buf *buf, struct pm_err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* LEB128: 7 bits a byte, low first, at most 10 bytes. */
int pm_buf_append_varint(struct pm_buf *buf, uint64_t value,
    struct pm_err *err);
/* Reads at *at and advances it; PM_ECORRUPT when it does not fit in n. */
int pm_varint_get(uint64_t *out, const uint8_t *p, size_t n, size_t *at,
    struct pm_err *err);

static inline struct pm_bytes
pm_buf_bytes(const struct pm_buf *buf)
{
	return (struct pm_bytes){ buf->p, buf->n };
}

static inline struct pm_bytes
pm_bytes_of(const char *s)
{
	return (struct pm_bytes){ (const uint8_t *)s, strlen(s) };
}

static inline int
pm_bytes_equal(struct pm_bytes a, struct pm_bytes b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* The last such byte, or NULL. */
const uint8_t *pm_bytes_last(struct pm_bytes bytes, uint8_t byte);
/* Where needle stands in bytes for the first time, in linear time; NULL. */
const uint8_t *pm_bytes_find(struct pm_bytes bytes, struct pm_bytes needle);

/* Byte order of memcmp, the shorter first: <0, 0, >0. */
static inline int
pm_bytes_compare(struct pm_bytes a, struct pm_bytes b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n == 0 ? 0 : memcmp(a.p, b.p, n);

	return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

static inline void
pm_le32_put(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static inline void
pm_le64_put(uint8_t *p, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static inline uint32_t
pm_le32_get(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

static inline uint64_t
pm_le64_get(const uint8_t *p)
{
	return (uint64_t)pm_le32_get(p) | (uint64_t)pm_le32_get(p + 4) << 32;
}

#endif
