/*
 * What the guest needs besides native/reaper/kernel.h: more system calls, text, and facts on the console.
 * Numbers are printed in hexadecimal, because arm/v5 cannot divide and there is no library.
 */
#include "kernel.h"

#include <linux/auxvec.h>
#include <linux/sched.h>

#include "mount.h"

#define CONSOLE 1
#define TEXT_SIZE 2048 /* more than /proc/<pid>/status has */
#define USER 65535     /* who the image runs as */

#ifdef __NR_setuid32 /* 386 and arm: the older calls take 16 bits, in which 65535 is no user */
#define SETUID __NR_setuid32
#define SETGID __NR_setgid32
#else
#define SETUID __NR_setuid
#define SETGID __NR_setgid
#endif

static inline long sys_kill(long pid, long signal)
{
	return syscall3(__NR_kill, pid, signal, 0);
}

static inline long sys_wait_for(long pid, int *status)
{
	return syscall4(__NR_wait4, pid, (long)status, 0, 0);
}

/*
 * Callers fill argv one by one: an initialiser with addresses becomes data that has to be writable on ppc64le
 * (.data.rel.ro), which pause.lds refuses, or a call of memcpy, which is not there.
 */
static inline void sys_execve(const char *const *argv)
{
	const char *const envp[] = { 0 };

	syscall3(__NR_execve, (long)argv[0], (long)argv, (long)envp);
}

static inline void sleep_ms(long ms)
{
	/* struct __kernel_old_timespec; ms is below 1000 */
	long time[2] = { 0, ms * 1000000 };

	syscall3(__NR_nanosleep, (long)time, 0, 0);
}

static inline char *append(char *end, const char *text)
{
	while (*text != '\0')
		*end++ = *text++;
	*end = '\0';
	return end;
}

static inline char *append_hex(char *end, unsigned long number)
{
	int shift = 8 * sizeof(number) - 4;

	end = append(end, "0x");
	while (shift > 0 && number >> shift == 0)
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		*end++ = "0123456789abcdef"[number >> shift & 15];
	*end = '\0';
	return end;
}

/* The whole of a short text; a file of /proc has no size to ask for. */
static inline void read_all(long fd, char text[TEXT_SIZE])
{
	long size = 0;
	long got = 1;

	while (got > 0 && size < TEXT_SIZE - 1) {
		got = sys_read(fd, text + size, (unsigned long)(TEXT_SIZE - 1 - size));
		size += got > 0 ? got : 0;
	}
	text[size] = '\0';
}

/* One fact, one line, one write: `hiatus NAME TEXT`, with line ends inside of the text as `|`. */
static inline void tell(const char *name, const char *text)
{
	char line[TEXT_SIZE + 64];
	char *end = append(append(append(line, "hiatus "), name), " ");

	for (; *text != '\0'; text++)
		*end++ = *text == '\n' ? '|' : *text;
	*end++ = '\n';
	sys_write(CONSOLE, line, (unsigned long)(end - line));
}

static inline void tell_number(const char *name, unsigned long number)
{
	char text[24];

	append_hex(text, number);
	tell(name, text);
}

/* How a child ended and what it wrote: `hiatus NAME 0xSTATUS TEXT`; the status is that of wait(2). */
static inline void tell_end(const char *name, int status, const char *said)
{
	char text[TEXT_SIZE + 24];

	append(append(append_hex(text, (unsigned int)status), " "), said);
	tell(name, text);
}
