/*
 * riscv64, as arch/riscv/kernel/entry.S (handle_exception) and traps.c (do_trap_ecall_u) say:
 *   instruction  ecall
 *   number       a7
 *   arguments    a0 to a5
 *   result       a0; an error is -errno
 *   clobbered    nothing else
 * At exec sp points to argc (create_elf_tables, fs/binfmt_elf.c).
 */
#define EXIT_GROUP_HERE 94 /* include/uapi/asm-generic/unistd.h */

__asm__(".globl _start\n"
	"_start:\n"
	"	mv a0, sp\n"
	"	j start\n");

static inline long syscall0(long nr)
{
	register long a7 __asm__("a7") = nr;
	register long a0 __asm__("a0");

	__asm__ volatile("ecall" : "=r"(a0) : "r"(a7) : "memory");
	return a0;
}

static inline long syscall1(long nr, long a)
{
	register long a7 __asm__("a7") = nr;
	register long a0 __asm__("a0") = a;

	__asm__ volatile("ecall" : "+r"(a0) : "r"(a7) : "memory");
	return a0;
}

static inline long syscall3(long nr, long a, long b, long c)
{
	register long a7 __asm__("a7") = nr;
	register long a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b;
	register long a2 __asm__("a2") = c;

	__asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2) : "memory");
	return a0;
}

static inline long syscall4(long nr, long a, long b, long c, long d)
{
	register long a7 __asm__("a7") = nr;
	register long a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b;
	register long a2 __asm__("a2") = c;
	register long a3 __asm__("a3") = d;

	__asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3) : "memory");
	return a0;
}
