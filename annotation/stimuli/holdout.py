"""How a study's images lie on the two sides of its hold-out, and what is to be said of it."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet
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


#: `images`: prompts with their images on each side. Prompts alike are one.
_SIDES = """
SELECT pool > 0, holdout > 0, count(*), sum(pool)::bigint, sum(holdout)::bigint FROM (
    SELECT sum(images.pool) AS pool, sum(images.holdout) AS holdout
    FROM ({images}) AS images (prompt, pool, holdout)
    JOIN annotation_prompt AS prompt ON prompt.id = images.prompt
    GROUP BY prompt.group_sha256
) AS prompts
GROUP BY 1, 2
"""
_COUNTING = Q(state__in=COUNTING_STATES, replaced_by=None)


def _main(study: Study) -> QuerySet[Stimulus]:
    return Stimulus.objects.filter(study=study, purpose=Stimulus.Purpose.MAIN)


def sides_of(study: Study) -> dict[str, Counter[Split]]:
    """By the group of each prompt, how many of its main images are on each side and count.

    Practice and gold images were never drawn, so they say nothing about main ones.
    """
    rows = (
        _main(study)
        .order_by()
        .values("prompt__group_sha256", "split")
        .annotate(number=Count("pk", filter=_COUNTING))
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
    """One statement, which returns a row for each of the ways in which prompts can lie."""
    counting = _main(study).filter(_COUNTING).order_by().values("prompt")
    sides = {side: Count("pk", filter=Q(split=side)) for side in Split}
    images, of_images = counting.annotate(**sides).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_SIDES.format(images=images), of_images)
        rows = cursor.fetchall()
    prompts = {(pool, holdout): number for pool, holdout, number, *_images in rows}
    return HoldoutState(
        study.holdout_share,
        prompts.get((True, False), 0),
        prompts.get((False, True), 0),
        prompts.get((True, True), 0),
        sum(pool for *_, pool, _holdout in rows),
        sum(holdout for *_, _pool, holdout in rows),
    )
