#!/usr/bin/env bash
# Installs into a folder of its own and builds a small program outside the tree with what is there: found by CMake and by pkg-config, with the
# static and the shared library, in C and in C++. The installed tree has been moved after its configuration, as a package's is.
#     install.sh CMAKE BUILD-DIRECTORY CONSUMER-DIRECTORY C-COMPILER
set -euo pipefail
cmake=$1 build=$2 consumer=$3 cc=$4
cxx=$(sed -E 's/clang/clang++/; s/gcc/g++/; s/(^|\/)cc$/\1c++/' <<<"$cc")
command -v "$cxx" >/dev/null || { echo "no C++ compiler beside $cc: $cxx is not there" && exit 1; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
DESTDIR="$scratch/stage" "$cmake" --install "$build" --prefix /opt/wengert >"$scratch/log"
prefix="$scratch/elsewhere"
mv "$scratch/stage/opt/wengert" "$prefix"
cp -r "$consumer" "$scratch/consumer"
count=0

# Runs a program that must print 6, and says whether it needs the shared library.
expect() { # PROGRAM shared|static
  local output needs=static
  output=$(LD_LIBRARY_PATH="$library" "$1")
  if [ "$output" != 6 ]; then
    echo "$1 printed '$output'; expected 6"
    exit 1
  fi
  if [[ $(ldd "$1") == *libwengert* ]]; then needs=shared; fi
  if [ "$needs" != "$2" ]; then
    echo "$1 is linked to the $needs library; expected the $2 one"
    exit 1
  fi
  count=$((count + 1))
}

export CC=$cc CXX=$cxx
library=$(dirname "$(find "$prefix" -name libwengert.a)")
for language in C CXX; do
  "$cmake" -S "$scratch/consumer" -B "$scratch/$language" -DLANGUAGE=$language -DCMAKE_PREFIX_PATH="$prefix" \
    -DCMAKE_BUILD_TYPE=Release >"$scratch/log" || { cat "$scratch/log" && exit 1; }
  "$cmake" --build "$scratch/$language" >"$scratch/log" || { cat "$scratch/log" && exit 1; }
  expect "$scratch/$language/with_static" static
  expect "$scratch/$language/with_shared" shared
  expect "$scratch/$language/with_wengert" shared
done

export PKG_CONFIG_PATH="$library/pkgconfig"
flags=$(pkg-config --cflags wengert)
for language in c c++; do
  if [ $language = c ]; then compiler=$cc standard=c11; else compiler=$cxx standard=c++17; fi
  compile="$compiler -std=$standard -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror $flags -x $language $scratch/consumer/main.c -x none"
  $compile -o "$scratch/shared_$language" $(pkg-config --libs wengert)
  expect "$scratch/shared_$language" shared
  # Where both libraries lie side by side the linker takes the shared one, unless the file is named.
  $compile -o "$scratch/static_$language" $(pkg-config --static --libs wengert | sed 's/-lwengert/-l:libwengert.a/')
  expect "$scratch/static_$language" static
done

if [ -x "$prefix/bin/wengert" ]; then
  [[ $("$prefix/bin/wengert" ops) == *prelu* ]] || { echo "the installed program does not list prelu" && exit 1; }
  count=$((count + 1))
fi
echo "checked: $count programs built from the installed files"
