"""scikit-learn as a contestant: the tasks and files are described in bench/peers/run.R.

    python3 bench/peers/sklearn.py <task> <directory> [name=value ...]
"""

import os
import resource
import sys
import time
import warnings

# This file has the name of the package.
sys.path.pop(0)

import numpy as np
import sklearn
from sklearn.mixture import GaussianMixture

warnings.simplefilter("ignore")


def tell(what, *values):
    print("bench:", what, *values, flush=True)


class Parameters:
    def __init__(self, problem, file):
        values = np.fromfile(file)
        k, d = problem.k, problem.d
        self.proportions, self.means, self.covariances = np.split(values, [k, k + k * d])
        self.means = self.means.reshape(k, d)
        self.covariances = self.covariances.reshape((k, d, d) if problem.full else (k, d))

    def precisions(self):
        if self.covariances.ndim == 3:
            return np.linalg.inv(self.covariances)
        return 1 / self.covariances


class Problem:
    def __init__(self, directory):
        with open(os.path.join(directory, "size"), encoding="ascii") as file:
            *size, covariances = file.read().split()
        n, self.d, self.k = map(int, size)
        self.full = covariances == "full"
        self.directory = directory
        self.x = np.fromfile(self.path("x")).reshape(n, self.d)
        self.start = Parameters(self, self.path("start"))
        self.truth = Parameters(self, self.path("truth"))

    def path(self, name):
        return os.path.join(self.directory, name + ".bin")

    def mixture(self, begin=None, **options):
        given = {}
        if begin is not None:
            # Otherwise k-means runs although its result is not used.
            given = {
                "init_params": "random",
                "weights_init": begin.proportions,
                "means_init": begin.means,
                "precisions_init": begin.precisions(),
            }
        kind = "full" if self.full else "diag"
        return GaussianMixture(self.k, covariance_type=kind, **given, **options)


def em(problem, iterations):
    model = problem.mixture(problem.start, tol=0, reg_covar=0, max_iter=iterations)
    return model.fit(problem.x)


def score(model, x):
    """Both at once, as fit() has them in its E-step."""
    return model._estimate_log_prob_resp(x)


def fit(problem, effort, seed):
    if effort == "default":
        return problem.mixture(random_state=seed).fit(problem.x)
    model = problem.mixture(random_state=seed, tol=float(effort), max_iter=10000)
    return model.fit(problem.x)


def at(problem, parameters):
    """A model with these parameters."""
    model = problem.mixture(parameters, reg_covar=0)
    model._initialize(problem.x, np.full((len(problem.x), problem.k), 1 / problem.k))
    return model


def leave(problem, model, name):
    parts = model.weights_, model.means_, model.covariances_
    np.concatenate([part.ravel() for part in parts]).tofile(problem.path(name))


def seconds(action, *arguments):
    begin = time.perf_counter()
    action(*arguments)
    return time.perf_counter() - begin


def repeatedly(action, least):
    begin = time.perf_counter()
    while True:
        action()
        if time.perf_counter() - begin > least:
            return


def cpu_seconds():
    use = resource.getrusage(resource.RUSAGE_SELF)
    return use.ru_utime + use.ru_stime


def memory_kb(what):
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(what + ":"))


def libraries():
    names = ("blas", "mkl", "atlas", "blis")
    with open("/proc/self/maps", encoding="utf-8") as file:
        files = {os.path.basename(line.split()[-1]) for line in file if "/" in line}
    return sorted(file for file in files if any(name in file for name in names))


def main(task, directory=None, *arguments):
    if task == "version":
        return tell("version", sklearn.__version__)
    settings = dict(argument.split("=", 1) for argument in arguments)
    least = float(settings.get("seconds", 0.5))
    first, last = (int(settings.get(name, 0)) for name in ("first", "last"))
    problem = Problem(directory)
    begin = time.perf_counter(), cpu_seconds()
    if task == "em":
        leave(problem, em(problem, first), "first")
        leave(problem, em(problem, last), "last")
        begin = time.perf_counter(), cpu_seconds()
        repeatedly(
            lambda: tell("time", seconds(em, problem, first), seconds(em, problem, last)), least
        )
    elif task == "score":
        model = at(problem, problem.truth)
        logs, log_responsibilities = score(model, problem.x)
        tell("sums", repr(float(logs.sum())), repr(float(np.exp(2 * log_responsibilities).sum())))
        begin = time.perf_counter(), cpu_seconds()
        repeatedly(lambda: tell("time", seconds(score, model, problem.x)), least)
    elif task == "fit":
        wall = time.perf_counter()
        model = fit(problem, settings["effort"], int(settings["seed"]))
        tell("time", time.perf_counter() - wall)
        leave(problem, model, "fit")
    elif task == "memory":
        with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
            file.write("5")
        before = memory_kb("VmRSS")
        em(problem, last)
        tell("memory", memory_kb("VmHWM") - before)
    tell("cpu", (cpu_seconds() - begin[1]) / (time.perf_counter() - begin[0]))
    return tell("blas", *libraries())


main(*sys.argv[1:])
