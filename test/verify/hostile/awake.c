/* Reaps, but is woken for each. */
#include "pause.h"

_Noreturn void start(const long *stack)
{
	long signal;

	begin(stack);
	reap();
	set(SIGCHLD, SIG_DFL);
	do {
		while (sys_wait4(-1, WNOHANG | __WALL) > 0)
			;
		signal = wait_for(BIT_OF(SIGINT) | BIT_OF(SIGTERM) | BIT_OF(SIGCHLD));
	} while (signal == SIGCHLD);
	leave(signal);
}
