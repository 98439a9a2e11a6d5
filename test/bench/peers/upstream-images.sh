#!/bin/sh
# The upstream way to five images: a static glibc binary per platform by cross gcc, then buildah, then
# one archive with all of them. Two jobs at a time, as on our side.
#
#   upstream-images.sh FOLDER [again]
#
# `again` keeps what make would keep: binaries that are up to date. buildah's --layers costs more here
# than it saves.
set -eu
folder=$1
again=${2:-}
sources=$(dirname "$0")
image=localhost/pause:3.10.2
mkdir -p "$folder"

compile() {
  if [ -n "$again" ] && [ "$folder/pause-$2" -nt "$sources/upstream-pause.c" ]; then return; fi
  "$1-gcc" -Os -Wall -Werror -static -DVERSION='"3.10.2"' -o "$folder/pause-$2" \
    "$sources/upstream-pause.c"
  "$1-strip" "$folder/pause-$2"
}
compile x86_64-linux-gnu amd64 &
compile arm-linux-gnueabihf arm &
wait
compile aarch64-linux-gnu arm64 &
compile powerpc64le-linux-gnu ppc64le &
wait
compile s390x-linux-gnu s390x

store() {
  buildah --root "$folder/root" --runroot "$folder/run" --storage-driver vfs "$@"
}
cat > "$folder/Containerfile" <<'END'
FROM scratch
ARG TARGETARCH
COPY --chmod=0755 pause-$TARGETARCH /pause
USER 65535:65535
ENTRYPOINT ["/pause"]
END
[ -z "$again" ] || store manifest rm "$image" > /dev/null 2>&1 || true
store build --quiet --jobs 2 --manifest "$image" \
  --platform linux/amd64,linux/arm/v7,linux/arm64,linux/ppc64le,linux/s390x \
  --file "$folder/Containerfile" "$folder" > /dev/null
rm -f "$folder/pause.tar"
store manifest push --quiet --all "$image" "oci-archive:$folder/pause.tar:3.10.2" > /dev/null
