/*
 * What a program built by `make cover` needs so that nothing it ran is lost:
 * counts are written when it leaves by _exit too, and where it has shut itself
 * off from other files.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/sandbox.h"

void __gcov_dump(void);
void __real__exit(int status) __attribute__((noreturn));
void __wrap__exit(int status) __attribute__((noreturn));
/* Not in programs that have no sandbox. */
unsigned __real_pm_sandbox_enter(const struct pm_sandbox *sandbox,
    char why[PM_SANDBOX_WHY_CHARS]) __attribute__((weak));
unsigned __wrap_pm_sandbox_enter(const struct pm_sandbox *sandbox,
    char why[PM_SANDBOX_WHY_CHARS]);

void
__wrap__exit(int status)
{
	__gcov_dump();
	__real__exit(status);
}

unsigned
__wrap_pm_sandbox_enter(const struct pm_sandbox *sandbox,
    char why[PM_SANDBOX_WHY_CHARS])
{
	const char *counts = getenv("PM_COVER");
	struct pm_sandbox wider = *sandbox;
	const char *write[64];

	if (counts == NULL || sandbox->write_n >= sizeof write / sizeof *write)
		return __real_pm_sandbox_enter(sandbox, why);
	if (sandbox->write_n > 0)
		memcpy(write, sandbox->write,
		    sandbox->write_n * sizeof *write);
	write[wider.write_n++] = counts;
	wider.write = write;
	return __real_pm_sandbox_enter(&wider, why);
}
