/* Keeps a descriptor open. */
#include "pause.h"

_Noreturn void start(const long *stack)
{
	begin(stack);
	reap();
	sys_open("/");
	leave(wait_for(BIT_OF(SIGINT) | BIT_OF(SIGTERM)));
}
