"""What the model commands share: waiting for a worker with counted lines."""

import time
from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandError, OutputWrapper

from annotation.models import Study
from workbench.core.jobs.models import JobState

from ..models import ScoringRun, TrainingRun
from ..registry.holdout import Standing
from ..registry.units import agreement_on

#: Seconds between two looks at a job, and until the absence of a worker is mentioned.
_INTERVAL = 0.5
_PATIENCE = 15.0
_OVER = (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED)


def wait_for(
    job: TrainingRun | ScoringRun, out: OutputWrapper, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Prints a line for each step forward until the job is over.

    Raises CommandError with the job's message if it failed.
    """
    shown, waited = "", 0.0
    while True:
        job.refresh_from_db()
        line = _describe(job)
        if line != shown:
            out.write(line)
            out.flush()
            shown, waited = line, 0.0
        if job.state in _OVER:
            break
        if waited <= _PATIENCE < waited + _INTERVAL:
            out.write("  still waiting: is a worker running? (`make demo` starts one)")
        sleep(_INTERVAL)
        waited += _INTERVAL
    if job.state != JobState.SUCCEEDED:
        raise CommandError(job.error or f"The job is {job.get_state_display().lower()}.")


def report_unreadable(problems: list[dict[str, Any]], then: str, err: OutputWrapper) -> None:
    """One line for each image that could not be read, and what to do; nothing if all could."""
    for problem in problems:
        err.write(problem["error"])
    if problems:
        err.write(
            f"{len(problems)} images could not be read and were left out; import them again "
            f"to replace their files, then {then}."
        )


def metric_lines(study: Study, standing: Standing) -> list[str]:
    """A version's agreement on the hold-out, one line per perspective; its error on the
    perspective's scale, which is named."""
    lines = [f"{'hold-out':<16}{'n':>5}{'SRCC':>8}{'PLCC':>8}{'KRCC':>8}{'RMSE':>8}  of"]
    for asked in study.perspective_settings:
        found = agreement_on(asked.scale, standing.agreements[asked.key])
        numbers = (found.srcc, found.plcc, found.krcc, found.rmse)
        cells = "".join(f"{'–' if x is None else format(x, '.3f'):>8}" for x in numbers)
        scale = f"{asked.scale.minimum:g}–{asked.scale.maximum:g}"
        lines.append(f"{asked.key:<16}{found.n:>5}{cells}  {scale}")
    return lines


def _describe(job: TrainingRun | ScoringRun) -> str:
    what = "training" if isinstance(job, TrainingRun) else "scoring"
    if job.state in (JobState.QUEUED, *_OVER):
        return f"{what}: {job.state}"
    count = f" {job.progress_done} of {job.progress_total}" if job.progress_total else ""
    return f"{what}: {job.stage or 'starting'}{count}"
