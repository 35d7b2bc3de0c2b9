"""What the model page shows, gathered from selectors into plain values for the templates."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from annotation.models import Explanation, OpinionRelease, Stimulus, Study
from annotation.opinion.explanations import count_explained
from annotation.opinion.labels import LabelCounts, count_labels
from annotation.opinion.methods import METHODS
from annotation.opinion.releases import acts_stamp, live_release, stamp_of
from annotation.stimuli.holdout import HoldoutState, holdout_state
from annotation.studies.texts import localized
from workbench.core.jobs.kinds import kind_of
from workbench.core.jobs.models import Job, JobState

from ...learning.recipe import Recipe
from ...models import ExplainingRun, LabelSnapshot, ModelVersion, ScoringRun, TrainingRun
from ...predictors.backbones import Backbone, offered_backbones
from ...predictors.base import recipes_of
from ...registry.ceiling import Ceilings, mean_srcc_ceiling
from ...registry.holdout import standings
from ...registry.points import current_points
from ...registry.reading import reading_of, reading_remarks
from ...registry.selectors import (
    active_jobs,
    is_scored,
    last_scoring,
    leading_predictor,
    pool_labels,
    predictors_of,
    ratings_seen,
    unreadable_images,
)
from ...registry.verdicts import compared
from ..precision_words import sentences
from ..verdict_words import verdict_lines
from .comparison import Contender
from .metrics import change, fewest_images, metric_rows
from .model_plots import training_plot
from .versions import query_for

#: A missing image folder makes thousands of them; the first few show what is the matter.
UNREADABLE_SHOWN = 10
#: Studies of which a process keeps what changes only with an import, an act or an answer
#: (docs/decisions/062).
_STUDIES_KEPT = 64
STAGES = {
    "labels": gettext_lazy("Reading the labels"),
    "embedding": gettext_lazy("Looking at the images"),
    "training": gettext_lazy("Training"),
    "language": gettext_lazy("Learning the form's language"),
    "looking": gettext_lazy("Looking at the explained images"),
    "explaining": gettext_lazy("Explaining"),
    "fitting": gettext_lazy("Learning the scores"),
    "publishing": gettext_lazy("Storing the model"),
    "scoring": gettext_lazy("Predicting"),
}


@dataclass(frozen=True)
class JobLine:
    """A job that is queued or under way; `kind` and `pk` name it in addresses."""

    kind: str
    pk: int
    title: str
    stage: str
    done: int
    total: int


@dataclass(frozen=True)
class LabelState:
    """How many labels there are, how many are new, and whether they suffice."""

    counts: LabelCounts
    new: int
    needed: int
    #: Perspectives with fewer labelled images than are needed, by their names in the study.
    lacking: dict[str, int]
    #: Images outside the hold-out, labelled or not.
    pool_images: int
    #: What there is to say of the hold-out.
    holdout: list[str]

    @property
    def missing_images(self) -> int:
        """How many images there must be more before enough can be labelled."""
        return max(0, self.needed - self.pool_images)

    @property
    def suffice(self) -> bool:
        return not self.lacking

    @property
    def lacks_perspective(self) -> bool:
        """Whether there are images enough, but not from every perspective."""
        return self.counts.pool >= self.needed and not self.suffice


@dataclass(frozen=True)
class Unreadable:
    """Images that could not be read: the first of them, and how many there are."""

    shown: list[dict[str, Any]]
    total: int

    def __bool__(self) -> bool:
        return self.total > 0


@dataclass(frozen=True)
class ScoringState:
    """The state of a version's scoring: whether it may be promoted, and what went wrong."""

    ready: bool
    active: bool
    #: What went wrong, where, and how to fix it, if the last scoring failed.
    error: str
    unreadable: Unreadable

    #: Whether somebody cancelled the last scoring.
    cancelled: bool = False
    #: In which precision it was computed, and why.
    computed: Sequence[str] = ()

    @property
    def can_be_repeated(self) -> bool:
        return not self.active and bool(
            self.error or self.unreadable or self.cancelled or not self.ready
        )


def job_lines(study: Study) -> list[JobLine]:
    return [_job_line(job) for job in active_jobs(study)]


def label_state(study: Study) -> LabelState:
    counts = count_labels(study)
    needed = minimum_labels(study)
    found = pool_labels(study, counts)
    lacking = {name: count for name, count in found.items() if count < needed}
    holdout = _holdout(study.pk, f"{study.holdout_share} {acts_stamp(study.pk)}")
    return LabelState(
        counts,
        max(0, counts.ratings - ratings_seen(study.training_runs.all())),
        needed,
        lacking,
        holdout.pool_images,
        [remark.sentence(gettext) for remark in holdout.remarks()],
    )


@lru_cache(_STUDIES_KEPT)
def _holdout(pk: int, stamp: str) -> HoldoutState:
    return holdout_state(Study.objects.get(pk=pk))


def explained_images(study: Study) -> int:
    """Images of the pool with reasons that count: what stage 2 learns from."""
    newest = Explanation.objects.aggregate(newest=Max("pk"))["newest"]
    return _explained(study.pk, f"{stamp_of(live_release(study))} {newest}")


@lru_cache(_STUDIES_KEPT)
def _explained(pk: int, stamp: str) -> int:
    # The stamp was read before: what changes meanwhile has another one.
    return count_explained(Study.objects.get(pk=pk), Stimulus.Split.POOL)


def minimum_labels(study: Study) -> int:
    """What a training of the leading predictor needs, or of the one that a study starts with."""
    leading = leading_predictor(study)
    if leading is not None:
        return Recipe.from_json(leading.recipe).minimum_labels
    return next(iter(offered_backbones().values())).kind.recipe().minimum_labels


def scoring_state(version: ModelVersion) -> ScoringState:
    last = last_scoring(version)
    return ScoringState(
        ready=is_scored(version),
        active=any(run.is_active for run in version.scoring_runs.all()),
        error=last.error if last is not None and last.state == JobState.FAILED else "",
        unreadable=first_unreadable(unreadable_images(version)),
        cancelled=last is not None and last.state == JobState.CANCELLED,
        computed=list(sentences(last.computed_in).values()) if last else (),
    )


def first_unreadable(problems: list[dict[str, Any]]) -> Unreadable:
    return Unreadable(problems[:UNREADABLE_SHOWN], len(problems))


def left_out_of_training(study: Study) -> Unreadable:
    """What the last training could not read."""
    last = study.training_runs.first()
    return first_unreadable(last.problems if last is not None else [])


def unread_prompts(study: Study) -> list[str]:
    """What the backbones of the study's predictors do not read of prompts, of the leading one
    first, or that of the predictor that a study starts with."""
    names = [item.backbone for item in predictors_of(study)] or [next(iter(offered_backbones()))]
    return [
        remark.sentence(gettext)
        for name in dict.fromkeys(names)
        for remark in reading_remarks(reading_of(study, name))
    ]


def candidate_cards(
    study: Study,
    versions: Sequence[ModelVersion],
    ceilings: Ceilings,
) -> list[dict[str, Any]]:
    """Candidates with their metrics, each compared with the version in use of its predictor."""
    in_use = {
        version.predictor_id: (version, current_points(version))
        for version in versions
        if version.state == ModelVersion.State.ACTIVE
    }
    cards = []
    for version in versions:
        if version.state != ModelVersion.State.CANDIDATE:
            continue
        points, scoring = current_points(version), scoring_state(version)
        rival = in_use.get(version.predictor_id)
        found = compared(rival[0], points, rival[1]) if rival else None
        standing = found.standing if found else standings([points])[0]
        active = found.champion_standing if found else None
        cards.append(
            {
                "version": version,
                "sources": label_sources(version.snapshot),
                "rows": metric_rows(study, standing, active, ceilings),
                "changes": active is not None,
                "verdict": verdict_lines(version, found) if found and scoring.ready else [],
                "passes": found is None or found.passes,
                "srcc": standing.srcc,
                "ceiling": mean_srcc_ceiling(ceilings, standing.measured),
                "few": fewest_images(standing),
                "srcc_change": change(standing.srcc, active.srcc) if active else None,
                "scoring": scoring,
                "training": training_plot(version),
                "plots_query": query_for(version),
                "explanations": explanation_table(study, version),
            }
        )
    return cards


def label_sources(snapshot: LabelSnapshot) -> list[tuple[str, str]]:
    """The releases that the labels came from, the study's own first: in words, and where each
    stands in the study's list."""
    page = reverse("study-export", args=[snapshot.study.slug])
    return [*_own_source(snapshot.release, page), *_imported_sources(snapshot, page)]


def _own_source(release: OpinionRelease | None, page: str) -> Iterator[tuple[str, str]]:
    if release is not None:
        known = release.method in METHODS
        words = gettext("release %(number)d: %(method)s, version %(version)s") % {
            "number": release.number,
            "method": gettext(METHODS[release.method].label) if known else release.method,
            "version": release.method_version,
        }
        yield words, f"{page}?release={release.number}#files"


def _imported_sources(snapshot: LabelSnapshot, page: str) -> Iterator[tuple[str, str]]:
    for item in snapshot.published:
        words = gettext("release %(number)d: imported from %(source)s") % item
        yield words, f"{page}#release-{item['number']}"


@dataclass(frozen=True)
class HistoryLine:
    """A training and its outcome."""

    run: TrainingRun
    version: ModelVersion | None
    scoring: ScoringRun | None

    @property
    def stage(self) -> str:
        return stage_in_words(self.run)


def history(runs: Iterable[TrainingRun]) -> list[HistoryLine]:
    lines = []
    for run in runs:
        version = getattr(run, "model_version", None)
        lines.append(HistoryLine(run, version, last_scoring(version) if version else None))
    return lines


def recipe_names(offered: Mapping[str, Backbone], predictors: Iterable[Contender]) -> list[str]:
    """What the predictors' backbones can be trained by, each name once; none to choose from if
    there is only the default one."""
    used = {item.predictor.backbone for item in predictors} or set(list(offered)[:1])
    kinds = [item.kind for name, item in offered.items() if name in used]
    names = list(dict.fromkeys(name for kind in kinds for name in recipes_of(kind)))
    return names if len(names) > 1 else []


@dataclass(frozen=True)
class PhraseRow:
    """One field of the form: how well a version's closed answers agree with people's."""

    label: str
    n: int
    accuracy: float | None
    macro_f1: float | None
    majority: float | None


@dataclass(frozen=True)
class ExplanationTable:
    """A version's explanations on the hold-out as they were measured after its training."""

    rows: list[PhraseRow]
    accuracy: float | None
    majority: float | None
    bleu4: float | None
    rouge_l: float | None
    #: Whether there are texts, all of them of fewer than four words.
    too_short: bool


def explanation_table(study: Study, version: ModelVersion) -> ExplanationTable | None:
    """None if the version does not explain. A field that the form no longer has is left out."""
    found = version.explanation_metrics
    if found is None:
        return None
    rows = [
        PhraseRow(
            localized(field.label),
            measured["n"],
            measured["accuracy"],
            measured["macro_f1"],
            measured["majority"],
        )
        for field in study.form.fields
        if (measured := found["fields"].get(field.key)) is not None
    ]
    texts = found["texts"]
    return ExplanationTable(
        rows,
        found["accuracy"],
        found["majority"],
        texts["bleu4"],
        texts["rouge_l"],
        too_short=texts["n"] > 0 and texts["bleu4"] is None,
    )


def run_title(job: TrainingRun | ScoringRun | ExplainingRun) -> str:
    if isinstance(job, TrainingRun):
        return gettext("Training of %(predictor)s") % {"predictor": job.predictor.name}
    if isinstance(job, ExplainingRun):
        return gettext("Explaining by version %(number)d") % {"number": job.model_version.number}
    return gettext("Scoring by version %(number)d") % {"number": job.model_version.number}


def _job_line(job: TrainingRun | ScoringRun | ExplainingRun) -> JobLine:
    waiting = gettext("Waiting for a worker")
    # A stage from a newer program is shown as it is.
    stage = stage_in_words(job) or waiting
    return JobLine(
        kind_of(job), job.pk, run_title(job), stage, job.progress_done, job.progress_total
    )


def stage_in_words(job: Job) -> str:
    """What is being done now; empty if no worker has begun."""
    # A stage from a newer program is shown as it is.
    return "" if job.state == JobState.QUEUED else str(STAGES.get(job.stage, job.stage))
