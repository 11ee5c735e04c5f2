# The figures of bench/README.md: readable in black and white.

save_ratios <- function(found, file) {
  peers <- found[found$contestant != OURS, ]
  peers$contestant <- factor(peers$contestant, rev(contestant_order(peers$contestant)))
  plot <- ggplot2::ggplot(peers, ggplot2::aes(.data$ratio, .data$contestant)) +
    ggplot2::geom_vline(xintercept = 1, colour = "grey50") +
    ggplot2::geom_linerange(ggplot2::aes(xmin = .data$low, xmax = .data$high), colour = "grey50") +
    ggplot2::geom_point(size = 1.8) +
    ggplot2::scale_x_log10(labels = function(x) format(x, drop0trailing = TRUE, trim = TRUE)) +
    ggplot2::facet_wrap(ggplot2::vars(.data$workload), ncol = 4) +
    ggplot2::labs(
      x = "time an iteration / that of gaussmix (median and range over rounds)", y = NULL
    ) +
    ggplot2::theme_bw()
  ggplot2::ggsave(file, plot, width = 10, height = 5.5, dpi = 120)
}

save_growth <- function(rows, file) {
  sizes <- rows
  sizes$size <- vapply(seq_len(nrow(rows)), function(i) rows[[rows$against[[i]]]][[i]], 0)
  words <- c(n = "rows (n)", d = "variables (d)", k = "components (k)")
  sizes$against <- factor(words[sizes$against], words)
  plot <- ggplot2::ggplot(
    sizes, ggplot2::aes(.data$size, .data$seconds, shape = .data$covariances)
  ) +
    ggplot2::geom_line(ggplot2::aes(linetype = .data$covariances), colour = "grey40") +
    ggplot2::geom_point(size = 2) +
    ggplot2::scale_x_log10() +
    ggplot2::scale_y_log10() +
    ggplot2::scale_shape_manual(values = c(full = 16, diagonal = 1)) +
    ggplot2::facet_wrap(ggplot2::vars(.data$against), scales = "free_x") +
    ggplot2::labs(x = NULL, y = "seconds an iteration", shape = NULL, linetype = NULL) +
    ggplot2::theme_bw() +
    ggplot2::theme(legend.position = "bottom")
  ggplot2::ggsave(file, plot, width = 9, height = 3.8, dpi = 120)
}
