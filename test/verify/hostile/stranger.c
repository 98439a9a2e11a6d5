/* Says another version. */
#undef VERSION
#define VERSION "0.0.0"
#include "pause.h"

_Noreturn void start(const long *stack)
{
	begin(stack);
	reap();
	leave(wait_for(BIT_OF(SIGINT) | BIT_OF(SIGTERM)));
}
