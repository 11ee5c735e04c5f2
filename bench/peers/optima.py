"""scikit-learn for bench/optimum.R: arguments and files are described in bench/peers/optima.R.

    python3 bench/peers/optima.py scikit-learn <data> <answers> <effort> <limit>

effort: "default", or the number of starts.
"""

import csv
import os
import re
import signal
import sys
import time
import warnings

# There is a file that has the name of the package.
sys.path.pop(0)

import numpy as np
from sklearn.mixture import GaussianMixture

warnings.simplefilter("ignore")

KINDS = {"VVV": "full", "V": "full", "EEE": "tied", "E": "tied", "VVI": "diag"}


class TooLong(Exception):
    pass


def stop(*_):
    raise TooLong


def whole(model, kind, k):
    """The covariances, each a matrix."""
    if kind == "tied":
        return np.repeat(model.covariances_[None], k, axis=0)
    if kind == "diag":
        return np.array([np.diag(variances) for variances in model.covariances_])
    return model.covariances_


def attempt(x, k, kind, seed, n_init, limit):
    """Seconds, and the parameters or why there are none."""
    begin = time.perf_counter()
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        model = GaussianMixture(k, covariance_type=kind, random_state=seed, **n_init).fit(x)
        taken = time.perf_counter() - begin
        signal.setitimer(signal.ITIMER_REAL, 0)
        parts = model.weights_, model.means_, whole(model, kind, k)
        values = np.concatenate([part.ravel() for part in parts])
        if not np.isfinite(values).all():
            return taken, "parameters that are not finite"
        return taken, values
    except TooLong:
        return time.perf_counter() - begin, "reached elapsed time limit"
    except Exception as error:
        reason = re.sub(r"[^\w.:()<>=-]+", " ", str(error)).strip()[:80]
        return time.perf_counter() - begin, reason or "fails without a word"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def main(data, answers, effort, limit):
    signal.signal(signal.SIGALRM, stop)
    n_init = {} if effort == "default" else {"n_init": int(effort)}
    with open(os.path.join(answers, "cells.csv"), encoding="ascii", newline="") as file:
        cells = list(csv.DictReader(file))
    with open(os.path.join(answers, "answers.csv"), "w", encoding="utf-8") as rows, open(
        os.path.join(answers, "answers.bin"), "wb"
    ) as bits:
        print("cell,seed,seconds,reason", file=rows)
        for cell in cells:
            x = np.fromfile(os.path.join(data, cell["set"] + ".bin"))
            x = x.reshape(int(cell["n"]), int(cell["d"]))
            k, kind = int(cell["k"]), KINDS[cell["model"]]
            for seed in range(1, int(cell["seeds"]) + 1):
                seconds, found = attempt(x, k, kind, seed, n_init, float(limit))
                reason = found if isinstance(found, str) else ""
                if not reason:
                    found.tofile(bits)
                    bits.flush()
                print(f"{cell['cell']},{seed},{seconds:.6f},{reason}", file=rows, flush=True)


main(*sys.argv[2:])
