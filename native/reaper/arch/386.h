/*
 * 386, as arch/x86/entry/entry_32.S (entry_INT80_32) says, or on a 64-bit kernel entry_64_compat.S:
 *   instruction  int $0x80
 *   number       eax
 *   arguments    ebx, ecx, edx, esi, edi, ebp
 *   result       eax; an error is -errno
 *   clobbered    nothing
 * At exec esp points to argc (create_elf_tables, fs/binfmt_elf.c).
 */
#define EXIT_GROUP_HERE 252 /* arch/x86/entry/syscalls/syscall_32.tbl */

__asm__(".globl _start\n"
	"_start:\n"
	"	push %esp\n"
	"	call start\n");

static inline long syscall0(long nr)
{
	__asm__ volatile("int $0x80" : "+a"(nr) : : "memory");
	return nr;
}

static inline long syscall1(long nr, long a)
{
	__asm__ volatile("int $0x80" : "+a"(nr) : "b"(a) : "memory");
	return nr;
}

static inline long syscall3(long nr, long a, long b, long c)
{
	__asm__ volatile("int $0x80" : "+a"(nr) : "b"(a), "c"(b), "d"(c) : "memory");
	return nr;
}

static inline long syscall4(long nr, long a, long b, long c, long d)
{
	__asm__ volatile("int $0x80"
			 : "+a"(nr)
			 : "b"(a), "c"(b), "d"(c), "S"(d)
			 : "memory");
	return nr;
}
