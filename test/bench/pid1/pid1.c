/*
 * Runs a program as PID 1 of a new PID namespace and prints what it cost, one "name value" per line.
 *
 *   pid1 start PROGRAM...               time to be ready, memory, SIGTERM to exit
 *   pid1 calls PROGRAM...               system calls from exec to ready
 *   pid1 idle SECONDS PROGRAM...        wake-ups when nothing happens
 *   pid1 storm COUNT BATCH PROGRAM...   orphans: COUNT of them, BATCH die at once; burst_ns is from the
 *                                       death of the last batch until the last of it is buried
 *   pid1 many COUNT PROGRAM...          COUNT instances at once: prints "before", reads a byte, starts
 *                                       them, prints "up", reads a byte, ends them
 *
 * Times of PID 1 are its own processor time, which the scheduler keeps in nanoseconds
 * (/proc/PID/schedstat): other programs on the machine cannot disturb it.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"
#include "storm.h"

/* Waits for a stop of a traced process; the status of waitpid. */
static int stopped(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
		die("The program ended while it was traced");
	return status;
}

/* Starts the program and stops it where exec has just been done. Prints what exec cost, if asked. */
static pid_t spawn_to_exec(char **argv, int tell)
{
	pid_t pid = spawn(argv, 1);
	long long before;

	stopped(pid);
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	before = cpu_time(pid);
	ptrace(PTRACE_CONT, pid, 0, 0);
	stopped(pid);
	if (tell)
		printf("exec_ns %lld\n", cpu_time(pid) - before);
	return pid;
}

static int start(char **argv)
{
	pid_t pid = spawn_to_exec(argv, 1);
	long long at = cpu_time(pid);
	int status;

	ptrace(PTRACE_DETACH, pid, 0, 0);
	wait_until_ready(pid);
	printf("ready_ns %lld\n", cpu_time(pid) - at);
	printf("rss_kb %lld\n", fact(pid, "smaps_rollup", "\nRss:"));
	printf("anonymous_kb %lld\n", fact(pid, "smaps_rollup", "\nAnonymous:"));
	printf("private_dirty_kb %lld\n", fact(pid, "smaps_rollup", "\nPrivate_Dirty:"));
	printf("page_tables_kb %lld\n", fact(pid, "status", "\nVmPTE:"));
	at = now();
	kill(pid, SIGTERM);
	alarm(5); /* ends us when it ignores SIGTERM */
	waitpid(pid, &status, 0);
	printf("term_ns %lld\n", now() - at);
	printf("term_status %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}

static int calls(char **argv)
{
	pid_t pid = spawn_to_exec(argv, 0);
	long long count = 1; /* execve */

	/* Entry and exit stop in turn; the entry that no exit follows within 50 ms is where it waits. */
	ptrace(PTRACE_SYSCALL, pid, 0, 0);
	stopped(pid); /* the exit of execve */
	for (;;) {
		long long until;

		ptrace(PTRACE_SYSCALL, pid, 0, 0);
		stopped(pid);
		count++;
		ptrace(PTRACE_SYSCALL, pid, 0, 0);
		until = now() + 50000000;
		while (waitpid(pid, NULL, WNOHANG | __WALL) == 0) {
			if (now() < until)
				continue;
			printf("calls %lld\n", count);
			end(pid);
			return 0;
		}
	}
}

static int idle(char **argv)
{
	pid_t pid = spawn(argv + 1, 0);
	long long before;

	wait_until_ready(pid);
	before = switches(pid);
	nap(atoll(argv[0]) * 1000000000LL);
	printf("idle_switches %lld\n", switches(pid) - before);
	end(pid);
	return 0;
}

static int many(char **argv)
{
	long count = atol(argv[0]);
	pid_t *pids = calloc(count, sizeof(*pids));
	char byte;

	puts("before");
	(void)!read(0, &byte, 1);
	for (long i = 0; i < count; i++)
		pids[i] = spawn(argv + 1, 0);
	nap(500000000);
	wait_until_ready(pids[count - 1]);
	puts("up");
	(void)!read(0, &byte, 1);
	for (long i = 0; i < count; i++)
		end(pids[i]);
	return 0;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 2 && !strcmp(argv[1], "start"))
		return start(argv + 2);
	if (argc > 2 && !strcmp(argv[1], "calls"))
		return calls(argv + 2);
	if (argc > 3 && !strcmp(argv[1], "idle"))
		return idle(argv + 2);
	if (argc > 4 && !strcmp(argv[1], "storm"))
		return storm(argv + 2);
	if (argc > 3 && !strcmp(argv[1], "many"))
		return many(argv + 2);
	fprintf(stderr, "usage: pid1 start|calls|idle|storm|many ...\n");
	return 2;
}
