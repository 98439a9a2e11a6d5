# shellcheck shell=sh
# The command line.

help() {
  cat <<'/hiatus/help'
Use: sh FILE ACTION [OPTION...]
/hiatus/help
}

hiatus_main() {
  settle
  check_self "$1"
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
  *) usage 'Say what to do' ;;
  esac
  exit 0
}

# act ACTION: there can be one.
act() {
  [ -z "$action" ] || usage "Do one thing at a time: --$action or --$1"
  action=$1
}

# Each option takes its value from the next word or after an equals sign.
options() {
  action='' object=''
  while [ $# -gt 0 ]; do
    option=$1
    shift
    case $option in
    --extract=* | --extract-tar=*)
      set -- "${option#*=}" "$@"
      option=${option%%=*}
      ;;
    esac
    case $option in
    --extract | --extract-tar)
      [ $# -gt 0 ] || usage "$option needs a value"
      value=$1
      shift
      ;;
    esac
    case $option in
    -h | --help) act help ;;
    -V | --version) act version ;;
    --list | --verify) act "${option#--}" ;;
    --extract | --extract-tar)
      act "${option#--}"
      object=$value
      [ -n "$object" ] || usage "$option needs a value"
      ;;
    *) usage "There is no option $option" ;;
    esac
  done
}
