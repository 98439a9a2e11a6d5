/*
 * arm64, as arch/arm64/kernel/entry.S (el0t_64_sync) and syscall.c (el0_svc_common) say:
 *   instruction  svc #0
 *   number       x8
 *   arguments    x0 to x5
 *   result       x0; an error is -errno
 *   clobbered    nothing else
 * At exec sp points to argc (create_elf_tables, fs/binfmt_elf.c).
 */
#define EXIT_GROUP_HERE 94 /* include/uapi/asm-generic/unistd.h */

__asm__(".globl _start\n"
	"_start:\n"
	"	mov x0, sp\n"
	"	b start\n");

static inline long syscall0(long nr)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0");

	__asm__ volatile("svc #0" : "=r"(x0) : "r"(x8) : "memory");
	return x0;
}

static inline long syscall1(long nr, long a)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8) : "memory");
	return x0;
}

static inline long syscall3(long nr, long a, long b, long c)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	return x0;
}

static inline long syscall4(long nr, long a, long b, long c, long d)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
}
