"""What both import commands print: bad rows one by one, the outcome."""

from collections.abc import Sequence
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from ...stimuli.importing.problems import RowNote
from ...stimuli.imports.report import ImportReport

#: Notes of one kind are counted beyond this many.
_NOTES_SHOWN = 3


def describe(note: RowNote) -> str:
    return f"{note.message}; {note.advice()}"


def tell(
    command: BaseCommand, report: ImportReport, *, verbosity: int, listing: Path | None = None
) -> None:
    """Print the report; raises CommandError if bad rows stop the import, or would.

    Every bad row is printed. Of each kind of note a few are, all of them with `verbosity` 2 or in
    the file `listing`.
    """
    for error in report.rejected:
        command.stderr.write(describe(error))
    if listing is not None:
        _write_listing(listing, [*report.rejected, *report.notes])
        command.stdout.write(f"The notes on each row are in {listing}")
    _tell_notes(command, report.notes, shown=None if verbosity > 1 else _NOTES_SHOWN)
    for remark in report.remarks:
        command.stdout.write(remark.sentence())
    if report.is_refused:
        raise CommandError(report.summary())
    command.stdout.write(report.summary())


def _tell_notes(command: BaseCommand, notes: Sequence[RowNote], *, shown: int | None) -> None:
    kinds: dict[str, list[RowNote]] = {}
    for note in notes:
        kinds.setdefault(note.template, []).append(note)
    for kind in kinds.values():
        for note in kind[:shown]:
            command.stdout.write(describe(note))
        if shown is not None and len(kind) > shown:
            command.stdout.write(
                f"… and {len(kind) - shown} more rows like these (all with -v 2 or --report FILE)"
            )


def _write_listing(path: Path, notes: Sequence[RowNote]) -> None:
    lines = [describe(note) for note in sorted(notes, key=lambda note: note.row)]
    try:
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror or error}") from error
