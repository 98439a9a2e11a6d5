/* A child for those that do not go without one: it waits until a signal ends it. */
#include <unistd.h>

int main(void)
{
	for (;;)
		pause();
}
