#!/bin/sh
{
\set -C

# @TITLE@
# @ROOT@
# A container image inside a shell script. It needs sh, base64 and gzip, and curl or wget to push: sh FILE --help
# Nothing is done before the last brace is read and the checksums of all of it are right.
# What it does can be read: sed '1,/^hiatus_body/d;/^.hiatus.body$/,$d' FILE | base64 -d | gzip -d
hiatus_body() { \command cat <<'/hiatus/body'
@BODY@
/hiatus/body
}
hiatus_payload() { \command cat <<'/hiatus/payload'
@PAYLOAD@
/hiatus/payload
}
hiatus_sha256() {
  case $(\command -v sha256sum)$(\command -v shasum) in
  *sha256sum*) \command sha256sum ;;
  *shasum) \command shasum -a 256 ;;
  *) \command openssl dgst -sha256 -r ;;
  esac
}
hiatus_decode() {
  case $(\command -v base64) in
  ?*) \command base64 -d ;;
  *) \command openssl base64 -d ;;
  esac
}
hiatus_say() {
  \command printf '%s\n' "$0: $1" >&2
  \false
}
hiatus_start() {
  hiatus_sum=$(hiatus_sha256 <</hiatus/sum
$(hiatus_body)
$(hiatus_payload)
/hiatus/sum
  )
  case ${hiatus_sum%% *} in
  "$1")
    \shift
    \unalias -a
    hiatus_text=$(hiatus_body | (hiatus_decode) | (GZIP='' \command gzip -dc))
    case $?$hiatus_text in
    '0settle() {'*)
      \eval "$hiatus_text"
      hiatus_main "$@"
      ;;
    *) hiatus_say "it cannot unpack itself; base64 or openssl, and gzip must be there" ;;
    esac
    ;;
  *) hiatus_say "damaged or cut short; fetch it again (no checksum but its own was asked)" ;;
  esac
}
\set +e

hiatus_start @SUM@ @SIZE@ "$@"
}
\exit 1
