"""Figures of agreement in words: what each is, what it needs, and what to do about it."""

import math
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from workbench.templatetags.numbers import shown_number

from ..agreement import Measure
from ..panel.figures import Figure

Text = str | Promise
_NOTHING: Text = gettext_lazy("Nothing.")


@dataclass(frozen=True)
class _Words:
    label: Text
    what: Text
    #: Said if there is no figure.
    needs: Text
    #: What to do from so much on, the highest first; of a change, what to do about one.
    advice: tuple[tuple[float, Text], ...]
    otherwise: Text
    #: Whether it is a change, of which only one that is not 0 matters.
    change: bool = False


@dataclass(frozen=True)
class FigureWords:
    """A figure as pages show it; texts in the active language."""

    name: str
    label: Text
    what: Text
    value: str
    interval: str
    n: str
    meaning: str
    citation: str
    advice: Text


_TWO_RATERS = gettext_lazy("Needs images that two raters rated, and ratings that differ.")
_DRIFT_NEEDS = gettext_lazy(
    "Needs two sessions or more that show the same images at different places."
)
_MEANS_ADVICE: tuple[tuple[float, Text], ...] = (
    (0.9, gettext_lazy("Nothing: there are enough ratings per image.")),
    (
        0.75,
        gettext_lazy(
            "Enough to compare generators and to train a model; collect more ratings before you "
            "decide about single images."
        ),
    ),
)
_MORE_RATINGS = gettext_lazy("Collect more ratings per image; the planner below says how many.")
_SINGLE_ADVICE: tuple[tuple[float, Text], ...] = (
    (0.8, gettext_lazy("Nothing: even single ratings can be used.")),
    (0.667, gettext_lazy("Report means with their intervals, and do not read single ratings.")),
)
_SINGLE_POOR = gettext_lazy(
    "Report means with their intervals. Clearer instructions, examples and practice raise this "
    "figure; more ratings per image do not."
)
_WORDS: dict[str, _Words] = {
    "alpha_interval": _Words(
        gettext_lazy("Krippendorff’s α, interval"),
        gettext_lazy(
            "Agreement of single ratings, chance taken out; differences count by their size."
        ),
        _TWO_RATERS,
        _SINGLE_ADVICE,
        _SINGLE_POOR,
    ),
    "alpha_ordinal": _Words(
        gettext_lazy("Krippendorff’s α, ordinal"),
        gettext_lazy("The same by the order of the scores alone."),
        _TWO_RATERS,
        _SINGLE_ADVICE,
        _SINGLE_POOR,
    ),
    "icc_single": _Words(
        gettext_lazy("ICC(2,1)"),
        gettext_lazy(
            "Share of the variance of single ratings that is due to the images; how high a rater "
            "scores counts as disagreement."
        ),
        gettext_lazy("Needs images and raters with two ratings or more, and ratings that differ."),
        ((0.75, gettext_lazy("Nothing: a single rating says much.")),),
        gettext_lazy("Rely on means of several ratings: see ICC(2,k)."),
    ),
    "icc_mean": _Words(
        gettext_lazy("ICC(2,k)"),
        gettext_lazy(
            "The same for the mean of an image’s ratings, with as many as images have on average."
        ),
        gettext_lazy("Needs images and raters with two ratings or more, and ratings that differ."),
        _MEANS_ADVICE,
        _MORE_RATINGS,
    ),
    "split_half": _Words(
        gettext_lazy("Split-half reliability"),
        gettext_lazy(
            "How far the scores of one half of the raters agree with the other half’s, stepped up "
            "to all raters; mean over random halves."
        ),
        gettext_lazy("Needs three images or more that raters of both halves rated."),
        _MEANS_ADVICE,
        _MORE_RATINGS,
    ),
    "sos": _Words(
        gettext_lazy("SOS parameter a"),
        gettext_lazy(
            "How far ratings of one image scatter, whatever its mean: 0 if all agree, 1 if all "
            "choose the ends of the scale."
        ),
        _TWO_RATERS,
        (
            (
                0.35,
                gettext_lazy(
                    "Look for raters who understood the task differently, and for questions that "
                    "can be read in two ways."
                ),
            ),
            (0.08, _NOTHING),
        ),
        gettext_lazy("Check that raters use the whole scale and do not copy one score."),
    ),
    "retest": _Words(
        gettext_lazy("Test–retest correlation"),
        gettext_lazy("How far a rater’s score of a hidden repeat follows their first score."),
        gettext_lazy("Needs three hidden repeats or more: the session plan can ask for them."),
        ((0.75, _NOTHING),),
        gettext_lazy(
            "Raters differ from themselves: shorten sessions, and explain the levels of the scale "
            "with examples."
        ),
    ),
    "drift": _Words(
        gettext_lazy("Drift of scores"),
        gettext_lazy(
            "Change of scores in the course of a session, images and raters taken out; points of "
            "the scale per 100 images."
        ),
        _DRIFT_NEEDS,
        (),
        gettext_lazy(
            "Keep the order of images random for each rater, shorten sessions, and plan rests."
        ),
        change=True,
    ),
    "first": _Words(
        gettext_lazy("First image of a session"),
        gettext_lazy(
            "By how many points of the scale it is scored higher than the drift lets expect."
        ),
        _DRIFT_NEEDS,
        (),
        gettext_lazy("Begin sessions with stabilisation images, whose scores do not count."),
        change=True,
    ),
    "pace": _Words(
        gettext_lazy("Change of pace"),
        gettext_lazy(
            "Change of the seconds per image in the course of a session, per 100 images; below 0 "
            "is faster."
        ),
        _DRIFT_NEEDS,
        (),
        gettext_lazy(
            "Some speeding up is practice. If agreement falls too, shorten sessions or plan rests."
        ),
        change=True,
    ),
    "halo": _Words(
        gettext_lazy("Halo"),
        gettext_lazy(
            "Correlation of what is left of a rater’s two scores of an image after the image and "
            "the rater’s own level are taken out."
        ),
        gettext_lazy("Needs images that two raters rated from both perspectives."),
        (
            (
                0.2,
                gettext_lazy(
                    "Say in the instructions that each question is judged by itself, or ask the "
                    "perspectives in separate passes."
                ),
            ),
        ),
        _NOTHING,
    ),
    "halo_images": _Words(
        gettext_lazy("Correlation of the images’ means"),
        gettext_lazy("What images that are good in one respect are in the other."),
        gettext_lazy("Needs three images that two raters rated from both perspectives."),
        (),
        gettext_lazy("Nothing: it is about the images, not about raters."),
    ),
}


def label_of(name: str) -> Text:
    return _WORDS[name].label


def figure_words(figure: Figure) -> FigureWords:
    """A dash for what is not known."""
    words, measure = _WORDS[figure.name], figure.measure
    if measure is None:
        return FigureWords(
            figure.name, words.label, words.what, "–", "–", "–", str(words.needs), "", ""
        )
    return FigureWords(
        figure.name,
        words.label,
        words.what,
        _shown(figure.name, measure.value),
        _interval(figure.name, measure),
        number_format(measure.n, force_grouping=True),
        _(measure.meaning),
        measure.citation,
        _advice(words, measure),
    )


def _advice(words: _Words, measure: Measure) -> Text:
    if words.change:
        low, high = measure.low, measure.high
        return words.otherwise if low is None or high is None or low * high > 0 else _NOTHING
    return next((text for least, text in words.advice if measure.value >= least), words.otherwise)


def _interval(name: str, measure: Measure) -> str:
    if measure.low is None or measure.high is None:
        return "–"
    return f"{_shown(name, measure.low)} … {_shown(name, measure.high)}"


def _shown(name: str, value: float) -> str:
    if name == "pace":
        # The measure is of the logarithm of seconds.
        return _("%(percent)s %%") % {"percent": shown_number(percent_of(value), 1)}
    return shown_number(value, 3)


def percent_of(change: float) -> float:
    """A change of the logarithm as a change in percent."""
    return 100 * math.expm1(change)
