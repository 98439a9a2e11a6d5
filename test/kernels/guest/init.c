/*
 * init: the first program of the guest. It lets pause become PID 1 of a real kernel, has a child look at
 * it, and writes what that child saw to the console, one line per fact. It judges nothing: verdict.ts does.
 *
 * There are two more programs beside it: /pause, the one of the image, and /orphans, which makes orphans.
 */
#include "guest.h"
#include "processes.h"

#define ORPHANS "/orphans"
#define PAUSE "/pause"

static void scan(const char *name)
{
	run(name, ORPHANS, "scan", 0);
}

/* Everything that can be sent to a process, but what ends pause; those two only where PID 1 is shielded. */
static void send_signals(long pid, _Bool shielded)
{
	for (long signal = 1; signal <= _NSIG; signal++) {
		_Bool forced = signal == SIGKILL || signal == SIGSTOP;

		if (signal != SIGINT && signal != SIGTERM && (shielded || !forced))
			sys_kill(pid, signal);
	}
	sleep_ms(100);
}

/* pause as PID 1 of the kernel. It has zombies already when it starts. */
static void look_at_init(long gate)
{
	/* The zombies of init() need a moment to die; then PID 1 may become pause. */
	sleep_ms(200);
	scan("before");
	sys_write(gate, "", 1);
	sys_close(gate);
	wait_ready(1);
	tell_status("ready", 1);
	scan("drained");
	run("storm", ORPHANS, "storm", "5000");
	scan("storm-scan");
	run("dead", ORPHANS, "dead", "500");
	scan("dead-scan");
	tell_status("after-orphans", 1);
	send_signals(1, 1);
	run("storm-again", ORPHANS, "storm", "100");
	scan("signals-scan");
	tell_status("after-signals", 1);
}

/* pause that is not PID 1, and pause that is asked for its version. */
static void look_at_child(void)
{
	const char *argv[2];
	struct child child;

	argv[0] = PAUSE;
	argv[1] = 0;
	run("version", PAUSE, "-v", 0);
	child = start_child(argv, 1);
	wait_ready(child.pid);
	tell_status("child-ready", child.pid);
	sys_kill(child.pid, SIGTERM);
	finish_child("child", child);
}

/*
 * pause as PID 1 of a namespace, seen from the one above, as a container runtime sees it. Programs that are
 * started after unshare() are in the namespace, but /proc is still that of the one above.
 */
static void look_at_namespace(const char *name, long last_signal, _Bool as_user)
{
	const char *argv[6];
	long status = syscall1(__NR_unshare, CLONE_NEWPID);
	struct child child;

	if (status < 0) {
		tell_end(name, (int)-status, "unshare");
		return;
	}
	argv[0] = ORPHANS;
	argv[1] = "pre";
	argv[2] = "3";
	argv[3] = "--";
	argv[4] = PAUSE;
	argv[5] = 0;
	child = start_child(argv, as_user);
	wait_ready(child.pid);
	tell_status("ns-ready", child.pid);
	scan("ns-drained");
	run("ns-storm", ORPHANS, "storm", "1000");
	scan("ns-storm-scan");
	sys_kill(child.pid, SIGSTOP);
	wait_state(child.pid, 'T');
	tell_status("ns-stopped", child.pid);
	run("ns-stopped-storm", ORPHANS, "storm", "500");
	run("ns-stopped-dead", ORPHANS, "dead", "100");
	scan("ns-stopped-scan");
	sys_kill(child.pid, SIGCONT);
	wait_state(child.pid, 'S');
	send_signals(child.pid, 0);
	tell_status("ns-continued", child.pid);
	sys_kill(child.pid, last_signal);
	finish_child(name, child);
}

static void in_a_process_of_its_own(const char *name, long last_signal, _Bool as_user)
{
	long pid = sys_fork();

	if (pid == 0) {
		look_at_namespace(name, last_signal, as_user);
		sys_exit(0);
	}
	sys_wait_for(pid, 0);
}

static void tell_kernel(const long *stack)
{
	char release[TEXT_SIZE];
	long fd = sys_open("/proc/sys/kernel/osrelease");

	read_all(fd, release);
	sys_close(fd);
	tell("kernel", release);

	/* argc, argv, a null, envp, a null, and then pairs (create_elf_tables, fs/binfmt_elf.c) */
	stack += 1 + stack[0] + 1;
	while (*stack++ != 0)
		;
	for (; stack[0] != AT_NULL; stack += 2) {
		if (stack[0] == AT_PAGESZ)
			tell_number("page-size", (unsigned long)stack[1]);
	}
}

static _Noreturn void supervise(const long *stack, long gate)
{
	/* Only emergencies on the console from here on, so that no message cuts through a fact. */
	syscall3(__NR_syslog, 8, 0, 1);
	tell_kernel(stack);
	look_at_init(gate);
	look_at_child();
	in_a_process_of_its_own("ns-term", SIGTERM, 0);
	in_a_process_of_its_own("ns-int", SIGINT, 1);
	scan("last-scan");
	tell("end", "");
	/* Serial lines are slow, and a kernel that panics lets nobody finish. */
	sleep_ms(500);
	sys_kill(1, SIGTERM);
	for (;;)
		sleep_ms(999);
}

/* _start jumps here with the stack as exec left it: argc, argv, a null, envp. */
_Noreturn void start(const long *stack)
{
	const char *argv[2];
	int gate[2];
	char byte;

	sys_mount("proc", "/proc", "proc");
	if (sys_pipe(gate))
		sys_exit(110);
	for (int zombies = 0; zombies < 3; zombies++) {
		if (sys_fork() == 0)
			sys_exit(0);
	}
	if (sys_fork() == 0) {
		sys_close(gate[0]);
		supervise(stack, gate[1]);
	}
	sys_close(gate[1]);
	sys_read(gate[0], &byte, 1);
	sys_close(gate[0]);
	argv[0] = PAUSE;
	argv[1] = 0;
	sys_execve(argv);
	sys_exit(111);
}
