#!/bin/sh
# Compiles all C sources (the core, the glue, the C tests and the benchmarks) with
# gcc and with clang; a warning is a failure:
#
#   sh tools/warnings.sh [compiler ...]
#
# Without arguments, the one of the two that is not installed is left out.

set -u
cd "$(dirname "$0")/.."
R=${R:-R}

# Optimised, since some warnings come of following the values. R's own headers
# are not ours to mend. OpenMP pragmas are to be ignored.
flags="-std=gnu11 -Wall -Wextra -Wpedantic -Werror -Wno-unknown-pragmas -O2 -fPIC"
r_headers=$("$R" CMD config --cppflags | sed 's/^-I/-isystem /; s/ -I/ -isystem /g')

if [ "$#" -eq 0 ]; then
  for compiler in gcc clang; do
    if command -v "$compiler" >/dev/null 2>&1; then
      set -- "$@" "$compiler"
    else
      echo "$compiler is not installed: the C sources are not looked at by it."
    fi
  done
  if [ "$#" -eq 0 ]; then
    echo "There is neither gcc nor clang." >&2
    exit 1
  fi
fi

status=0
for compiler in "$@"; do
  looked_at=0
  failed=0
  for file in src/*.c tests/c/*.c bench/*.c; do
    looked_at=$((looked_at + 1))
    # shellcheck disable=SC2086
    $compiler $flags $r_headers -Isrc -Itests/c -c "$file" -o /dev/null || failed=$((failed + 1))
  done
  if [ "$failed" -eq 0 ]; then
    echo "$compiler gives no warning in $looked_at C files."
  else
    echo "$compiler does not accept $failed of $looked_at C files." >&2
    status=1
  fi
done
exit "$status"
