# The sections of bench/README.md, each from tables of bench/results; a section whose table is
# not there is left out.

OURS <- "gaussmix"

# ---- Helpers ------------------------------------------------------------------

md_table <- function(columns) {
  cells <- do.call(cbind, lapply(columns, as.character))
  cells[is.na(cells)] <- "–"
  numbers <- apply(cells, 2, function(cell) all(grepl("^[-0-9–]", cell)))
  rows <- rbind(names(columns), ifelse(numbers, "--:", "---"), cells)
  c(apply(rows, 1, function(row) paste0("| ", paste(row, collapse = " | "), " |")), "")
}

number <- function(x, digits = 3) {
  text <- vapply(signif(x, digits), format, "", digits = digits, scientific = FALSE, big.mark = ",")
  ifelse(is.na(x), NA_character_, text)
}

#' The order of the table of contestants.
contestant_order <- function(names) {
  union(intersect(names(contestants), names), names)
}

#' Medians over rounds of seconds, and of their ratio to ours of the round, by the columns
#' `by` and by contestant.
medians <- function(rows, by) {
  ours <- rows[rows$contestant == OURS, c(by, "round", "seconds")]
  names(ours)[ncol(ours)] <- "ours"
  rows <- merge(rows, ours, by = c(by, "round"), all.x = TRUE)
  rows$ratio <- rows$seconds / rows$ours
  groups <- split(rows, rows[c(by, "contestant")], drop = TRUE)
  do.call(rbind, lapply(groups, function(group) {
    data.frame(
      group[1, c(by, "contestant"), drop = FALSE],
      seconds = stats::median(group$seconds), ratio = stats::median(group$ratio),
      low = min(group$ratio), high = max(group$ratio), rounds = nrow(group),
      row.names = NULL
    )
  }))
}

with_ratio <- function(seconds, ratio, unit = 1000) {
  text <- paste0(number(unit * seconds), " (", number(ratio, 2), ")")
  ifelse(is.na(seconds), NA_character_, text)
}

absent_lines <- function(absent, parts) {
  absent <- absent[absent$part %in% parts & !absent$reason %in% c("", NA), ]
  if (is.null(absent) || !nrow(absent)) {
    return(character())
  }
  groups <- split(absent$part, paste0(absent$contestant, ": ", absent$reason))
  sentences <- vapply(names(groups), function(reason) {
    paste0("* ", reason, " (", paste(sort(unique(groups[[reason]])), collapse = ", "), ").")
  }, "")
  c("Not timed:", "", unname(sentences), "")
}

# ---- Sections -------------------------------------------------------------------

introduction <- function(machine) {
  item <- function(name) unique(machine$value[machine$item == name])
  common <- c("processor", "processors", "memory", "system", "R", "compiler", "flags", "date")
  several <- Filter(function(name) length(item(name)) > 1L, common)
  c(
    "# Benchmarks",
    "",
    "gaussmix beside other programs that fit Gaussian mixtures. `make bench` measures it",
    "all, `make bench BENCH=W3` a part, and `Rscript bench/render.R` writes this page from",
    "the tables in `bench/results`. Contestants are programs of their own which take turns:",
    "figures are medians over rounds, and ratios are medians of the ratio to gaussmix within",
    "a round, which whatever else the machine does disturbs less than the times. All run",
    "on one thread, that of the BLAS included, unless said.",
    "",
    md_table(list(
      " " = setdiff(common, several),
      " " = vapply(setdiff(common, several), item, "")
    )),
    if (length(several)) {
      c(
        paste0(
          "The parts were not all measured alike; they differ in: ",
          paste(several, collapse = ", "), " (`bench/results/machine.csv`)."
        ), ""
      )
    }
  )
}

iterations_section <- function(rows, checks, absent, to) {
  if (is.null(rows)) {
    return(character())
  }
  found <- medians(rows, "workload")
  own_start <- vapply(contestants, function(one) one$own_start, NA)
  # Its start is in both runs and varies: of one round the difference says too little.
  vague <- found$rounds == 1 & found$contestant %in% names(own_start)[own_start]
  absent <- rbind(absent[c("part", "contestant", "reason")], data.frame(
    part = found$workload[vague], contestant = found$contestant[vague],
    reason = rep("one round only, and a start of its own that varies", sum(vague))
  ))
  found <- found[!vague, ]
  shown <- workloads[workloads$workload %in% found$workload, ]
  who <- contestant_order(found$contestant)
  cells <- lapply(shown$workload, function(name) {
    part <- found[found$workload == name, ]
    part <- part[match(who, part$contestant), ]
    with_ratio(part$seconds, part$ratio)
  })
  save_ratios(found, file.path(to, "iterations.png"))
  c(
    "## Seconds an iteration",
    "",
    "Milliseconds an iteration of EM, and in brackets the ratio to gaussmix. Everyone starts",
    "from the same parameters; the difference between a long and a short run is taken, so",
    "that neither the data's way in nor the start counts.",
    "",
    md_table(c(list(contestant = who), stats::setNames(cells, shown$workload))),
    "![Ratio to gaussmix](iterations.png)",
    "",
    md_table(list(
      workload = shown$workload,
      rows = number(checks$n[match(shown$workload, checks$workload)], 7), variables = shown$d,
      components = shown$k, covariances = shown$covariances, iterations = shown$steps,
      rounds = tapply(found$rounds, found$workload, max)[shown$workload]
    )),
    "W1 is iris; the others are simulated (`bench/problem.R`), with overlap such that the",
    "largest responsibility of a row is 0.84 to 0.95 in the mean.",
    "",
    check_lines(checks),
    absent_lines(absent, shown$workload)
  )
}

check_lines <- function(checks) {
  unknown <- checks[is.na(checks$relative_difference), ]
  off <- checks[!is.na(checks$relative_difference) & abs(checks$relative_difference) > 1e-9, ]
  busy <- unique(checks$workload[checks$processors_used < 0.9])
  c(
    "That the iterations were done is checked by the log-likelihood after them, worked out",
    "from the contestant's parameters in plain R: it is ours after as many iterations to",
    paste0(
      "within 1e-9 of it",
      if (nrow(off)) ", except for" else " throughout."
    ),
    "",
    if (nrow(off)) {
      c(
        sprintf(
          "* %s on %s: off by %.1e; where ours is after %.1f iterations, not %d.",
          off$contestant, off$workload, off$relative_difference, off$as_ours_after, off$iterations
        ), ""
      )
    },
    if (nrow(unknown)) {
      c(
        sprintf(
          "%s on %s does not leave parameters that can be checked.",
          unknown$contestant, unknown$workload
        ), ""
      )
    },
    "ClusterR starts where it wants; it is compared with ours from its parameters after one",
    "iteration. VLFeat leaves responsibilities below 0.01 out of its M-step, and so ends",
    "elsewhere.",
    "",
    if (length(busy)) {
      c(
        paste0(
          "**The machine did other things meanwhile** (", paste(busy, collapse = ", "),
          "): there were programs that had less than 90 % of a processor."
        ), ""
      )
    }
  )
}

threads_section <- function(rows) {
  if (is.null(rows)) {
    return(character())
  }
  quantile_of <- function(ratio, p) {
    ratios <- split(ratio, rows$workload)
    vapply(ratios, function(of) sprintf("%.2f", stats::quantile(of, p)), "")
  }
  times <- rows$one / rows$two
  c(
    "## Two threads",
    "",
    "How many times faster an iteration of gaussmix is on two threads than on one, in turns in one",
    sprintf("process: median and quartiles of %d rounds. *Two processes* is how many times as", max(rows$round)),
    "many iterations two processes of one thread each do at a time, compared with one that is alone:",
    "no program does better on the machine.",
    "",
    md_table(list(
      workload = sort(unique(rows$workload)), times = quantile_of(times, 0.5),
      "from" = quantile_of(times, 0.25), to = quantile_of(times, 0.75),
      "two processes" = quantile_of(2 * rows$one / rows$beside, 0.5)
    ))
  )
}

missing_section <- function(rows, checks) {
  if (is.null(rows)) {
    return(character())
  }
  rows$MGMM <- rows$MGMM * rows$n / rows$rows_MGMM
  milliseconds <- function(seconds) signif(1e3 * stats::median(seconds, na.rm = TRUE), 3)
  ratio <- function(seconds) signif(stats::median(seconds / rows$missing, na.rm = TRUE), 3)
  contestant <- c("gaussmix, all values", "gaussmix", "MGMM")
  columns <- c("complete", "missing", "MGMM")
  some <- vapply(columns, function(name) any(!is.na(rows[[name]])), NA)
  c(
    "## Missing values",
    "",
    sprintf(
      "Milliseconds an iteration of EM, whole covariances, %s rows of %d variables of which a tenth of",
      format(rows$n[[1]], big.mark = ",", scientific = FALSE), rows$d[[1]]
    ),
    sprintf("the values is hidden, %d components, one thread.", rows$k[[1]]),
    if (any(!is.na(rows$MGMM))) {
      sprintf(
        "MGMM was given %s of the rows, and the time is that of all in proportion.",
        format(rows$rows_MGMM[[1]], big.mark = ",")
      )
    },
    "",
    md_table(list(
      contestant = contestant[some],
      milliseconds = vapply(rows[columns[some]], milliseconds, 0),
      ratio = vapply(rows[columns[some]], ratio, 0)
    )),
    if (!is.null(checks)) {
      c(
        sprintf(
          "On 1,000 rows of 4 variables and 3 components, both run to their end from the same start,"
        ),
        sprintf(
          "proportions, means and covariances differ from MGMM's by at most %.0e of the largest.",
          max(checks[c("proportions", "means", "covariances")])
        ),
        ""
      )
    }
  )
}

scoring_section <- function(rows, checks, absent) {
  if (is.null(rows)) {
    return(character())
  }
  found <- medians(rows, "workload")
  found <- found[order(found$seconds), ]
  row <- workloads[workloads$workload == "W9", ]
  c(
    "## Scoring",
    "",
    sprintf(
      "Log-density and responsibilities of %s rows of %d variables at given parameters, %d",
      number(checks$n[[1]], 7), row$d, row$k
    ),
    "components with whole covariances (W9): the time to have both.",
    "",
    md_table(list(
      contestant = found$contestant, milliseconds = number(1000 * found$seconds),
      ratio = number(found$ratio, 2)
    )),
    sprintf(
      "Sums of the results differ from plain R's by at most %.0e of them.",
      max(checks$logdensity_difference, checks$posterior_difference)
    ),
    "",
    absent_lines(absent, "W9")
  )
}

fits_section <- function(rows) {
  if (is.null(rows)) {
    return(character())
  }
  c(
    "## Whole fits",
    "",
    "From data to an answer. *Equal*: from one k-means start to the log-likelihood that",
    "gaussmix reaches from one with its default tolerance, but for 1e-6 of it; with the",
    "loosest tolerance, or the fewest iterations, that gets there. *Default*: what a",
    "contestant does when asked for k components; gaussmix then runs several starts.",
    "*Ends* is the log-likelihood relative to the target: negative is below.",
    "",
    unlist(lapply(unique(rows$workload), function(name) {
      part <- rows[rows$workload == name, ]
      c(
        sprintf("### %s: %s rows", name, number(part$n[[1]], 7)), "",
        unlist(lapply(c("equal", "default"), function(way) fits_table(part, way)))
      )
    }))
  )
}

fits_table <- function(rows, way) {
  rows <- rows[rows$way == way, ]
  failed <- rows[is.na(rows$seconds), ]
  rows <- rows[!is.na(rows$seconds), ]
  found <- medians(rows, "way")
  first <- rows[match(found$contestant, rows$contestant), ]
  order <- order(found$seconds)
  cells <- list(
    contestant = c(found$contestant[order], failed$contestant),
    seconds = c(number(found$seconds[order]), rep(NA, nrow(failed))),
    ratio = c(number(found$ratio[order], 2), rep(NA, nrow(failed))),
    effort = c(first$effort[order], rep(NA, nrow(failed))),
    ends = c(sprintf("%.1e", first$relative_to_target[order]), failed$note)
  )
  names(cells)[[1]] <- way
  if (way == "default") {
    cells$effort <- NULL
  }
  md_table(cells)
}

optimum_section <- function(rows, absent) {
  if (is.null(rows)) {
    return(character())
  }
  # One variable: its variances are covariances of their own, or one for all.
  rows$kind <- unname(c(V = "VVV", E = "EEE")[rows$model])
  rows$kind <- ifelse(is.na(rows$kind), rows$model, rows$kind)
  cells <- unique(rows[c("set", "k", "model", "best")])
  without <- sum(is.na(cells$best))
  rows <- rows[!is.na(rows$best), ]
  ours <- rows[rows$program == OURS, ]
  c(
    "## The best maximum",
    "",
    sprintf(
      "How often programs find the best proper maximum on real data: %d sets of R and its",
      length(unique(cells$set))
    ),
    sprintf(
      "packages (`bench/datasets.R`), %d to %d components and three covariance models: %d cells",
      min(cells$k), max(cells$k), nrow(cells)
    ),
    sprintf("in all, %d of them without any proper maximum, which are left out.", without),
    sprintf(
      "Each program is asked at its defaults with %s seeds; mclust once where it does",
      max(rows$runs)
    ),
    "not draw. The best of a cell is the largest log-likelihood of a proper answer of anyone,",
    "also after gaussmix's EM has run it to its end, and of 500 restarts of gaussmix without",
    "moves: a better one may exist. A run hits if its answer is proper and its log-likelihood,",
    "worked out in plain R, within 0.001 of the best. *Proper* is gaussmix's own definition",
    "(`?gmm_control`), which the others do not know: they return what it discards, and",
    "whoever keeps components from collapsing by other means may miss what it calls proper.",
    "An answer from where EM goes to a collapse is not proper either.",
    "",
    "Percent of runs that hit, by model and by the number of components:",
    "",
    optimum_hits(rows),
    "Many programs stop before the likelihood does. *Finished* counts the hits where",
    "gaussmix's EM goes on from the answer to its end, where that is proper. *Failed* is",
    "without an answer, or stopped after 10 seconds. Times are the median and the mean over the",
    "cells of milliseconds a run. EMCluster has whole covariances only, mixture none of one",
    "variable.",
    "",
    optimum_runs(rows),
    absent_lines(absent, "optimum"),
    if (nrow(ours)) optimum_ours(ours)
  )
}

percent <- function(x) {
  ifelse(is.na(x), NA_character_, sprintf("%.1f", 100 * x))
}

#' Mean of a column over the cells, by program and the values of `by`: a list of columns.
share_columns <- function(rows, who, by, values, column) {
  lapply(stats::setNames(values, values), function(value) {
    part <- rows[rows[[by]] == value, ]
    percent(unname(tapply(part[[column]], factor(part$program, who), mean)))
  })
}

#' The order of the table of contestants, a program's ways after one another.
optimum_order <- function(names) {
  names <- unique(names)
  names[order(match(sub(",.*", "", names), names(contestants)), nchar(names))]
}

optimum_hits <- function(rows) {
  who <- optimum_order(rows$program)
  by_k <- share_columns(rows, who, "k", sort(unique(rows$k)), "hit")
  names(by_k) <- paste("k =", names(by_k))
  md_table(c(
    list(program = who),
    share_columns(rows, who, "kind", intersect(c("VVV", "EEE", "VVI"), rows$kind), "hit"),
    by_k
  ))
}

optimum_runs <- function(rows) {
  who <- optimum_order(rows$program)
  by_program <- function(column, how, ...) {
    unname(tapply(rows[[column]], factor(rows$program, who), how, ...))
  }
  md_table(list(
    program = who, cells = by_program("hit", length),
    "hit, %" = percent(by_program("hit", mean)),
    "finished, %" = percent(by_program("hit_finished", mean)),
    "improper, %" = percent(by_program("improper", mean)),
    "failed, %" = percent(by_program("failed", mean)),
    "median ms" = number(1000 * by_program("seconds", stats::median, na.rm = TRUE)),
    "mean ms" = number(1000 * by_program("mean_seconds", mean, na.rm = TRUE))
  ))
}

#' How gaussmix does beside what all others find, and what it misses.
optimum_ours <- function(ours) {
  barred <- ours[!is.na(ours$others), ]
  missed <- ours[ours$hit < 1, ]
  missed <- missed[order(missed$hit, missed$set, missed$k), ]
  shown <- utils::head(missed, 20)
  c(
    "Beside the best that all others found, their answers run to the end and the 500 restarts",
    "among them: percent of the runs of gaussmix that end as high, to 0.001, or higher, and in",
    "brackets those that end higher.",
    "",
    others_table(barred),
    "Beside the best of all, its own other runs among them, gaussmix misses it in",
    sprintf(
      "%s %% of its runs: in %d of %d cells now and then, in %d always. Where rows are few for the",
      percent(mean(1 - ours$hit)), sum(missed$hit > 0), nrow(ours), sum(missed$hit == 0)
    ),
    "parameters, maxima are many and the best are of components that hold hardly more rows than",
    "is proper: the longer one looks, the more there are.",
    if (nrow(missed)) {
      c(
        if (nrow(missed) > 20) "The twenty worst:" else "These are, the worst first:",
        "",
        md_table(list(
          set = shown$set, rows = shown$n, variables = shown$d, k = shown$k, model = shown$model,
          "hit, %" = percent(shown$hit),
          "others hit" = ifelse(
            !is.na(shown$others) & shown$others >= shown$best - HIT, "yes", "no"
          )
        ))
      )
    } else {
      ""
    }
  )
}

others_table <- function(rows) {
  cells <- function(part) {
    if (!nrow(part)) {
      return(NA_character_)
    }
    paste0(percent(mean(part$hit_others)), " (", percent(mean(part$above_others)), ")")
  }
  kinds <- intersect(c("VVV", "EEE", "VVI"), rows$kind)
  each <- c(lapply(kinds, function(kind) rows[rows$kind == kind, ]), list(rows))
  columns <- lapply(stats::setNames(nm = sort(unique(rows$k))), function(k) {
    vapply(each, function(part) cells(part[part$k == k, ]), "")
  })
  names(columns) <- paste("k =", names(columns))
  md_table(c(list(model = c(kinds, "all")), columns, list(all = vapply(each, cells, ""))))
}

selection_section <- function(grids, recovery, growth, absent) {
  if (is.null(grids) && is.null(growth)) {
    return(character())
  }
  c(
    "## Selection",
    "",
    "A grid of fits, all covariance models with 1 to 9 components, by `gmm_select()` and by",
    "mclust's `mclustBIC()`.",
    "",
    if (!is.null(grids)) grids_tables(grids),
    if (!is.null(recovery)) recovery_table(recovery),
    if (!is.null(growth)) growth_of_grids(growth),
    absent_lines(absent, "selection")
  )
}

#' Medians over the seeds; the extremes of what may not be.
grids_tables <- function(rows) {
  sets <- unique(rows$set)
  by_set <- function(values, how = stats::median) {
    unname(tapply(values, factor(rows$set, sets), how))
  }
  fixed <- rows[match(sets, rows$set), ]
  c(
    "Milliseconds of one processor, medians over the seeds, in turns; and cells without a fit, of",
    "gaussmix from the fewest to the most:",
    "",
    md_table(list(
      set = sets, rows = number(fixed$n, 7), variables = fixed$d,
      gaussmix = number(1000 * by_set(rows$seconds)),
      mclust = number(1000 * by_set(rows$mclust_seconds)),
      ratio = number(by_set(rows$mclust_seconds / rows$seconds), 2),
      "missing, gaussmix" = from_to(by_set(rows$missing, min), by_set(rows$missing, max)),
      "missing, mclust" = fixed$mclust_missing,
      "collapsed, mclust" = fixed$mclust_improper
    )),
    "*Collapsed* are solutions of mclust that are not proper (`?gmm_control`), or that EM takes to",
    "a collapse when it goes on from there. In the other cells, medians and extremes over the seeds:",
    "",
    md_table(list(
      set = sets, cells = by_set(rows$both),
      higher = by_set(rows$higher), "median gain" = number(by_set(rows$median_gain)),
      "lower, at most" = by_set(rows$lower, max), worst = number(by_set(ifelse(rows$worst > -1e-4, 0, rows$worst), min)),
      "missing, at most" = by_set(rows$missing_of_proper, max)
    )),
    "*Higher* are those in which the log-likelihood of gaussmix is above that of mclust by more than",
    "0.0001, *lower* those in which it is below by more.",
    ""
  )
}

from_to <- function(from, to) {
  ifelse(from == to, as.character(from), sprintf("%d to %d", from, to))
}

recovery_table <- function(rows) {
  rows$right <- rows$chosen_model == rows$model & rows$chosen_k == rows$k
  rows$right_k <- rows$chosen_k == rows$k
  models <- unique(rows$model)
  share <- function(program, column) {
    part <- rows[rows$program == program, ]
    found <- 100 * tapply(part[[column]], factor(part$model, models), mean)
    sprintf("%.0f", c(found, mean(100 * part[[column]])))
  }
  c(
    sprintf(
      "From %d draws of %s rows of %d variables from each of the models, with %d components, BIC",
      max(rows$draw), number(rows$n[[1]], 7), rows$d[[1]], rows$k[[1]]
    ),
    "chooses among all models with 1 to 5: percent in which both model and number are those that the",
    "data come from, and in which the number is.",
    "",
    md_table(list(
      model = c(models, "all"),
      "both, gaussmix" = share("gaussmix", "right"), "both, mclust" = share("mclust", "right"),
      "number, gaussmix" = share("gaussmix", "right_k"),
      "number, mclust" = share("mclust", "right_k")
    ))
  )
}

growth_of_grids <- function(rows) {
  sizes <- unique(rows[c("n", "d")])
  sizes <- sizes[order(sizes$d, sizes$n), ]
  seconds <- function(name) {
    part <- rows[rows$contestant == name, ]
    number(part$seconds[match(paste(sizes$n, sizes$d), paste(part$n, part$d))])
  }
  c(
    "Seconds against the number of rows, all models with 1 to 9 components:",
    "",
    md_table(list(
      rows = number(sizes$n, 7), variables = sizes$d, gaussmix = seconds("gaussmix"),
      "2 threads" = seconds("gaussmix, 2 threads"), mclust = seconds("mclust")
    ))
  )
}

memory_section <- function(rows, absent) {
  if (is.null(rows)) {
    return(character())
  }
  rows <- rows[order(rows$megabytes), ]
  c(
    "## Memory",
    "",
    sprintf(
      "Peak memory of EM on %s, above the data (%s MB), the start and the program itself.",
      rows$workload[[1]], number(rows$data_megabytes[[1]])
    ),
    "",
    md_table(list(contestant = rows$contestant, megabytes = number(rows$megabytes))),
    absent_lines(absent, "memory")
  )
}

growth_section <- function(rows, to) {
  if (is.null(rows)) {
    return(character())
  }
  save_growth(rows, file.path(to, "growth.png"))
  c(
    "## Growth",
    "",
    "Milliseconds an iteration of gaussmix against rows n, variables d and components k.",
    "",
    unlist(lapply(c("n", "d", "k"), function(against) growth_table(rows, against))),
    "The exponent is the slope of log time against log size, over all sizes and over the",
    "last two.",
    "",
    "![Growth](growth.png)",
    ""
  )
}

growth_table <- function(rows, against) {
  rows <- rows[rows$against == against, ]
  full <- rows[rows$covariances == "full", ]
  diagonal <- rows[rows$covariances == "diagonal", ]
  size <- full[[against]]
  exponents <- function(seconds) {
    last <- length(size) - 1:0
    sprintf(
      "%.2f, %.2f",
      stats::coef(stats::lm(log(seconds) ~ log(size)))[[2]],
      diff(log(seconds[last])) / diff(log(size[last]))
    )
  }
  fixed <- setdiff(c("n", "d", "k"), against)
  title <- paste0(
    against, " (", paste0(fixed, " = ", number(unlist(full[1, fixed]), 7), collapse = ", "), ")"
  )
  cells <- list(
    title = c(number(size, 8), "exponent"),
    full = c(number(1000 * full$seconds), exponents(full$seconds)),
    diagonal = c(number(1000 * diagonal$seconds), exponents(diagonal$seconds))
  )
  names(cells)[[1]] <- title
  md_table(cells)
}

instructions_section <- function(rows) {
  if (is.null(rows)) {
    return(character())
  }
  c(
    "## Instructions",
    "",
    "Instructions that an iteration of gaussmix takes, counted by callgrind with the baseline",
    "vectors: a figure that does not depend on the machine's mood.",
    "",
    md_table(list(
      problem = sprintf(
        "%s rows, %d variables, %d components, %s", number(rows$n, 7), rows$d, rows$k,
        rows$covariances
      ),
      instructions = number(rows$instructions, 6),
      "per row and component" = number(rows$instructions / rows$n / rows$k, 4)
    ))
  )
}

contestants_section <- function(machine) {
  value <- function(prefix) {
    rows <- machine[startsWith(machine$item, prefix), ]
    values <- split(rows$value, substring(rows$item, nchar(prefix) + 1L))
    vapply(values, function(one) paste(unique(one), collapse = "; "), "")
  }
  version <- value("version of ")
  blas <- value("BLAS of ")
  who <- contestant_order(names(version))
  c(
    "## Contestants",
    "",
    "The BLAS is the one that the program had loaded when it was done, which need not mean",
    "that it called it. *Native*: compiled with `-O3 -march=native`.",
    "",
    md_table(list(contestant = who, version = version[who], BLAS = blas[who]))
  )
}
