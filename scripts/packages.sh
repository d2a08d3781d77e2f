#!/usr/bin/env bash
# Installs what a task needs and this machine lacks: scripts/packages.sh build|check|ci
#
# On Debian and its relatives by package name with apt-get, as root or through sudo. Elsewhere, or where neither works, it prints the line
# to run and stops. Nothing missing: nothing is done and nothing printed.
set -euo pipefail

build='gcc libc6-dev cmake make pkg-config libxxhash-dev zlib1g-dev libpng-dev libcjson-dev'
check="$build g++ check libcriterion-dev libmpfr-dev libgmp-dev"
ci="$check clang-14 clang-format-14 clang-tidy-14 libclang-rt-14-dev cppcheck gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user"

case "${1-}" in
build) wanted=$build ;;
check) wanted=$check ;;
ci) wanted=$ci ;;
*)
  echo "usage: $0 build|check|ci" >&2
  exit 2
  ;;
esac

# Elsewhere than on Debian the packages have other names, and CMake says what it does not find.
if ! command -v dpkg-query >/dev/null 2>&1; then
  for tool in cmake make; do
    command -v "$tool" >/dev/null 2>&1 && continue
    echo "$tool is missing. Wengert's packages, by their Debian names: $wanted" >&2
    exit 1
  done
  exit 0
fi

installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' $wanted 2>/dev/null || true)
missing=''
for package in $wanted; do
  grep -qx "$package installed" <<<"$installed" || missing+=" $package"
done
[ -z "$missing" ] && exit 0

by_hand="apt-get update && apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" -eq 0 ]; then
  as_root=()
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
  as_root=(sudo -n)
else
  echo "Packages are missing and this user may not install them. As root, run:" >&2
  echo "  $by_hand" >&2
  exit 1
fi
echo "installing:$missing"
install() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq update </dev/null &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing </dev/null
}
if ! install; then
  echo "The packages could not be installed. What was tried:" >&2
  echo "  $by_hand" >&2
  exit 1
fi
