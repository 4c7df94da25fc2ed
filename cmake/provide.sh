#!/bin/sh
# SPDX-License-Identifier: MIT
# Gets what tests, examples and benchmarks need and this machine lacks, and says what it does:
#   Debian packages      where apt-get is there and this is root, or sudo asks for no password
#   Python packages      in a virtual environment under build/venv (cmake/requirements.txt)
# What cannot be got is named in one sentence; the build then goes on with what there is. MOESAIC_PROVIDE=no
# leaves everything to you. Usage: sh cmake/provide.sh [Debian package with a command of another name, as name=package ...]
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
venv=$root/build/venv
log=$root/build/provide.log
say() { printf 'moesaic: %s\n' "$*"; }

if [ "${MOESAIC_PROVIDE:-yes}" = no ]; then exit 0; fi
mkdir -p "$root/build"
: > "$log"

# --- Debian packages: what the compiler does not find ---------------------------------------------------------------
compiler=${CXX:-c++}
if ! command -v "$compiler" > /dev/null 2>&1; then
  say "no C++ compiler called '$compiler': please install one that knows C++20 (g++ 12 or clang 14 and later; Debian: g++), or name yours in CXX"
  exit 1
fi
missing=$(
  while read -r header package; do
    printf '#if !__has_include(<%s>)\nmoesaic_missing %s\n#endif\n' "$header" "$package"
  done << 'HEADERS' | "$compiler" -E -x c++ - 2>> "$log" | sed -n 's/^moesaic_missing //p'
doctest/doctest.h doctest-dev
benchmark/benchmark.h libbenchmark-dev
liburing.h liburing-dev
CLI/CLI.hpp libcli11-dev
fmt/format.h libfmt-dev
nlohmann/json.hpp nlohmann-json3-dev
lzma.h liblzma-dev
zlib.h zlib1g-dev
HEADERS
)
for wanted in "$@"; do
  command -v "${wanted%%=*}" > /dev/null 2>&1 || missing="$missing ${wanted##*=}"
done
missing=$(echo $missing)

become_root=
may_install() {
  command -v apt-get > /dev/null 2>&1 || return 1
  if [ "$(id -u)" = 0 ]; then return 0; fi
  command -v sudo > /dev/null 2>&1 && sudo -n true > /dev/null 2>&1 && become_root='sudo -n'
}
install_packages() {
  $become_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120 "$@" >> "$log" 2>&1 < /dev/null
}
if [ -n "$missing" ]; then
  if may_install; then
    say "installing Debian packages, this may take a minute: $missing"
    if ! { install_packages update; install_packages install --no-install-recommends $missing; }; then
      say "apt-get could not install them (the reason is in build/provide.log): please install $missing, or the same libraries in any prefix on CMAKE_PREFIX_PATH; going on without"
    fi
  else
    say "please install (Debian's names) $missing, or the same libraries in any prefix on CMAKE_PREFIX_PATH, because this script may not; going on without"
  fi
fi

# --- Python packages: ggml --------------------------------------------------------------------------------------------
if [ -n "${ggml_DIR:-}${ggml_ROOT:-}" ]; then exit 0; fi
stamp=$venv/provided.txt
if cmp -s "$root/cmake/requirements.txt" "$stamp"; then exit 0; fi

python=${PYTHON:-python3}
say "getting $(tr '\n' ' ' < "$root/cmake/requirements.txt")for Python in build/venv, this may take a minute"
make_venv() { rm -rf "$venv" && "$python" -m venv "$venv" >> "$log" 2>&1; }
if ! command -v "$python" > /dev/null 2>&1; then
  say "no $python: please install Python 3 with venv and pip, or any ggml and pass -Dggml_DIR=...; going on without the decoder"
elif ! make_venv && ! { may_install && install_packages install --no-install-recommends python3-venv && make_venv; }; then
  say "'$python -m venv' failed (the reason is in build/provide.log): please install Python's venv and pip (Debian: python3-venv), or any ggml and pass -Dggml_DIR=...; going on without the decoder"
elif ! "$venv/bin/python" -m pip install --disable-pip-version-check -q -r "$root/cmake/requirements.txt" >> "$log" 2>&1; then
  say "pip could not get them (the reason is in build/provide.log): please check its network settings, or install any ggml and pass -Dggml_DIR=...; going on without the decoder"
else
  cp "$root/cmake/requirements.txt" "$stamp"
fi
