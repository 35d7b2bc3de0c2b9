"""Writing checked rows to the database, within the caller's transaction.

The hold-out is drawn here, before anything is acquired (docs/decisions/008).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

from ...models import Generator, Prompt, Stimulus, Study
from ...opinion.imported import Published, Source, write_published
from ...protocol.split import assign_splits
from ..importing.picture import RENDERING
from .checks import CheckedRow, ImageFacts

_BATCH = 500


def write_rows(
    *, study: Study, rows: Sequence[CheckedRow], purpose: str, source: Source
) -> tuple[int, int]:
    """Create and update stimuli and their published scores; how many of each."""
    new = [item for item in rows if item.known is None]
    changed = [item for item in rows if item.known is not None and _update(item)]
    keys = _create(study, new, purpose)
    keys |= {item.row.filename: item.known.pk for item in changed if item.known is not None}
    published = [
        Published(keys[item.row.filename], score.perspective, score.mos, score.sd, score.raters)
        for item in (*new, *changed)
        for score in item.row.scores
    ]
    if published:
        write_published(study, source, published)
    return len(new), len(changed)


def _create(study: Study, rows: Sequence[CheckedRow], purpose: str) -> dict[str, int]:
    """Filename → key of its new row."""
    prompts = _prompts(study, rows)
    generators = _generators(study, {item.row.generator for item in rows})
    splits = _splits(study, rows, purpose)
    stimuli = []
    for item in rows:
        split = splits[item.prompt_sha256]
        wanted, maximum = rating_places(study, split=split, purpose=purpose)
        stimulus = Stimulus(
            study=study,
            prompt_id=prompts[item.prompt_sha256],
            generator_id=generators[item.row.generator],
            filename=item.row.filename,
            metadata=item.row.metadata,
            split=split,
            purpose=purpose,
            attention_check=item.row.attention_check,
            wanted_ratings=wanted,
            maximum_ratings=maximum,
            **file_fields(item.image),
        )
        stimuli.append(stimulus)
    Stimulus.objects.bulk_create(stimuli, batch_size=_BATCH)
    return {stimulus.filename: stimulus.pk for stimulus in stimuli}


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
    metadata = {**known.metadata, **item.row.metadata}
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


def _generators(study: Study, names: set[str]) -> dict[str, int]:
    Generator.objects.bulk_create(
        [Generator(study=study, name=name) for name in sorted(names)], ignore_conflicts=True
    )
    return dict(Generator.objects.filter(study=study, name__in=names).values_list("name", "pk"))


def _splits(study: Study, rows: Sequence[CheckedRow], purpose: str) -> dict[str, str]:
    generators: dict[str, set[str]] = {}
    for item in rows:
        generators.setdefault(item.prompt_sha256, set()).add(item.row.generator)
    return draw_splits(study=study, prompts=generators, purpose=purpose)


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
