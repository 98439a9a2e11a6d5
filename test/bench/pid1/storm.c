#define _GNU_SOURCE
#include "storm.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"

/* In the namespace: makes orphans, whose parent ends before them. They die when the gate closes. */
static long long make_orphans(long batch)
{
	long long closed;
	int gate[2], status;
	pid_t parent;
	char byte;

	if (pipe(gate))
		die("pipe");
	parent = fork();
	if (parent == 0) {
		close(gate[1]);
		for (long i = 0; i < batch; i++) {
			pid_t pid = fork();

			if (pid < 0)
				_exit(1);
			if (pid == 0) {
				(void)!read(gate[0], &byte, 1);
				_exit(0);
			}
		}
		_exit(0);
	}
	close(gate[0]);
	if (parent < 0 || waitpid(parent, &status, 0) != parent || status)
		die("fork");
	closed = now();
	close(gate[1]);
	return closed;
}

int storm(char **argv)
{
	long count = atol(argv[0]), batch = atol(argv[1]);
	pid_t pid = spawn(argv + 2, 0), maker;
	long long cpu, woken, at, until;
	long long *closed = mmap(NULL, sizeof(*closed), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	long own;
	int status, space;
	char path[64];

	if (closed == MAP_FAILED)
		die("mmap");
	wait_until_ready(pid);
	own = children(pid);
	cpu = cpu_time(pid);
	woken = switches(pid);
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", pid);
	space = open(path, O_RDONLY);
	if (space < 0 || setns(space, CLONE_NEWPID))
		die("setns");
	at = now();
	maker = fork();
	if (maker == 0) {
		for (long made = 0; made < count; made += batch)
			*closed = make_orphans(count - made < batch ? count - made : batch);
		_exit(0);
	}
	if (maker < 0 || waitpid(maker, &status, 0) != maker || status)
		die("The maker of orphans failed");
	until = now() + 5000000000LL;
	while (children(pid) > own && now() < until)
		nap(20000);
	printf("storm_ns %lld\n", now() - at);
	printf("burst_ns %lld\n", now() - *closed);
	printf("storm_left %ld\n", children(pid) - own);
	printf("storm_cpu_ns %lld\n", cpu_time(pid) - cpu);
	printf("storm_switches %lld\n", switches(pid) - woken);
	end(pid);
	return 0;
}
