"""What is rated next, and why, in words; and the images that look like nothing else."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from annotation.models import Stimulus, Study
from annotation.protocol.goal import Goal, Shares
from annotation.rating.topping_up import precision_of

from ...models import AcquisitionRound
from .resting import Rest, rest_of

#: Images that look like nothing else, shown at most.
_ODD_SHOWN = 12


@dataclass(frozen=True)
class NextRatings:
    """`odd`: images that the model does not ask for, because they look like nothing else."""

    policy: str
    topping_up: str
    odd: list[Stimulus]
    #: If the model rates the rest; then there is no policy.
    rest: Rest | None = None


def next_ratings(study: Study) -> NextRatings:
    """By the study's settings and its latest round of acquisition."""
    last = AcquisitionRound.objects.filter(study=study).first()
    keys = (last.parameters.get("odd") or []) if last else []
    odd = Stimulus.objects.filter(
        study=study, state=Stimulus.State.IN_USE, pk__in=keys[:_ODD_SHOWN]
    ).order_by("pk")
    if rest := rest_of(study):
        return NextRatings("", "", list(odd), rest)
    policy = [policy_sentence(study.shares), *([] if last else [_no_priorities()])]
    return NextRatings(" ".join(policy), topping_up_sentence(study), list(odd))


def topping_up_sentence(study: Study) -> str:
    """Until when images get more than their first ratings, and how many are there."""
    found = precision_of(study)
    if found is None:
        return ""
    return _(
        "An image with its first %(target)d ratings gets one more at a time, %(most)d at most, "
        "until the 95 %% interval of its opinion score is ± %(width)s %% of the scale or narrower "
        "from every perspective. Narrow enough: %(narrow)d images; topped up: %(wide)d; still "
        "wider with %(most)d ratings: %(at_most)d."
    ) % {
        "target": study.target_ratings,
        "most": study.maximum_ratings,
        "width": f"{100 * study.wanted_half_width:g}",
        "narrow": found.narrow,
        "wide": found.wide,
        "at_most": found.at_most,
    }


def policy_sentence(shares: Shares) -> str:
    """Which images raters are given, in what shares, and why."""
    counts = {kind: round(100 * share) for kind, share in shares.of_all.items()}
    return " ".join([_CHOSEN[shares.goal]() % counts, _drawn() % counts])


def _no_priorities() -> str:
    return _("No model has set priorities yet: until one is in use, they are all alike.")


def _teaching() -> str:
    return _(
        "Of 100 ratings, %(new)d go to the images with the fewest ratings, by the model’s "
        "priorities, because this study teaches the model: a rating of a new image teaches it "
        "more than another one of the same image."
    )


def _publishing() -> str:
    return _(
        "Of 100 ratings, %(more)d go to images by the model’s priorities, each until it has all "
        "its ratings, because this study publishes scores: a score needs several raters."
    )


def _both() -> str:
    return _(
        "Of 100 ratings, %(new)d go to the images with the fewest ratings, which teaches the model "
        "most, and %(more)d to images that were begun, each until it has all its ratings, so that "
        "there are scores to publish."
    )


def _drawn() -> str:
    return _(
        "%(audit)d go to random images, which show what chance would have chosen, and %(holdout)d "
        "to the hold-out, which measures the model."
    )


_CHOSEN = {Goal.TEACH: _teaching, Goal.PUBLISH: _publishing, Goal.BOTH: _both}
