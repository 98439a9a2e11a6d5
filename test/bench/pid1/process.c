#define _GNU_SOURCE
#include "process.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

_Noreturn void die(const char *what)
{
	perror(what);
	_exit(1); /* PID 1 dies with us, and its namespace with it */
}

long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

void nap(long long ns)
{
	struct timespec time = { ns / 1000000000, ns % 1000000000 };

	nanosleep(&time, NULL);
}

char *proc(pid_t pid, const char *name)
{
	static char text[1 << 16];
	char path[64];
	ssize_t size;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	size = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (size < 0)
		return NULL;
	text[size] = '\0';
	return text;
}

long long fact(pid_t pid, const char *name, const char *word)
{
	char *text = proc(pid, name);
	char *at = text ? strstr(text, word) : NULL;

	return at ? atoll(at + strlen(word)) : -1;
}

long long cpu_time(pid_t pid)
{
	char *text = proc(pid, "schedstat");

	return text ? atoll(text) : -1;
}

long long switches(pid_t pid)
{
	return fact(pid, "status", "\nvoluntary_ctxt_switches:") +
	       fact(pid, "status", "\nnonvoluntary_ctxt_switches:");
}

void wait_until_ready(pid_t pid)
{
	long long before = -1;

	for (int calm = 0; calm < 4;) {
		long long after = cpu_time(pid);
		char *stat = proc(pid, "stat");

		stat = stat ? strrchr(stat, ')') : NULL;
		if (!stat || stat[2] == 'Z') {
			fprintf(stderr, "pid1: the program ended before it was ready\n");
			exit(1);
		}
		calm = stat[2] == 'S' && after == before ? calm + 1 : 0;
		before = after;
		nap(3000000);
	}
}

long children(pid_t pid)
{
	char name[64];
	long count = 0;

	snprintf(name, sizeof(name), "task/%d/children", pid);
	for (char *at = proc(pid, name); at && *at; at++)
		count += *at == ' ';
	return count;
}

pid_t spawn(char **argv, int traced)
{
	pid_t pid = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);

	if (pid < 0)
		die("clone");
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(0);
	open("/dev/null", O_RDONLY);
	dup2(open("/dev/null", O_WRONLY), 1);
	dup2(1, 2);
	if (traced) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		syscall(SYS_kill, getpid(), SIGSTOP);
	}
	execv(argv[0], argv);
	_exit(127);
}

void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
