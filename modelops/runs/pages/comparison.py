"""The study's predictors side by side, on the same hold-out images and labels."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext

from annotation.models import Study
from annotation.opinion.comparison.bootstrap import Measure
from annotation.studies.texts import localized
from workbench.templatetags.numbers import shown_range

from ...acquisition.registry import STRATEGIES
from ...learning.evaluation import Agreement
from ...models import ModelVersion, Predictor
from ...registry.ceiling import Ceilings, mean_srcc_ceiling, srcc_ceiling
from ...registry.holdout import standings
from ...registry.points import current_points
from ...registry.selectors import is_scored
from ...registry.units import agreement_on


@dataclass(frozen=True)
class Contender:
    """A predictor and the version that it is judged by: the active one, also while it scores new
    images, or else the newest candidate that is scored; None if it has neither."""

    predictor: Predictor
    version: ModelVersion | None

    @property
    def strategy(self) -> str:
        """In words; the bare name if this program does not know it."""
        name = self.predictor.strategy
        return gettext(STRATEGIES[name].label) if name in STRATEGIES else name


@dataclass(frozen=True)
class ComparedRow:
    """One perspective of one predictor's version."""

    label: str
    contender: Contender
    #: Its error is on `scale`.
    agreement: Agreement
    scale: str
    #: Of the SRCC, 95 %, over draws of whole prompts.
    interval: tuple[float, float] | None
    #: The SRCC of a perfect predictor.
    ceiling: Measure | None


@dataclass(frozen=True)
class Comparison:
    """`rows` by perspective, then predictor; `means`: each predictor's mean SRCC, and what a
    perfect predictor's would be."""

    rows: list[ComparedRow]
    means: list[tuple[Contender, float | None, float | None]]


def contenders(
    predictors: Iterable[Predictor], versions: Iterable[ModelVersion]
) -> list[Contender]:
    """`versions`: the study's, the newest first."""
    known = list(versions)
    return [Contender(predictor, _judged_by(predictor, known)) for predictor in predictors]


def compare(
    study: Study,
    all_contenders: Iterable[Contender],
    ceilings: Ceilings,
) -> Comparison | None:
    """None if fewer than two predictors have a version to compare."""
    judged = [(item, item.version) for item in all_contenders if item.version is not None]
    if len(judged) < 2:
        return None
    found = standings([current_points(version) for _item, version in judged])
    standing = list(zip([item for item, _version in judged], found, strict=True))
    return Comparison(
        rows=[
            ComparedRow(
                localized(asked.label),
                item,
                agreement_on(asked.scale, stands.agreements[asked.key]),
                shown_range(asked.scale.minimum, asked.scale.maximum),
                stands.srcc_interval(asked.key),
                srcc_ceiling(ceilings, asked.key),
            )
            for asked in study.perspective_settings
            for item, stands in standing
        ],
        means=[
            (item, stands.srcc, mean_srcc_ceiling(ceilings, stands.measured))
            for item, stands in standing
        ],
    )


def _judged_by(predictor: Predictor, versions: Iterable[ModelVersion]) -> ModelVersion | None:
    own = [version for version in versions if version.predictor_id == predictor.pk]
    active = [version for version in own if version.state == ModelVersion.State.ACTIVE]
    candidates = [
        version
        for version in own
        if version.state == ModelVersion.State.CANDIDATE and is_scored(version)
    ]
    return next(iter([*active, *candidates]), None)
