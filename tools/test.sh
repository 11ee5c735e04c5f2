#!/bin/sh
# All tests, of R and of the C core; the counts of both stand in the last line.
#
#   sh tools/test.sh [file for the counts]

set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# Whatever stops a half before it has counted is one failure.
echo "0 1 0" >"$work/r"
echo "0 1 0" >"$work/c"

echo "== R tests"
"${RSCRIPT:-Rscript}" tools/test-r.R --counts="$work/r" || true
echo
echo "== C tests"
sh tools/test-c.sh "$work/c" || true
echo

read -r r_passed r_failed r_skipped <"$work/r"
read -r c_passed c_failed c_skipped <"$work/c"
passed=$((r_passed + c_passed))
failed=$((r_failed + c_failed))
skipped=$((r_skipped + c_skipped))
if [ -n "${1:-}" ]; then echo "$passed $failed $skipped" >"$1"; fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
