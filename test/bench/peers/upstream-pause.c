/*
 * A pause program as it is usually written, for the bench only: it has the documented behaviour of
 * upstream's, and its way of doing it: libc, a SIGCHLD handler that calls waitpid, a loop around pause().
 * It was written from that description, not from upstream's text.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef VERSION
#define VERSION "HEAD"
#endif

static void shut_down(int number)
{
	psignal(number, "Shutting down, got signal");
	exit(0);
}

static void reap(int number)
{
	(void)number;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static int on(int number, void (*handler)(int), int flags)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = handler;
	action.sa_flags = flags;
	return sigaction(number, &action, NULL);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcasecmp(argv[i], "-v") == 0) {
			printf("pause.c %s\n", VERSION);
			return 0;
		}
	}
	if (getpid() != 1)
		fprintf(stderr, "Warning: pause should be the first process\n");
	if (on(SIGINT, shut_down, 0) < 0)
		return 1;
	if (on(SIGTERM, shut_down, 0) < 0)
		return 2;
	if (on(SIGCHLD, reap, SA_NOCLDSTOP) < 0)
		return 3;
	for (;;)
		pause();
	fprintf(stderr, "Error: infinite loop terminated\n");
	return 42;
}
