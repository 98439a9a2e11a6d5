#ifndef STORM_H
#define STORM_H

/* Makes `argv[0]` orphans, of which `argv[1]` die at once, for the PID 1 whose program follows. */
int storm(char **argv);

#endif
