/*
 * What the hostile programs do right. Each of them does one thing wrong. Built like native/reaper/pause.c.
 */
#include "kernel.h"

#define STDOUT 1
#define STDERR 2
#define SAY(fd, text) sys_write(fd, text, sizeof(text) - 1)

static inline _Bool asks_version(const long *stack)
{
	char *const *argv = (char *const *)(stack + 1);

	for (long i = 1; i < stack[0]; i++)
		if (argv[i][0] == '-' && (argv[i][1] | ('v' ^ 'V')) == 'v' && argv[i][2] == '\0')
			return 1;
	return 0;
}

/* Answers -v and ends; otherwise warns where that is due. */
static inline void begin(const long *stack)
{
	if (asks_version(stack)) {
		SAY(STDOUT, "pause.c " VERSION "\n");
		sys_exit(0);
	}
	if (sys_getpid() != 1)
		SAY(STDERR, "Warning: pause should be the first process\n");
}

static inline void set(long signal, __sighandler_t handler)
{
	struct kernel_sigaction action;

	fill_sigaction(&action, handler);
	sys_rt_sigaction(signal, &action);
}

static inline void block_all(void)
{
	struct kernel_sigset all;

	fill_sigset(&all, ~0UL, ~0UL);
	sys_rt_sigprocmask(SIG_SETMASK, &all);
}

/* Ignores SIGCHLD and drains, so that the kernel reaps. */
static inline void reap(void)
{
	set(SIGCHLD, SIG_IGN);
	set(SIGTERM, SIG_DFL);
	set(SIGINT, SIG_DFL);
	block_all();
	while (sys_wait4(-1, WNOHANG | __WALL) > 0)
		;
}

static inline long wait_for(unsigned long signals)
{
	struct kernel_sigset wanted;
	long signal;

	fill_sigset(&wanted, signals, 0);
	do {
		signal = sys_rt_sigtimedwait(&wanted);
	} while (signal < 0);
	return signal;
}

static inline _Noreturn void leave(long signal)
{
	if (signal == SIGINT)
		SAY(STDERR, "Shutting down, got signal: Interrupt\n");
	else
		SAY(STDERR, "Shutting down, got signal: Terminated\n");
	sys_exit(0);
}
