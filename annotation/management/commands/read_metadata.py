"""`manage.py read_metadata PATH… --csv`."""

import csv
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ...stimuli.generation import notes
from ...stimuli.generation.reader import read_path
from ...stimuli.generation.reading import Reading
from ...stimuli.importing.names import is_system_file

COLUMNS = (
    "filename",
    "tool",
    "prompt",
    "negative_prompt",
    "model",
    "seed",
    "generator_name",
    "note",
)


class Command(BaseCommand):
    help = (
        "Print what the generating tools wrote into images: prompt, negative prompt, model, seed. "
        "What a file does not say stays empty, and the note says why."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, help="images, or folders of images")
        parser.add_argument(
            "--csv", action="store_true", help="one line for each image, with a header"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        rows = _rows(options["paths"])
        if options["csv"]:
            writer = csv.writer(self.stdout, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(rows)
            return
        for row in rows:
            named = zip(COLUMNS[1:], row[1:], strict=True)
            lines = [f"  {name}: {value}" for name, value in named if value != ""]
            self.stdout.write("\n".join([str(row[0]), *lines]))


def _rows(paths: Iterable[Path]) -> Iterator[tuple[Any, ...]]:
    for path in paths:
        if path.is_dir():
            for file in sorted(file for file in path.rglob("*") if file.is_file()):
                reading = None if is_system_file(file.name) else read_path(file)
                if reading is not None:
                    yield _row(str(file.relative_to(path)), reading)
        elif path.exists():
            reading = read_path(path) or Reading(notes=(notes.NOT_AN_IMAGE,))
            yield _row(path.name, reading)
        else:
            raise CommandError(f"{path} does not exist")


def _row(name: str, reading: Reading) -> tuple[Any, ...]:
    return (
        name,
        reading.tool,
        reading.prompt or "",
        reading.negative_prompt or "",
        reading.model or "",
        "" if reading.seed is None else reading.seed,
        reading.generator_name,
        reading.note,
    )
