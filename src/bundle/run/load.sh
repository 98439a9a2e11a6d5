# shellcheck shell=sh
# Into the container runtime of this node, under every name that it may be asked for, and then looked at.

# load RUNTIME; further names in wanted_tags, whole references or tags of the usual repository.
load() {
  choose_platform
  read_names
  case $1 in
  containerd | docker | podman | k3s) "load_$1" ;;
  *) usage "$1 is not a runtime that can be loaded" 'Write containerd, docker, podman or k3s' ;;
  esac
}

read_names() {
  image_names=''
  for tag in $tags $wanted_tags; do
    case $tag in
    */*:*) image=$tag ;;
    */*) image='' ;;
    *)
      check_tag "$tag"
      image=$repository:$tag
      ;;
    esac
    case $image in
    '' | -* | *@* | *[!A-Za-z0-9._:/-]* | *:) usage "$tag is neither a tag nor a name with a tag" ;;
    esac
    case " $image_names " in
    *" $image "*) ;;
    *) image_names="$image_names${image_names:+ }$image" ;;
    esac
  done
}

load_containerd() {
  has ctr || die 1 'ctr, the command of containerd, is not here'
  by_ctr ctr
}

# k3s brings a ctr with it; where it does not run, what lies in its folder is imported at its next start.
load_k3s() {
  if has k3s && k3s ctr version >/dev/null 2>&1; then
    by_ctr k3s ctr
    return
  fi
  folder=${data_dir:-/var/lib/rancher/k3s}/agent/images
  absolute "$folder"
  folder=$absolute
  target=$folder/$name-$version.tar
  unpack
  make_archive index
  if [ -n "$dry_run" ]; then
    say "would write $target"
    return
  fi
  mkdir -p "$folder" || die 1 "$folder cannot be made"
  # An importer may be watching: a name that it does not know until all of it is there.
  begin_aside "$target"
  cp made.tar "$aside/archive"
  chmod 644 "$aside/archive"
  mv -f "$aside/archive" "$target" || die 1 "$target cannot be written"
  hash_of made.tar
  made=$hash
  hash_of "$target"
  [ "$hash" = "$made" ] || die 1 "$target is not what was written"
  say "$target: k3s imports it when it starts"
  show_names
}

show_names() {
  for image in $image_names; do
    say "  $image"
  done
}

# by_ctr PROGRAM [WORD]: containerd gets the whole index, so that the digest is the one that everybody knows.
by_ctr() {
  unpack
  make_archive index
  if [ -n "$dry_run" ]; then
    say "would import into containerd, namespace $namespace, and pin:"
    show_names
    return
  fi
  containerd() {
    "$@" || die 1 "containerd refused: $*" 'Are you root, and is --address right?'
  }
  set -- "$@" ${address:+--address "$address"} --namespace "$namespace" images
  containerd "$@" import ${wanted_platform:+--platform "$platform"} made.tar >&2
  # An import leaves the runtime without a name by digest, and with no pin against its garbage collection.
  digest_names=''
  for image in $image_names; do
    digest_name=${image%:*}@$root
    case " $digest_names " in
    *" $digest_name "*) ;;
    *)
      containerd "$@" tag --force "$image" "$digest_name" >/dev/null
      digest_names="$digest_names $digest_name"
      ;;
    esac
  done
  for image in $image_names $digest_names; do
    containerd "$@" label "$image" io.cri-containerd.pinned=pinned >/dev/null
  done
  for image in $image_names $digest_names; do
    look=$("$@" ls "name==$image") || die 1 "containerd does not list $image"
    case $look in
    *"$image"*"$root"*io.cri-containerd.pinned=pinned*) ;;
    *) die 1 "containerd has not taken $image as it should: $look" ;;
    esac
    look=$("$@" check "name==$image") || die 1 "containerd does not check $image"
    case $look in
    *"$image"*' complete '*) ;;
    *) die 1 "containerd has $image incompletely: $look" ;;
    esac
  done
  say "loaded into containerd, namespace $namespace, pinned, for $platform"
  for image in $image_names $digest_names; do
    say "  $image"
  done
}

# Docker knows one platform at a time.
load_docker() {
  has docker || die 1 'docker is not here'
  unpack
  read_platform
  make_archive platform
  if [ -n "$dry_run" ]; then
    say "would load into docker, $platform:"
    show_names
    return
  fi
  set -- docker ${address:+--host "$address"}
  "$@" load --quiet --input made.tar >&2 || die 1 'docker refused the archive'
  for image in $image_names; do
    id=$("$@" image inspect --format '{{.Id}}' "$image") || die 1 "docker does not know $image"
    case $id in
    "$platform_config" | "$platform_manifest" | "$root") ;;
    *) die 1 "docker knows $image as $id, which is none of this file" ;;
    esac
  done
  say "loaded into docker, $platform"
  show_names
}

# Podman keeps the manifest as it is when it finds an OCI layout with one entry, and no manifest.json of Docker's, which it would prefer.
load_podman() {
  has podman || die 1 'podman is not here'
  unpack
  read_platform
  all_names=$image_names
  image_names=${image_names%% *}
  make_archive podman
  image_names=$all_names
  if [ -n "$dry_run" ]; then
    say "would load into podman, $platform:"
    show_names
    return
  fi
  set -- podman ${address:+--remote --url "$address"}
  "$@" load --quiet --input made.tar >&2 || die 1 'podman refused the archive'
  for image in $image_names; do
    "$@" tag "${platform_config#sha256:}" "$image" || die 1 "podman does not call it $image"
    id=$("$@" image inspect --format '{{.Id}}' "$image") || die 1 "podman does not know $image"
    [ "sha256:${id#sha256:}" = "$platform_config" ] || die 1 "podman knows $image as $id, which is none of this file"
  done
  say "loaded into podman, $platform"
  show_names
}

# make_archive index|platform|podman: made.tar with everything, or truly no more than one platform, under the wanted names.
make_archive() {
  mkdir -p made/blobs/sha256
  cp layout/oci-layout made/
  case $1 in
  index)
    descriptor="\"mediaType\":\"$root_type\",\"digest\":\"$root\",\"size\":$root_size"
    while read -r kind digest _; do
      case $kind in
      blob | manifest) add_blob "$digest" ;;
      esac
    done <table
    ;;
  platform | podman)
    while read -r kind digest length type _; do
      [ "$digest" != "$platform_manifest" ] || descriptor="\"mediaType\":\"$type\",\"digest\":\"$digest\",\"size\":$length"
    done <table
    layers=''
    for digest in "$platform_manifest" "$platform_config" $platform_layers; do
      add_blob "$digest"
    done
    for digest in $platform_layers; do
      layers="$layers${layers:+,}\"blobs/sha256/${digest#sha256:}\""
    done
    repo_tags=''
    for image in $image_names; do
      repo_tags="$repo_tags${repo_tags:+,}\"$image\""
    done
    [ "$1" = podman ] || say "[{\"Config\":\"blobs/sha256/${platform_config#sha256:}\",\"RepoTags\":[$repo_tags],\"Layers\":[$layers]}]" >made/manifest.json
    ;;
  esac
  entries=''
  for image in $image_names; do
    reference=${image##*:}
    [ "$1" != podman ] || reference=$image
    notes="\"io.containerd.image.name\":\"$image\",\"org.opencontainers.image.ref.name\":\"$reference\""
    entries="$entries${entries:+,}{$descriptor,\"annotations\":{$notes}}"
  done
  say "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifests\":[$entries]}" >made/index.json
  chmod -R u=rwX,go=rX made
  (cd made && set +f && tar -cf ../made.tar -- *) || die 1 'The archive cannot be made' 'tar must be there'
}

add_blob() {
  blob_of "$1"
  cp "$blob" made/blobs/sha256/
}
