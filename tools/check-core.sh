#!/bin/sh
# Keeps the layers apart:
#
#   - the core (src/*.c and *.h without r_* and init.c) includes no header of
#     R, except that linalg.c includes those of BLAS and LAPACK;
#   - BLAS and LAPACK are named in linalg.c alone;
#   - threads are started in parallel.c alone, and no rounding mode or fast arithmetic is
#     asked for;
#   - the package never sets the seed of the user's random numbers.

set -u
cd "$(dirname "$0")/.."
status=0

complain() { # what, offending lines
  if [ -n "$2" ]; then
    printf '%s\n%s\n\n' "$1" "$2" >&2
    status=1
  fi
}

core=
for file in src/*.c src/*.h; do
  case $file in
    src/r_*.c | src/r_*.h | src/init.c | src/\*.c | src/\*.h) ;;
    *) core="$core $file" ;;
  esac
done

if [ -n "$core" ]; then
  # shellcheck disable=SC2086
  r_headers=$(grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"](R|Rinternals|Rmath|Rdefines|Rversion|Rembedded|Rinterface)\.h[>"]' \
    /dev/null $core)
  complain "The core includes a header of R (this belongs in src/r_*.c):" "$r_headers"

  # shellcheck disable=SC2086
  r_ext=$(grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]R_ext/' /dev/null $core |
    grep -vE '^src/linalg\.c:.*R_ext/(BLAS|Lapack)\.h')
  complain "The core includes R_ext/ (only linalg.c may, and only BLAS.h and Lapack.h):" "$r_ext"

  # The header of R that a core file reaches through one of the glue.
  # shellcheck disable=SC2086
  upwards=$(grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"r_' /dev/null $core)
  complain "The core includes a header of the glue:" "$upwards"
fi

fortran=$(grep -nE '\bF77_(CALL|NAME|SUB)\b|\bFCONE\b|R_ext/(BLAS|Lapack)\.h' \
  /dev/null $(ls src/*.c src/*.h 2>/dev/null) | grep -v '^src/linalg\.c:')
complain "BLAS or LAPACK is called outside src/linalg.c:" "$fortran"

openmp=$(grep -nE '#[[:space:]]*pragma[[:space:]]+omp|\bomp_[a-z_]+[[:space:]]*\(' \
  /dev/null $(ls src/*.c src/*.h 2>/dev/null) | grep -v '^src/parallel\.c:')
complain "OpenMP is used outside src/parallel.c:" "$openmp"

fast=$(grep -nE 'ffast-math|march=native|fesetround|_MM_SET_|target_clones' \
  /dev/null $(ls src/*.c src/*.h src/Makevars* 2>/dev/null))
complain "Arithmetic or instructions that are not the same everywhere (see src/simd.h):" "$fast"

seeds=$(grep -rnE '\bset\.seed[[:space:]]*\(' R 2>/dev/null |
  grep -vE "^[^:]*:[0-9]+:[[:space:]]*#'")
complain "set.seed() is called in R/ (random numbers are the user's):" "$seeds"

if [ "$status" -eq 0 ]; then
  echo "The layers are kept apart: $(echo $core | wc -w | tr -d ' ') core files looked at."
fi
exit "$status"
