"""One run of a method of opinion scores in a process of its own, so that memory is its own.

`python -m benchmarks.opinion_case ours|sureal METHOD dense|sparse SIZES…` prints JSON. With
`sureal` it is run by the Python of an environment that has sureal and nothing of this workbench.
"""

import contextlib
import io
import json
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.opinion_panels import Panel, dense_panel, sparse_panel


def main(who: str, method: str, kind: str, *sizes: str) -> None:
    make: Any = {"dense": dense_panel, "sparse": sparse_panel}[kind]
    run = {"ours": _ours, "sureal": _sureal}[who](method, make(*map(int, sizes)))
    before = _peak_mib()
    start = time.perf_counter()
    value = run()
    facts = {
        "seconds": time.perf_counter() - start,
        "peak_mib": _peak_mib(),
        "peak_mib_before": before,
        "mean": float(np.mean(value)),
        "root_mean_square": float(np.sqrt(np.mean(np.square(value)))),
    }
    sys.stdout.write(json.dumps(facts) + "\n")


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _ours(name: str, panel: Panel) -> Callable[[], Any]:
    from annotation.opinion.methods import METHODS, ScaleLimits, Votes

    method = METHODS[name]
    votes = Votes.of(
        panel.score,
        panel.stimulus,
        panel.subject,
        scale=ScaleLimits(1, 5, 5),
        stimuli=panel.stimuli,
        subjects=panel.subjects,
    )
    return lambda: method.estimate(votes, method.parameters()).value


def _sureal(name: str, panel: Panel) -> Callable[[], Any]:
    """sureal's own solver on the array that its reader would hand it."""
    from sureal import subjective_model  # type: ignore[import-not-found] # in its environment

    solver = {"p910": subjective_model.SubjectMLEModelProjectionSolver2}[name]
    table = np.full((panel.stimuli, panel.subjects, 1), np.nan)
    table[panel.stimulus, panel.subject, 0] = panel.score

    class Reader:
        opinion_score_3darray = table

    def run() -> Any:
        with contextlib.redirect_stdout(io.StringIO()):
            return solver._run_modeling(Reader)["quality_scores"]

    return run


if __name__ == "__main__":
    main(*sys.argv[1:])
