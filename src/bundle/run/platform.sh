# shellcheck shell=sh
# Which of the platforms this machine runs.

# Sets platform: the one asked for, or that of this machine; nearest first where older ones run as well.
choose_platform() {
  if [ -n "$wanted_platform" ]; then
    candidates=$wanted_platform
    case $wanted_platform in
    */*/* | linux/*) ;;
    *) candidates=linux/$wanted_platform ;;
    esac
    case $candidates in
    linux/arm64) candidates='linux/arm64/v8 linux/arm64' ;;
    linux/arm) candidates='linux/arm/v7 linux/arm' ;;
    esac
  else
    machine_platforms
  fi
  for platform in $candidates; do
    case " $platforms " in
    *" $platform "*) return 0 ;;
    esac
  done
  die 1 "There is no image for ${wanted_platform:-this machine ($(uname -m))} in here" "There are: $platforms"
}

# By the kernel's name of the machine, by the word size of programs where the kernel runs both, by the byte order where the name is silent.
machine_platforms() {
  machine=$(uname -m)
  bits=$(od -An -tu1 -j4 -N1 /proc/self/exe 2>/dev/null | tr -d ' ') || bits=''
  case $machine:$bits in
  x86_64:1 | i?86:*) candidates=linux/386 ;;
  x86_64:* | amd64:*) candidates=linux/amd64 ;;
  aarch64:1 | armv8*:* | armv7*:*) candidates='linux/arm/v7 linux/arm/v6 linux/arm/v5' ;;
  aarch64:* | arm64:*) candidates='linux/arm64/v8 linux/arm64' ;;
  armv6*:*) candidates='linux/arm/v6 linux/arm/v5' ;;
  armv5*:*) candidates=linux/arm/v5 ;;
  arm*:*) arm_by_cpuinfo ;;
  ppc64le:* | s390x:* | riscv64:*) candidates=linux/$machine ;;
  loongarch64:* | loong64:*) candidates=linux/loong64 ;;
  mips64*:*)
    case $(printf '\001\000' | od -An -tu2 | tr -d ' ') in
    1) candidates=linux/mips64le ;;
    *) candidates=linux/mips64 ;;
    esac
    ;;
  *) candidates=linux/$machine ;;
  esac
}

# The first Raspberry Pi calls itself architecture 7 and is an ARMv6.
arm_by_cpuinfo() {
  cpuinfo=$(cat "${HIATUS_CPUINFO:-/proc/cpuinfo}") || cpuinfo=''
  case $cpuinfo in
  *ARMv6*) candidates='linux/arm/v6 linux/arm/v5' ;;
  *'CPU architecture: 7'* | *'CPU architecture: 8'* | *ARMv7* | *ARMv8*) candidates='linux/arm/v7 linux/arm/v6 linux/arm/v5' ;;
  *'CPU architecture: 6'*) candidates='linux/arm/v6 linux/arm/v5' ;;
  *) candidates=linux/arm/v5 ;;
  esac
}

# Reads the platform's row: its manifest, config and layers.
read_platform() {
  while read -r kind row _ platform_manifest platform_config platform_layers; do
    case $kind:$row in
    "platform:$platform") return 0 ;;
    esac
  done <table
}
