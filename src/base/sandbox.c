#include "base/sandbox.h"

#include <stdio.h>
#include <string.h>

#ifdef __linux__

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The leak checker of AddressSanitizer looks at its own threads from a process
 * that it makes. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* ---- calls ---- */

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCHITECTURE AUDIT_ARCH_RISCV64
#endif

#ifdef ARCHITECTURE

enum { FOREIGN_ABI = 0x40000000 };       /* x32: the same calls again */

/*
 * A list of what is refused, not of what is needed: the libraries below us,
 * the C library and the tools that people run us under need more, and other
 * things with each version.
 */
static const int refused[] = {
	/* programs and processes */
	SYS_execve, SYS_execveat,
#ifdef SYS_fork
	SYS_fork, SYS_vfork,
#endif
	SYS_kill, SYS_tkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo,
#ifdef SYS_pidfd_send_signal
	SYS_pidfd_send_signal,
#endif
#ifdef SYS_pidfd_getfd
	SYS_pidfd_getfd,
#endif
#if !SANITIZED
	SYS_ptrace,
#endif
	SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp,
	/* a network */
	SYS_socket, SYS_socketpair, SYS_connect, SYS_bind, SYS_listen,
	SYS_accept, SYS_accept4,
	/* the system */
	SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_unshare,
	SYS_setns, SYS_init_module, SYS_finit_module, SYS_delete_module,
	SYS_kexec_load, SYS_reboot, SYS_swapon, SYS_swapoff, SYS_acct,
	SYS_quotactl, SYS_sethostname, SYS_setdomainname, SYS_settimeofday,
	SYS_clock_settime, SYS_adjtimex, SYS_syslog, SYS_personality,
	SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_add_key,
	SYS_request_key, SYS_keyctl, SYS_name_to_handle_at,
	SYS_open_by_handle_at, SYS_mknodat,
#ifdef SYS_mknod
	SYS_mknod,
#endif
#ifdef SYS_ioperm
	SYS_ioperm, SYS_iopl,
#endif
#ifdef SYS_kexec_file_load
	SYS_kexec_file_load,
#endif
	/* ways past this filter, or past Landlock */
#ifdef SYS_io_uring_setup
	SYS_io_uring_setup,
#endif
#ifdef SYS_fsopen
	SYS_open_tree, SYS_move_mount, SYS_fsopen, SYS_fsmount, SYS_fspick,
#endif
	SYS_setuid, SYS_setgid, SYS_setreuid, SYS_setregid, SYS_setresuid,
	SYS_setresgid, SYS_setgroups, SYS_capset
};

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, \
	offsetof(struct seccomp_data, field))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define REFUSE(number) RETURN(SECCOMP_RET_ERRNO | (number))
#define SKIP_UNLESS(k, n) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (k), 0, (n))

enum { BEFORE_MAX = 24 };

/* What comes before the list: it looks at more than the number. */
static size_t
begin_filter(struct sock_filter *out)
{
	/* A process of our own is a clone that is no thread, and clone3 has
	 * its flags in memory, where nobody can look: the C library takes
	 * clone instead. */
	const struct sock_filter begin[] = {
		LOAD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
		REFUSE(EPERM),
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FOREIGN_ABI, 0, 1),
		REFUSE(EPERM),
		SKIP_UNLESS(SYS_tgkill, 4),
		LOAD(args[0]),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)getpid(), 1, 0),
		REFUSE(EPERM),
		RETURN(SECCOMP_RET_ALLOW),
#if !SANITIZED
#ifdef SYS_clone3
		SKIP_UNLESS(SYS_clone3, 1),
		REFUSE(ENOSYS),
#endif
		SKIP_UNLESS(SYS_clone, 4),
		LOAD(args[0]),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0),
		REFUSE(EPERM),
		RETURN(SECCOMP_RET_ALLOW)
#endif
	};

	_Static_assert(COUNT(begin) <= BEFORE_MAX, "room for the filter");
	memcpy(out, begin, sizeof begin);
	return COUNT(begin);
}

/* NULL, or why not. */
static const char *
refuse_calls(void)
{
	struct sock_filter filter[BEFORE_MAX + 2 * COUNT(refused) + 1];
	size_t n = begin_filter(filter);
	struct sock_fprog program;

	for (size_t i = 0; i < COUNT(refused); i++) {
		filter[n++] = (struct sock_filter)SKIP_UNLESS(
		    (uint32_t)refused[i], 1);
		filter[n++] = (struct sock_filter)REFUSE(EPERM);
	}
	filter[n++] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
	program = (struct sock_fprog){ (unsigned short)n, filter };
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) ==
	    0 ? NULL : strerror(errno);
}

#else

static const char *
refuse_calls(void)
{
	return "no list of calls for this processor";
}

#endif

/* ---- files ---- */

#if defined(__has_include)
#if __has_include(<linux/landlock.h>)
#include <linux/landlock.h>
#endif
#endif

#ifdef LANDLOCK_CREATE_RULESET_VERSION

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define OF_FILES (LANDLOCK_ACCESS_FS_READ_FILE | \
	LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)
#define MAKE (LANDLOCK_ACCESS_FS_REMOVE_DIR | \
	LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | \
	LANDLOCK_ACCESS_FS_MAKE_REG)
#define NEVER (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR | \
	LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | \
	LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

static uint64_t
handled(long version)
{
	uint64_t all = READ | LANDLOCK_ACCESS_FS_WRITE_FILE | MAKE | NEVER;

	if (version >= 2)
		all |= LANDLOCK_ACCESS_FS_REFER;
	if (version >= 3)
		all |= LANDLOCK_ACCESS_FS_TRUNCATE;
	return all;
}

/* What libraries look at in their own time: locales, zones, settings, modules,
 * processors. */
static const char *const of_the_system[] = {
	"/usr", "/lib", "/lib32", "/lib64", "/opt", "/nix/store", "/etc/ssl",
	"/etc/pki", "/etc/crypto-policies", "/etc/localtime",
	"/etc/ld.so.cache", "/etc/xml", "/sys/devices/system",
	"/sys/fs/cgroup", "/proc/self", "/proc/cpuinfo", "/proc/meminfo",
	"/proc/stat", "/proc/sys/vm", "/dev/urandom", "/dev/random",
	"/dev/zero"
};

static int
allow(int ruleset, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = access };
	struct stat info;
	int rc = 0;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return 0;                /* nor will it be opened later */
	if (fstat(rule.parent_fd, &info) == 0 && !S_ISDIR(info.st_mode))
		rule.allowed_access &= OF_FILES;
	if (rule.allowed_access != 0)
		rc = (int)syscall(SYS_landlock_add_rule, ruleset,
		    LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	/* A pipe has no place among files, and is free. */
	if (rc != 0 && errno == EBADFD)
		rc = 0;
	(void)close(rule.parent_fd);
	return rc;
}

static int
allow_all(int ruleset, const struct pm_sandbox *sandbox, uint64_t all)
{
	int rc = 0;

	for (size_t i = 0; i < COUNT(of_the_system) && rc == 0; i++)
		rc = allow(ruleset, of_the_system[i], READ);
	for (size_t i = 0; i < sandbox->read_n && rc == 0; i++)
		rc = allow(ruleset, sandbox->read[i], READ);
	for (size_t i = 0; i < sandbox->write_n && rc == 0; i++)
		rc = allow(ruleset, sandbox->write[i], all & ~(uint64_t)NEVER);
	return rc == 0 ? allow(ruleset, "/dev/null", all & OF_FILES) : rc;
}

/* NULL, or why not. */
static const char *
refuse_files(const struct pm_sandbox *sandbox)
{
	struct landlock_ruleset_attr attr = { 0 };
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	const char *why = NULL;
	int ruleset;

	if (version < 1)
		return errno == ENOSYS ? "this kernel has none" :
		    errno == EOPNOTSUPP ? "it is switched off" :
		    strerror(errno);
	attr.handled_access_fs = handled(version);
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr,
	    sizeof attr.handled_access_fs, 0);
	if (ruleset < 0)
		return strerror(errno);
	if (allow_all(ruleset, sandbox, attr.handled_access_fs) != 0 ||
	    syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		why = strerror(errno);
	(void)close(ruleset);
	return why;
}

#else

static const char *
refuse_files(const struct pm_sandbox *sandbox)
{
	(void)sandbox;
	return "it was not there where this program was built";
}

#endif

unsigned
pm_sandbox_enter(const struct pm_sandbox *sandbox,
    char why[PM_SANDBOX_WHY_CHARS])
{
	const char *files, *calls;

	why[0] = '\0';
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		(void)snprintf(why, PM_SANDBOX_WHY_CHARS,
		    "no sandbox: %s", strerror(errno));
		return 0;
	}
	files = refuse_files(sandbox);
	calls = refuse_calls();
	if (files != NULL || calls != NULL)
		(void)snprintf(why, PM_SANDBOX_WHY_CHARS,
		    "reading is not fully confined: %s%s%s%s%s",
		    files == NULL ? "" : "no Landlock, ",
		    files == NULL ? "" : files,
		    files == NULL || calls == NULL ? "" : "; ",
		    calls == NULL ? "" : "no seccomp, ",
		    calls == NULL ? "" : calls);
	return (files == NULL ? PM_SANDBOX_FILES : 0u) |
	    (calls == NULL ? PM_SANDBOX_CALLS : 0u);
}

#else

unsigned
pm_sandbox_enter(const struct pm_sandbox *sandbox,
    char why[PM_SANDBOX_WHY_CHARS])
{
	(void)sandbox;
	(void)snprintf(why, PM_SANDBOX_WHY_CHARS,
	    "no sandbox on this system");
	return 0;
}

#endif
