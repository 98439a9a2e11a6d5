/*
 * The one system call of the guest with five arguments. The reaper needs none, so native/reaper/arch.h has
 * no function for it; the conventions are described there, CPU by CPU.
 */
static inline long sys_mount(const char *source, const char *target, const char *type)
{
	long flags = 0;
	long data = 0;

#if defined(__x86_64__)
	register long r10 __asm__("r10") = flags;
	register long r8 __asm__("r8") = data;
	long nr = __NR_mount;

	__asm__ volatile("syscall"
			 : "+a"(nr)
			 : "D"(source), "S"(target), "d"(type), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return nr;
#elif defined(__i386__)
	long nr = __NR_mount;

	__asm__ volatile("int $0x80"
			 : "+a"(nr)
			 : "b"(source), "c"(target), "d"(type), "S"(flags), "D"(data)
			 : "memory");
	return nr;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = __NR_mount;
	register long x0 __asm__("x0") = (long)source;
	register long x1 __asm__("x1") = (long)target;
	register long x2 __asm__("x2") = (long)type;
	register long x3 __asm__("x3") = flags;
	register long x4 __asm__("x4") = data;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
			 : "memory");
	return x0;
#elif defined(__arm__)
	register long r7 __asm__("r7") = __NR_mount;
	register long r0 __asm__("r0") = (long)source;
	register long r1 __asm__("r1") = (long)target;
	register long r2 __asm__("r2") = (long)type;
	register long r3 __asm__("r3") = flags;
	register long r4 __asm__("r4") = data;

	__asm__ volatile("svc #0"
			 : "+r"(r0)
			 : "r"(r7), "r"(r1), "r"(r2), "r"(r3), "r"(r4)
			 : "memory");
	return r0;
#elif defined(__powerpc64__)
	register long r0 __asm__("r0") = __NR_mount;
	register long r3 __asm__("r3") = (long)source;
	register long r4 __asm__("r4") = (long)target;
	register long r5 __asm__("r5") = (long)type;
	register long r6 __asm__("r6") = flags;
	register long r7 __asm__("r7") = data;

	__asm__ volatile(SYSCALL
			 : "+r"(r0), "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r6), "+r"(r7)
			 :
			 : "r8", "r9", "r10", "r11", "r12", "cr0", "ctr", "xer", "memory");
	return r3;
#elif defined(__s390x__)
	register long r1 __asm__("r1") = __NR_mount;
	register long r2 __asm__("r2") = (long)source;
	register long r3 __asm__("r3") = (long)target;
	register long r4 __asm__("r4") = (long)type;
	register long r5 __asm__("r5") = flags;
	register long r6 __asm__("r6") = data;

	__asm__ volatile("svc 0"
			 : "+r"(r2)
			 : "r"(r1), "r"(r3), "r"(r4), "r"(r5), "r"(r6)
			 : "memory");
	return r2;
#elif defined(__riscv)
	register long a7 __asm__("a7") = __NR_mount;
	register long a0 __asm__("a0") = (long)source;
	register long a1 __asm__("a1") = (long)target;
	register long a2 __asm__("a2") = (long)type;
	register long a3 __asm__("a3") = flags;
	register long a4 __asm__("a4") = data;

	__asm__ volatile("ecall"
			 : "+r"(a0)
			 : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4)
			 : "memory");
	return a0;
#elif defined(__loongarch_lp64)
	register long a7 __asm__("$a7") = __NR_mount;
	register long a0 __asm__("$a0") = (long)source;
	register long a1 __asm__("$a1") = (long)target;
	register long a2 __asm__("$a2") = (long)type;
	register long a3 __asm__("$a3") = flags;
	register long a4 __asm__("$a4") = data;

	__asm__ volatile("syscall 0"
			 : "+r"(a0)
			 : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4)
			 : SYSCALL_CLOBBERS);
	return a0;
#elif defined(__mips64)
	register long v0 __asm__("$2") = __NR_mount;
	register long a0 __asm__("$4") = (long)source;
	register long a1 __asm__("$5") = (long)target;
	register long a2 __asm__("$6") = (long)type;
	register long a3 __asm__("$7") = flags;
	register long a4 __asm__("$8") = data;

	__asm__ volatile("syscall"
			 : "+r"(v0), "+r"(a3), "+r"(a4)
			 : "r"(a0), "r"(a1), "r"(a2)
			 : "$1", "$3", "$9", "$10", "$11", "$12", "$13", "$14", "$15", "$24", "$25",
			   "hi", "lo", "memory");
	return a3 ? -v0 : v0;
#else
#error "This CPU has no sys_mount yet"
#endif
}
