/*
 * ppc64le (ELFv2), as Documentation/arch/powerpc/syscall64-abi.rst and
 * arch/powerpc/kernel/interrupt_64.S (system_call_common) say:
 *   instruction  sc
 *   number       r0
 *   arguments    r3 to r8
 *   result       r3; on error cr0.SO is set and r3 is errno, made -errno here
 *   clobbered    r0, r4 to r12, cr0, ctr, xer
 * At exec r1 points to argc (create_elf_tables, fs/binfmt_elf.c). _start sets the TOC pointer r2, from
 * which constants are found, and makes room for what a callee saves in the 32 bytes above r1 (Power
 * ELFv2 ABI, "TOC Pointer Usage" and "The Stack Frame").
 */
#define EXIT_GROUP_HERE 234 /* arch/powerpc/kernel/syscalls/syscall.tbl */

__asm__(".globl _start\n"
	"_start:\n"
	"	lis 2, .TOC.@ha\n"
	"	addi 2, 2, .TOC.@l\n"
	"	mr 3, 1\n"
	"	addi 1, 1, -32\n"
	"	b start\n");

#define SYSCALL "sc\n\tbns+ 0f\n\tneg 3, 3\n0:"

static inline long syscall0(long nr)
{
	register long r0 __asm__("r0") = nr;
	register long r3 __asm__("r3");

	__asm__ volatile(SYSCALL
			 : "+r"(r0), "=r"(r3)
			 :
			 : "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "cr0",
			   "ctr", "xer", "memory");
	return r3;
}

static inline long syscall1(long nr, long a)
{
	register long r0 __asm__("r0") = nr;
	register long r3 __asm__("r3") = a;

	__asm__ volatile(SYSCALL
			 : "+r"(r0), "+r"(r3)
			 :
			 : "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "cr0",
			   "ctr", "xer", "memory");
	return r3;
}

static inline long syscall3(long nr, long a, long b, long c)
{
	register long r0 __asm__("r0") = nr;
	register long r3 __asm__("r3") = a;
	register long r4 __asm__("r4") = b;
	register long r5 __asm__("r5") = c;

	__asm__ volatile(SYSCALL
			 : "+r"(r0), "+r"(r3), "+r"(r4), "+r"(r5)
			 :
			 : "r6", "r7", "r8", "r9", "r10", "r11", "r12", "cr0", "ctr",
			   "xer", "memory");
	return r3;
}

static inline long syscall4(long nr, long a, long b, long c, long d)
{
	register long r0 __asm__("r0") = nr;
	register long r3 __asm__("r3") = a;
	register long r4 __asm__("r4") = b;
	register long r5 __asm__("r5") = c;
	register long r6 __asm__("r6") = d;

	__asm__ volatile(SYSCALL
			 : "+r"(r0), "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r6)
			 :
			 : "r7", "r8", "r9", "r10", "r11", "r12", "cr0", "ctr", "xer",
			   "memory");
	return r3;
}
