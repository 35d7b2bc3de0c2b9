"""What a study holds already of the images that an import is about."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...models import OpinionRelease, OpinionScore, Stimulus, Study
from ...opinion.imported import on_scale, scale_of
from ...opinion.sources import Source
from ...opinion.units import UnitScale
from ..importing.manifest import ManifestRow
from ..importing.picture import RENDERING
from ..mapping.scores import Score

#: Rows looked up in one query.
_BATCH = 1000
#: What is asked of a stimulus that the study holds, and of its scores.
_HELD = (
    *("filename", "pk", "prompt__group_sha256", "generator__group_sha256", "sha256", "state"),
    *("rendering", "attention_check", "metadata", "image", "display", "exact", "thumbnail"),
)
_SCORED = ("stimulus", "release", "perspective__key", "value", "sd", "n", "histogram")


@dataclass(frozen=True)
class Known:
    """A stimulus that the study already holds under a row's filename."""

    pk: int
    #: The groups of its prompt and its generator.
    prompt: str
    generator: str
    sha256: str
    #: Whether its owner had its files deleted.
    purged: bool
    #: The name of its file; "" if there is none.
    image: str
    #: The names of what was made of it.
    copies: tuple[str, ...]
    #: Whether these show the picture as this build would make it.
    current: bool
    attention_check: bool
    metadata: dict[str, Any]
    scores: tuple[Score, ...]


def load_known(
    study: Study, rows: Sequence[ManifestRow], sources: Sequence[Source]
) -> dict[str, Known]:
    """What the study holds under the rows' filenames, with the scores published by these sources,
    on their scales."""
    by_name = {source.name: source for source in sources}
    releases = {
        release.pk: (scale_of(release), by_name[release.source])
        for release in study.opinion_releases.filter(
            kind=OpinionRelease.Kind.IMPORTED, source__in=list(by_name)
        )
    }
    known: dict[str, Known] = {}
    for names in batches([row.filename for row in rows]):
        held = Stimulus.objects.filter(study=study, filename__in=names, replaced_by=None)
        stimuli = list(held.values(*_HELD))
        scores = _scores_of([item["pk"] for item in stimuli], releases)
        for item in stimuli:
            known[item["filename"]] = _known(item, tuple(scores.get(item["pk"], ())))
    return known


def _known(held: Mapping[str, Any], scores: tuple[Score, ...]) -> Known:
    """Of the fields `_HELD`."""
    copies = (held["display"], held["exact"], held["thumbnail"])
    return Known(
        held["pk"],
        held["prompt__group_sha256"],
        held["generator__group_sha256"],
        held["sha256"],
        held["state"] == Stimulus.State.PURGED,
        held["image"],
        tuple(filter(None, copies)),
        held["rendering"] == RENDERING,
        held["attention_check"],
        held["metadata"],
        scores,
    )


def _scores_of(
    stimuli: Sequence[int], releases: Mapping[int, tuple[UnitScale, Source]]
) -> dict[int, list[Score]]:
    """By stimulus, the scores of these releases, whose scales they are on, as their sources'."""
    found: dict[int, list[Score]] = {}
    rows = OpinionScore.objects.filter(stimulus__in=stimuli, release__in=releases)
    for stimulus, release, key, *numbers, n, counts in rows.values_list(*_SCORED):
        published, source = releases[release]
        mos, sd = on_scale(source, published, *numbers)
        histogram = None if counts is None else tuple(counts)
        score = Score(key, mos, sd, n, histogram, source.name)
        found.setdefault(stimulus, []).append(score)
    return found


def batches(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """As many of them at once as are looked up in one query."""
    for start in range(0, len(values), _BATCH):
        yield values[start : start + _BATCH]
