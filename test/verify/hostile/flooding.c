/* Writes for ever. */
#include "pause.h"

_Noreturn void start(const long *stack)
{
	(void)stack;
	reap();
	for (;;)
		SAY(STDOUT, "\033[2J\033[H All checks passed. All checks passed. All checks passed.\n");
}
