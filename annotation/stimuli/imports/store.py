"""The files of an import: named by content, and deleted again if the import writes no rows.

Files are below `studies/<pk>/`, and one import per study runs at a time (`study_lock`): no other
row can point to what an import wrote. Rows of another study may point to a study's files, if they
were duplicated from it. A file's name says nothing about its generator.
"""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

from django.core.files.storage import default_storage
from django.db import OperationalError, connection
from django.db.models import Q
from django.utils.translation import gettext as _

from workbench.core.errors import MintError

from ...models import Stimulus, Study
from ...models.stimulus import FILES
from ..importing.images import StoredFile
from .places import place_of_images

_LOCK_CLASS = 0x4D494D50
_KINDS = ("images", "thumbnails")


class ImportRunningError(MintError):
    """Two imports into one study at once."""

    code = "import_running"


class StudyLock:
    """Held by this process's connection, for as long as that lasts."""

    def __init__(self, backend: int) -> None:
        self._backend = backend

    def is_held(self) -> bool:
        """False once the connection was lost: by a restart of PostgreSQL, or because the job was
        handed on. Another import may be running then."""
        lost = connection.connection is None or not connection.is_usable()
        return not lost and connection.connection.info.backend_pid == self._backend


@contextmanager
def study_lock(study: Study) -> Iterator[StudyLock]:
    """Hold the study's import lock; PostgreSQL frees it if this process dies."""
    key = [_LOCK_CLASS, study.pk]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s), pg_backend_pid()", key)
        taken, backend = cursor.fetchone()
        if not taken:
            raise ImportRunningError(
                _("Another import into “%(study)s” is running; wait until it is done.")
                % {"study": study.title}
            )
    lock = StudyLock(backend)
    try:
        yield lock
    finally:
        if lock.is_held():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)


class ImportStore:
    """Writes files while it is open; leaving it without `keep()` deletes what it wrote.

    `put` may be called from several threads. A marker file stays behind when the process is killed;
    the next import then deletes the files that no row points to.
    """

    def __init__(self, study: Study, lock: StudyLock | None = None) -> None:
        self._study = study
        self._study_lock = lock
        self._place = place_of_images()
        self._folder = f"studies/{study.pk}"
        self._marker = f"{self._folder}/importing"
        self._lock = threading.Lock()
        self._claimed: set[str] = set()
        self._written: list[str] = []
        self._writing = True
        self._kept = False

    def __enter__(self) -> Self:
        if default_storage.exists(self._marker):
            self._delete_orphans()
        else:
            self._leave_marker()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._study_lock is not None and not self._study_lock.is_held():
            self._clean_up_with_a_new_lock()
            return
        if not self._kept:
            for name in self._written:
                default_storage.delete(name)
        default_storage.delete(self._marker)

    def put(self, kind: str, file: StoredFile) -> str:
        """Store `file` unless it is there already; its name. Raises OSError."""
        digest = file.digest
        name = f"{self._folder}/{kind}/{digest[:2]}/{digest}.{file.suffix}"
        with self._lock:
            if name in self._claimed or not self._writing:
                return name
            self._claimed.add(name)
        # From here on the name is this thread's alone.
        if self._place.exists(name):
            if self._place.holds(name, file.data):
                return name
            default_storage.delete(name)
        # Recorded first: a write that fails half-way leaves a file, too.
        self._written.append(name)
        self._place.write(name, file.data)
        return name

    def holds(self, name: str, data: bytes) -> bool:
        """Whether the file is there as it was written: a disk of ours is read, elsewhere the size
        has to do."""
        return self._place.holds(name, data)

    def intact(self, name: str) -> bool:
        """Whether what is stored under the name of its content is that; elsewhere than on a disk
        of ours, whether it is there."""
        return self._place.intact(name)

    def stop_writing(self) -> None:
        """From here on `put` only names files: the import is known to be refused."""
        self._writing = False

    def discard(self, names: Iterable[str]) -> None:
        """Delete those of them that this import wrote."""
        for name in set(names) & set(self._written):
            default_storage.delete(name)

    def sync(self) -> None:
        """Have everything on the disk before the rows that point to it are committed."""
        if self._claimed:
            self._place.sync()

    def keep(self) -> None:
        self._kept = True

    def _leave_marker(self) -> None:
        try:
            self._place.write(self._marker, b"an import is running, or was killed")
        except OSError:
            default_storage.delete(self._marker)
            raise

    def _clean_up_with_a_new_lock(self) -> None:
        """Rows of another import, or of this one's commit whose answer was lost, may point to what
        this one wrote. While another one runs, or PostgreSQL is away, the marker has to do."""
        connection.close()
        with suppress(ImportRunningError, OperationalError), study_lock(self._study):
            self._delete_orphans()
            default_storage.delete(self._marker)

    def _delete_orphans(self) -> None:
        inside = {f"{field}__startswith": f"{self._folder}/" for field in FILES}
        rows = Stimulus.objects.filter(Q(**inside, _connector=Q.OR)).values_list(*FILES)
        used = {name for names in rows for name in names}
        for name in self._stored():
            if name not in used:
                default_storage.delete(name)

    def _stored(self) -> Iterator[str]:
        for kind in _KINDS:
            folder = f"{self._folder}/{kind}"
            for part in self._place.names(folder)[0]:
                for name in self._place.names(f"{folder}/{part}")[1]:
                    yield f"{folder}/{part}/{name}"
