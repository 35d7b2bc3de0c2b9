"""`manage.py import_stimuli STUDY MANIFEST [--images DIR|ZIP]`, or `… STUDY DIR|ZIP`."""

import math
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workbench.core.errors import MintError
from workbench.core.progress import Counter

from ...models import OpinionRelease, Stimulus
from ...stimuli.imports.again import Mapped
from ...stimuli.imports.service import ImportOptions, import_manifest
from ...studies.finding import find_study
from ._import_output import tell


class Command(BaseCommand):
    help = (
        "Import images from a manifest (CSV or JSONL with the columns filename, prompt, "
        "generator; other columns are kept as metadata; mos_*, sd_* and raters are published "
        "scores), or a folder or ZIP of images without one: prompt and generator are then what the "
        "images and the files next to them say. All rows are checked first; running it twice "
        "changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="the study's slug")
        parser.add_argument("manifest", type=Path)
        parser.add_argument(
            "--images",
            type=Path,
            help="folder or ZIP of the images (default: next to the manifest)",
        )
        parser.add_argument(
            "--partial", action="store_true", help="import the good rows even if others are bad"
        )
        parser.add_argument(
            "--labels-only",
            action="store_true",
            help="if an image is missing, import its row as labels instead of rejecting it",
        )
        parser.add_argument(
            "--purpose", choices=Stimulus.Purpose.values, default=Stimulus.Purpose.MAIN
        )
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="OURS=THEIRS",
            help="what the manifest calls a column, such as prompt=text; for each of several",
        )
        parser.add_argument(
            "--constant",
            action="append",
            default=[],
            metavar="COLUMN=VALUE",
            help="a prompt or generator that all rows have, such as generator=SDXL",
        )
        parser.add_argument("--report", type=Path, help="write the notes on each row to this file")
        self._add_published(parser)

    def _add_published(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--mos-minimum",
            type=float,
            default=0.0,
            metavar="MINIMUM",
            help="the minimum of the published scores' scale (default: 0)",
        )
        parser.add_argument(
            "--mos-scale",
            type=float,
            default=1.0,
            metavar="MAXIMUM",
            help="the maximum of the published scores' scale, such as 1, 5 or 100 (default: 1)",
        )
        parser.add_argument(
            "--direction",
            choices=OpinionRelease.Direction.values,
            default=OpinionRelease.Direction.HIGHER,
            help="whether a higher or a lower published score is better (default: higher)",
        )
        parser.add_argument(
            "--score-kind",
            choices=OpinionRelease.ScoreKind.values,
            default=OpinionRelease.ScoreKind.OTHER,
            help="what the published scores are (default: other)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        minimum, maximum = options["mos_minimum"], options["mos_scale"]
        if not -math.inf < minimum < maximum < math.inf:
            raise CommandError(
                f"--mos-scale must be above {minimum:g} (--mos-minimum); give the scale's maximum, "
                "such as 1, 5 or 100."
            )
        study = find_study(options["study"])
        try:
            mapped = Mapped(_pairs(options["column"]), _pairs(options["constant"]))
            report = import_manifest(
                study=study,
                manifest=options["manifest"],
                images=options["images"],
                partial=options["partial"],
                progress=Counter("rows checked", self.stderr),
                options=ImportOptions(
                    purpose=options["purpose"],
                    labels_only=options["labels_only"],
                    mos_minimum=minimum,
                    mos_scale=maximum,
                    direction=options["direction"],
                    score_kind=options["score_kind"],
                    columns=mapped.columns,
                    constants=mapped.constants,
                ),
            )
        except MintError as error:
            raise CommandError(error.message) from error
        tell(self, report, verbosity=options["verbosity"], listing=options["report"])


def _pairs(given: list[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in given]
    wrong = next((left for left, _equals, right in pairs if not right), None)
    if wrong is not None:
        raise CommandError(f"{wrong!r}: write COLUMN=NAME, such as prompt=text")
    return {left: right for left, _equals, right in pairs}
