/* Never waits for anybody. */
#include "pause.h"

_Noreturn void start(const long *stack)
{
	begin(stack);
	set(SIGCHLD, SIG_DFL);
	block_all();
	leave(wait_for(BIT_OF(SIGINT) | BIT_OF(SIGTERM)));
}
