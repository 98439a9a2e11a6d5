# shellcheck shell=sh
# Who we are: credentials from the environment or from files of docker and podman, and what a registry makes of them.

# ask METHOD URL [BODY [TYPE]]: http, and once more when the registry wants to know who we are, or wants to know it again.
ask() {
  http "$@"
  case "$status $url_origin" in
  "401 $origin") ;;
  *) return 0 ;;
  esac
  authorize
  http "$@"
  [ "$status" != 401 ] || die 1 "$registry does not let us in (401)" \
    'Set HIATUS_USERNAME and HIATUS_PASSWORD or HIATUS_PASSWORD_FILE, or DOCKER_CONFIG'
}

# Answers the challenge of the last answer.
authorize() {
  field www-authenticate >challenges
  case $(challenge scheme) in
  bearer) fetch_token ;;
  basic)
    [ -n "$basic" ] || die 1 "$registry wants a user and a password" \
      'Set HIATUS_USERNAME and HIATUS_PASSWORD or HIATUS_PASSWORD_FILE, or DOCKER_CONFIG'
    registry_authorization="Basic $basic"
    ;;
  *) die 1 "$registry wants to know who we are (401), and not how" ;;
  esac
}

# challenge PART: scheme, realm or service of what was asked; a token is preferred.
challenge() {
  awk -v part="$1" '
    {
      lower = tolower($0)
      at = index(lower, "bearer ")
      if (at > 0) bearer = substr($0, at + 7)
      if (lower ~ /^basic/ || lower ~ /, *basic/) basic = 1
    }
    END {
      if (part == "scheme") {
        print bearer != "" ? "bearer" : basic ? "basic" : ""
        exit
      }
      at = index(tolower(bearer), part "=\"")
      if (at == 0) exit
      rest = substr(bearer, at + length(part) + 2)
      print substr(rest, 1, index(rest, "\"") - 1)
    }' <challenges
}

# Asks the realm for a token that may push here. The realm alone learns the password.
fetch_token() {
  realm=$(challenge realm)
  service=$(challenge service | encode)
  origin_of "$realm"
  realm_origin=$url_origin
  case $realm in
  *\?*) realm=$realm'&' ;;
  *) realm=$realm'?' ;;
  esac
  http GET "${realm}service=$service&scope=repository:$repository_path:pull,push"
  realm_origin=none
  [ "$status" = 200 ] || die 1 "$url_origin gives no token ($status)" 'Look at the user and the password'
  size_of answer
  [ "$size" -le 65536 ] || die 1 "$url_origin gives a token of $size bytes"
  token=$(json_string token <answer)
  [ -n "$token" ] || token=$(json_string access_token <answer)
  case $token in
  '' | *[!A-Za-z0-9._~+/=-]*) die 1 "$url_origin gives no token that can be used" ;;
  esac
  registry_authorization="Bearer $token"
}

# For the query of an address.
encode() {
  sed 's/%/%25/g; s/ /%20/g; s/&/%26/g; s/+/%2B/g; s/#/%23/g; s/?/%3F/g; s/=/%3D/g'
}

# json_string NAME: the text of the first field of that name.
json_string() {
  tr -d '\r\n' | awk -v name="\"$1\"" '
    {
      at = index($0, name)
      if (at == 0) exit
      rest = substr($0, at + length(name))
      if (rest !~ /^[ \011]*:[ \011]*"/) exit
      sub(/^[ \011]*:[ \011]*"/, "", rest)
      value = substr(rest, 1, index(rest, "\"") - 1)
      gsub(/\\/, "", value)
      print value
    }'
}

# Finds user and password of the registry; none is fine until it asks.
find_credentials() {
  basic='' registry_authorization='' realm_origin=none
  user=${HIATUS_USERNAME-} password=${HIATUS_PASSWORD-}
  if [ -n "${HIATUS_PASSWORD_FILE-}" ]; then
    absolute "$HIATUS_PASSWORD_FILE"
    password=$(cat <"$absolute") || die 2 'HIATUS_PASSWORD_FILE cannot be read'
  fi
  # No program that runs from here on inherits it.
  unset HIATUS_USERNAME HIATUS_PASSWORD
  if [ -n "$user$password" ]; then
    case $user in
    '' | *:*) die 2 'HIATUS_USERNAME is empty or has a colon in it' ;;
    esac
    [ -n "$password" ] || die 2 'HIATUS_USERNAME is set without HIATUS_PASSWORD or HIATUS_PASSWORD_FILE'
    basic=$(to_base64 <<EOP
$user:$password
EOP
    )
    return 0
  fi
  for file in "${DOCKER_CONFIG:-${HOME:+$HOME/.docker}}/config.json" "${REGISTRY_AUTH_FILE-}" \
    "${XDG_RUNTIME_DIR:+$XDG_RUNTIME_DIR/containers/auth.json}"; do
    absolute "$file"
    if [ -z "$file" ] || [ ! -f "$absolute" ] || [ ! -r "$absolute" ]; then
      continue
    fi
    basic=$(stored_auth <"$absolute")
    [ -z "$basic" ] || return 0
  done
}

# A line without its end, in base64. The password stands in no argument: they can be read by everybody.
to_base64() {
  if has base64; then
    tr -d '\n' | base64 | tr -d '\n'
  else
    tr -d '\n' | openssl base64 | tr -d '\n'
  fi
}

# `auth` of the registry from a config.json; helpers are programs of docker's and not asked.
stored_auth() {
  tr -d ' \011\r\n' | awk -v registry="$account" '
    {
      at = index($0, "\"auths\":{")
      if (at == 0) exit
      auths = substr($0, at + 8)
      count = split("|https://|http://", prefix, "|")
      for (i = 1; i <= count; i++) {
        for (j = 1; j <= 4; j++) {
          suffix = j == 1 ? "" : j == 2 ? "/" : j == 3 ? "/v1/" : "/v2/"
          key = "\"" prefix[i] registry suffix "\":{"
          at = index(auths, key)
          if (at == 0) continue
          entry = substr(auths, at + length(key))
          entry = substr(entry, 1, index(entry, "}") - 1)
          at = index(entry, "\"auth\":\"")
          if (at == 0) continue
          value = substr(entry, at + 8)
          value = substr(value, 1, index(value, "\"") - 1)
          if (value ~ /^[A-Za-z0-9+\/=]+$/) { print value; exit }
        }
      }
    }'
}
