# shellcheck shell=sh
# What is inside: the table of contents, the list for people, the names.

contents() {
  cat <<'/hiatus/contents'
@CONTENTS@
/hiatus/contents
}

# The payload's checksum and length.
archive() {
  echo '@ARCHIVE@'
}

# Reads the head of the table.
read_contents() {
  tags='' platforms='' blob_count=0 manifest_count=0
  while read -r kind first second third _; do
    case $kind in
    name) name=$first ;;
    version) version=$first ;;
    repository) repository=$first ;;
    tag) tags="$tags $first" ;;
    root) root=$first root_size=$second root_type=$third ;;
    platform) platforms="$platforms $first" ;;
    blob) blob_count=$((blob_count + 1)) ;;
    manifest) manifest_count=$((manifest_count + 1)) ;;
    esac
  done <<EOL
$(contents)
EOL
  tags=${tags# } platforms=${platforms# }
}

list() {
  bytes "$root_size"
  say "$name $version"
  say "  root       $root  $bytes bytes  $root_type"
  for tag in $tags; do
    say "  name       $repository:$tag"
  done
  say "  name       $repository@$root"
  say "  holds      $blob_count blobs and $manifest_count manifests"
  archive | {
    read -r sum length
    bytes "$length"
    say "  payload    sha256:$sum  $bytes bytes"
  }
  say ''
  say '  platform          bytes  manifest'
  contents | while read -r kind platform length manifest _; do
    [ "$kind" = platform ] || continue
    bytes "$length"
    printf '  %-16s %6s  %s\n' "$platform" "$bytes" "$manifest"
  done
  contents | while read -r kind digest _ type tag _; do
    case $kind$tag in
    manifest?*) say "  attached   $tag  $digest  $type" ;;
    esac
  done
}
