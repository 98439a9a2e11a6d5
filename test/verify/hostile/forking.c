/* Leaves a child behind that does not end by itself. */
#include "pause.h"

_Noreturn void start(const long *stack)
{
	begin(stack);
	reap();
	if (sys_fork() == 0)
		for (;;)
			wait_for(BIT_OF(SIGUSR1));
	leave(wait_for(BIT_OF(SIGINT) | BIT_OF(SIGTERM)));
}
