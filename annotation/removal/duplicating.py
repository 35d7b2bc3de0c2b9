"""Another study like one that there is: its settings and, if wished for, its images."""

import copy
from collections.abc import Iterable, Mapping
from typing import TypeVar

from django.db import transaction
from django.db.models import QuerySet

from workbench.accounts.models import User

from ..models import Generator, OpinionRelease, OpinionScore, Prompt, Stimulus, Study
from ..models.stimulus import new_shuffle
from ..opinion.imported import renew_content
from ..opinion.numbering import hold_off_writers
from ..stimuli.imports.store import study_lock
from ..studies.audit import record
from ..studies.services import SETTINGS, create_study

_BATCH = 500
_Copied = Prompt | Generator | Stimulus | OpinionRelease | OpinionScore
_Named = TypeVar("_Named", Prompt, Generator)


def duplicate_study(
    *, study: Study, owner: User, title: str, slug: str = "", images: bool = False
) -> Study:
    """A draft of `owner`'s with the study's settings, questions, texts and translations; no raters,
    ratings, releases of own scores or models.

    images: those in use come with it, on their sides of the hold-out, with their published scores.
    Their files are not copied: both studies refer to the same ones. Raises StudyError, and
    ImportRunningError during an import.
    """
    given = ("title", "perspectives")
    settings = {name: copy.deepcopy(getattr(study, name)) for name in SETTINGS if name not in given}
    asked = [item.to_json() for item in study.perspective_settings]
    # Files must neither come nor go meanwhile.
    with study_lock(study), transaction.atomic():
        new = create_study(owner=owner, title=title, slug=slug, perspectives=asked, **settings)
        copied = _copy_images(study, new) if images else 0
        record(study=new, actor=owner, action="study.duplicated", of=study.slug, images=copied)
    return new


def _copy_images(study: Study, new: Study) -> int:
    images = Stimulus.objects.filter(study=study, state=Stimulus.State.IN_USE)
    prompts = _copies(Prompt.objects.filter(pk__in=images.values("prompt")), new)
    generators = _copies(Generator.objects.filter(pk__in=images.values("generator")), new)
    stimuli: dict[int, int] = {}
    rows = list(images.order_by("pk"))
    for start in range(0, len(rows), _BATCH):
        batch = rows[start : start + _BATCH]
        keys = [row.pk for row in batch]
        for row in batch:
            _like(row, new, prompts, generators)
        made = Stimulus.objects.bulk_create(batch)
        stimuli |= dict(zip(keys, (row.pk for row in made), strict=True))
    _copy_published(study, new, stimuli)
    return len(stimuli)


def _like(
    row: Stimulus, new: Study, prompts: Mapping[int, int], generators: Mapping[int, int]
) -> None:
    """Makes the row one of the new study that nobody has rated."""
    row.prompt_id, row.generator_id = prompts[row.prompt_id], generators[row.generator_id]
    row.claimed_ratings, row.priority, row.shuffle = 0, 0.0, new_shuffle()
    _as_new(row, new)


def _copies(rows: QuerySet[_Named], new: Study) -> dict[int, int]:
    """Copies the rows into the new study; old key → new key."""
    found = list(rows.order_by("pk"))
    keys = [row.pk for row in found]
    for row in found:
        _as_new(row, new)
    made = rows.bulk_create(found, batch_size=_BATCH)
    return dict(zip(keys, (row.pk for row in made), strict=True))


def _copy_published(study: Study, new: Study, stimuli: Mapping[int, int]) -> None:
    perspectives = {row.key: row.pk for row in new.perspectives.all()}
    hold_off_writers(new)
    for number, release in enumerate(_imported(study), start=1):
        scores = list(
            release.scores.filter(stimulus__in=list(stimuli)).select_related("perspective")
        )
        if not scores:
            continue
        _as_new(release, new)
        release.number = number
        release.save(force_insert=True)
        for score in scores:
            score.stimulus_id = stimuli[score.stimulus_id]
            score.perspective_id = perspectives[score.perspective.key]
            score.release = release
            _as_new(score, new)
        OpinionScore.objects.bulk_create(scores, batch_size=_BATCH)
        renew_content(release)


def _imported(study: Study) -> Iterable[OpinionRelease]:
    return list(study.opinion_releases.filter(kind=OpinionRelease.Kind.IMPORTED))


def _as_new(row: _Copied, new: Study) -> None:
    row.pk = None
    row._state.adding = True
    row.study_id = new.pk
