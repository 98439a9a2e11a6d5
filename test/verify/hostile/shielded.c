/* Waits for its signals without blocking them: the kernel shields PID 1 from those, so they never come. */
#include "pause.h"

_Noreturn void start(const long *stack)
{
	struct kernel_sigset none;

	begin(stack);
	reap();
	fill_sigset(&none, 0, 0);
	sys_rt_sigprocmask(SIG_SETMASK, &none);
	leave(wait_for(BIT_OF(SIGINT) | BIT_OF(SIGTERM)));
}
