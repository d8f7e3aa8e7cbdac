#!/bin/sh
# Installs from Debian's archive what building, testing and the demo need, where it is missing.
#
#   cmake/install-dependencies.sh [package...]   (those that one purpose needs beyond)
set -eu

packages="
  libmlir-22-dev mlir-22-tools llvm-22-dev llvm-22-tools clang-22 lld-22 libomp-22-dev
  clang-format-22 clang-tidy-22 ccache cmake ninja-build make libgtest-dev libdlpack-dev
  python3 python3-dev python3-venv ca-certificates $*"

if ! command -v dpkg-query >/dev/null; then
  echo "error: expected Debian with dpkg, got another system; install what $0 names and configure with cmake" >&2
  exit 1
fi

# One word a package: shellcheck disable=SC2086
installed=$(dpkg-query -W -f='${db:Status-Status}:${Package}\n' $packages 2>/dev/null) || true
missing=
for package in $packages; do
  echo "$installed" | grep -qx "installed:$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]; then
  echo "error: expected root to install missing packages, got $(id -un); as root: apt-get install$missing" >&2
  exit 1
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq -o Dpkg::Use-Pty=0 --no-install-recommends $missing
