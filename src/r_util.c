#include "r_util.h"

#include "simd.h"

#include <math.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#include <unistd.h>
#endif

/* Where an element of a list is; -1: nowhere. */
static R_xlen_t place_of(SEXP list, const char *name) {
  SEXP names = Rf_getAttrib(list, R_NamesSymbol);
  R_xlen_t n = TYPEOF(list) == VECSXP && TYPEOF(names) == STRSXP ? Rf_xlength(names) : 0;
  for (R_xlen_t i = 0; i < n; i++) {
    if (strcmp(CHAR(STRING_ELT(names, i)), name) == 0) {
      return i;
    }
  }
  return -1;
}

SEXP gmm_r_element(SEXP list, const char *name) {
  R_xlen_t place = place_of(list, name);
  if (place < 0) {
    Rf_error("internal error: no element '%s'", name);
  }
  return VECTOR_ELT(list, place);
}

static SEXP optional_element(SEXP list, const char *name) {
  R_xlen_t place = place_of(list, name);
  return place < 0 ? R_NilValue : VECTOR_ELT(list, place);
}

int gmm_r_int(SEXP list, const char *name, int min, int max) {
  SEXP value = gmm_r_element(list, name);
  if (TYPEOF(value) != INTSXP || Rf_xlength(value) != 1 || INTEGER(value)[0] < min ||
      INTEGER(value)[0] > max) {
    Rf_error("internal error: '%s' is not an integer from %d to %d", name, min, max);
  }
  return INTEGER(value)[0];
}

int gmm_r_count(SEXP x) {
  if (TYPEOF(x) != INTSXP || Rf_xlength(x) != 1 || INTEGER(x)[0] < 1 ||
      INTEGER(x)[0] > GMM_R_MOST) {
    Rf_error("internal error: not a positive integer");
  }
  return INTEGER(x)[0];
}

/* Less is not worth the call. */
#define FRESH_BYTES ((size_t)4 << 20)

void gmm_r_fresh(void *memory, size_t bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  if (bytes >= FRESH_BYTES) {
    /* Whole pages only, large ones where there are any, and all at once where the kernel can:
     * one by one they cost more than what is written to them. It is advice, so a failure
     * is none. */
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = (uintptr_t)memory + page - 1;
    start -= start % page;
    size_t whole = bytes - (start - (uintptr_t)memory);
    (void)madvise((void *)start, whole, MADV_HUGEPAGE);
#ifdef MADV_POPULATE_WRITE
    (void)madvise((void *)start, whole - whole % page, MADV_POPULATE_WRITE);
#endif
  }
#else
  (void)memory, (void)bytes;
#endif
}

SEXP gmm_r_column(SEXP list, int i, SEXPTYPE type, R_xlen_t n) {
  SEXP column = Rf_allocVector(type, n);
  SET_VECTOR_ELT(list, i, column);
  return column;
}

double gmm_r_double(SEXP list, const char *name) {
  SEXP value = gmm_r_element(list, name);
  if (TYPEOF(value) != REALSXP || Rf_xlength(value) != 1) {
    Rf_error("internal error: '%s' is not one number", name);
  }
  return REAL(value)[0];
}

const double *gmm_r_matrix(SEXP x, int min_rows, size_t *n, int *d) {
  SEXP dim = Rf_getAttrib(x, R_DimSymbol);
  if (TYPEOF(x) != REALSXP || TYPEOF(dim) != INTSXP || Rf_xlength(dim) != 2) {
    Rf_error("internal error: not a double matrix");
  }
  if (INTEGER(dim)[0] < min_rows || INTEGER(dim)[1] < 1) {
    Rf_error("internal error: a matrix without columns, or with less than %d rows", min_rows);
  }
  *n = (size_t)INTEGER(dim)[0];
  *d = INTEGER(dim)[1];
  return REAL_RO(x);
}

/* That rows of one pattern lack the same values. */
static void check_patterns(const gmm_data *data) {
  for (size_t p = 0, start = 0; p < data->n_patterns; start = data->pattern_end[p++]) {
    for (int a = 0; a < data->d; a++) {
      const double *column = data->x + data->n * (size_t)a;
      int first = !ISNAN(column[start]), same = 1;
      for (size_t i = start + 1; i < data->pattern_end[p]; i++) {
        same &= (!ISNAN(column[i])) == first;
      }
      if (!same) {
        Rf_error("internal error: rows of pattern %.0f lack different values", (double)p + 1);
      }
    }
  }
}

static const double *doubles(SEXP list, const char *name, size_t length) {
  SEXP value = gmm_r_element(list, name);
  if (TYPEOF(value) != REALSXP || (size_t)Rf_xlength(value) != length) {
    Rf_error("internal error: '%s' has the wrong type or length", name);
  }
  return REAL_RO(value);
}

/* NULL, or numbers that are positive, or may be 0, and have a sum. */
static const double *optional_amounts(SEXP list, const char *name, size_t length, int or_zero) {
  if (gmm_r_element(list, name) == R_NilValue) {
    return NULL;
  }
  const double *amounts = doubles(list, name, length);
  double sum = 0;
  int positive = 1;
  for (size_t i = 0; i < length; i++) {
    positive &= amounts[i] > 0 || (or_zero && amounts[i] == 0);
    sum += amounts[i];
  }
  if (!positive || !R_FINITE(sum)) {
    Rf_error("internal error: '%s' is not positive, or has no sum", name);
  }
  return amounts;
}

static const int *labels_in(SEXP labels, size_t n, int k) {
  if (labels == R_NilValue) {
    return NULL;
  }
  int wrong = TYPEOF(labels) != INTSXP || (size_t)Rf_xlength(labels) != n;
  const int *label = wrong ? NULL : INTEGER_RO(labels);
  for (size_t i = 0; i < n && !wrong; i++) {
    wrong = label[i] < GMM_UNKNOWN || label[i] >= k;
  }
  if (wrong) {
    Rf_error("internal error: labels have the wrong type, length or values");
  }
  return label;
}

/* The row after the last of each pattern. */
static void patterns_in(SEXP patterns, gmm_data *data) {
  if (patterns == R_NilValue) {
    return;
  }
  size_t m = TYPEOF(patterns) == REALSXP ? (size_t)Rf_xlength(patterns) : 0;
  size_t *end = (size_t *)R_alloc(m, sizeof(size_t));
  int right = m > 0 && data->n > 0;
  for (size_t p = 0; p < m && right; p++) {
    double last = REAL_RO(patterns)[p];
    right =
        last > (p > 0 ? (double)end[p - 1] : 0) && last <= (double)data->n && last == floor(last);
    end[p] = right ? (size_t)last : 0;
  }
  if (!right || end[m - 1] != data->n) {
    Rf_error("internal error: patterns are not increasing to the number of rows");
  }
  data->pattern_end = end;
  data->n_patterns = m;
  data->observed = (double *)R_alloc((size_t)data->d, sizeof(double));
  check_patterns(data);
}

gmm_data gmm_r_data(SEXP rows, int min_rows, int k) {
  gmm_data data = {0};
  data.x = gmm_r_matrix(gmm_r_element(rows, "x"), min_rows, &data.n, &data.d);
  data.weight = optional_amounts(rows, "weights", data.n, 0);
  data.range = optional_amounts(rows, "range", (size_t)data.d, 0);
  data.rounding = optional_amounts(rows, "rounding", (size_t)data.d, 1);
  data.label = labels_in(gmm_r_element(rows, "labels"), data.n, k);
  patterns_in(gmm_r_element(rows, "patterns"), &data);
  gmm_data_sum(&data);
  return data;
}

const gmm_model *gmm_r_model(SEXP name) {
  const gmm_model *model = NULL;
  if (TYPEOF(name) == STRSXP && Rf_xlength(name) == 1) {
    model = gmm_model_find(CHAR(STRING_ELT(name, 0)));
  }
  if (!model) {
    Rf_error("internal error: not the name of a model");
  }
  return model;
}

gmm_spec gmm_r_spec(SEXP list) {
  SEXP equal = gmm_r_element(list, "equal_proportions");
  if (TYPEOF(equal) != LGLSXP || Rf_xlength(equal) != 1 || LOGICAL(equal)[0] == NA_LOGICAL) {
    Rf_error("internal error: 'equal_proportions' is not a flag");
  }
  return (gmm_spec){.model = gmm_r_model(gmm_r_element(list, "model")),
                    .equal_proportions = LOGICAL(equal)[0]};
}

gmm_engine gmm_r_engine(SEXP list, gmm_poll *poll) {
  int level = gmm_r_int(list, "simd", -1, GMM_SIMD_LEVELS - 1);
  level = level < 0 ? gmm_simd_widest() : level;
  if (!gmm_simd_available(level)) {
    Rf_error("internal error: no instruction set %d", level);
  }
  return (gmm_engine){
      .kernels = gmm_simd_kernels(level),
      .threads = gmm_threads_allowed(gmm_r_int(list, "threads", 0, INT_MAX)),
      .poll = poll,
  };
}

gmm_arena gmm_r_arena(const gmm_arena *measured) {
  return gmm_arena_over(R_alloc(gmm_arena_bytes(measured), 1));
}

void gmm_r_fits(const gmm_arena *arena, size_t measured) {
  if (arena->used > measured) {
    Rf_error("internal error: %.0f bytes of work memory were measured, and %.0f taken",
             (double)measured, (double)arena->used);
  }
}

/* Leaves the core by a jump when the user, or a time limit, says so: all that
 * the core works in is R's memory, and R takes it back. */
static int check_interrupt(void *unused) {
  (void)unused;
  R_CheckUserInterrupt();
  return 0;
}

gmm_poll gmm_r_poll(void) {
  return (gmm_poll){check_interrupt, NULL, 0};
}

static SEXP check_protected(void *unused) {
  (void)unused;
  R_CheckUserInterrupt();
  return R_NilValue;
}

/* Called when R is about to jump: back to where we are, which is below R on the stack. */
static void hold_back(void *where, Rboolean jump) {
  if (jump) {
    longjmp(*(jmp_buf *)where, 1);
  }
}

static int check_patiently(void *self) {
  gmm_r_held *held = self;
  jmp_buf here;
  if (held->jumped) {
    return 1;
  }
  if (setjmp(here)) {
    held->jumped = 1;
    return 1;
  }
  R_UnwindProtect(check_protected, NULL, hold_back, &here, held->token);
  return 0;
}

gmm_poll gmm_r_patient_poll(gmm_r_held *held) {
  *held = (gmm_r_held){.token = PROTECT(R_MakeUnwindCont())};
  return (gmm_poll){check_patiently, held, 0};
}

void gmm_r_let_jump(gmm_r_held *held) {
  if (held->jumped) {
    R_ContinueUnwind(held->token);
  }
}

static double uniform(void *unused) {
  (void)unused;
  return unif_rand();
}

gmm_random gmm_r_random(void) {
  return (gmm_random){uniform, NULL};
}

void gmm_r_params_in(SEXP list, gmm_params *params) {
  size_t D = (size_t)params->d, K = (size_t)params->k;
  const double *pi = doubles(list, "proportions", K);
  const double *means = doubles(list, "means", K * D);
  const double *sigma = doubles(list, "covariances", K * D * D);
  SEXP noise = optional_element(list, "noise");
  if (noise != R_NilValue && (TYPEOF(noise) != REALSXP || Rf_xlength(noise) != 1)) {
    Rf_error("internal error: 'noise' is not a number");
  }
  params->noise = noise == R_NilValue ? 0 : REAL_RO(noise)[0];
  memcpy(params->pi, pi, K * sizeof(double));
  for (size_t j = 0; j < K; j++) {
    for (size_t a = 0; a < D; a++) {
      params->mu[a + D * j] = means[j + K * a];
    }
  }
  if (params->layout == GMM_FULL) {
    memcpy(params->sigma, sigma, K * D * D * sizeof(double));
  } else {
    for (size_t i = 0; i < K * D; i++) {
      params->sigma[i] = sigma[i % D * (D + 1) + i / D * D * D];
    }
  }
}

static SEXP covariances_out(const gmm_params *params) {
  int d = params->d, k = params->k;
  size_t D = (size_t)d, size = gmm_cov_size(params->layout, d);
  SEXP out = PROTECT(Rf_alloc3DArray(REALSXP, d, d, k));
  memset(REAL(out), 0, D * D * (size_t)k * sizeof(double));
  for (size_t j = 0; j < (size_t)k; j++) {
    double *to = REAL(out) + D * D * j;
    const double *from = params->sigma + size * j;
    for (size_t b = 0; b < D; b++) {
      for (size_t a = b; a < D; a++) {
        if (params->layout == GMM_FULL) {
          to[a + D * b] = to[b + D * a] = from[a + D * b];
        } else if (a == b) {
          to[a + D * a] = from[a];
        }
      }
    }
  }
  UNPROTECT(1);
  return out;
}

SEXP gmm_r_params_out(const gmm_params *params) {
  const char *names[] = {"proportions", "means", "covariances", "noise", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SEXP pi = Rf_allocVector(REALSXP, params->k);
  SET_VECTOR_ELT(out, 0, pi);
  memcpy(REAL(pi), params->pi, (size_t)params->k * sizeof(double));
  SEXP means = Rf_allocMatrix(REALSXP, params->k, params->d);
  SET_VECTOR_ELT(out, 1, means);
  for (size_t j = 0; j < (size_t)params->k; j++) {
    for (size_t a = 0; a < (size_t)params->d; a++) {
      REAL(means)[j + (size_t)params->k * a] = params->mu[a + (size_t)params->d * j];
    }
  }
  SET_VECTOR_ELT(out, 2, covariances_out(params));
  SET_VECTOR_ELT(out, 3, Rf_ScalarReal(params->noise));
  UNPROTECT(1);
  return out;
}

const char *gmm_r_code_name(gmm_code code) {
  switch (code) {
  case GMM_OK:
    return "ok";
  case GMM_EEMPTY:
    return "empty";
  case GMM_ESINGULAR:
    return "singular";
  case GMM_ESMALL:
    return "small";
  case GMM_ESPURIOUS:
    return "spurious";
  case GMM_EROUNDED:
    return "rounded";
  case GMM_ENONFINITE:
    return "nonfinite";
  case GMM_EDISTINCT:
    return "distinct";
  case GMM_ECONSTANT:
    return "constant";
  case GMM_ECOLLINEAR:
    return "collinear";
  case GMM_EINTERRUPT:
    return "interrupt";
  }
  return "unknown";
}

int gmm_r_index(gmm_status status) {
  return status.index < 0 ? NA_INTEGER : status.index + 1;
}

SEXP gmm_r_status(gmm_status status) {
  const char *names[] = {"code", "index", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, Rf_mkString(gmm_r_code_name(status.code)));
  SET_VECTOR_ELT(out, 1, Rf_ScalarInteger(gmm_r_index(status)));
  UNPROTECT(1);
  return out;
}
