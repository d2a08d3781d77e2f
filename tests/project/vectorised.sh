#!/usr/bin/env bash
# Every elementwise kernel's loops are vectorised: fails, naming the kernel, on one that is not, from the disassembly.
#     vectorised.sh OBJDUMP OPS-DIRECTORY REGISTER:OBJECT ...
#     vectorised.sh --planted OBJDUMP CONTROL-OBJECT        checks that it finds the kernels of vectorised_control.c that are not
# REGISTER is the instruction set's widest: ymm for x86-64-v3, zmm for x86-64-v4.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

# The kernels that the op files under a directory make, with the number of loops of each.
expected_kernels() {
  grep -rhoE '^OP2?\([a-z0-9_]+' --include='*.c' "$1" | sort | tr '(' ' ' | while read -r kind op; do
    if [ "$kind" = OP ]; then
      echo "${op}_map 1"
      echo "${op}_map_gradient 1"
    else
      echo "${op}_map 1"
      echo "${op}_map_gradient_x 1"
      echo "${op}_map_gradient_z 1"
    fi
  done
}

check_object() { # OBJDUMP REGISTER OBJECT, expected kernels on standard input
  "$1" -d -r --no-show-raw-insn -M att "$3" | awk -v register="$2" -f "$here/loops.awk" >"$scratch/loops"
  awk -v object="$2 kernels" -v loops="$scratch/loops" '
    BEGIN {
      while ((getline line < loops) > 0) {
        split(line, part, /[ =]/)
        vector[part[1]] = part[3]
        calls[part[1]] = part[7]
        same[part[1]] = part[9]
      }
    }
    {
      body = $1
      for (hops = 0; (body in same) && same[body] != "-" && hops < 3; hops++) body = same[body]
      why = ""
      if (!($1 in vector)) why = "is not there"
      else if (!(body in vector)) why = "jumps to " body ", which is no kernel"
      else if (calls[body] != "-") why = "calls " calls[body]
      else if (vector[body] < $2) why = "has " vector[body] " vector loops; expected " $2
      if (why != "") { print object ": " $1 " " why; bad = 1 }
      count++
    }
    END {
      if (count == 0) { print object ": no kernel was expected"; bad = 1 }
      print "checked: " count " kernels in " object
      exit bad
    }'
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
status=0
if [ "$1" = --planted ]; then
  expected_kernels "$here" >"$scratch/expected"
  echo "absent_map 1" >>"$scratch/expected"
  found=$(check_object "$2" ymm "$3" <"$scratch/expected" | sed -n 's/^ymm kernels: \([a-z_]*\).*/\1/p' | sort | tr '\n' ' ') || true
  expected='absent_map calls_libm_map half_scalar_map iterates_map iterates_map_gradient '
  if [ "$found" != "$expected" ]; then
    printf 'found:    %s\nexpected: %s\n' "$found" "$expected"
    exit 1
  fi
  echo "checked: 5 planted kernels that are no vector loops were found"
  exit 0
fi
objdump=$1
expected_kernels "$2" >"$scratch/expected"
shift 2
for pair in "$@"; do
  check_object "$objdump" "${pair%%:*}" "${pair#*:}" <"$scratch/expected" || status=1
done
exit $status
