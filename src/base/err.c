#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
pm_fail(struct pm_err *err, int status, const char *fmt, ...)
{
	va_list ap;

	err->status = status;
	err->sys_errno = 0;
	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
	return status;
}

static int
status_of_errno(int sys_errno)
{
	switch (sys_errno) {
	case ENOMEM:
		return PM_ENOMEM;
	case EACCES:
	case EPERM:
	case EROFS:
		return PM_EPERM;
	case ENOENT:
	case ENOTDIR:
		return PM_ENOTFOUND;
	default:
		return PM_EIO;
	}
}

int
pm_fail_errno(struct pm_err *err, const char *fmt, ...)
{
	int sys_errno = errno;
	size_t n;
	va_list ap;

	err->status = status_of_errno(sys_errno);
	err->sys_errno = sys_errno;
	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
	n = strlen(err->text);
	(void)snprintf(err->text + n, sizeof err->text - n, ": %s",
	    strerror(sys_errno));
	return err->status;
}

int
pm_err_context(struct pm_err *err, const char *fmt, ...)
{
	char old[sizeof err->text];
	size_t n;
	va_list ap;

	memcpy(old, err->text, sizeof old);
	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
	n = strlen(err->text);
	(void)snprintf(err->text + n, sizeof err->text - n, ": %s", old);
	return err->status;
}
