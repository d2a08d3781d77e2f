#!/usr/bin/env bash
# Dependencies point one way: fails on an include that points the other.
#     includes.sh ROOT        checks the tree under ROOT
#     includes.sh --planted   checks that it finds what is wrong in a tree made for that
set -euo pipefail

# What each folder of src/ may include, itself among it. A folder that is not here is a failure: it has no place yet.
# Public headers belong to the folder that implements them.
check() {
  cd "$1"
  grep -HnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*["<]' -r --include='*.[ch]' --include='*.inc' src include cli 2>/dev/null |
    awk '
      BEGIN {
        allowed["base"] = " base "
        allowed["math"] = " base math "
        allowed["ops"] = " base math ops "
        allowed["tape"] = " base math ops tape "
        allowed["nn"] = " base math ops tape nn "
        allowed["optim"] = " base math ops tape nn optim "
        allowed["verify"] = " base math ops tape verify "
        allowed["train"] = " base math ops tape nn optim data io train "
        allowed["data"] = " base math data "
        allowed["io"] = " base io "
        split("error base tensor base system base random base op ops tape tape ops tape activation tape params nn initializers nn regularizers nn constraints nn layers nn model nn losses nn metrics nn file io optim optim schedule optim train train callbacks train checkpoint train gradcheck verify data data", pairs, " ")
        for (i = 1; i in pairs; i += 2) home[pairs[i]] = pairs[i + 1]
      }
      function fail(why) { print file ":" line ": includes \"" target "\": " why; bad = 1 }
      {
        split($0, part, ":")
        file = part[1]
        line = part[2]
        quoted = $0 ~ /include[ \t]*"/
        target = $0
        sub(/^[^"<]*["<]/, "", target)
        sub(/[">].*/, "", target)
        split(file, at, "/")
        split(target, to, "/")
        total++
        if (to[1] == "wengert" && at[1] == "src") {
          header = to[2]
          sub(/\.h$/, "", header)
          if (!(header in home)) { fail("this public header has no place in the order of dependencies"); next }
          needs = home[header]
        } else needs = to[1]
        if (at[1] == "include") {
          if (quoted && to[1] != "wengert") fail("public headers include public headers only")
        } else if (at[1] == "cli") {
          if (quoted && to[1] != "wengert" && target ~ /\//) fail("the program uses the public headers and its own only")
        } else if (!(at[2] in allowed)) {
          fail("src/" at[2] " has no place in the order of dependencies")
        } else if (quoted && (target == "ops.inc" || target == "ops.list")) {
          if (at[2] != "ops") fail("only src/ops knows the list of ops")
        } else if (quoted && index(allowed[at[2]], " " needs " ") == 0) {
          fail("src/" at[2] " may include" allowed[at[2]] "only")
        }
      }
      END {
        if (total == 0) { print "no include was found"; exit 2 }
        print "checked: " total " includes"
        exit bad
      }'
}

planted() {
  tree=$(mktemp -d)
  trap 'rm -rf "$tree"' EXIT
  mkdir -p "$tree"/{src/{base,math,data,tape,ops/room,attic},include/wengert,cli}
  echo '#include "tape/tape.h"' >"$tree/src/base/up.c"
  echo '#include "wengert/tape.h"' >"$tree/src/math/public.h"
  echo '#include "ops/room.h"' >"$tree/src/data/sideways.c"
  echo ' # include "nn/params.h"' >"$tree/src/tape/spaced.c"
  echo '#include "optim/sgd.inc"' >"$tree/src/ops/room/deep.c"
  echo '#include "base/error.h"' >"$tree/src/attic/unknown.c"
  echo '#include "base/error.h"' >"$tree/include/wengert/leaks.h"
  echo '#include "base/arena.h"' >"$tree/cli/inside.c"
  printf '#include <stdio.h>\n#include "base/error.h"\n#include "wengert/op.h"\n' >"$tree/src/ops/right.c"
  local found
  found=$( (check "$tree" || true) | sed -n 's/: includes.*//p' | sort | tr '\n' ' ')
  local expected='cli/inside.c:1 include/wengert/leaks.h:1 src/attic/unknown.c:1 src/base/up.c:1 src/data/sideways.c:1 src/math/public.h:1 src/ops/room/deep.c:1 src/tape/spaced.c:1 '
  if [ "$found" != "$expected" ]; then
    printf 'found:    %s\nexpected: %s\n' "$found" "$expected"
    exit 1
  fi
  echo "checked: 8 planted includes were found, 3 right ones were not"
}

if [ "${1-}" = --planted ]; then planted; else check "${1:?usage: includes.sh ROOT | --planted}"; fi
