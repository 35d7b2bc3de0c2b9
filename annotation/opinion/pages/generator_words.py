"""What leaderboards rest on, and what they mean, in words."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from workbench.templatetags.numbers import shown_number

from ...protocol.draw import Draw
from ..comparison.leaderboard import WEIGHTED, Leaderboard
from ..generators import Lacking, PerspectiveLeaderboard, StudyLeaderboards


def published(sources: Sequence[str]) -> str:
    """Which published scores the means rest on."""
    return _(
        "No rating counts yet from this perspective: these are means of published scores "
        "(%(sources)s), in which each image counts the same. Who gave them is not known, so the "
        "intervals tell how far other prompts would move the means, not how far other raters would."
    ) % {"sources": ", ".join(sources)}


def basis(board: Leaderboard, whole: StudyLeaderboards) -> str:
    """Which draws the means rest on, and whether those are a sample."""
    if board.basis == WEIGHTED:
        return _(
            "All ratings count, each image’s by the inverse of how probable it was that it is "
            "rated: images that a model chose are no sample by themselves."
        )
    if not whole.chosen:
        return _(
            "All ratings count: no model has chosen images yet, each was drawn at random, and they "
            "are a sample of the study’s images."
        )
    counts = {
        "holdout": shown_number(whole.draws.get(Draw.HOLDOUT, 0)),
        "audit": shown_number(whole.draws.get(Draw.AUDIT, 0)),
    }
    sampled = _(
        "These means rest on ratings from hold-out draws (%(holdout)s) and random audit draws "
        "(%(audit)s): they are a sample of the study’s images."
    )
    return f"{sampled % counts} {_left_out(whole.draws.get(Draw.PRIORITY, 0))}".strip()


def _left_out(acquired: int) -> str:
    if not acquired:
        return ""
    return ngettext(
        "%(n)s rating of an image that a model chose is left out: such images are no sample.",
        "%(n)s ratings of images that a model chose are left out: such images are no sample.",
        acquired,
    ) % {"n": shown_number(acquired)}


def problem(item: PerspectiveLeaderboard, whole: StudyLeaderboards) -> str:
    """Why there is no leaderboard, and what would make one."""
    if item.published and item.prompts == 1:
        return _(
            "All published scores are of images of one prompt: nothing is known of how much "
            "another prompt would differ. Import or rate images of at least two."
        )
    if not sum(whole.draws.values()):
        return _("No rating counts yet. Generators are compared once images have been rated.")
    if not item.sampled:
        return _(
            "All ratings are of images that a model chose, and these are no sample. Rate hold-out "
            "images, or draw some images at random: both shares are among the settings."
        )
    if item.prompts == 1:
        return _(
            "All ratings that count are of one prompt: nothing is known of how much another prompt "
            "would differ. Rate images of at least two."
        )
    if item.raters == 1:
        return _(
            "All ratings that count are by one rater: nothing is known of how much another rater "
            "would differ. Invite at least a second one."
        )
    return item.problem


def powered(item: PerspectiveLeaderboard) -> str:
    """What prediction-powered means are and by how much they are surer, or what they lack."""
    if item.powered is None:
        return _LACKING[item.lacking]()
    return " ".join([_what(item.powered), _narrower(item)])


def _what(board: Leaderboard) -> str:
    return _(
        "Prediction-powered means join people’s scores of a sample with the model’s predictions of "
        "all images (%(images)s): the mean prediction, corrected by how far people’s scores of "
        "hold-out images, which no model has learnt from, are off it. They are right on average "
        "however good the model is; the better it is, the narrower the intervals. Predictions "
        "count with the weight λ = %(slope)s."
    ) % {
        "images": shown_number(sum(row.predicted for row in board.rows)),
        "slope": shown_number(board.slope or 0.0, 2),
    }


def _narrower(item: PerspectiveLeaderboard) -> str:
    share = narrowed(item)
    if share is None:
        return ""
    percent = {"percent": shown_number(round(abs(share) * 100))}
    if share >= 0:
        return (
            _("Here they are %(percent)s %% narrower on average than those of the plain means.")
            % percent
        )
    return (
        _(
            "Here they are %(percent)s %% wider on average than those of the plain means, which "
            "rest on more than hold-out images: go by the plain means."
        )
        % percent
    )


def narrowed(item: PerspectiveLeaderboard) -> float | None:
    """By which share of a plain mean's interval the prediction-powered one is narrower, on average
    over the generators that have both."""
    if item.board is None or item.powered is None:
        return None
    widths = {
        row.generator: row.high - row.low
        for row in item.board.rows
        if row.low is not None and row.high is not None
    }
    shares = [
        1 - (row.high - row.low) / widths[row.generator]
        for row in item.powered.rows
        if row.generator in widths and row.low is not None and row.high is not None
    ]
    return sum(shares) / len(shares) if shares else None


_LACKING = {
    Lacking.MODEL: lambda: _(
        "Once a model is in use and has predicted all images, prediction-powered means appear here "
        "as well: estimates of the same means with narrower intervals."
    ),
    Lacking.PREDICTIONS: lambda: _(
        "Prediction-powered means need predictions of all images; the model in use has not "
        "predicted all of them."
    ),
    Lacking.RATINGS: lambda: _(
        "Prediction-powered means need ratings of hold-out images, of at least two prompts and by "
        "at least two raters: no model has learnt from those."
    ),
}
