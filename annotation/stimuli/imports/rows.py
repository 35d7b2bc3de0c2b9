"""Writing checked rows to the database, within the caller's transaction."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.utils import timezone

from ...models import Generator, Prompt, Stimulus, Study
from ...models.stimulus import new_shuffle
from ...opinion.copying import copy_in, new_keys
from ...opinion.imported import Published, write_published
from ...opinion.sources import Source
from ..importing.picture import RENDERING
from .checks import CheckedRow, ImageFacts

_BATCH = 500
#: Of a new stimulus: what all have, whose it is, and what is its own.
_SHARED = ("study_id", "created_at", "priority", "claimed_ratings")
_KEYS = ("id", "prompt_id", "generator_id")
_FILES = ("sha256", "width", "height", "image", "display", "exact", "thumbnail", "rendering")
_OWN = (
    *("filename", "split", "purpose", "wanted_ratings", "maximum_ratings"),
    *("metadata", "attention_check", "shuffle", *_FILES),
)
_NO_FILE = {"sha256": "", "image": "", "display": "", "exact": "", "thumbnail": "", "rendering": 0}


def write_rows(
    *,
    study: Study,
    rows: Sequence[CheckedRow],
    splits: Mapping[str, str],
    purpose: str,
    sources: Sequence[Source],
) -> tuple[int, int]:
    """Create and update stimuli and their published scores; how many of each.

    splits: of each new image, by its filename. purpose: of rows that name none.
    """
    new = [item for item in rows if item.known is None]
    changed = [item for item in rows if item.known is not None and _update(item)]
    keys = _create(study, new, splits, purpose)
    keys |= {item.row.filename: item.known.pk for item in changed if item.known is not None}
    for source in sources:
        published = list(_published((*new, *changed), keys, source.name))
        if published:
            write_published(study, source, published)
    return len(new), len(changed)


def _published(
    rows: Sequence[CheckedRow], keys: Mapping[str, int], source: str
) -> Iterator[Published]:
    for item in rows:
        for score in item.row.scores:
            if score.source == source:
                yield Published(
                    keys[item.row.filename],
                    score.perspective,
                    score.mos,
                    score.sd,
                    score.raters,
                    score.counts,
                )


def _create(
    study: Study, rows: Sequence[CheckedRow], splits: Mapping[str, str], default: str
) -> dict[str, int]:
    """Filename → key of its new row."""
    prompts = _prompts(study, rows)
    generators = _generators(study, rows)
    keys = new_keys(Stimulus, len(rows))
    copied = (
        (
            *(key, prompts[item.prompt_sha256], generators[item.generator_group]),
            *_own(study, item, splits[item.row.filename], item.row.purpose or default),
        )
        for key, item in zip(keys, rows, strict=True)
    )
    columns = (*_SHARED, *_KEYS, *_OWN)
    copy_in(Stimulus, columns, copied, owner=(study.pk, timezone.now(), 0.0, 0))
    return {item.row.filename: key for key, item in zip(keys, rows, strict=True)}


def _own(study: Study, item: CheckedRow, split: str, purpose: str) -> tuple[Any, ...]:
    """The values of `_OWN`."""
    row, files = item.row, _NO_FILE | file_fields(item.image)
    return (
        *(row.filename, split, purpose, *rating_places(study, split=split, purpose=purpose)),
        *(json.dumps(row.metadata), row.attention_check, new_shuffle()),
        *map(files.get, _FILES),
    )


def file_fields(image: ImageFacts | None) -> dict[str, str | int]:
    """What a stimulus says of its files; nothing of a label's."""
    return {} if image is None else {**asdict(image), "rendering": RENDERING}


def _update(item: CheckedRow) -> bool:
    """Give a known stimulus its missing image and the manifest's later metadata and scores."""
    known = item.known
    assert known is not None  # noqa: S101 -- the caller chose the known ones; this tells mypy
    fields: dict[str, object] = {}
    if item.image is not None:
        # Of a label, or the same image again, one of whose files was lost or made by other rules:
        # the check refused any other.
        fields |= file_fields(item.image)
    kept = {key: value for key, value in known.metadata.items() if key not in item.row.scored}
    metadata = {**kept, **item.row.metadata}
    if metadata != known.metadata:
        fields["metadata"] = metadata
    if fields:
        Stimulus.objects.filter(pk=known.pk, sha256=known.sha256).update(**fields)
    return bool(fields) or not set(item.row.scores) <= set(known.scores)


def _prompts(study: Study, rows: Sequence[CheckedRow]) -> dict[str, int]:
    texts = {item.prompt_sha256: item.row.prompt for item in rows}
    Prompt.objects.bulk_create(
        [Prompt(study=study, text=text, text_sha256=digest) for digest, text in texts.items()],
        batch_size=_BATCH,
        ignore_conflicts=True,
    )
    found = Prompt.objects.filter(study=study, text_sha256__in=list(texts))
    return dict(found.values_list("text_sha256", "pk"))


def _generators(study: Study, rows: Sequence[CheckedRow]) -> dict[str, int]:
    """By group; the first spelling of a name is the one that is kept."""
    names: dict[str, str] = {}
    for item in rows:
        names.setdefault(item.generator_group, item.row.generator)
    Generator.objects.bulk_create(
        [Generator(study=study, name=name) for name in names.values()], ignore_conflicts=True
    )
    found = Generator.objects.filter(study=study, group_sha256__in=list(names))
    return dict(found.values_list("group_sha256", "pk"))


def rating_places(study: Study, *, split: str, purpose: str) -> tuple[int, int]:
    """How many ratings an image is wanted to have, and how many it may ever have."""
    if purpose != Stimulus.Purpose.MAIN:
        # Shown to every rater by the session's plan, never drawn: none is wanted, none capped.
        return 0, 32767
    if split == Stimulus.Split.HOLDOUT:
        return study.holdout_ratings, study.holdout_ratings
    return 0 if study.pool_closed else study.target_ratings, study.maximum_ratings
