"""What a self-check found: for `selfcheck.json`, and as a table."""

from dataclasses import asdict, dataclass, field
from statistics import fmean
from typing import Any

from .stages import Timed

_NAME, _NUMBER = 36, 10

Srcc = dict[str, float]


@dataclass
class StudyReport(Timed):
    """One study. Correlations are by perspective, on the hold-out."""

    name: str = ""
    #: The kind of each perspective's scale, by key.
    scales: dict[str, str] = field(default_factory=dict)
    stimuli: int = 0
    pool_stimuli_rated: int = 0
    ratings_sent: int = 0
    ratings_sent_twice: int = 0
    ratings_stored: int = 0
    duplicate_ratings: int = 0
    over_cap_ratings: int = 0
    opinion_scores: int = 0
    holdout_srcc_before: Srcc = field(default_factory=dict)
    holdout_srcc_after: Srcc = field(default_factory=dict)

    @property
    def mean_srcc_after(self) -> float:
        return fmean(self.holdout_srcc_after.values())


@dataclass
class Report(Timed):
    """All of them, and what they share."""

    studies: list[StudyReport] = field(default_factory=list)
    peak_memory_mib: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def all_seconds(self) -> float:
        return sum(sum(part.seconds.values()) for part in (self, *self.studies))


def table(report: Report) -> list[str]:
    """The report for a person."""
    lines = _stage_rows(report)
    for study in report.studies:
        lines += ["", *_study_table(study)]
    return [
        *lines,
        "",
        f"{'all stages, seconds':<{_NAME}}{report.all_seconds:>{_NUMBER}.1f}",
        f"{'peak memory, MiB':<{_NAME}}{report.peak_memory_mib:>{_NUMBER}}",
    ]


def _study_table(study: StudyReport) -> list[str]:
    return [
        study.name,
        *(f"  {key}: {scale}" for key, scale in study.scales.items()),
        "",
        *_stage_rows(study),
        "",
        *_fact_rows(study),
        *_srcc_rows(study),
        "",
        "passed" if study.passed else f"failed: {study.failed_stage}",
    ]


def _stage_rows(part: Timed) -> list[str]:
    rows = [("stage", "seconds")]
    rows += [(name, f"{seconds:.1f}") for name, seconds in part.seconds.items()]
    return [f"{name:<{_NAME}}{value:>{_NUMBER}}" for name, value in rows]


def _fact_rows(study: StudyReport) -> list[str]:
    facts = [
        ("images", study.stimuli),
        ("images of the pool that were rated", study.pool_stimuli_rated),
        ("ratings sent", study.ratings_sent),
        ("  of these, sent twice", study.ratings_sent_twice),
        ("ratings stored", study.ratings_stored),
        ("duplicate ratings", study.duplicate_ratings),
        ("ratings over the cap", study.over_cap_ratings),
        ("MOS that are the mean of what counts", study.opinion_scores),
    ]
    return [f"{name:<{_NAME}}{value:>{_NUMBER}}" for name, value in facts]


def _srcc_rows(study: StudyReport) -> list[str]:
    if not study.holdout_srcc_after:
        return []
    lines = ["", f"{'hold-out SRCC':<{_NAME}}{'first':>{_NUMBER}}{'retrained':>{_NUMBER}}"]
    for name, after in study.holdout_srcc_after.items():
        before = study.holdout_srcc_before[name]
        lines.append(f"{name:<{_NAME}}{before:>{_NUMBER}.3f}{after:>{_NUMBER}.3f}")
    return lines
