/*
 * s390x, as arch/s390/kernel/entry.S (system_call) and syscall.c (__do_syscall) say:
 *   instruction  svc 0
 *   number       r1
 *   arguments    r2 to r7
 *   result       r2; an error is -errno
 *   clobbered    nothing else
 * At exec r15 points to argc (create_elf_tables, fs/binfmt_elf.c). A callee saves registers in the 160
 * bytes above r15 (ELF ABI s390x supplement, "The Stack Frame"), so _start makes room for them.
 */
#define EXIT_GROUP_HERE 248 /* arch/s390/kernel/syscalls/syscall.tbl */

__asm__(".globl _start\n"
	"_start:\n"
	"	lgr %r2, %r15\n"
	"	aghi %r15, -160\n"
	"	jg start\n");

static inline long syscall0(long nr)
{
	register long r1 __asm__("r1") = nr;
	register long r2 __asm__("r2");

	__asm__ volatile("svc 0" : "=r"(r2) : "r"(r1) : "memory");
	return r2;
}

static inline long syscall1(long nr, long a)
{
	register long r1 __asm__("r1") = nr;
	register long r2 __asm__("r2") = a;

	__asm__ volatile("svc 0" : "+r"(r2) : "r"(r1) : "memory");
	return r2;
}

static inline long syscall3(long nr, long a, long b, long c)
{
	register long r1 __asm__("r1") = nr;
	register long r2 __asm__("r2") = a;
	register long r3 __asm__("r3") = b;
	register long r4 __asm__("r4") = c;

	__asm__ volatile("svc 0" : "+r"(r2) : "r"(r1), "r"(r3), "r"(r4) : "memory");
	return r2;
}

static inline long syscall4(long nr, long a, long b, long c, long d)
{
	register long r1 __asm__("r1") = nr;
	register long r2 __asm__("r2") = a;
	register long r3 __asm__("r3") = b;
	register long r4 __asm__("r4") = c;
	register long r5 __asm__("r5") = d;

	__asm__ volatile("svc 0" : "+r"(r2) : "r"(r1), "r"(r3), "r"(r4), "r"(r5) : "memory");
	return r2;
}
