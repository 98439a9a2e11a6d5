/* The syscall functions and _start of the CPU that is compiled for. */
#if defined(__x86_64__) && !defined(__ILP32__)
#include "arch/amd64.h"
#elif defined(__i386__)
#include "arch/386.h"
#elif defined(__aarch64__) && defined(__LP64__)
#include "arch/arm64.h"
#elif defined(__ARM_EABI__)
#include "arch/arm.h"
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__) && _CALL_ELF == 2
#include "arch/ppc64le.h"
#elif defined(__s390x__)
#include "arch/s390x.h"
#elif defined(__riscv) && __riscv_xlen == 64
#include "arch/riscv64.h"
#elif defined(__loongarch_lp64)
#include "arch/loong64.h"
#elif defined(__mips64) && defined(__MIPSEL__) && _MIPS_SIM == _ABI64
#include "arch/mips64le.h"
#else
#error "This CPU has no header under arch/"
#endif
