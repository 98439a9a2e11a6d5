/*
 * Starting programs and looking at them in /proc.
 */

/* A child with a pipe behind its standard output and error. */
struct child {
	long pid;
	long output;
};

static struct child start_child(const char *const *argv, _Bool as_user)
{
	struct child child = { -1, -1 };
	int ends[2];

	if (sys_pipe(ends))
		return child;
	child.pid = sys_fork();
	if (child.pid == 0) {
		syscall3(__NR_dup3, ends[1], 1, 0);
		syscall3(__NR_dup3, ends[1], 2, 0);
		sys_close(ends[0]);
		sys_close(ends[1]);
		/* The group first: afterwards nobody may change it. */
		if (!as_user || (syscall1(SETGID, USER) == 0 && syscall1(SETUID, USER) == 0))
			sys_execve(argv);
		sys_exit(127);
	}
	sys_close(ends[1]);
	child.output = ends[0];
	return child;
}

/* Waits for its end and tells of it. */
static void finish_child(const char *name, struct child child)
{
	char said[TEXT_SIZE];
	int status = -1;

	read_all(child.output, said);
	sys_close(child.output);
	sys_wait_for(child.pid, &status);
	tell_end(name, status, said);
}

/* Runs a program to its end and tells what became of it. */
static void run(const char *name, const char *program, const char *first, const char *second)
{
	const char *const argv[] = { program, first, second, 0 };

	finish_child(name, start_child(argv, 0));
}

/* /proc/<pid>/status; empty when there is no such process. */
static void read_status(long pid, char text[TEXT_SIZE])
{
	static const unsigned int powers[] = { 1000000, 100000, 10000, 1000, 100, 10, 1 };
	char path[64];
	char *end = append(path, "/proc/");
	_Bool leading = 1;
	long fd;

	for (unsigned long i = 0; i < sizeof(powers) / sizeof(powers[0]); i++) {
		char digit = '0';

		for (; pid >= (long)powers[i]; pid -= (long)powers[i])
			digit++;
		leading = leading && digit == '0';
		if (!leading)
			*end++ = digit;
	}
	append(end, "/status");
	text[0] = '\0';
	fd = sys_open(path);
	if (fd < 0)
		return;
	read_all(fd, text);
	sys_close(fd);
}

/* What stands behind a name at the start of a line, or an empty text. */
static const char *field(const char *text, const char *name)
{
	for (; *text != '\0'; text++) {
		const char *a = text;
		const char *b = name;

		for (; *b != '\0' && *a == *b; a++)
			b++;
		if (*b == '\0') {
			while (*a == '\t' || *a == ' ')
				a++;
			return a;
		}
		while (*text != '\0' && *text != '\n')
			text++;
		if (*text == '\0')
			break;
	}
	return text;
}

static _Bool is_zero(const char *hex)
{
	while (*hex == '0')
		hex++;
	return *hex == '\n' || *hex == '\0';
}

/* Signals 1 to 4 of a set; SIGINT is the second. */
static unsigned int last_digit(const char *hex)
{
	while (*hex != '\0' && hex[1] != '\n' && hex[1] != '\0')
		hex++;
	return (unsigned int)(*hex >= 'a' ? *hex - 'a' + 10 : *hex - '0');
}

/* Ready is pause once it ignores SIGCHLD and waits for SIGINT: the rest is blocked, that one no more. */
static _Bool is_ready(const char *status)
{
	const char *blocked = field(status, "SigBlk:");

	return *field(status, "State:") == 'S' && !is_zero(field(status, "SigIgn:")) &&
	       !is_zero(blocked) && (last_digit(blocked) & 2) == 0;
}

/* Waits, at most ten seconds. */
static void wait_ready(long pid)
{
	char status[TEXT_SIZE];

	for (int tries = 0; tries < 1000; tries++) {
		read_status(pid, status);
		if (is_ready(status))
			break;
		sleep_ms(10);
	}
	/* A process that was preempted on its way to sleep says that it sleeps: let it get there. */
	for (int naps = 0; naps < 10; naps++)
		sleep_ms(10);
}

/* Waits for a state, at most ten seconds. */
static void wait_state(long pid, char state)
{
	char status[TEXT_SIZE];

	for (int tries = 0; tries < 1000; tries++) {
		read_status(pid, status);
		if (*field(status, "State:") == state)
			return;
		sleep_ms(10);
	}
}

/* Tells of a process: the lines of its status that say what it does with signals and how often it ran. */
static void tell_status(const char *name, long pid)
{
	static const char wanted[][32] = {
		"Name:",   "State:",  "Uid:",			  "SigBlk:",
		"SigIgn:", "SigCgt:", "voluntary_ctxt_switches:", "nonvoluntary_ctxt_switches:",
	};
	char status[TEXT_SIZE];
	char text[512];
	char *end = text;

	read_status(pid, status);
	for (unsigned long i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		const char *value = field(status, wanted[i]);

		end = append(end, wanted[i]);
		while (*value != '\0' && *value != '\n' && end < text + sizeof(text) - 40)
			*end++ = *value++;
		end = append(end, "\n");
	}
	tell(name, text);
}
