/*
 * pause: the process that holds a pod's namespaces open and, as PID 1, buries its orphans.
 *
 * It behaves as build/pause/linux/pause.c of Kubernetes does, with one difference: that program reaps
 * in a SIGCHLD handler, this one ignores SIGCHLD, so that the kernel reaps each orphan as it dies and
 * never wakes us (do_notify_parent, kernel/signal.c). No libc, no heap, no writable data.
 */
#include "kernel.h"

#ifndef VERSION
#define VERSION "HEAD"
#endif

#define STDOUT 1
#define STDERR 2

struct text {
	const char *bytes;
	unsigned long size;
};

#define TEXT(literal) ((struct text){ literal, sizeof(literal) - 1 })

/* Exit status 1, 2 or 3 says which signal could not be set up. */
static const unsigned char signal_of_status[] = { 0, SIGINT, SIGTERM, SIGCHLD };

static inline _Bool asks_version(const char *arg)
{
	return arg[0] == '-' && (arg[1] | ('v' ^ 'V')) == 'v' && arg[2] == '\0';
}

static inline void say(long fd, struct text text)
{
	sys_write(fd, text.bytes, text.size);
}

/* _start jumps here with the stack as exec left it: argc, then argv. */
_Noreturn void start(const long *stack)
{
	long argc = stack[0];
	char *const *argv = (char *const *)(stack + 1);
	struct kernel_sigaction action;
	struct kernel_sigset set;
	struct text last_words;
	long status;
	long signal;

	while (--argc > 0) {
		if (asks_version(*++argv)) {
			say(STDOUT, TEXT("pause.c " VERSION "\n"));
			status = 0;
			goto leave;
		}
	}

	if (sys_getpid() != 1)
		say(STDERR, TEXT("Warning: pause should be the first process\n"));

	/*
	 * SIGCHLD first: from here on no orphan becomes a zombie. SIGTERM and SIGINT then get their
	 * default back, because a signal that is ignored (exec hands that down) may be thrown away even
	 * while it is blocked, and we wait for these two below.
	 */
	fill_sigaction(&action, SIG_IGN);
	for (status = 3; status > 0; status--) {
		if (sys_rt_sigaction(signal_of_status[status], &action))
			goto leave;
		action.handler = (unsigned long)SIG_DFL;
	}

	/*
	 * Block all that can be blocked: SIGINT and SIGTERM so that they stay pending until we fetch
	 * them, the others because not every kernel shields PID 1 from their defaults (gVisor does not).
	 */
	fill_sigset(&set, ~0UL, ~0UL);
	status = 1;
	if (sys_rt_sigprocmask(SIG_SETMASK, &set))
		goto leave;

	/* Zombies from before SIGCHLD was ignored are still ours to bury; __WALL takes clones as well. */
	while (sys_wait4(-1, WNOHANG | __WALL) > 0)
		;

	/* A stop and SIGCONT, a debugger or a thaw interrupts the wait: go on. */
	fill_sigset(&set, BIT_OF(SIGINT) | BIT_OF(SIGTERM), 0);
	do {
		signal = sys_rt_sigtimedwait(&set);
	} while (signal == -EINTR || signal == -EAGAIN);

	status = 0;
	if (signal == SIGINT) {
		last_words = TEXT("Shutting down, got signal: Interrupt\n");
	} else if (signal == SIGTERM) {
		last_words = TEXT("Shutting down, got signal: Terminated\n");
	} else {
		last_words = TEXT("Error: infinite loop terminated\n");
		status = 42;
	}
	say(STDERR, last_words);
leave:
	sys_exit(status);
}
