#include "params.h"

#include <string.h>

void gmm_params_take(gmm_params *params, gmm_arena *arena, gmm_layout layout, int d, int k) {
  size_t D = (size_t)d, K = (size_t)k;
  *params = (gmm_params){.layout = layout, .d = d, .k = k};
  params->pi = gmm_arena_doubles(arena, K);
  params->mu = gmm_arena_doubles(arena, D * K);
  params->sigma = gmm_arena_doubles(arena, gmm_cov_size(layout, d) * K);
  params->factors.volume = gmm_arena_doubles(arena, K);
  params->factors.orientation = gmm_arena_doubles(arena, layout == GMM_FULL ? D * D : 0);
}

static void copy_axes(gmm_factors *to, const gmm_factors *from, int d) {
  to->axes_known = from->axes_known;
  if (from->axes_known) {
    memcpy(to->orientation, from->orientation, (size_t)d * (size_t)d * sizeof(double));
  }
}

void gmm_factors_forget(gmm_factors *factors) {
  factors->volumes_known = factors->axes_known = 0;
}

void gmm_params_copy(gmm_params *to, const gmm_params *from) {
  size_t D = (size_t)from->d, K = (size_t)from->k;
  memcpy(to->pi, from->pi, K * sizeof(double));
  memcpy(to->mu, from->mu, D * K * sizeof(double));
  memcpy(to->sigma, from->sigma, gmm_cov_size(from->layout, from->d) * K * sizeof(double));
  to->noise = from->noise;
  copy_axes(&to->factors, &from->factors, from->d);
  to->factors.volumes_known = from->factors.volumes_known;
  if (from->factors.volumes_known) {
    memcpy(to->factors.volume, from->factors.volume, K * sizeof(double));
  }
}

void gmm_params_convert(gmm_params *to, const gmm_params *from) {
  size_t D = (size_t)from->d, K = (size_t)(from->k < to->k ? from->k : to->k);
  size_t size = gmm_cov_size(to->layout, to->d), from_size = gmm_cov_size(from->layout, to->d);
  memcpy(to->pi, from->pi, K * sizeof(double));
  memcpy(to->mu, from->mu, D * K * sizeof(double));
  to->noise = from->noise;
  gmm_factors_forget(&to->factors);
  if (to->layout == GMM_FULL) {
    copy_axes(&to->factors, &from->factors, from->d);
  }
  if (to->layout == from->layout) {
    memcpy(to->sigma, from->sigma, size * K * sizeof(double));
    return;
  }
  memset(to->sigma, 0, size * K * sizeof(double));
  for (size_t j = 0; j < K; j++) {
    for (int a = 0; a < from->d; a++) {
      to->sigma[size * j + gmm_cov_diagonal(to->layout, to->d, a)] =
          from->sigma[from_size * j + gmm_cov_diagonal(from->layout, from->d, a)];
    }
  }
}

void gmm_params_set_noise(gmm_params *params, double noise) {
  for (int j = 0; j < params->k; j++) {
    params->pi[j] *= (1 - noise) / (1 - params->noise);
  }
  params->noise = noise;
}
