"""What both import commands print: counted progress, bad rows one by one, the outcome."""

from collections.abc import Sequence
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, OutputWrapper

from ...importing.problems import RowNote
from ...models import Study
from ...services.importing import ImportReport

#: Notes of one kind are counted beyond this many.
_NOTES_SHOWN = 3
_WIDTH = 30


def find_study(slug: str) -> Study:
    try:
        return Study.objects.get(slug=slug)
    except Study.DoesNotExist:
        known = ", ".join(Study.objects.values_list("slug", flat=True)[:10]) or "none yet"
        raise CommandError(
            f'There is no study "{slug}"; the studies are: {known}. Create it in the console.'
        ) from None


class Counter:
    """Progress: a bar that redraws itself on a terminal, a line every tenth elsewhere."""

    def __init__(self, stream: OutputWrapper) -> None:
        self._stream = stream
        self._shown = -1

    def __call__(self, done: int, total: int) -> None:
        terminal = self._stream.isatty()
        step = done * (100 if terminal else 10) // total
        if step == self._shown and done < total:
            return
        self._shown = step
        filled = done * _WIDTH // total
        bar = f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {done} of {total} rows checked"
        if terminal:
            self._stream.write(f"\r{bar}", ending="\n" if done == total else "")
        else:
            self._stream.write(bar)
        self._stream.flush()


def describe(note: RowNote) -> str:
    return f"{note.message}; {note.advice()}"


def tell(
    command: BaseCommand, report: ImportReport, *, verbosity: int, listing: Path | None = None
) -> None:
    """Print the report; raises CommandError where nothing was imported because of bad rows.

    Every bad row is printed. Of each kind of note a few are, all of them with `verbosity` 2 or in
    the file `listing`.
    """
    for error in report.rejected:
        command.stderr.write(describe(error))
    if listing is not None:
        _write_listing(listing, [*report.rejected, *report.notes])
        command.stdout.write(f"What there is to say about each row is in {listing}")
    _tell_notes(command, report.notes, shown=None if verbosity > 1 else _NOTES_SHOWN)
    if not report.done:
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
