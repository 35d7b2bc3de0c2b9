"""What a study's raters look like from one perspective, a row each."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import QuerySet

from ...models import AuditEntry, OpinionRelease, Rater, Study, SubjectEstimate
from ...protocol.verdicts import Verdict
from ..reliability.inter_rater import Correlation
from ..reliability.selectors import NOTHING_YET, Standing, reliability_of
from .findings import Findings
from .selectors import PanelResults

#: Acts that are shown.
_ACTS_SHOWN = 50


@dataclass(frozen=True)
class Screened:
    """BT.500's screening of one rater: scores far above and below the others', of `n`."""

    above: int
    below: int
    n: int
    rejected: bool

    @property
    def share(self) -> float:
        return (self.above + self.below) / self.n


@dataclass(frozen=True)
class RaterRow:
    """One rater from one perspective; None if something is not known."""

    rater: Rater
    #: Submitted main trials.
    ratings: int
    bias: float | None
    inconsistency: float | None
    verdict: str
    #: Why, as the method says it: an English text, translated when it is shown.
    reason: str
    screened: Screened | None
    correlation: Correlation | None

    @property
    def agreement(self) -> float | None:
        return self.correlation.pearson if self.correlation else None

    @property
    def corrected(self) -> float | None:
        return self.correlation.corrected if self.correlation else None

    @property
    def excluded(self) -> bool:
        return self.rater.status == Rater.Status.EXCLUDED


@dataclass(frozen=True)
class RaterTable:
    """The rows of those who have rated, and what bias and inconsistency are from."""

    rows: list[RaterRow]
    #: Whether the release's own method gave bias and inconsistency; else `findings.MODEL` did.
    own: bool


def rater_table(
    study: Study, release: OpinionRelease, results: PanelResults | None, perspective: str
) -> RaterTable:
    """By rater, oldest first. Correlations are those of the study's reliability page."""
    estimates = {
        row.rater_id: row
        for row in SubjectEstimate.objects.filter(release=release, perspective__key=perspective)
    }
    own = any(row.inconsistency is not None for row in estimates.values())
    findings = _by_rater(results.findings.get(perspective) if results else None)
    standings = reliability_of(study)
    column = [item.key for item in study.perspective_settings].index(perspective)
    rows = [
        _row(
            rater,
            standings.get(rater.pk, NOTHING_YET),
            column,
            estimates.get(rater.pk),
            findings.get(rater.pk),
            own=own,
        )
        for rater in Rater.objects.filter(study=study, pk__in=standings).order_by("pk")
    ]
    return RaterTable([row for row in rows if row.ratings], own)


def exclusions(study: Study) -> QuerySet[AuditEntry]:
    """Who excluded a rater, or included one again, when and why; the latest first."""
    acts = [f"rater.{status}" for status in Rater.Status.values]
    return AuditEntry.objects.filter(study=study, action__in=acts).select_related("actor")[
        :_ACTS_SHOWN
    ]


@dataclass(frozen=True)
class _Found:
    screened: Screened
    bias: float
    inconsistency: float


def _by_rater(findings: Findings | None) -> Mapping[int, _Found]:
    if findings is None:
        return {}
    names = ("raters", "above", "below", "n", "rejected", "bias", "inconsistency")
    columns = (getattr(findings, name).tolist() for name in names)
    return {
        rater: _Found(Screened(above, below, n, rejected), bias, inconsistency)
        for rater, above, below, n, rejected, bias, inconsistency in zip(*columns, strict=True)
    }


def _row(
    rater: Rater,
    standing: Standing,
    column: int,
    estimate: SubjectEstimate | None,
    found: _Found | None,
    *,
    own: bool,
) -> RaterRow:
    model = estimate if own else found
    correlations = standing.measures.inter_rater
    return RaterRow(
        rater,
        standing.ratings,
        model.bias if model else None,
        model.inconsistency if model else None,
        estimate.verdict if estimate else Verdict.NONE.value,
        estimate.reason if estimate else "",
        found.screened if found else None,
        correlations[column] if column < len(correlations) else None,
    )
