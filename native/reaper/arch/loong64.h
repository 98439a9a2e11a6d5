/*
 * loong64 (LP64), as arch/loongarch/kernel/entry.S (handle_syscall) and syscall.c (do_syscall) say:
 *   instruction  syscall 0
 *   number       a7
 *   arguments    a0 to a6
 *   result       a0; an error is -errno
 *   clobbered    t0 to t8, which entry.S does not restore
 * At exec sp points to argc (create_elf_tables, fs/binfmt_elf.c).
 */
#define EXIT_GROUP_HERE 94 /* include/uapi/asm-generic/unistd.h */

#define SYSCALL_CLOBBERS \
	"$t0", "$t1", "$t2", "$t3", "$t4", "$t5", "$t6", "$t7", "$t8", "memory"

__asm__(".globl _start\n"
	"_start:\n"
	"	move $a0, $sp\n"
	"	b start\n");

static inline long syscall0(long nr)
{
	register long a7 __asm__("$a7") = nr;
	register long a0 __asm__("$a0");

	__asm__ volatile("syscall 0" : "=r"(a0) : "r"(a7) : SYSCALL_CLOBBERS);
	return a0;
}

static inline long syscall1(long nr, long a)
{
	register long a7 __asm__("$a7") = nr;
	register long a0 __asm__("$a0") = a;

	__asm__ volatile("syscall 0" : "+r"(a0) : "r"(a7) : SYSCALL_CLOBBERS);
	return a0;
}

static inline long syscall3(long nr, long a, long b, long c)
{
	register long a7 __asm__("$a7") = nr;
	register long a0 __asm__("$a0") = a;
	register long a1 __asm__("$a1") = b;
	register long a2 __asm__("$a2") = c;

	__asm__ volatile("syscall 0" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2) : SYSCALL_CLOBBERS);
	return a0;
}

static inline long syscall4(long nr, long a, long b, long c, long d)
{
	register long a7 __asm__("$a7") = nr;
	register long a0 __asm__("$a0") = a;
	register long a1 __asm__("$a1") = b;
	register long a2 __asm__("$a2") = c;
	register long a3 __asm__("$a3") = d;

	__asm__ volatile("syscall 0" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3) : SYSCALL_CLOBBERS);
	return a0;
}
