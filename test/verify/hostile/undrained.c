/* Reaps what dies from now on, and leaves those that are dead already. */
#include "pause.h"

_Noreturn void start(const long *stack)
{
	begin(stack);
	set(SIGCHLD, SIG_IGN);
	set(SIGTERM, SIG_DFL);
	set(SIGINT, SIG_DFL);
	block_all();
	leave(wait_for(BIT_OF(SIGINT) | BIT_OF(SIGTERM)));
}
