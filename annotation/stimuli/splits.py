"""Drawing the hold-out at import, before anything is acquired."""

from collections.abc import Iterable, Mapping

from ..models import Stimulus, Study
from ..protocol.split import assign_splits


def draw_splits(
    *, study: Study, prompts: Mapping[str, Iterable[str]], purpose: str
) -> dict[str, str]:
    """The split of each prompt (text hash → its generators' names).

    All images of a prompt share its split. Only main images are drawn: a practice or gold image
    joins its prompt's split if there is one, and is never held out by itself.
    """
    stimuli = Stimulus.objects.filter(study=study, prompt__text_sha256__in=list(prompts))
    if purpose == Stimulus.Purpose.MAIN:
        # Practice and gold images were never drawn, so they say nothing about main ones.
        stimuli = stimuli.filter(purpose=Stimulus.Purpose.MAIN)
    existing = dict(stimuli.order_by().values_list("prompt__text_sha256", "split").distinct())
    share = study.holdout_share if purpose == Stimulus.Purpose.MAIN else 0.0
    return assign_splits(existing, prompts, share, study.seed)


def rating_places(study: Study, *, split: str, purpose: str) -> tuple[int, int]:
    """How many ratings an image is wanted to have, and how many it may ever have."""
    if purpose != Stimulus.Purpose.MAIN:
        # Shown to every rater by the session's plan, never drawn: none is wanted, none capped.
        return 0, 32767
    if split == Stimulus.Split.HOLDOUT:
        return study.holdout_ratings, study.holdout_ratings
    return study.target_ratings, study.maximum_ratings
