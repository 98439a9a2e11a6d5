# shellcheck shell=sh
# The command line.

help() {
  sed "s|@NAME@|$name $version|; s|@FILE@|$me|; s|@CONFIGS@|$(config_names)|" <<'/hiatus/help'
@NAME@: an image for air gaps, with nothing to install

Use: sh @FILE@ ACTION [OPTION...]

  --list                     platforms, digests, sizes and names
  --verify                   every byte against its digest
  --extract FOLDER           write an OCI image layout; nothing is overwritten
  --extract-tar FILE         write an archive; - is standard output
  --push REGISTRY/REPO[:TAG] into a registry; needs curl or GNU wget
  --load RUNTIME             into containerd, docker, podman or k3s of this node
  --print-config RUNTIME     for @CONFIGS@
  --version, --help

  --tag TAG         with --push and --load, as often as wanted: one more tag; with --load a whole name too
  --dry-run         with --push and --load: say what would be done
  --ca FILE         --push: certificates of the authority to trust
  --insecure        --push: trust any certificate
  --plain-http      --push: no TLS; without it only for this machine
  --platform NAME   --load: not this machine's, for example linux/arm64
  --address PATH    --load: socket or address of the runtime
  --namespace NAME  --load: of containerd, k8s.io unless said
  --data-dir PATH   --load k3s: /var/lib/rancher/k3s unless said
  --image NAME      --print-config: the image's name

Credentials: HIATUS_USERNAME with HIATUS_PASSWORD or HIATUS_PASSWORD_FILE, or $DOCKER_CONFIG/config.json.
Exit codes: 0 done, 1 the work failed, 2 wrong usage, 3 a check found a difference.
/hiatus/help
}

# hiatus_main BYTES ARGUMENT...: called at the end of the file, with the length that it must have.
hiatus_main() {
  settle
  check_self "$1"
  # Until here no redirection could touch a file that was there: any byte of this might have been a ">".
  set +C
  shift
  read_contents
  options "$@"
  case $action in
  help) help ;;
  version) say "$name $version" ;;
  list) list ;;
  verify) verify ;;
  extract) extract "$object" ;;
  extract-tar) extract_tar "$object" ;;
  push) push "$object" ;;
  load) load "$object" ;;
  print-config) print_config "$object" ;;
  *)
    help >&2
    exit 2
    ;;
  esac
  exit 0
}

# print_config RUNTIME
print_config() {
  image=${wanted_image:-$repository:${tags%% *}}
  case $image in
  */*:*) ;;
  *) usage "$image is not a name with a tag" 'Write registry/repository:tag' ;;
  esac
  case $image in
  *[!A-Za-z0-9._:/@-]*) usage "$image is not a name with a tag" 'Write registry/repository:tag' ;;
  esac
  text=$(config_text "$1") || usage "There is no configuration for $1" "There is one for: $(config_names)"
  # Docker leaves its own registry out of names, and cri-dockerd compares texts.
  listed=${image#docker.io/}
  sed "s|@IMAGE@|$image|g; s|@LISTED@|${listed#library/}|g; s|@PARENT@|${image%/*}|g" <<EOC
$text
EOC
}

# act ACTION: there can be one.
act() {
  [ -z "$action" ] || usage "Do one thing at a time: --$action or --$1"
  action=$1
}

# Each option takes its value from the next word or after an equals sign.
options() {
  action='' object='' wanted_tags='' wanted_platform='' wanted_image='' dry_run='' ca='' insecure='' plain_http=''
  address='' namespace=k8s.io data_dir='' given=''
  while [ $# -gt 0 ]; do
    option=$1
    shift
    value=''
    case $option in
    --*=*)
      value=${option#*=}
      option=${option%%=*}
      case $option in
      --help | --version | --list | --verify | --dry-run | --insecure | --plain-http) usage "$option takes no value" ;;
      esac
      [ -n "$value" ] || usage "$option needs a value"
      ;;
    --extract | --extract-tar | --push | --load | --print-config | --tag | --platform | --image | --ca | --address | --namespace | --data-dir)
      [ $# -gt 0 ] && value=$1
      [ -n "$value" ] || usage "$option needs a value"
      shift
      ;;
    esac
    case $option in
    -h | --help) act help ;;
    -V | --version) act version ;;
    --list | --verify) act "${option#--}" ;;
    --extract | --extract-tar | --push | --load | --print-config)
      act "${option#--}"
      object=$value
      ;;
    --tag)
      case $value in
      *' '* | *'
'*) usage "$value is not a tag" ;;
      esac
      wanted_tags="$wanted_tags${wanted_tags:+ }$value"
      ;;
    --platform) wanted_platform=$value ;;
    --image) wanted_image=$value ;;
    --ca) ca=$value ;;
    --address) address=$value ;;
    --namespace) namespace=$value ;;
    --data-dir) data_dir=$value ;;
    --dry-run) dry_run=yes ;;
    --insecure) insecure=yes ;;
    --plain-http) plain_http=yes ;;
    *) usage "There is no option $option" ;;
    esac
    given="$given ${option#--}"
  done
  for option in $given; do
    case $option:$action in
    tag:push | tag:load | dry-run:push | dry-run:load | ca:push | insecure:push | plain-http:push) ;;
    platform:load | address:load | namespace:load | data-dir:load | image:print-config) ;;
    tag:* | dry-run:* | ca:* | insecure:* | plain-http:* | platform:* | address:* | namespace:* | data-dir:* | image:*)
      usage "--$option means nothing with --${action:-help}"
      ;;
    esac
  done
}
