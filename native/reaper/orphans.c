/*
 * orphans: gives PID 1 (or the nearest subreaper) something to bury. For tests only, in no image.
 *
 *   orphans storm N               N orphans that die as soon as they are adopted, as fast as it goes
 *   orphans live N                N orphans at once that stay until standard input ends
 *   orphans dead N                N orphans that are zombies already when they are handed on
 *   orphans pre N -- PROGRAM ...  makes N zombies of its own, then becomes PROGRAM
 *   orphans scan                  counts the processes in /proc and the zombies among them
 *
 * An orphan is made the way it happens in a pod: a middle process forks it and ends. Standard output
 * gets one line, `orphans made=N failed=N` or `zombies=N processes=N`. Exit status: 0, 1 when
 * something failed, 2 when the arguments made no sense.
 */
#include "kernel.h"

#define IN_FLIGHT 128 /* at most so many orphans of a storm at a time: inside any sane pids limit */

enum fate { STORM, LIVE, DEAD };

struct dirent64 { /* struct linux_dirent64, include/linux/dirent.h, which is not exported */
	unsigned long long inode;
	long long offset;
	unsigned short length;
	unsigned char type;
	char name[];
};

static char *append(char *end, const char *text)
{
	while (*text != '\0')
		*end++ = *text++;
	*end = '\0';
	return end;
}

/* By subtraction: arm/v5 cannot divide, and there is no library here that does it for it. */
static char *append_number(char *end, unsigned long number)
{
	static const unsigned int powers[] = { 1000000, 100000, 10000, 1000, 100, 10, 1 };
	_Bool leading = 1;

	for (unsigned long i = 0; i < sizeof(powers) / sizeof(powers[0]); i++) {
		char digit = '0';

		for (; number >= powers[i]; number -= powers[i])
			digit++;
		leading = leading && digit == '0' && powers[i] != 1;
		if (!leading)
			*end++ = digit;
	}
	*end = '\0';
	return end;
}

/* One line, in one write. */
static void report(const char *first, unsigned long a, const char *second, unsigned long b)
{
	char line[80];
	char *end = append_number(append(line, first), a);

	end = append(append_number(append(end, second), b), "\n");
	sys_write(1, line, (unsigned long)(end - line));
}

static void report_made(unsigned long made, unsigned long wanted)
{
	report("orphans made=", made, " failed=", wanted - made);
}

/* 1 to 9999999, or 0 for anything else. */
static unsigned long parse(const char *text)
{
	unsigned long number = 0;

	for (; *text >= '0' && *text <= '9' && number < 1000000; text++)
		number = number * 10 + (unsigned long)(*text - '0');
	return *text == '\0' ? number : 0;
}

static void wait_for_end_of(long fd)
{
	char bytes[64];

	while (sys_read(fd, bytes, sizeof(bytes)) > 0)
		;
}

/*
 * A child that is dead when this returns, and not waited for. SIGCHLD is blocked by start() and sent
 * only once the child is a zombie (exit_notify, kernel/exit.c).
 */
static _Bool make_zombie(void)
{
	struct kernel_sigset child_died;
	long child = sys_fork();

	if (child == 0)
		sys_exit(0);
	if (child < 0)
		return 0;
	fill_sigset(&child_died, BIT_OF(SIGCHLD), 0);
	while (sys_rt_sigtimedwait(&child_died) != SIGCHLD)
		;
	return 1;
}

/* Waits until the parent has died and somebody else is it, says so, and ends when its fate wants it. */
static _Noreturn void be_orphan(long parent, const int gate[2], long tally, enum fate fate)
{
	sys_close(gate[1]);
	wait_for_end_of(gate[0]);
	while (syscall0(__NR_getppid) == parent)
		syscall0(__NR_sched_yield);
	sys_write(tally, "", 1);
	if (fate == LIVE)
		wait_for_end_of(0);
	sys_exit(0);
}

/* The middle process: writes one byte to the tally for each zombie; living orphans do that themselves. */
static _Noreturn void be_middle(unsigned long count, const int gate[2], long tally, enum fate fate)
{
	long self = sys_getpid();

	for (; count > 0; count--) {
		if (fate == DEAD) {
			if (!make_zombie())
				break;
			sys_write(tally, "", 1);
		} else {
			long child = sys_fork();

			if (child == 0)
				be_orphan(self, gate, tally, fate);
			if (child < 0)
				break;
		}
	}
	sys_exit(0);
}

/* Returns how many orphans were made, when the last one has ended: only then does the tally end. */
static unsigned long make_orphans(unsigned long count, enum fate fate)
{
	int gate[2];
	int tally[2];
	char bytes[64];
	unsigned long made = 0;
	long middle;
	long got;

	if (sys_pipe(gate) || sys_pipe(tally))
		return 0;
	middle = sys_fork();
	if (middle == 0)
		be_middle(count, gate, tally[1], fate);
	sys_close(gate[0]);
	sys_close(gate[1]);
	sys_close(tally[1]);
	while ((got = sys_read(tally[0], bytes, sizeof(bytes))) > 0) {
		made += (unsigned long)got;
		if (fate == LIVE && made == count)
			report_made(made, count);
	}
	sys_close(tally[0]);
	if (middle > 0)
		sys_wait4(middle, 0);
	return made;
}

static int orphans(unsigned long wanted, enum fate fate)
{
	unsigned long made = 0;
	unsigned long batch;
	unsigned long done;

	do {
		batch = wanted - made;
		if (fate != LIVE && batch > IN_FLIGHT)
			batch = IN_FLIGHT;
		done = make_orphans(batch, fate);
		made += done;
	} while (done == batch && made < wanted);
	if (fate != LIVE || made < wanted)
		report_made(made, wanted);
	return made < wanted;
}

/* The state is the letter after the name, which is in brackets and may itself hold brackets. */
static char state_of(const char *pid)
{
	char path[64];
	char stat[512];
	char state = '?';
	long fd;
	long size;

	append(append(append(path, "/proc/"), pid), "/stat");
	fd = sys_open(path);
	if (fd < 0)
		return state;
	size = sys_read(fd, stat, sizeof(stat));
	sys_close(fd);
	for (long i = 0; i + 2 < size; i++) {
		if (stat[i] == ')')
			state = stat[i + 2];
	}
	return state;
}

static int scan(void)
{
	union {
		struct dirent64 first;
		char bytes[4096];
	} entries;
	unsigned long processes = 0;
	unsigned long zombies = 0;
	long fd = sys_open("/proc");
	long size = fd;

	while (size >= 0) {
		size = syscall3(__NR_getdents64, fd, (long)&entries, sizeof(entries));
		if (size <= 0)
			break;
		for (long at = 0; at < size;) {
			const struct dirent64 *entry = (const void *)(entries.bytes + at);

			if (entry->name[0] >= '1' && entry->name[0] <= '9') {
				processes++;
				zombies += state_of(entry->name) == 'Z';
			}
			at += entry->length;
		}
	}
	report("zombies=", zombies, " processes=", processes);
	return size < 0;
}

static int become(unsigned long zombies, char *const *argv, char *const *envp)
{
	struct kernel_sigset none;

	for (; zombies > 0; zombies--) {
		if (!make_zombie())
			return 1;
	}
	fill_sigset(&none, 0, 0);
	sys_rt_sigprocmask(SIG_SETMASK, &none);
	syscall3(__NR_execve, (long)argv[0], (long)argv, (long)envp);
	return 1;
}

static _Bool is(const char *a, const char *b)
{
	for (; *a != '\0' && *a == *b; a++)
		b++;
	return *a == *b;
}

static int run(long argc, char *const *argv)
{
	unsigned long count = argc > 2 ? parse(argv[2]) : 0;

	if (argc == 2 && is(argv[1], "scan"))
		return scan();
	if (argc == 3 && count > 0 && is(argv[1], "storm"))
		return orphans(count, STORM);
	if (argc == 3 && count > 0 && is(argv[1], "live"))
		return orphans(count, LIVE);
	if (argc == 3 && count > 0 && is(argv[1], "dead"))
		return orphans(count, DEAD);
	if (argc > 4 && count > 0 && is(argv[1], "pre") && is(argv[3], "--"))
		return become(count, argv + 4, argv + argc + 1);
	return 2;
}

/* _start jumps here with the stack as exec left it: argc, argv, a null, envp. */
_Noreturn void start(const long *stack)
{
	struct kernel_sigaction by_default;
	struct kernel_sigset set;

	/* Children must become zombies, and their SIGCHLD must wait until it is fetched. */
	fill_sigaction(&by_default, SIG_DFL);
	fill_sigset(&set, BIT_OF(SIGCHLD), 0);
	sys_rt_sigaction(SIGCHLD, &by_default);
	sys_rt_sigprocmask(SIG_SETMASK, &set);
	sys_exit(run(stack[0], (char *const *)(stack + 1)));
}
