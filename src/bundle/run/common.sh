# shellcheck shell=sh
# What every other part builds on: a quiet environment, messages, a private folder, an orderly end.

# Nothing of the caller's surroundings may change what the words below mean.
settle() {
  set -efu
  unset -f cat sed tr awk grep rm mv cp mkdir mktemp chmod wc tar gzip base64 sleep uname od ln printf curl wget nc || :
  unset CDPATH GREP_OPTIONS TAR_OPTIONS GZIP POSIXLY_CORRECT WGETRC || :
  LC_ALL=C
  PATH=${PATH-}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  export LC_ALL PATH
  IFS=$(printf ' \n_')
  IFS=${IFS%_}
  newline=${IFS# }
  user_umask=$(umask)
  umask 077
  me=${0##*/}
  work='' aside=''
  home=$(pwd -P) || die 1 'The current folder is gone; go to another one'
}

say() {
  printf '%s\n' "$*"
}

note() {
  printf '%s\n' "$me: $*" >&2
}

# die CODE MESSAGE [HINT]: 1 the work failed, 2 wrong usage, 3 a check found a difference.
die() {
  note "$2"
  [ $# -lt 3 ] || printf '  %s\n' "$3" >&2
  exit "$1"
}

usage() {
  die 2 "$1" "${2-See sh $me --help}"
}

# A path that means the same from every folder and begins with no dash.
absolute() {
  case $1 in
  /*) absolute=$1 ;;
  *) absolute=$home/$1 ;;
  esac
}

# A private folder, which becomes the current one: everything below has plain names there.
enter_work() {
  [ -z "$work" ] || return 0
  absolute "${TMPDIR:-/tmp}"
  trap 'clean_up' EXIT
  trap 'stop INT' INT
  trap 'stop TERM' TERM
  trap 'stop HUP' HUP
  work=$(mktemp -d "$absolute/hiatus.XXXXXX") || {
    work=
    die 1 "No folder can be made in $absolute" 'Name another one: TMPDIR=/path sh FILE ...'
  }
  cd "$work" || die 1 "$work cannot be entered"
}

clean_up() {
  # `cd` first: a folder that is in use cannot be removed everywhere.
  cd /
  for path in "$work" "$aside"; do
    case $path in
    /*) rm -rf "$path" ;;
    esac
  done
  work='' aside=''
}

# Ends as the signal would have ended it, with nothing left behind.
stop() {
  trap - EXIT INT TERM HUP
  clean_up
  note "Stopped by SIG$1"
  kill -s "$1" $$
}

# hash_of FILE: its SHA-256 in hash.
hash_of() {
  hash=$(hiatus_sha256 <"$1") || die 1 "No SHA-256 of $1" 'sha256sum, shasum or openssl must be there'
  hash=${hash%% *}
}

size_of() {
  size=$(wc -c <"$1") || die 1 "$1 cannot be read"
  size=$((size))
}

# has PROGRAM: is it there?
has() {
  command -v "$1" >/dev/null 2>&1
}

# bytes NUMBER: with commas, in bytes.
bytes() {
  bytes=$1 tail=''
  while [ ${#bytes} -gt 3 ]; do
    tail=,${bytes#"${bytes%???}"}$tail
    bytes=${bytes%???}
  done
  bytes=$bytes$tail
}

# The file this runs from must be whole: its length, and on its last line the checksum of the rest. From a pipe there is no file, and the
# checksum of what is run and unpacked, which was right or we would not be here, has to do. check_self BYTES
check_self() {
  case ${0##*/} in
  sh | ash | dash | bash | ksh | mksh | lksh | busybox | -*) return 0 ;;
  esac
  case $0 in
  /dev/stdin | /dev/fd/* | /proc/self/fd/*) [ -f "$0" ] || return 0 ;;
  esac
  if [ ! -f "$0" ] || [ ! -r "$0" ]; then
    die 1 "$0 cannot be read" 'Say where the file is, as in sh ./FILE, or give it to a shell: sh -s -- --help <FILE'
  fi
  size_of "$0"
  last=$(sed -n '$p' <"$0")
  hash=$(sed '$d' <"$0" | hiatus_sha256)
  case "$size $last" in
  "$1 # sha256 ${hash%% *}") ;;
  *) die 1 "$0 is damaged or cut short; fetch it again" ;;
  esac
}
