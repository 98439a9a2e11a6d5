/* Takes SIGTERM and SIGINT, and stays. */
#include "pause.h"

_Noreturn void start(const long *stack)
{
	begin(stack);
	reap();
	for (;;)
		wait_for(BIT_OF(SIGINT) | BIT_OF(SIGTERM));
}
