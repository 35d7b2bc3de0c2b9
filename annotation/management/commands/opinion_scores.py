"""`manage.py opinion_scores RATINGS --method NAME --out SCORES [--subjects SUBJECTS]`."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from workbench.core.errors import MintError

from ...opinion.methods import METHODS
from ...opinion.rating_table import RatingTable, read_ratings
from ...opinion.reporting import counted
from ...opinion.table_scale import parse_scale
from ...opinion.table_scores import SCREENS, TableScores, score_table
from ._targets import check_target

#: So many subjects are named with a reason; the rest is counted.
_NAMED = 20


class Command(BaseCommand):
    help = (
        "Make opinion scores of any table of ratings (CSV with the columns stimulus, subject, "
        "score and perhaps repetition) by a method of opinion scores. Needs no database."
    )

    requires_system_checks: list[str] = []  # uses nothing of the site, not even the database

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        # `--scale -3-3` gives a value, not an option.
        parser._negative_number_matcher = re.compile(r"-[\d.]")
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("ratings", type=Path, help="CSV or JSONL, one row per rating")
        parser.add_argument("--method", required=True, choices=sorted(METHODS))
        parser.add_argument(
            "--screen", choices=sorted(SCREENS), help="drop the subjects whom it rejects, before"
        )
        parser.add_argument(
            "--scale",
            metavar="MIN-MAX",
            help="the ends of the scale that was shown, such as 1-5, 0-100 or -3-3; default: the "
            "narrowest scale in use that holds all scores, which is then said",
        )
        parser.add_argument(
            "--option",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="a parameter of the method, such as content_ambiguity=true",
        )
        parser.add_argument("--out", type=Path, required=True, help="scores by stimulus, CSV")
        parser.add_argument("--subjects", type=Path, help="findings by subject, CSV")

    def handle(self, *args: Any, **options: Any) -> None:
        targets = _targets(options)
        try:
            ends = options["scale"] and parse_scale(options["scale"])
            table = read_ratings(options["ratings"])
            self._say_ignored(table)
            found = score_table(
                table,
                options["method"],
                ends=ends,
                screening=options["screen"],
                parameters=dict(map(_parameter, options["option"])),
            )
        except MintError as error:
            raise CommandError(error.message) from error
        self._say(found, guessed=ends is None)
        texts = [found.scores_csv(), found.subjects_csv()]
        _write(dict(zip(targets, texts, strict=False)))
        self.stdout.write(
            f"{counted(table.score.size, 'rating')} of {counted(len(table.stimuli), 'image')} by "
            f"{counted(len(table.subjects), 'subject')}; written: {', '.join(map(str, targets))}"
        )

    def _say_ignored(self, table: RatingTable) -> None:
        if table.ignored:
            self.stderr.write(f"ignored columns: {', '.join(table.ignored)}")

    def _say(self, found: TableScores, *, guessed: bool) -> None:
        low, high = found.votes.scale.ends
        if guessed:
            self.stderr.write(
                f"scale: taken as {low:g} to {high:g}; if that is wrong, give --scale MIN-MAX"
            )
        if found.limits != (low, high):
            self.stderr.write(f"scores are on {found.limits[0]:g} to {found.limits[1]:g}")
        for note in found.notes:
            self.stderr.write(f"note: {note}")
        reasons = found.reasons()
        for name in list(reasons)[:_NAMED]:
            self.stderr.write(f"subject {name}: {reasons[name]}")
        if len(reasons) > _NAMED:
            self.stderr.write(f"and {len(reasons) - _NAMED:,} more subjects")


def _parameter(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _targets(options: Mapping[str, Any]) -> list[Path]:
    """Where to write; refuses what would overwrite the ratings or each other."""
    targets = [path for path in (options["out"], options["subjects"]) if path is not None]
    for path in targets:
        check_target(path)
    places = [path.resolve() for path in (options["ratings"], *targets)]
    for place in places:
        if places.count(place) > 1:
            raise CommandError(f"{place.name} is given twice; choose another file to write")
    return targets


def _write(texts: Mapping[Path, str]) -> None:
    """All or none: under other names first. Links stay, and lead to the new files."""
    places = {path: path.resolve() for path in texts}
    new = {path: place.with_name(f".{place.name}.new") for path, place in places.items()}
    try:
        for path, text in texts.items():
            with new[path].open("w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        for path, written in new.items():
            written.replace(places[path])
    except OSError as error:
        raise CommandError(
            f"{path} cannot be written: {error.strerror or error}; free some space, or choose "
            "another place"
        ) from error
    finally:
        for written in new.values():
            written.unlink(missing_ok=True)
