/*
 * filter-of PID: prints the seccomp program that a process got last, in hexadecimal as the kernel has it. For tests only.
 * Built like native/reaper/pause.c. Exit status: 0, or the error.
 */
#include <linux/filter.h>
#include <linux/ptrace.h>

#include "kernel.h"

#define MOST 4096 /* BPF_MAXINSNS, include/uapi/linux/bpf_common.h */

static long trace(long request, long pid, long addr, void *data)
{
	return syscall4(__NR_ptrace, request, pid, addr, (long)data);
}

static void print(const struct sock_filter *instruction)
{
	const unsigned char *bytes = (const unsigned char *)instruction;
	char line[2 * sizeof(*instruction)];

	for (unsigned long i = 0; i < sizeof(*instruction); i++) {
		line[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		line[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
	}
	sys_write(1, line, sizeof(line));
}

/* The kernel shows it of a process that is traced and stopped. It goes on when this one ends. */
_Noreturn void start(const long *stack)
{
	struct sock_filter program[MOST];
	long pid = 0;
	long length;

	for (const char *digit = (const char *)stack[2]; *digit != '\0'; digit++)
		pid = pid * 10 + (*digit - '0');
	length = trace(PTRACE_SEIZE, pid, 0, 0);
	if (length == 0)
		length = trace(PTRACE_INTERRUPT, pid, 0, 0);
	if (length == 0)
		length = sys_wait4(pid, __WALL);
	if (length > 0)
		length = trace(PTRACE_SECCOMP_GET_FILTER, pid, 0, program);
	for (long i = 0; i < length; i++)
		print(&program[i]);
	sys_exit(length < 0 ? -length : 0);
}
