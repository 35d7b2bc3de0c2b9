"""`manage.py export_study STUDY FILE`: FILE, and FILE.study.json."""

import json
import os
from argparse import ArgumentParser
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workbench.core.progress import Counter
from workbench.core.statements import one_view

from ...models import Stimulus, Study
from ...opinion.export.document import study_document
from ...opinion.export.formats import FORMATS, Format, format_of
from ...opinion.export.records import Database
from ...opinion.releases import ReleaseError, chosen_release
from ...studies.finding import find_study
from ._targets import check_target


class Command(BaseCommand):
    help = (
        "Write the collected database of a study to a file, as the API's export gives it: stimuli, "
        "prompts, ratings, explanations and MOS; and next to it, in FILE.study.json, what raters "
        "were asked and how opinion scores were made."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="the study's slug")
        parser.add_argument(
            "file", type=Path, help="the file to write; it appears once it is complete"
        )
        parser.add_argument(
            "--format",
            choices=list(FORMATS),
            help=f"default: from the file's ending, {_endings()}",
        )
        parser.add_argument(
            "--release",
            type=int,
            metavar="N",
            help="the opinion scores of this release of the study's own; default: made now",
        )

        parser.add_argument(
            "--raw",
            action="store_true",
            help="CSV for scripts, with texts as they are; otherwise CSV is for spreadsheets: a "
            "byte order mark, times to the second, and an apostrophe before a text that begins "
            "with = + - @ or an apostrophe",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        study = find_study(options["study"])
        file: Path = options["file"]
        check_target(file)
        form = _format_of(file, options["format"])
        try:
            release = chosen_release(study, options["release"])
        except ReleaseError as error:
            raise CommandError(error.message) from error
        # Both files of one view of the data: the one says what the other's numbers mean.
        with one_view():
            database = Database(study, release, read=self._counter(study))
            self._write(file, form.encode(database, raw=options["raw"]))
            export = database.export
            document = study_document(study, export.release, export.protocols)
        text = json.dumps(document, ensure_ascii=False, indent=2)
        self._write(file.with_name(f"{file.name}.study.json"), [text.encode()])

    def _write(self, file: Path, pieces: Iterable[bytes]) -> None:
        place = file.resolve()
        new = place.with_name(f".{place.name}.new")
        try:
            with new.open("wb") as target:
                for piece in pieces:
                    target.write(piece)
                target.flush()
                os.fsync(target.fileno())
            new.replace(place)
        except OSError as error:
            raise CommandError(
                f"{file} cannot be written: {error.strerror or error}; free some space, or choose "
                "another place"
            ) from error
        finally:
            new.unlink(missing_ok=True)
        self.stdout.write(f"written: {file} ({file.stat().st_size:,} bytes)")

    def _counter(self, study: Study) -> Callable[[int], None]:
        total = Stimulus.objects.filter(study=study).count()
        counter = Counter("images exported", self.stderr)
        return lambda done: counter(done, total)


def _format_of(file: Path, given: str | None) -> Format:
    form = format_of(given or file.name)
    if form is None:
        raise CommandError(f'"{file.name}" ends in none of {_endings()}; choose one with --format')
    return form


def _endings() -> str:
    return ", ".join(f".{form.extension}" for form in FORMATS.values())
