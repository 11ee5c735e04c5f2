#!/bin/sh
# Times the M-step of each covariance model (bench/mstep.c), with the compiler, the
# flags and the BLAS of R, and writes the table into bench/mstep.md:
#
#   sh bench/mstep.sh

set -eu
cd "$(dirname "$0")/.."
R=${R:-R}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cc=$("$R" CMD config CC)
home=$("$R" RHOME)
core=$(for file in src/*.c; do
  case $file in src/r_*.c | src/init.c) ;; *) echo "$file" ;; esac
done)
# shellcheck disable=SC2046,SC2086
$cc $("$R" CMD config CFLAGS) -Isrc $("$R" CMD config --cppflags) bench/mstep.c $core \
  -o "$work/mstep" $("$R" CMD config LAPACK_LIBS) $("$R" CMD config BLAS_LIBS) \
  $("$R" CMD config FLIBS) -L"$home/lib" -Wl,-rpath,"$home/lib" -lm

machine=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | sort -u | head -n 1)
blas=$("$R" --vanilla -s -e 'cat(basename(sessionInfo()$BLAS))')
{
  cat <<'EOF'
# The M-step alone

Time to make of given statistics the density that the next E-step evaluates, as a
multiple of VVV's. `first`: with nothing to go on from. `next`: within a run of EM,
where the models that iterate go on from the last iteration. `alone`: as `next`,
without the Cholesky factors that every E-step needs; VVV's part is then one
multiplication an entry. Medians of rounds in which the models take turns. The components'
scatter matrices have nothing in common, which is the worst case for EVE and VVE.

EOF
  echo "${machine:-unknown processor}, $("$R" --version | sed -n '1s/ (.*//p'), $blas."
  for size in "50 10" "10 5" "4 3"; do
    echo
    # shellcheck disable=SC2086
    set -- $size
    echo "## d = $1, k = $2"
    echo
    "$work/mstep" "$1" "$2"
  done
} >bench/mstep.md
cat bench/mstep.md
