#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/err.h"
#include "base/mem.h"

void
pm_buf_init(struct pm_buf *buf)
{
	*buf = (struct pm_buf){ 0 };
}

void
pm_buf_clear(struct pm_buf *buf)
{
	pm_free(buf->p);
	pm_buf_init(buf);
}

void
pm_buf_reset(struct pm_buf *buf)
{
	buf->n = 0;
}

int
pm_buf_reserve(struct pm_buf *buf, size_t more, struct pm_err *err)
{
	size_t capacity = buf->capacity < 64 ? 64 : buf->capacity;
	uint8_t *p;

	if (more <= buf->capacity - buf->n)
		return PM_OK;
	if (more > PM_BUF_MAX - buf->n)
		return pm_fail(err, PM_ELIMIT, "buffer over its limit");
	while (capacity - buf->n < more)
		capacity += capacity / 2;
	if ((p = pm_realloc_array(buf->p, capacity, 1, err)) == NULL)
		return PM_ENOMEM;
	buf->p = p;
	buf->capacity = capacity;
	return PM_OK;
}

void
pm_buf_trim(struct pm_buf *buf)
{
	struct pm_err ignored;
	uint8_t *p;

	if (buf->n == 0 || buf->capacity == buf->n)
		return;
	if ((p = pm_realloc_array(buf->p, buf->n, 1, &ignored)) == NULL)
		return;                  /* it only stays larger */
	buf->p = p;
	buf->capacity = buf->n;
}

int
pm_buf_append(struct pm_buf *buf, const void *p, size_t n, struct pm_err *err)
{
	int rc = pm_buf_reserve(buf, n, err);

	if (rc == PM_OK && n > 0) {
		memcpy(buf->p + buf->n, p, n);
		buf->n += n;
	}
	return rc;
}

int
pm_buf_append_byte(struct pm_buf *buf, uint8_t byte, struct pm_err *err)
{
	return pm_buf_append(buf, &byte, 1, err);
}

int
pm_buf_append_zero(struct pm_buf *buf, size_t n, struct pm_err *err)
{
	int rc = pm_buf_reserve(buf, n, err);

	if (rc == PM_OK && n > 0) {
		memset(buf->p + buf->n, 0, n);
		buf->n += n;
	}
	return rc;
}

int
pm_buf_append_str(struct pm_buf *buf, const char *s, struct pm_err *err)
{
	return pm_buf_append(buf, s, strlen(s), err);
}

int
pm_buf_printf(struct pm_buf *buf, struct pm_err *err, const char *fmt, ...)
{
	va_list ap;
	int n, rc;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return pm_fail_errno(err, "cannot format a message");
	if ((rc = pm_buf_reserve(buf, (size_t)n + 1, err)) != PM_OK)
		return rc;
	va_start(ap, fmt);
	(void)vsnprintf((char *)buf->p + buf->n, (size_t)n + 1, fmt, ap);
	va_end(ap);
	buf->n += (size_t)n;
	return PM_OK;
}

int
pm_buf_append_varint(struct pm_buf *buf, uint64_t value, struct pm_err *err)
{
	uint8_t bytes[10];
	size_t n = 0;

	do {
		bytes[n++] = (uint8_t)((value & 0x7f) |
		    (value > 0x7f ? 0x80 : 0));
		value >>= 7;
	} while (value != 0);
	return pm_buf_append(buf, bytes, n, err);
}

int
pm_varint_get(uint64_t *out, const uint8_t *p, size_t n, size_t *at,
    struct pm_err *err)
{
	uint64_t value = 0;
	size_t i = *at;

	for (unsigned shift = 0; i < n && shift < 64; shift += 7) {
		uint8_t byte = p[i++];

		if (shift == 63 && byte > 1)
			break;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*at = i;
			*out = value;
			return PM_OK;
		}
	}
	return pm_fail(err, PM_ECORRUPT, "a number is cut short");
}

const uint8_t *
pm_bytes_last(struct pm_bytes bytes, uint8_t byte)
{
	return bytes.n == 0 ? NULL : memrchr(bytes.p, byte, bytes.n);
}

const uint8_t *
pm_bytes_find(struct pm_bytes bytes, struct pm_bytes needle)
{
	return bytes.n < needle.n ? NULL : memmem(bytes.p, bytes.n, needle.p,
	    needle.n);
}
