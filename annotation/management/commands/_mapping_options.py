"""What the commands that import tables are told of their columns."""

import math
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from ...models import OpinionRelease, Study
from ...stimuli.importing.bundles import unpacked
from ...stimuli.imports.mapping_form import named_mapping
from ...stimuli.imports.saved import OWN, SUGGESTED, saved_mappings
from ...stimuli.mapping.as_json import read_mapping
from ...stimuli.mapping.document import TableMapping, on_scale
from ...stimuli.mapping.own import renamed
from ...stimuli.mapping.presets import preset_names
from ...stimuli.mapping.suggesting import suggest_in


def add_mapping_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--mapping",
        metavar="FILE|NAME",
        help="what the columns are: a mapping's JSON file, one that the study keeps, or a "
        f"database's layout ({', '.join(preset_names())}), or {SUGGESTED} by the header; else "
        "the workbench's own names",
    )
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="OURS=THEIRS",
        help="what the table calls a column, such as prompt=text; for each of several",
    )
    parser.add_argument(
        "--constant",
        action="append",
        default=[],
        metavar="COLUMN=VALUE",
        help="a prompt or generator that all rows have, such as generator=SDXL; without a "
        "manifest, that of the images that nothing says it of",
    )
    parser.add_argument(
        "--perspective",
        action="append",
        default=[],
        metavar="THEIRS=OURS",
        help="the study's perspective that a mapping's score is about, such as overall=quality",
    )
    parser.add_argument(
        "--keep-mapping", metavar="NAME", help="keep the mapping in the study, to be used by NAME"
    )
    _add_published(parser)


def _add_published(parser: ArgumentParser) -> None:
    parser.add_argument("--source", help="whose scores they are: each source's are kept apart")
    parser.add_argument(
        "--mos-minimum", type=float, metavar="MINIMUM", help="the minimum of the scores' scale"
    )
    parser.add_argument(
        "--mos-scale",
        type=float,
        metavar="MAXIMUM",
        help="the maximum of the scores' scale, such as 1, 5 or 100",
    )
    parser.add_argument(
        "--direction",
        choices=OpinionRelease.Direction.values,
        help="whether a higher or a lower published score is better",
    )
    parser.add_argument(
        "--score-kind", choices=OpinionRelease.ScoreKind.values, help="what the scores are"
    )


def mapping_of(options: Mapping[str, Any], table: Path, study: Study) -> TableMapping:
    """The mapping that the options describe. Raises CommandError, Problem."""
    mapping = _named(options["mapping"], table, study)
    mapping = renamed(mapping, pairs_of(options["column"]), pairs_of(options["constant"]))
    mapping = mapping.with_perspectives(pairs_of(options["perspective"]))
    mapping = on_scale(
        mapping,
        source=options["source"],
        minimum=options["mos_minimum"],
        maximum=options["mos_scale"],
        direction=options["direction"],
        kind=options["score_kind"],
    )
    for source in mapping.sources:
        if not -math.inf < source.minimum < source.maximum < math.inf:
            raise CommandError(
                f"--mos-scale must be above {source.minimum:g} (--mos-minimum); give the scale's "
                "maximum, such as 1, 5 or 100."
            )
    return mapping


def _named(name: str | None, table: Path, study: Study) -> TableMapping:
    perspectives = [item.key for item in study.perspective_settings]
    saved = saved_mappings(study)
    if name == SUGGESTED:
        with unpacked(table) as place:
            return suggest_in(
                place, source=table.stem, perspectives=perspectives, saved=saved
            ).mapping
    if name is None or name in (*saved, *preset_names()) or not Path(name).is_file():
        return _known(name or OWN, perspectives, saved)
    return read_mapping(Path(name))


def _known(
    name: str, perspectives: Sequence[str], saved: Mapping[str, TableMapping]
) -> TableMapping:
    mapping = named_mapping(name, perspectives, {}, saved)
    assert mapping is not None  # noqa: S101 -- it is not to be suggested; this tells mypy
    return mapping


def pairs_of(given: list[str]) -> dict[str, str]:
    """OURS=THEIRS, each of them. Raises CommandError."""
    pairs = [text.partition("=") for text in given]
    wrong = next((left for left, _equals, right in pairs if not right), None)
    if wrong is not None:
        raise CommandError(f"{wrong!r}: write COLUMN=NAME, such as prompt=text")
    return {left: right for left, _equals, right in pairs}
