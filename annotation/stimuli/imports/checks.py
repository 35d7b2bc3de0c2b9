"""Checking an import's rows against their images and against what the study already holds."""

import hashlib
import os
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from workbench.core.problems import Problem
from workbench.core.texts import gettext_noop

from ...models import Stimulus, Study
from ...protocol.spelling import form_sha256, name_form, prompt_form
from ..importing.images import check_image
from ..importing.manifest import ManifestRow
from ..importing.problems import ImageError, RowError, RowNote
from ..importing.sources import NO_IMAGES, ImageSource
from .known import Known, batches
from .store import ImportStore

Progress = Callable[[int, int], None]


def text_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def prompt_group(row: ManifestRow) -> str:
    return _group_of(prompt_form, row.prompt)


def generator_group(row: ManifestRow) -> str:
    return _group_of(name_form, row.generator)


@lru_cache(maxsize=16_384)
def _group_of(form: Callable[[str], str], text: str) -> str:
    """Many rows share one."""
    return form_sha256(form(text))


@dataclass(frozen=True)
class ImageFacts:
    """A stored image: its content hash, its size upright in pixels, its files' names."""

    sha256: str
    width: int
    height: int
    image: str
    display: str
    exact: str
    thumbnail: str


@dataclass(frozen=True)
class CheckedRow:
    """A row that can be imported. `image` is None for a label, or if nothing is to be stored."""

    row: ManifestRow
    prompt_sha256: str
    known: Known | None
    image: ImageFacts | None

    @cached_property
    def prompt_group(self) -> str:
        # A row about an image of the study need not repeat its prompt.
        return self.known.prompt if self.known and not self.row.prompt else prompt_group(self.row)

    @cached_property
    def generator_group(self) -> str:
        return generator_group(self.row)

    @property
    def files(self) -> tuple[str, ...]:
        """The names of what is stored of it."""
        image = self.image
        return (image.image, image.display, image.exact, image.thumbnail) if image else ()

    @property
    def without_image(self) -> bool:
        """Whether it is a label whose image is to come."""
        return self.image is None and (self.known is None or not self.known.sha256)

    @property
    def restores(self) -> bool:
        """Whether the study knew the image, but its file was lost or damaged."""
        known = self.known
        return self.image is not None and known is not None and bool(known.sha256) and known.current


@dataclass
class Findings:
    """The results of checking all rows, in row order."""

    good: list[CheckedRow] = field(default_factory=list)
    rejected: list[RowError] = field(default_factory=list)
    notes: list[RowNote] = field(default_factory=list)
    duplicates: int = 0

    def refuse(self, errors: Sequence[RowError], store: ImportStore) -> None:
        """Good rows that cannot be written after all; files that are theirs alone are deleted."""
        refused = {error.row for error in errors}
        left = {name for item in self.good if item.row.row in refused for name in item.files}
        self.good = [item for item in self.good if item.row.row not in refused]
        store.discard(left - {name for item in self.good for name in item.files})
        self.rejected = sorted([*self.rejected, *errors], key=lambda error: error.row)


def _refuse_shared(rows: Sequence[ManifestRow], source: ImageSource) -> dict[int, ImageError]:
    """By its number, each row whose file an earlier row has: a short name and a full one may mean
    the same file, which would be one image under two prompts."""
    owners: dict[str, str] = {}
    refused: dict[int, ImageError] = {}
    for row in rows:
        try:
            file = source.locate(row.filename)
        except ImageError:
            continue  # told when the row is checked
        owner = row.filename if file is None else owners.setdefault(file, row.filename)
        if owner != row.filename:
            refused[row.row] = ImageError(
                gettext_noop('"%(filename)s" is the same file as "%(other)s"'),
                gettext_noop("give each row a file of its own, or delete one of the rows"),
                filename=row.filename,
                other=owner,
            )
    return refused


@dataclass(frozen=True)
class RowChecker:
    """One row's check, run by several threads at once: it reads and writes files, no database."""

    source: ImageSource
    store: ImportStore
    known: dict[str, Known]
    labels_only: bool
    purpose: str
    refused: Mapping[int, ImageError] = field(default_factory=dict)

    def __call__(self, row: ManifestRow) -> CheckedRow | RowError:
        try:
            if row.row in self.refused:
                raise self.refused[row.row]
            return self._check(row)
        except Problem as problem:
            return RowError.of(row.row, row.line, row.filename, problem)
        except MemoryError:
            return RowError.of(row.row, row.line, row.filename, _no_memory())

    def _check(self, row: ManifestRow) -> CheckedRow:
        known = self.known.get(row.filename)
        prompt = text_hash(row.prompt)
        if row.attention_check and (row.purpose or self.purpose) != Stimulus.Purpose.GOLD:
            raise Problem(
                gettext_noop("only gold images can be attention checks"),
                gettext_noop("import it with the purpose gold, or write no in attention_check"),
            )
        if known is None:
            _refuse_undescribed(row)
        else:
            _refuse_another_identity(row, known)
            _refuse_purged(row, known)
        if self.labels_only and not self.source.holds(row.filename):
            return CheckedRow(row, prompt, known, None)
        data = self.source.read(row.filename)
        if known is not None and known.sha256:
            _refuse_another_image(row, data, known)
            if known.current and self._kept(known, data):
                return CheckedRow(row, prompt, known, None)
        return CheckedRow(row, prompt, known, store_image(self.store, row.filename, data))

    def _kept(self, known: Known, data: bytes) -> bool:
        """Whether all its files are there as they were written."""
        return self.store.holds(known.image, data) and all(map(self.store.intact, known.copies))


def store_image(store: ImportStore, filename: str, data: bytes) -> ImageFacts:
    """Checks an image and stores its files. Raises ImageError, OSError."""
    checked = check_image(filename, data)
    return ImageFacts(
        checked.original.digest,
        checked.width,
        checked.height,
        image=store.put("images", checked.original),
        display=store.put("images", checked.display),
        exact=store.put("images", checked.exact) if checked.exact else "",
        thumbnail=store.put("thumbnails", checked.thumbnail),
    )


def _no_memory() -> Problem:
    return Problem(
        gettext_noop("there is not enough memory for the row"),
        gettext_noop("shorten it, or reduce its image"),
    )


def _refuse_undescribed(row: ManifestRow) -> None:
    for key, text in (("prompt", row.prompt), ("generator", row.generator)):
        if not text:
            raise Problem(
                gettext_noop('"%(filename)s" is not in the study, and has no %(key)s'),
                gettext_noop("map a column to its %(key)s, or give one for all rows"),
                filename=row.filename,
                key=key,
            )


def _refuse_another_identity(row: ManifestRow, known: Known) -> None:
    """Another spelling is none: the text that is known is kept."""
    for key, same in (
        ("prompt", not row.prompt or prompt_group(row) == known.prompt),
        ("generator", not row.generator or generator_group(row) == known.generator),
        ("attention_check", known.attention_check or not row.attention_check),
    ):
        if not same:
            raise Problem(
                gettext_noop('"%(filename)s" is in the study with a different %(key)s'),
                gettext_noop("correct it, or give the image a new filename"),
                filename=row.filename,
                key=key,
            )


def _refuse_purged(row: ManifestRow, known: Known) -> None:
    if known.purged:
        raise ImageError(
            gettext_noop('"%(filename)s" was taken out of the study, and its files were deleted'),
            gettext_noop("delete the row, or give the new image a new filename"),
            filename=row.filename,
        )


def _refuse_another_image(row: ManifestRow, data: bytes, known: Known) -> None:
    if hashlib.sha256(data).hexdigest() != known.sha256:
        raise ImageError(
            gettext_noop('"%(filename)s" is in the study with a different image'),
            gettext_noop("give the new image a new filename: an image's ratings stay with it"),
            filename=row.filename,
        )


def check_rows(
    rows: Sequence[ManifestRow],
    checker: RowChecker,
    *,
    study: Study,
    partial: bool,
    progress: Progress,
) -> Findings:
    """Check every row; files are written as it goes, until a row fails that refuses the import."""
    findings = Findings()
    checker = replace(checker, refused=_refuse_shared(rows, checker.source))
    checked: list[CheckedRow] = []
    with closing(_results(rows, checker)) as results:
        for done, result in enumerate(results, start=1):
            if isinstance(result, CheckedRow):
                checked.append(result)
            else:
                findings.rejected.append(result)
                if not partial:
                    checker.store.stop_writing()
            progress(done, len(rows))
    _drop_duplicates(checked, study, findings)
    return findings


def _results(
    rows: Sequence[ManifestRow], checker: RowChecker
) -> Generator[CheckedRow | RowError, None, None]:
    if checker.source is NO_IMAGES:
        # To check a label is less work than to hand it to a thread.
        yield from map(checker, rows)
        return
    # Pillow releases the interpreter lock while it decodes and encodes, so threads suffice.
    executor = ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1))
    try:
        yield from executor.map(checker, rows)
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _drop_duplicates(checked: list[CheckedRow], study: Study, findings: Findings) -> None:
    """One image per prompt and content: a second is left out, or refused if it contradicts."""
    taken = _held_content(study, checked)
    for item in checked:
        if item.image is None:
            findings.good.append(item)
            continue
        key = (item.prompt_group, item.image.sha256)
        other, generator = taken.setdefault(key, (item.row.filename, item.row.generator))
        if other == item.row.filename:
            findings.good.append(item)
        elif name_form(generator) == name_form(item.row.generator):
            findings.duplicates += 1
            findings.notes.append(_duplicate(item.row, other))
        else:
            findings.rejected.append(_contradiction(item.row, other, generator))
    findings.rejected.sort(key=lambda error: error.row)


def _held_content(
    study: Study, checked: Sequence[CheckedRow]
) -> dict[tuple[str, str], tuple[str, str]]:
    """(prompt's group, content hash) → (filename, generator) of what the study holds already."""
    hashes = [item.image.sha256 for item in checked if item.image is not None]
    return {
        (prompt, sha256): (filename, generator)
        for batch in batches(hashes)
        for prompt, sha256, filename, generator in Stimulus.objects.filter(
            study=study, sha256__in=batch, replaced_by=None
        ).values_list("prompt__group_sha256", "sha256", "filename", "generator__name")
    }


def _duplicate(row: ManifestRow, other: str) -> RowNote:
    return RowNote(
        row.row,
        row.line,
        row.filename,
        gettext_noop('"%(filename)s" is the same image for the same prompt as "%(other)s"'),
        gettext_noop("only one of them is kept"),
        {"filename": row.filename, "other": other},
    )


def _contradiction(row: ManifestRow, other: str, generator: str) -> RowError:
    return RowError(
        row.row,
        row.line,
        row.filename,
        gettext_noop(
            '"%(filename)s" is the same image for the same prompt as "%(other)s", '
            'whose generator is "%(generator)s"'
        ),
        gettext_noop("correct the generator, or delete one of the rows"),
        {"filename": row.filename, "other": other, "generator": generator},
    )
