#!/bin/sh
{
# @TITLE@
# @ROOT@
# A container image inside a shell script. It needs sh, and curl or wget to push: sh FILE --help
# Nothing is done before the last brace is read and the checksums of all of it are right.
hiatus_body() { \command cat <<'/hiatus/body'
@BODY@
/hiatus/body
}
hiatus_payload() { \command cat <<'/hiatus/payload'
@PAYLOAD@
/hiatus/payload
}
hiatus_sha256() {
  \set -- "$(\command -v sha256sum || \command -v shasum || \command -v openssl)"
  case $1 in
  */shasum) \set -- "$1" -a 256 ;;
  */openssl) \set -- "$1" dgst -sha256 -r ;;
  */sha256sum) ;;
  *) \set -- sha256sum ;;
  esac
  \command "$@"
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
    \eval "$(hiatus_body)"
    hiatus_main "$@"
    ;;
  *)
    \command printf '%s\n' "$0: damaged or cut short; fetch it again (no checksum but its own was asked)" >&2
    \false
    ;;
  esac
}
\set +e
\false
hiatus_start @SUM@ @SIZE@ "$@"
\exit
}
