/*
 * The kernel as pause.c and orphans.c see it. Numbers and constants come from the UAPI headers that
 * the toolchain ships; the two structures below are the exceptions, and say why.
 */
#include <asm/errno.h>
#include <asm/signal.h>
#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/wait.h>

#include "arch.h"

/* A compiler pointed at another CPU's headers would build a program that makes the wrong calls. */
#if __NR_exit_group != EXIT_GROUP_HERE
#error "The UAPI headers (<asm/unistd.h>) are not this CPU's"
#endif

#ifndef _NSIG
#define _NSIG 64 /* x86, arm and s390 keep it to themselves; arch/<cpu>/include/asm/signal.h */
#endif
#define SET_WORDS (_NSIG / 8 / sizeof(long))
#define BIT_OF(signal) (1UL << ((signal) - 1))

/*
 * What rt_sigaction, rt_sigprocmask and rt_sigtimedwait take, from include/linux/signal_types.h and
 * arch/<cpu>/include/asm/signal.h. The exported sigset_t and struct sigaction will not do: on 386 and
 * arm they still describe the call that rt_sigaction replaced, with 32 signals and the mask in front.
 */
struct kernel_sigset {
	unsigned long words[SET_WORDS];
};

struct kernel_sigaction {
#ifdef __mips__
	unsigned int flags;
	unsigned long handler;
#else
	unsigned long handler;
	unsigned long flags;
#ifdef SA_RESTORER
	unsigned long restorer;
#endif
#endif
	struct kernel_sigset mask;
};

/* Word by word and not by initialiser, for which a compiler may call memset. */
static inline void fill_sigset(struct kernel_sigset *set, unsigned long first, unsigned long rest)
{
	set->words[0] = first;
	for (unsigned long i = 1; i < SET_WORDS; i++)
		set->words[i] = rest;
}

static inline void fill_sigaction(struct kernel_sigaction *action, __sighandler_t handler)
{
	action->handler = (unsigned long)handler;
	action->flags = 0;
#if defined(SA_RESTORER) && !defined(__mips__)
	action->restorer = 0;
#endif
	fill_sigset(&action->mask, 0, 0);
}

static inline long sys_getpid(void)
{
	return syscall0(__NR_getpid);
}

static inline long sys_write(long fd, const char *text, unsigned long size)
{
	return syscall3(__NR_write, fd, (long)text, (long)size);
}

static inline _Noreturn void sys_exit(long status)
{
	syscall1(__NR_exit_group, status);
	__builtin_unreachable();
}

static inline long sys_rt_sigaction(long signal, const struct kernel_sigaction *action)
{
	return syscall4(__NR_rt_sigaction, signal, (long)action, 0, sizeof(action->mask));
}

static inline long sys_rt_sigprocmask(long how, const struct kernel_sigset *set)
{
	return syscall4(__NR_rt_sigprocmask, how, (long)set, 0, sizeof(*set));
}

static inline long sys_rt_sigtimedwait(const struct kernel_sigset *set)
{
	return syscall4(__NR_rt_sigtimedwait, (long)set, 0, 0, sizeof(*set));
}

static inline long sys_wait4(long pid, long options)
{
	return syscall4(__NR_wait4, pid, 0, options, 0);
}

/* From here on: what only orphans.c asks for. */

static inline long sys_fork(void)
{
#ifdef __s390x__ /* takes the stack first (CONFIG_CLONE_BACKWARDS2, kernel/fork.c) */
	return syscall4(__NR_clone, 0, SIGCHLD, 0, 0);
#else
	return syscall4(__NR_clone, SIGCHLD, 0, 0, 0);
#endif
}

static inline long sys_pipe(int ends[2])
{
	return syscall3(__NR_pipe2, (long)ends, 0, 0);
}

static inline long sys_open(const char *path)
{
	return syscall4(__NR_openat, AT_FDCWD, (long)path, O_RDONLY, 0);
}

static inline long sys_read(long fd, void *buffer, unsigned long size)
{
	return syscall3(__NR_read, fd, (long)buffer, (long)size);
}

static inline void sys_close(long fd)
{
	syscall1(__NR_close, fd);
}
