"""A round of acquisition in words, for its page and the API."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotation.protocol.draw import Draw
from workbench.templatetags.numbers import shown_number

from ..acquisition.base import Reads, Strategy
from ..acquisition.ranking import ODD_LISTED
from ..acquisition.registry import STRATEGIES
from ..models import AcquisitionRound
from .rounds import odd_of


def draw_in_words(draw: Draw) -> str:
    """Why a rating was asked for."""
    match draw:
        case Draw.PRIORITY:
            return _("By the model’s priorities")
        case Draw.AUDIT:
            return _("Random image (audit)")
        case Draw.HOLDOUT:
            return _("Hold-out image")
        case Draw.PLAN:
            return _("By the session plan")


def strategy_in_words(of: AcquisitionRound) -> str:
    """Its name for people; as it is stored if the site has no such strategy any more."""
    known = _known(of)
    return _(known.label) if known else of.strategy


def _known(of: AcquisitionRound) -> Strategy | None:
    return next((item for item in STRATEGIES.values() if item.name == of.strategy), None)


def citation_of(of: AcquisitionRound) -> str:
    """Of the strategy in the version that made the round; empty if the site has another one."""
    known = _known(of)
    return known.citation if known and known.version == of.strategy_version else ""


def occasion(of: AcquisitionRound, before: AcquisitionRound | None) -> str:
    """Why the order was made."""
    version = {"number": of.model_version.number}
    if before is None:
        return (
            _("Version %(number)d was taken into use, and set the first order of this study.")
            % version
        )
    if before.model_version_id != of.model_version_id:
        return _(
            "Version %(number)d was taken into use in place of version %(before)d, and set its own "
            "order."
        ) % {**version, "before": before.model_version.number}
    more = of.parameters.get("ratings", 0) - before.parameters.get("ratings", 0)
    if more <= 0:
        return _("Version %(number)d set the order again.") % version
    return ngettext(
        "Version %(number)d set the order again: %(more)s rating had come since the order before.",
        "Version %(number)d set the order again: %(more)s ratings had come since the order before.",
        more,
    ) % {**version, "more": shown_number(more)}


def parameters_in_words(of: AcquisitionRound) -> list[str]:
    """How the order was made: a sentence for each parameter that is known of it."""
    known, sentences = of.parameters, []
    if "ratings" in known:
        sentences.append(_ratings(known["ratings"]))
    if "count" in known:
        sentences.append(_count(known["count"]))
    if "seed" in known:
        # Not grouped: it is a name, which somebody copies.
        sentences.append(
            _(
                "What was left to chance was drawn with the seed %(seed)s: the same images, labels "
                "and seed give the same order."
            )
            % {"seed": known["seed"]}
        )
    return sentences


def odd_in_words(of: AcquisitionRound, shown: int) -> str:
    """How many images it took as unlike all others, `shown` of which are still in use."""
    listed = len(odd_of(of))
    if not listed:
        strategy = _known(of)
        if strategy and strategy.reads is Reads.NOTHING:
            return _(
                "This strategy does not look at the images, and so does not tell which are odd."
            )
        return _("None of the images that it looked at was unlike all others.")
    least = _("at least %(n)s") if listed >= ODD_LISTED else "%(n)s"
    told = ngettext(
        "%(n)s image looked like nothing else in the study, and was not chosen while there were "
        "others.",
        "%(n)s images looked like nothing else in the study, and were not chosen while there were "
        "others.",
        listed,
    ) % {"n": least % {"n": shown_number(listed)}}
    if shown == listed:
        return told
    gone = ngettext(
        "%(n)s of those that were noted is not in use any more.",
        "%(n)s of those that were noted are not in use any more.",
        listed - shown,
    ) % {"n": shown_number(listed - shown)}
    return f"{told} {gone}"


def _ratings(number: int) -> str:
    return ngettext(
        "It was made when the study’s opinion scores rested on %(n)s rating.",
        "It was made when the study’s opinion scores rested on %(n)s ratings.",
        number,
    ) % {"n": shown_number(number)}


def _count(number: int) -> str:
    return ngettext(
        "It was to put %(n)s image first: about as many as are rated before the order is made "
        "again.",
        "It was to put %(n)s images first: about as many as are rated before the order is made "
        "again.",
        number,
    ) % {"n": shown_number(number)}
