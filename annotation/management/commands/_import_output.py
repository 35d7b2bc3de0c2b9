"""What both import commands print: counted progress, bad rows one by one, the outcome."""

from collections import Counter as Tally

from django.core.management.base import BaseCommand, CommandError, OutputWrapper

from ...importing.problems import RowNote
from ...models import Study
from ...services.importing import ImportReport

#: Notes of one kind are counted beyond this many, unless -v 2 asks for all.
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


def tell(command: BaseCommand, report: ImportReport, *, verbosity: int) -> None:
    """Print the report; raises CommandError where nothing was imported because of bad rows."""
    for error in report.rejected:
        command.stderr.write(describe(error))
    shown: Tally[str] = Tally()
    for note in report.notes:
        shown[note.template] += 1
        if verbosity > 1 or shown[note.template] <= _NOTES_SHOWN:
            command.stdout.write(describe(note))
    hidden = sum(max(0, count - _NOTES_SHOWN) for count in shown.values())
    if hidden and verbosity <= 1:
        command.stdout.write(f"… and {hidden} more rows like these (-v 2 lists them all)")
    if not report.done:
        raise CommandError(report.summary())
    command.stdout.write(report.summary())
