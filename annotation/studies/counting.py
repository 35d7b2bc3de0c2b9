"""Which scores count: the one definition, for labels, opinion scores, exports, pages and jobs.

Those that are current (not superseded), of submitted main trials (no practice, stabilisation,
repeats or gold images), by raters who are not excluded, on main images that have a file and are not
excluded either. How much each weighs is for the study's rules to say
(`opinion.reliability.selectors.rater_weights`).
"""

from collections.abc import Iterable

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.db.models.expressions import Combinable

from ..models import Rater, Score, Stimulus, Study, Trial
from ..models.stimulus import COUNTING_STATES

#: Said with every release.
COUNTING_IN_WORDS = (
    "current scores of submitted main trials by raters who are not excluded, on main images with a "
    "file that are not excluded, weighed by the study's rules"
)


def main_stimuli(study: Study) -> QuerySet[Stimulus]:
    """The images that a study is about, that have a file, and whose scores count."""
    return Stimulus.objects.filter(_main(), study=study)


def served_stimuli(study: Study) -> QuerySet[Stimulus]:
    """Images that raters may be shown, of every purpose."""
    return Stimulus.objects.filter(study=study, state=Stimulus.State.IN_USE).exclude(sha256="")


def scored_stimuli(study_id: int) -> QuerySet[Stimulus]:
    """Images that a model is to predict, of every purpose: those whose scores count."""
    stimuli = Stimulus.objects.filter(study=study_id, state__in=COUNTING_STATES)
    return stimuli.exclude(sha256="")


def excluded_images(study_id: int) -> list[int]:
    """Keys of the images whose scores do not count, in order."""
    images = Stimulus.objects.filter(study=study_id).exclude(state=Stimulus.State.IN_USE)
    out = images.exclude(state=Stimulus.State.WITHDRAWN).order_by("pk")
    return list(out.values_list("pk", flat=True))


def counting_trials(study: Study) -> QuerySet[Trial]:
    """Trials whose current scores count."""
    return counting_trials_of([study.pk])


def counting_trials_of(studies: Iterable[int]) -> QuerySet[Trial]:
    """The same of many studies, by their keys."""
    keys = list(studies)
    # The few images that do not count, instead of all that do.
    others = Stimulus.objects.filter(~_main(), study__in=keys, pk=OuterRef("stimulus"))
    return Trial.objects.filter(~Exists(others), _answered(), rater__study__in=keys)


def answer_counts() -> Q:
    """Of a trial, whether it counts if its image does: for queries that ask of many trials, and
    then of their few images (`uncounted_stimuli`)."""
    return _answered()


def uncounted_stimuli(study: Study) -> QuerySet[Stimulus]:
    """Images whose trials do not count, whoever answered them."""
    return Stimulus.objects.filter(~_main(), study=study)


def uncounted_trials(study: Study) -> QuerySet[Trial]:
    """Those of raters who count that do not because of their image."""
    own = Trial.objects.filter(_answered(), rater__study=study)
    return own.filter(stimulus__in=uncounted_stimuli(study))


def trial_counts() -> Combinable:
    """Of a trial, whether its current scores count: for `annotate`."""
    return ExpressionWrapper(_counting(), output_field=BooleanField())


def counting_scores(study: Study) -> QuerySet[Score]:
    return Score.objects.filter(_counting("trial__"), superseded_at=None, trial__rater__study=study)


def repeated_scores(study: Study) -> QuerySet[Score]:
    """Current scores of hidden repeats, by the same raters on the same images: they count nowhere,
    and say how far a rater repeats the first score."""
    repeats = _counting("trial__", role=Trial.Role.REPEAT)
    return Score.objects.filter(repeats, superseded_at=None, trial__rater__study=study)


def excluded_raters(study: Study) -> list[int]:
    """Keys of the raters whose scores do not count, in order."""
    raters = Rater.objects.filter(study=study, status=Rater.Status.EXCLUDED)
    return list(raters.order_by("pk").values_list("pk", flat=True))


def _main(of: str = "") -> Q:
    """`of` leads to the stimulus."""
    return Q(
        **{
            f"{of}purpose": Stimulus.Purpose.MAIN,
            f"{of}sha256__gt": "",
            f"{of}state__in": COUNTING_STATES,
        }
    )


def _answered(of: str = "", role: str = Trial.Role.MAIN) -> Q:
    """Whatever the image; `of` leads to the trial."""
    return Q(
        **{
            f"{of}state": Trial.State.SUBMITTED,
            f"{of}role": role,
            f"{of}rater__status": Rater.Status.ACTIVE,
        }
    )


def _counting(of: str = "", role: str = Trial.Role.MAIN) -> Q:
    """`of` leads to the trial."""
    return _answered(of, role) & _main(f"{of}stimulus__")
