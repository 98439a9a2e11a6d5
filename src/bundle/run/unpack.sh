# shellcheck shell=sh
# Taking the payload out, and checking every byte of it.

# Unpacks into layout/ in the private folder; done once. Every content is held against the table.
unpack() {
  [ ! -d layout ] || return 0
  enter_work
  hiatus_payload | hiatus_decode >archive.tar.gz || die 1 'The payload cannot be decoded'
  hash_of archive.tar.gz
  size_of archive.tar.gz
  [ "$hash $size" = "$(archive)" ] || die 1 'The payload is damaged; fetch the file again'
  gzip -dc <archive.tar.gz >archive.tar || die 1 'The payload cannot be unpacked' 'gzip must be there'
  mkdir layout
  (cd layout && tar -xf ../archive.tar) || die 1 'The payload cannot be unpacked' 'tar must be there'
  contents >table
  while read -r kind digest _; do
    case $kind in
    blob | manifest) check_blob "$digest" ;;
    esac
  done <table
}

# The file of a content.
blob_of() {
  blob=layout/blobs/sha256/${1#sha256:}
}

check_blob() {
  blob_of "$1"
  if [ ! -f "$blob" ] || [ -L "$blob" ]; then
    die 3 "$1 is not in the payload"
  fi
  hash_of "$blob"
  [ "sha256:$hash" = "$1" ] || die 3 "$1 is not what the payload has under its name"
}

verify() {
  unpack
  say "$name $version is whole: $blob_count blobs and $manifest_count manifests, each with its digest"
  say "  root  $root"
  say '  Whether this is the root you expect, only its publisher can tell you.'
}

# An OCI image layout in a new folder: written beside it, then renamed.
extract() {
  absolute "$1"
  target=${absolute%/}
  refuse_existing "$target"
  unpack
  begin_aside "$target"
  # The layout gets the permissions that the caller's umask gives to new files.
  umask "$user_umask"
  mkdir "$aside/layout" "$aside/layout/blobs" "$aside/layout/blobs/sha256"
  (cd layout && tar -cf - oci-layout index.json blobs) | (cd "$aside/layout" && tar -xf -) ||
    die 1 "$target cannot be written"
  refuse_existing "$target"
  mv "$aside/layout" "$target" || die 1 "$target cannot be written"
  say "$1: OCI image layout of $name $version, tags $tags"
}

# The archive itself, for whoever imports archives; - is standard output.
extract_tar() {
  if [ "$1" = - ]; then
    unpack
    cat archive.tar
    return
  fi
  absolute "$1"
  target=$absolute
  refuse_existing "$target"
  unpack
  begin_aside "$target"
  umask "$user_umask"
  cat archive.tar >"$aside/archive" || die 1 "$target cannot be written"
  refuse_existing "$target"
  # A link fails where a rename would overwrite; not every file system has links.
  ln "$aside/archive" "$target" 2>/dev/null || {
    refuse_existing "$target"
    mv "$aside/archive" "$target" || die 1 "$target cannot be written"
  }
  say "$1: archive of $name $version"
}

refuse_existing() {
  if [ -e "$1" ] || [ -L "$1" ]; then
    die 1 "$1 is there already" 'Nothing is overwritten: name another one'
  fi
}

# A folder beside the target, on the same file system.
begin_aside() {
  aside=$(mktemp -d "${1%/*}/.hiatus.XXXXXX") || {
    aside=
    die 1 "Nothing can be written in ${1%/*}/"
  }
}
