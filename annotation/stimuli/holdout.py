"""How a study's images lie on the two sides of its hold-out, and what is to be said of it."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from workbench.core.texts import gettext_noop

from ..models import Stimulus, Study
from ..models.stimulus import COUNTING_STATES
from ..protocol.split import Split
from ..studies.counts import image_counts
from .importing.remarks import Remark

_NO_SHARE = Remark(
    gettext_noop(
        "Nothing is held out, because the share of the hold-out is 0 in the study's settings. "
        "Without a hold-out nobody can tell how good a model is: raise the share, then import at "
        "least one prompt that is not in the study yet."
    )
)
_NO_HOLDOUT = Remark(
    gettext_noop(
        "The hold-out is empty. Import at least one image of a prompt that is not in the study "
        "yet: at least one prompt will be held out. Images that are in the pool stay there."
    )
)
_NO_POOL = Remark(
    gettext_noop(
        "The pool is empty, so that no model can be trained. Import at least one image of a prompt "
        "that is not in the study yet: at least one prompt will be put into the pool. Images that "
        "are held out stay so."
    )
)
_ONE_PROMPT = Remark(
    gettext_noop(
        "The study has only one prompt, so its images are held out one by one. A model looks "
        "better than it is if it has learnt from the prompt that it is measured on. Prompts that "
        "you import from now on are held out as wholes."
    )
)
_BOTH_SIDES = gettext_noop(
    "Prompts with images on both sides: %(number)d. They were held out image by image, so a model "
    "may look better than it is on them."
)


def sides_of(study: Study) -> dict[str, Counter[Split]]:
    """By the group of each prompt, how many of its main images are on each side and count.

    Practice and gold images were never drawn, so they say nothing about main ones.
    """
    main = Stimulus.objects.filter(study=study, purpose=Stimulus.Purpose.MAIN)
    counting = Count("pk", filter=Q(state__in=COUNTING_STATES, replaced_by=None))
    rows = (
        main.order_by()
        .values("prompt__group_sha256", "split")
        .annotate(number=counting)
        .values_list("prompt__group_sha256", "split", "number")
    )
    sides: dict[str, Counter[Split]] = {}
    for prompt, split, number in rows:
        sides.setdefault(prompt, Counter())[Split(split)] = number
    return sides


@dataclass(frozen=True)
class HoldoutState:
    """Prompts that lie on one side only, prompts on both, and images of each side."""

    share: float
    pool_prompts: int
    holdout_prompts: int
    shared_prompts: int
    pool_images: int
    holdout_images: int

    @property
    def prompts(self) -> int:
        return self.pool_prompts + self.holdout_prompts + self.shared_prompts

    def remarks(self) -> list[Remark]:
        """What its owner should know, with what to do; nothing while all is as it should be."""
        if not self.prompts:
            return []
        found = []
        if not self.holdout_images:
            found.append(_NO_HOLDOUT if self.share else _NO_SHARE)
        if not self.pool_images:
            found.append(_NO_POOL)
        if self.shared_prompts and self.prompts == 1:
            found.append(_ONE_PROMPT)
        elif self.shared_prompts:
            found.append(Remark(_BOTH_SIDES, {"number": self.shared_prompts}))
        return found


def holdout_context(study: Study) -> dict[str, Any]:
    """What `annotation/_holdout.html` shows, in the reader's language. Images are counted as
    everywhere: those in use that have a file."""
    state = holdout_state(study)
    return {
        "holdout": state,
        "images": image_counts(study),
        "holdout_remarks": [it.sentence(_) for it in state.remarks()],
    }


def holdout_state(study: Study) -> HoldoutState:
    sides = {prompt: +of_prompt for prompt, of_prompt in sides_of(study).items()}
    prompts = Counter(tuple(sorted(of_prompt)) for of_prompt in sides.values() if of_prompt)
    images: Counter[Split] = Counter()
    for of_prompt in sides.values():
        images.update(of_prompt)
    return HoldoutState(
        study.holdout_share,
        prompts[(Split.POOL,)],
        prompts[(Split.HOLDOUT,)],
        sum(prompts.values()) - prompts[(Split.POOL,)] - prompts[(Split.HOLDOUT,)],
        images[Split.POOL],
        images[Split.HOLDOUT],
    )
