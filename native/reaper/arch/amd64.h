/*
 * amd64, as arch/x86/entry/entry_64.S (entry_SYSCALL_64) says:
 *   instruction  syscall
 *   number       rax
 *   arguments    rdi, rsi, rdx, r10, r8, r9
 *   result       rax; an error is -errno
 *   clobbered    rcx (return address), r11 (flags)
 * At exec rsp points to argc and is a multiple of 16 (create_elf_tables, fs/binfmt_elf.c); `call` then
 * leaves it as a function expects it.
 */
#define EXIT_GROUP_HERE 231 /* arch/x86/entry/syscalls/syscall_64.tbl */

__asm__(".globl _start\n"
	"_start:\n"
	"	mov %rsp, %rdi\n"
	"	call start\n");

static inline long syscall0(long nr)
{
	__asm__ volatile("syscall" : "+a"(nr) : : "rcx", "r11", "memory");
	return nr;
}

static inline long syscall1(long nr, long a)
{
	__asm__ volatile("syscall" : "+a"(nr) : "D"(a) : "rcx", "r11", "memory");
	return nr;
}

static inline long syscall3(long nr, long a, long b, long c)
{
	__asm__ volatile("syscall"
			 : "+a"(nr)
			 : "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return nr;
}

static inline long syscall4(long nr, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;

	__asm__ volatile("syscall"
			 : "+a"(nr)
			 : "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return nr;
}
