# shellcheck shell=sh
# Into a registry: contents by their digests, children before parents, tags last, then everything read back.

# push REGISTRY/REPOSITORY[:TAG]; further tags in wanted_tags.
push() {
  read_target "$1"
  choose_client
  find_credentials
  take_ca
  unpack
  base=$origin/v2/$repository_path
  written=0 there=0 written_bytes=0
  accept="$root_type, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json, */*"
  is_named='' mounts=''
  [ -n "$dry_run" ] || look_at_tag "${wanted_tags%% *}"
  each_content send
  # No tag moves before everything was read back.
  [ -n "$dry_run" ] || each_content read_back
  [ -n "$dry_run" ] || list_referrers
  for tag in $wanted_tags; do
    send_tag "$tag" "$root" "$root_type"
  done
  [ -z "$dry_run" ] || {
    say "$registry/$repository_path: $written to write, $there there already; nothing was written"
    return 0
  }
  for tag in $wanted_tags; do
    read_manifest "$tag"
    [ "$status sha256:$hash" = "200 $root" ] || die 1 "$registry/$repository_path:$tag is not what was pushed" \
      'Somebody else may have moved it; push again'
  done
  for tag in $wanted_tags; do
    say "$registry/$repository_path:$tag@$root"
  done
  bytes "$written_bytes"
  if [ $written = 0 ]; then
    say "  was there already, nothing written; read back and right, $requests requests"
  else
    say "  $written written, $bytes bytes, $there there already; read back and right, $requests requests"
  fi
}

# each_content FUNCTION: for all lines of the table, with kind, digest, size, type and tag.
each_content() {
  while read -r kind digest length type tag _ <&3; do
    case $kind in
    blob | manifest) "$1" ;;
    esac
  done 3<table
}

# Does the tag name the image already? Then nothing is asked for: what is missing all the same, reading back finds and sends.
look_at_tag() {
  read_manifest "$1"
  [ "$status sha256:$hash" != "200 $root" ] || is_named=yes
}

# Sends a content unless it is there.
send() {
  case $is_named:$dry_run:$kind:$written in
  yes:*) there=$((there + 1)) ;;
  ::blob:*)
    case $mounts in
    no) send_absent ;;
    *) send_blob ;;
    esac
    ;;
  # What lacks a blob, or a manifest, is not there itself.
  ::manifest:[1-9]*) upload ;;
  *) send_absent ;;
  esac
  [ -z "$tag" ] || send_attachment_tag
}

# Asks first.
send_absent() {
  case $kind in
  blob) ask HEAD "$base/blobs/$digest" ;;
  manifest) ask HEAD "$base/manifests/$digest" ;;
  esac
  case $status in
  200) there=$((there + 1)) ;;
  # Some answer 403 or 405 for what is absent; when they mean it, what follows fails as well.
  403 | 404 | 405) upload ;;
  *) refused "say whether it has $digest" ;;
  esac
}

# Asks and begins in one: a mount from the very repository is done when the blob is there, and else an upload. Not everybody has mounts.
send_blob() {
  : >empty
  ask POST "$base/blobs/uploads/?mount=$digest&from=$repository_path" empty
  case $status:$mounts in
  202:*)
    count
    end_upload
    ;;
  201:yes) there=$((there + 1)) ;;
  # The first yes is held against another answer.
  201:*)
    before=$there
    send_absent
    mounts=yes
    [ "$there" != "$before" ] || mounts=no
    ;;
  *)
    mounts=no
    send_absent
    ;;
  esac
}

count() {
  written=$((written + 1)) written_bytes=$((written_bytes + length))
}

upload() {
  count
  [ -z "$dry_run" ] || {
    say "would write $kind $digest"
    return 0
  }
  blob_of "$digest"
  case $kind in
  manifest) put_manifest "$digest" "$type" ;;
  blob) upload_blob ;;
  esac
}

upload_blob() {
  : >empty
  ask POST "$base/blobs/uploads/" empty
  [ "$status" = 202 ] || refused "take $digest"
  end_upload
}

# Puts the blob where the answer to a POST leads: an absolute or relative place, with or without a query.
end_upload() {
  blob_of "$digest"
  follow
  case $location in
  *\?*) location="$location&digest=$digest" ;;
  *) location="$location?digest=$digest" ;;
  esac
  ask PUT "$location" "$blob"
  case $status in
  200 | 201 | 202 | 204) ;;
  *) refused "take $digest" ;;
  esac
}

# Where the last answer leads, in location.
follow() {
  location=$(field location)
  case $location in
  http://* | https://*) ;;
  //*) location=$url_scheme:$location ;;
  /*) location=$url_origin$location ;;
  '') die 1 "$registry leads nowhere: an answer without Location" ;;
  *)
    url=${url%%\?*}
    location=${url%/*}/$location
    ;;
  esac
}

# put_manifest NAME TYPE, from blob.
put_manifest() {
  ask PUT "$base/manifests/$1" "$blob" "$2"
  case $status in
  200 | 201 | 202 | 204) ;;
  *) refused "take the manifest $1" ;;
  esac
}

# read_manifest NAME: status, and hash of what came.
read_manifest() {
  ask GET "$base/manifests/$1"
  hash_of answer
}

# send_tag TAG DIGEST TYPE
send_tag() {
  read_manifest "$1"
  case "$status sha256:$hash" in
  "200 $2") return 0 ;;
  200* | 403* | 404* | 405*) ;;
  *) refused "say what $1 is" ;;
  esac
  written=$((written + 1))
  if [ -n "$dry_run" ]; then
    say "would set the tag $1"
    return 0
  fi
  blob_of "$2"
  put_manifest "$1" "$3"
}

# A tag by which attachments are found may hold those of others: it is set where it is absent, and else left alone.
send_attachment_tag() {
  read_manifest "$tag"
  case "$status sha256:$hash" in
  "200 $digest") ;;
  200*) note "$tag is left as it is: $registry has other attachments there" ;;
  *) send_tag "$tag" "$digest" "$type" ;;
  esac
}

# Where a registry does not list what refers to a content, a tag of that content does ("referrers tag schema" of the specification).
list_referrers() {
  last=''
  while read -r kind _ _ _ subject _ <&4; do
    [ "$kind" = referrer ] || continue
    [ "$subject" != "$last" ] || continue
    last=$subject
    digests=$(awk -v subject="$subject" '$1 == "referrer" && $5 == subject { print $2 }' <table)
    ask GET "$base/referrers/$subject"
    lists_all || send_referrers_tag
  done 4<table
}

lists_all() {
  [ "$status" = 200 ] || return 1
  for digest in $digests; do
    grep -q "$digest" answer || return 1
  done
}

# A tag that lists those of others is left alone: merging them takes one who reads JSON.
send_referrers_tag() {
  tag=sha256-${subject#sha256:}
  read_manifest "$tag"
  case $status in
  403 | 404 | 405) ;;
  *)
    lists_all || note "$tag does not list all that refers to it and is left as it is; hiatus seed adds to it"
    return 0
    ;;
  esac
  awk -v subject="$subject" -v type=application/vnd.oci.image.index.v1+json '
    BEGIN { printf "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"manifests\":[", type }
    $1 == "referrer" && $5 == subject {
      artifact = $6 == "none" ? "" : ",\"artifactType\":\"" $6 "\""
      printf "%s{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%s%s}", comma, $4, $2, $3, artifact
      comma = ","
    }
    END { printf "]}" }' <table >referrers
  size_of referrers
  written=$((written + 1)) written_bytes=$((written_bytes + size)) blob=referrers
  put_manifest "$tag" application/vnd.oci.image.index.v1+json
  hash_of referrers
  listed=$hash
  read_manifest "$tag"
  [ "$status $hash" = "200 $listed" ] || die 1 "$registry/$repository_path:$tag is not what was pushed" \
    'Somebody else may have moved it; push again'
}

# Reads a content and holds it against its digest. What a registry said it has and does not is sent once more.
read_back() {
  for turn in first second; do
    case $kind in
    manifest) read_manifest "$digest" ;;
    blob) read_blob ;;
    esac
    [ "$status sha256:$hash" != "200 $digest" ] || return 0
    [ $turn = second ] || upload
  done
  die 1 "$registry does not give back $digest as it was pushed ($status)" 'Push again, or look at the registry'
}

# The bytes may lie elsewhere: redirects are followed, and nothing of who we are goes along.
read_blob() {
  ask GET "$base/blobs/$digest"
  for _ in 1 2 3; do
    case $status in
    301 | 302 | 303 | 307 | 308) follow ;;
    *) break ;;
    esac
    http GET "$location"
  done
  hash_of answer
}

refused() {
  reason=$(tr -cd ' -~' <answer | cut -c 1-300)
  die 1 "$registry does not $1 ($status) ${reason}" "${2-The user may lack the right to push to $repository_path, or it must be created first}"
}

# Reads REGISTRY/REPOSITORY[:TAG] by the grammar of references.
read_target() {
  registry=${1%%/*} repository_path=${1#*/}
  case $1 in
  *://*) usage "$1 has a scheme" 'Write registry/repository:tag' ;;
  *@*) usage "$1 has a digest" 'The digest is that of the image; write registry/repository:tag' ;;
  *.*/?* | *:*/?* | localhost/?*) ;;
  *) usage "$1 names no registry" 'Write registry/repository:tag' ;;
  esac
  case ${repository_path##*/} in
  *:*)
    wanted_tags="${repository_path##*:}${wanted_tags:+ $wanted_tags}"
    repository_path=${repository_path%:*}
    ;;
  esac
  case $registry in
  '['*[!0-9a-fA-F:]*']'* | '' | -* | *[!]A-Za-z0-9.:[-]*) usage "$registry is not a registry" ;;
  esac
  case $repository_path in
  '' | *[!a-z0-9._/-]* | [!a-z0-9]* | *[!a-z0-9] | *//* | *[._-]/* | */[._-]* | *..*) usage "$repository_path is not a repository" ;;
  esac
  [ ${#repository_path} -le 255 ] || usage 'The repository has more than 255 characters'
  wanted_tags=${wanted_tags:-$tags}
  for tag in $wanted_tags; do
    check_tag "$tag"
  done
  authority=$registry account=$registry
  case $registry in
  docker.io) authority=registry-1.docker.io account=index.docker.io ;;
  esac
  scheme=https
  host=${authority%:*}
  case $authority in
  '['*) host=${authority%%]*}] ;;
  esac
  if [ -n "$plain_http" ] || { is_loopback "$host" && [ -z "$ca$insecure" ]; }; then
    scheme=http
    [ -z "$ca$insecure" ] || usage '--plain-http contradicts --ca and --insecure'
  fi
  origin_of "$scheme://$authority/"
  origin=$url_origin
}

# Certificates are read once, before anything is asked.
take_ca() {
  enter_work
  if [ -n "$ca" ]; then
    absolute "$ca"
    cat <"$absolute" >ca.pem || die 2 "$ca cannot be read"
  fi
  [ -z "$insecure" ] || note "--insecure: whoever is between here and $registry can read the password and change what is said"
}

check_tag() {
  case $1 in
  '' | [!A-Za-z0-9_]* | *[!A-Za-z0-9._-]*) usage "$1 is not a tag" ;;
  esac
  [ ${#1} -le 128 ] || usage 'A tag has at most 128 characters'
}
