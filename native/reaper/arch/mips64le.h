/*
 * mips64le (n64), as arch/mips/kernel/scall64-n64.S (handle_sys64) says:
 *   instruction  syscall
 *   number       v0 ($2)
 *   arguments    a0 to a5 ($4 to $9)
 *   result       v0; on error a3 ($7) is not 0 and v0 is errno, made -errno here
 *   clobbered    at, v1, a4 to a7, t0 to t3, t8, t9 ($1, $3, $8 to $15, $24, $25), hi, lo
 * At exec sp ($29) points to argc (create_elf_tables, fs/binfmt_elf.c).
 */
#define EXIT_GROUP_HERE 5205 /* arch/mips/kernel/syscalls/syscall_n64.tbl: 205, from 5000 */

#define SYSCALL_CLOBBERS \
	"$1", "$3", "$8", "$9", "$10", "$11", "$12", "$13", "$14", "$15", "$24", "$25", "hi", "lo", \
		"memory"

__asm__(".globl _start\n"
	"_start:\n"
	"	move $4, $29\n"
	"	j start\n");

static inline long syscall0(long nr)
{
	register long v0 __asm__("$2") = nr;
	register long a3 __asm__("$7");

	__asm__ volatile("syscall"
			 : "+r"(v0), "=r"(a3)
			 :
			 : SYSCALL_CLOBBERS);
	return a3 ? -v0 : v0;
}

static inline long syscall1(long nr, long a)
{
	register long v0 __asm__("$2") = nr;
	register long a0 __asm__("$4") = a;
	register long a3 __asm__("$7");

	__asm__ volatile("syscall"
			 : "+r"(v0), "=r"(a3)
			 : "r"(a0)
			 : SYSCALL_CLOBBERS);
	return a3 ? -v0 : v0;
}

static inline long syscall3(long nr, long a, long b, long c)
{
	register long v0 __asm__("$2") = nr;
	register long a0 __asm__("$4") = a;
	register long a1 __asm__("$5") = b;
	register long a2 __asm__("$6") = c;
	register long a3 __asm__("$7");

	__asm__ volatile("syscall"
			 : "+r"(v0), "=r"(a3)
			 : "r"(a0), "r"(a1), "r"(a2)
			 : SYSCALL_CLOBBERS);
	return a3 ? -v0 : v0;
}

static inline long syscall4(long nr, long a, long b, long c, long d)
{
	register long v0 __asm__("$2") = nr;
	register long a0 __asm__("$4") = a;
	register long a1 __asm__("$5") = b;
	register long a2 __asm__("$6") = c;
	register long a3 __asm__("$7") = d;

	__asm__ volatile("syscall"
			 : "+r"(v0), "+r"(a3)
			 : "r"(a0), "r"(a1), "r"(a2)
			 : SYSCALL_CLOBBERS);
	return a3 ? -v0 : v0;
}
