# shellcheck shell=sh
# One exchange by HTTP, with curl or GNU wget. Addresses and credentials are read by them from files that only we can read.

choose_client() {
  if has curl && curl -q --version >/dev/null 2>&1; then
    client=curl
  elif has wget && wget --version 2>/dev/null | grep -q 'GNU Wget'; then
    client=wget
  elif has wget; then
    die 1 'This wget (that of busybox) can only read: pushing needs curl or GNU wget' \
      'Or --extract-tar FILE here, and push where there is one of them'
  else
    die 1 'Pushing needs curl or GNU wget' 'Or --extract-tar FILE here, and push where there is one of them'
  fi
  requests=0
}

# http METHOD URL [BODY [TYPE]]: the answer's code in status, its fields in the file fields, its body in answer. Who we are is said to the
# registry's own origin only, and `basic` to the realm that it named.
http() {
  url=$2
  origin_of "$url"
  allow_url
  authorization=''
  case $url_origin in
  "$realm_origin") authorization=${basic:+Basic $basic} ;;
  "$origin") authorization=$registry_authorization ;;
  esac
  try=0
  while :; do
    try=$((try + 1)) requests=$((requests + 1))
    : >fields
    : >answer
    "exchange_with_$client" "$1" "$url" "${3-}" "${4-}"
    case $status in
    429 | 500 | 502 | 503 | 504) ;;
    000) [ $try -lt 3 ] || die 1 "No answer from $url_origin: $(head -n 1 complaint)" ;;
    *) return 0 ;;
    esac
    [ $try -lt 4 ] || return 0
    wait_seconds
  done
}

# As long as the registry asks for, within a minute; else longer each time.
wait_seconds() {
  seconds=$(field retry-after)
  case $seconds in
  '' | *[!0-9]* | ?????*) seconds=$((try * try)) ;;
  esac
  [ "$seconds" -le 60 ] || seconds=60
  sleep "$seconds"
}

# Settings are here-documents, because what programs are called with can be seen by everybody.
exchange_with_curl() {
  more=''
  [ "$1" != HEAD ] || more="$more${newline}head"
  [ "$1" = HEAD ] || more="$more${newline}request = \"$1\""
  [ -z "$authorization" ] || more="$more${newline}header = \"Authorization: $authorization\""
  [ -z "$3" ] || more="$more${newline}data-binary = \"@$3\"${newline}header = \"Content-Type: ${4:-application/octet-stream}\""
  [ -z "$ca" ] || more="$more${newline}cacert = \"ca.pem\""
  [ -z "$insecure" ] || more="$more${newline}insecure"
  ! is_loopback "$url_host" || more="$more${newline}noproxy = \"*\""
  cat >settings <<EOS
url = "$2"
proto = "=$url_scheme"
dump-header = "fields"
output = "answer"
write-out = "%{http_code}"
silent
show-error
connect-timeout = 20
max-time = 120
max-filesize = 8388608
header = "Accept: $accept"
header = "Expect:"$more
EOS
  code=0
  status=$(curl -q -K settings 2>complaint) || code=$?
  case $code in
  35 | 51 | 58 | 60 | 77 | 83 | 91) die 1 "$url_origin: $(head -n 1 complaint)" 'Name its certificate authority: --ca FILE' ;;
  6) die 1 "There is no $url_host: $(head -n 1 complaint)" "$url_origin is what was asked for" ;;
  63) die 1 "$url_origin answers with more than 8 MiB" ;;
  esac
  status=${status:-000}
}

exchange_with_wget() {
  more=''
  [ -z "$authorization" ] || more="$more${newline}header = Authorization: $authorization"
  [ -z "$3" ] || more="$more${newline}header = Content-Type: ${4:-application/octet-stream}"
  [ -z "$ca" ] || more="$more${newline}ca_certificate = ca.pem"
  [ -z "$insecure" ] || more="$more${newline}check_certificate = off"
  ! is_loopback "$url_host" || more="$more${newline}use_proxy = off"
  cat >settings <<EOS
header = Accept: $accept$more
EOS
  cat >urls <<EOU
$2
EOU
  code=0
  wget --config=settings --method="$1" ${3:+"--body-file=$3"} --input-file=urls --output-document=answer \
    --server-response --no-verbose --content-on-error --max-redirect=0 --tries=1 --timeout=120 --connect-timeout=20 \
    --no-hsts --no-netrc >log 2>&1 || code=$?
  sed -n 's/^  //p' <log >fields
  sed '/^  /d' <log >complaint
  status=$(awk '/^HTTP\// { code = $2 } END { print code }' <fields)
  [ $code != 5 ] || die 1 "$url_origin: $(head -n 1 complaint)" 'Name its certificate authority: --ca FILE'
  status=${status:-000}
}

# field NAME: that header field of the last answer, a line for each time it is there.
field() {
  tr -d '\r' <fields | awk -v name="$1" '
    /^HTTP\// { count = 0; next }
    {
      colon = index($0, ":")
      if (tolower(substr($0, 1, colon - 1)) != name) next
      value = substr($0, colon + 1)
      sub(/^ +/, "", value)
      if (length(value) <= 8192) values[++count] = value
    }
    END { for (i = 1; i <= count; i++) print values[i] }'
}

# origin_of URL: its scheme, host and port in url_origin, the host in url_host. Only addresses with nothing odd in them go on.
origin_of() {
  odd='*[!]A-Za-z0-9._~:/?&=%+,@;[-]*'
  # shellcheck disable=SC2254 # it is a pattern: characters that mean something to a shell cannot stand in one as they are
  case $1 in
  $odd) die 1 'An address with something odd in it was refused' ;;
  esac
  rest=${1#*://}
  authority=${rest%%[/?]*}
  url_scheme=${1%%://*}
  case $authority in
  '['*[!0-9a-fA-F:]*']'* | '' | *@*) die 1 'An address with something odd in it was refused' ;;
  '['*']' | '['*']':*) ;;
  *[!A-Za-z0-9.:_-]*) die 1 'An address with something odd in it was refused' ;;
  esac
  case $url_scheme in
  https) authority=${authority%:443} ;;
  http) authority=${authority%:80} ;;
  *) die 1 'An address that is neither https nor http was refused' ;;
  esac
  url_origin=$url_scheme://$authority
  case $authority in
  '['*) url_host=${authority%%]*}] ;;
  *) url_host=${authority%:*} ;;
  esac
}

# What an answer led to must be as safe as the registry itself, and no way into what is private to this machine or network.
allow_url() {
  [ "$url_origin" != "$origin" ] || return 0
  case $scheme:$url_scheme in
  https:http) die 1 "$origin leads to $url_origin, which is not https" ;;
  esac
  [ "$url_host" != "$host" ] || return 0
  if is_private "$url_host" && ! is_private "$host"; then
    die 1 "$origin leads to $url_origin, a private address" 'Ask whoever runs the registry to give it a name'
  fi
}

is_loopback() {
  case $1 in
  localhost | '[::1]') ;;
  127.*[!0-9.]*) return 1 ;;
  127.*) ;;
  *) return 1 ;;
  esac
}

# Addresses as numbers that mean something else on every network; names are the business of whoever runs the resolver.
is_private() {
  case $1 in
  localhost | *.localhost | '['*) ;;
  *[!0-9.]*) return 1 ;;
  0.* | 10.* | 127.* | 169.254.* | 192.168.* | 172.1[6-9].* | 172.2?.* | 172.3[01].*) ;;
  *.*.*.*) return 1 ;;
  esac
}
