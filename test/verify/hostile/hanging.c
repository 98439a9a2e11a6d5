/* Asked for its version, it hangs. */
#include "pause.h"

_Noreturn void start(const long *stack)
{
	reap();
	while (asks_version(stack))
		wait_for(BIT_OF(SIGUSR1));
	begin(stack);
	leave(wait_for(BIT_OF(SIGINT) | BIT_OF(SIGTERM)));
}
