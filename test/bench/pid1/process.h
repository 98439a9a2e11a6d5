/* A program as PID 1 of a new PID namespace, and what /proc tells about it. */
#ifndef PROCESS_H
#define PROCESS_H

#include <sys/types.h>

/* Tells what went wrong and ends; every PID 1 dies with us, and its namespace with it. */
_Noreturn void die(const char *what);

/* Monotonic time, ns. */
long long now(void);
void nap(long long ns);

/* The file /proc/PID/NAME, or NULL; the buffer is the next call's. */
char *proc(pid_t pid, const char *name);

/* The number behind a word in /proc/PID/NAME, -1 when it is not there. */
long long fact(pid_t pid, const char *name, const char *word);

/* How long it has been on a processor, ns. Exact only while it sleeps or is stopped. */
long long cpu_time(pid_t pid);

/* Context switches so far, of both kinds. */
long long switches(pid_t pid);

/* How many children it has, zombies too. */
long children(pid_t pid);

/* Starts the program. If traced, it stops before exec. */
pid_t spawn(char **argv, int traced);

/* Sleeps until the program does, and has not run for a while. */
void wait_until_ready(pid_t pid);

/* Kills it and all in its namespace. */
void end(pid_t pid);

#endif
