"""What the gate says, in sentences: for the page, the API, commands and refusals."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from annotation.models import Stimulus, Study
from annotation.studies.counting import counting_scores
from annotation.studies.texts import localized

from ..judging.gate import (
    FEWEST_IMAGES,
    MEAN_TOLERANCE,
    NOMINAL,
    PERSPECTIVE_TOLERANCE,
    Outcome,
    PerspectiveChange,
    Reason,
    Verdict,
)
from ..models import ModelVersion
from ..registry.verdicts import Judged


def verdict_lines(version: ModelVersion, judged: Judged) -> list[str]:
    """What is decided first, then the numbers, then why."""
    names = _names(version.study)
    verdict = judged.verdict
    return [
        _headline(version.number, judged),
        *numbers_in_words(verdict),
        *(_WHY[reason](verdict, names) for reason in verdict.reasons),
        *_one_rater(version.study),
    ]


def _one_rater(study: Study) -> list[str]:
    """What no number of images tells, if one person gave all of the hold-out's ratings."""
    held_out = counting_scores(study).filter(trial__stimulus__split=Stimulus.Split.HOLDOUT)
    first = held_out.values_list("trial__rater", flat=True).first()
    if first is None or held_out.exclude(trial__rater=first).exists():
        return []
    return [
        _(
            "All ratings of hold-out images are by one person: whether it is as good for others, "
            "they cannot tell. Have the hold-out rated by others, too."
        )
    ]


def _names(study: Study) -> dict[str, str]:
    return {item.key: localized(item.label) for item in study.perspective_settings}


def _headline(number: int, judged: Judged) -> str:
    numbers = {"number": number, "champion": judged.champion.number}
    if judged.verdict.outcome is Outcome.PROMOTE:
        text = _("Version %(number)d may take the place of version %(champion)d.")
    elif judged.verdict.outcome is Outcome.KEEP:
        text = _("Version %(number)d has not shown that it is as good as version %(champion)d.")
    else:
        text = _(
            "The hold-out cannot tell whether version %(number)d is as good as version "
            "%(champion)d: you decide."
        )
    return text % numbers


def numbers_in_words(verdict: Verdict) -> list[str]:
    """The mean change and its interval; nothing if it has none."""
    change = verdict.change
    if change is None or change.low is None or change.high is None:
        return []
    text = _(
        "Mean change of SRCC %(value)s, with a 95 %% interval of %(low)s to %(high)s, on "
        "%(images)d labelled hold-out images (prompts: %(prompts)d)."
    )
    ends = {"value": change.value, "low": change.low, "high": change.high}
    shown: dict[str, object] = {name: f"{value:+.3f}" for name, value in ends.items()}
    return [text % (shown | {"images": verdict.images, "prompts": verdict.prompts})]


def _few_images(verdict: Verdict, _names: dict[str, str]) -> str:
    return _(
        "%(images)d hold-out images are labelled from every perspective; below %(fewest)d a real "
        "difference and chance look alike. Have more hold-out images rated, or decide yourself."
    ) % {"images": verdict.images, "fewest": FEWEST_IMAGES}


def _few_prompts(_verdict: Verdict, _names: dict[str, str]) -> str:
    return _("The hold-out images are of fewer than four prompts, so nothing has an interval.")


def _no_spread(verdict: Verdict, names: dict[str, str]) -> str:
    return _(
        "No rank correlation is defined from: %(names)s. Fewer than three images are labelled, or "
        "all labels or predictions are alike."
    ) % {"names": _those(verdict, names, lambda part: part.change is None)}


def _mean_worse(_verdict: Verdict, _names: dict[str, str]) -> str:
    return _("It ranks worse: the whole interval is below −%(tolerance).3f.") % {
        "tolerance": MEAN_TOLERANCE
    }


def _mean_unsure(_verdict: Verdict, _names: dict[str, str]) -> str:
    return _(
        "A loss of more than %(tolerance).3f cannot be ruled out. More labelled hold-out images "
        "make the interval narrower."
    ) % {"tolerance": MEAN_TOLERANCE}


def _perspective_worse(verdict: Verdict, names: dict[str, str]) -> str:
    return _("It ranks worse by more than %(tolerance).2f from: %(names)s.") % {
        "tolerance": PERSPECTIVE_TOLERANCE,
        "names": _those(verdict, names, lambda part: part.is_worse),
    }


def _calibration_worse(verdict: Verdict, names: dict[str, str]) -> str:
    return _(
        "Its intervals are farther from holding %(nominal)d %% of the labels than those of the "
        "version in use, from: %(names)s."
    ) % {
        "nominal": round(100 * NOMINAL),
        "names": _those(verdict, names, lambda part: part.is_miscalibrated),
    }


_WHY: dict[Reason, Callable[[Verdict, dict[str, str]], str]] = {
    Reason.FEW_IMAGES: _few_images,
    Reason.FEW_PROMPTS: _few_prompts,
    Reason.NO_SPREAD: _no_spread,
    Reason.MEAN_WORSE: _mean_worse,
    Reason.MEAN_UNSURE: _mean_unsure,
    Reason.PERSPECTIVE_WORSE: _perspective_worse,
    Reason.CALIBRATION_WORSE: _calibration_worse,
}


def _those(
    verdict: Verdict, names: dict[str, str], which: Callable[[PerspectiveChange], bool]
) -> str:
    return ", ".join(names[part.perspective] for part in verdict.perspectives if which(part))
