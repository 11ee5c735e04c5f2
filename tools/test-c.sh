#!/bin/sh
# Tests the C core as plain programs, under the address and undefined-behaviour
# sanitizers:
#
#   sh tools/test-c.sh [file for the counts]
#
# CC chooses the compiler. Where it has no sanitizers the tests run without
# them, except under CI=true, where that is a failure. Where it has no OpenMP
# they run on one thread.

set -eu
cd "$(dirname "$0")/.."
counts=${1:-}
CC=${CC:-$("${R:-R}" CMD config CC)}
CC=${CC:-cc}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

finish() { # passed failed skipped
  echo "C tests: $1 passed, $2 failed, $3 skipped"
  if [ -n "$counts" ]; then echo "$1 $2 $3" >"$counts"; fi
  if [ "$2" -gt 0 ]; then exit 1; fi
  exit 0
}

if ! ls tests/c/test_*.c >/dev/null 2>&1; then
  echo "No C test was found in tests/c."
  finish 0 1 0
fi

# Sanitizers may be absent from the compiler, or present and unable to run: the
# leak check needs rights that some containers withhold.
sanitize="-fsanitize=address,undefined -fno-sanitize-recover=all"
printf '%s\n' '#include <stdlib.h>' \
  'int main(void) { free(malloc(8)); return 0; }' >"$work/probe.c"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
if ! $CC $sanitize "$work/probe.c" -o "$work/probe" >/dev/null 2>&1; then
  works=no
elif "$work/probe" >/dev/null 2>&1; then
  works=yes
elif ASAN_OPTIONS=detect_leaks=0 "$work/probe" >/dev/null 2>&1; then
  works=yes
  export ASAN_OPTIONS=detect_leaks=0
  echo "The leak check cannot run here; the other sanitizers do."
else
  works=no
fi
if [ "$works" = no ]; then
  if [ "${CI:-}" = true ]; then
    echo "$CC has no working sanitizers, which CI must have."
    finish 0 1 0
  fi
  echo "$CC has no working sanitizers: the C tests run without them."
  sanitize=
fi

# Clang comes without the header and the library of its OpenMP.
printf '%s\n' '#include <omp.h>' \
  'int main(void) { return omp_get_max_threads() < 1; }' >"$work/probe.c"
openmp=-fopenmp
if ! $CC $openmp "$work/probe.c" -o "$work/probe" >/dev/null 2>&1 || ! "$work/probe" >/dev/null 2>&1; then
  openmp=-Wno-unknown-pragmas
  echo "$CC has no OpenMP: the C tests run on one thread."
fi

# What LLVM's OpenMP keeps for its threads is no leak of ours.
echo "leak:libomp" >"$work/suppressions"
export LSAN_OPTIONS="${LSAN_OPTIONS:-suppressions=$work/suppressions:print_suppressions=0}"

echo "Compiling the C core and its tests with $CC${sanitize:+, $sanitize} ..."
if ! "${MAKE:-make}" -C tests/c -k -j2 BUILD="$work/build" CC="$CC" R="${R:-R}" \
  SANITIZE="$sanitize" OPENMP="$openmp" >"$work/log" 2>&1; then
  cat "$work/log"
  echo "The C tests do not compile."
  finish 0 1 0
fi

# Threads of the BLAS, where it has any, only wait for each other over small matrices.
export OPENBLAS_NUM_THREADS="${OPENBLAS_NUM_THREADS:-1}"

passed=0
failed=0
for source in tests/c/test_*.c; do
  name=$(basename "$source" .c)
  status=0
  "$work/build/$name" >"$work/out" 2>&1 || status=$?
  cat "$work/out"
  line=$(sed -n 's/^[^ ]*: \([0-9][0-9]*\) passed, \([0-9][0-9]*\) failed$/\1 \2/p' "$work/out" | tail -n 1)
  # The counts are the last thing that a program prints: without them, or with
  # a bad status after good counts, something broke that no check saw.
  p=0
  f=1
  if [ -n "$line" ]; then
    p=${line% *}
    f=${line#* }
  fi
  if [ "$status" -ne 0 ] && { [ -z "$line" ] || [ "$f" -eq 0 ]; }; then
    echo "$name: ended with status $status"
    f=1
  fi
  passed=$((passed + p))
  failed=$((failed + f))
done
finish "$passed" "$failed" 0
