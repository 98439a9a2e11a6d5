/*
 * arm (EABI), in ARM or Thumb code, as arch/arm/kernel/entry-common.S (vector_swi) says:
 *   instruction  svc #0
 *   number       r7
 *   arguments    r0 to r6
 *   result       r0; an error is -errno
 *   clobbered    nothing else
 * At exec sp points to argc (create_elf_tables, fs/binfmt_elf.c). Bit 0 of the entry point chooses
 * Thumb, and the linker sets it for a symbol that is a function.
 */
#define EXIT_GROUP_HERE 248 /* arch/arm/tools/syscall.tbl */

#ifdef __thumb__
__asm__(".thumb\n");
#endif

__asm__(".globl _start\n"
	".type _start, %function\n"
	"_start:\n"
	"	mov r0, sp\n"
	"	b start\n");

static inline long syscall0(long nr)
{
	register long r7 __asm__("r7") = nr;
	register long r0 __asm__("r0");

	__asm__ volatile("svc #0" : "=r"(r0) : "r"(r7) : "memory");
	return r0;
}

static inline long syscall1(long nr, long a)
{
	register long r7 __asm__("r7") = nr;
	register long r0 __asm__("r0") = a;

	__asm__ volatile("svc #0" : "+r"(r0) : "r"(r7) : "memory");
	return r0;
}

static inline long syscall3(long nr, long a, long b, long c)
{
	register long r7 __asm__("r7") = nr;
	register long r0 __asm__("r0") = a;
	register long r1 __asm__("r1") = b;
	register long r2 __asm__("r2") = c;

	__asm__ volatile("svc #0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2) : "memory");
	return r0;
}

static inline long syscall4(long nr, long a, long b, long c, long d)
{
	register long r7 __asm__("r7") = nr;
	register long r0 __asm__("r0") = a;
	register long r1 __asm__("r1") = b;
	register long r2 __asm__("r2") = c;
	register long r3 __asm__("r3") = d;

	__asm__ volatile("svc #0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2), "r"(r3) : "memory");
	return r0;
}
