"""The drill: a site is backed up while raters rate, and restored elsewhere."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.core.management import CommandError, call_command
from django.db import transaction
from pytest_django.fixtures import Settings

from annotation.models import AuditEntry, Rater, Stimulus, Study, Trial
from annotation.raters.access import rater_link
from annotation.removal.images import purge
from tests import factories
from tests.annotation.rating.helpers import at_once, in_rating
from tests.annotation.rating.test_races import submit
from tests.constraints.world import make_world
from tests.workbench.operation.backup.other_site import OtherSite, ask, other_site, own_url
from workbench.accounts.models import User
from workbench.operation.backup import making, tables
from workbench.operation.backup.errors import BackupError
from workbench.operation.backup.making import files_named, make_backup
from workbench.operation.backup.places import place_at

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("own_storages"),
]

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
#: Those that raters write to, the trail, in which the backup and the restore stand, and those that
#: are not copied.
_MOVING = {
    *("annotation_trial", "annotation_score", "annotation_explanation", "annotation_stimulus"),
    *("annotation_ratingsession", "annotation_rater", "annotation_auditentry", "annotation_prompt"),
    *("django_session", "workbench_heartbeat", "django_migrations"),
}
_WRONG = """
SELECT count(*) FROM annotation_stimulus AS stimulus WHERE claimed_ratings <> (
    SELECT count(*) FROM annotation_trial AS trial
    WHERE trial.stimulus_id = stimulus.id AND trial.state IN ('leased', 'submitted')
        AND trial.role = 'main'
) AND study_id = {study}
"""


def rows_of(url: str, table: str) -> list[str]:
    return [row for (row,) in ask(url, f"SELECT t::text FROM {table} AS t ORDER BY 1")]


@pytest.fixture
def full_study(owner: User, administrator: User) -> Study:
    """Next to it a row in every table, whose files are there too."""
    with transaction.atomic():
        make_world(owner)
    for storage, name in files_named():
        if not storages[storage].exists(name):
            storages[storage].save(name, ContentFile(f"content of {name}".encode()))
    study = factories.make_study(owner, "rated", target_ratings=40, maximum_ratings=60)
    factories.make_stimuli(study, range(100, 120))
    return study


class Load:
    """Raters who rate, and images that come and go, until `stop`."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.acknowledged: list[int] = []
        self._stop = threading.Event()
        self.begun = threading.Event()
        raters = [factories.make_rater(study) for _number in range(4)]
        work: list[Callable[[], None]] = [lambda rater=rater: self._rate(rater) for rater in raters]  # type: ignore[misc]
        work.append(self._come_and_go)
        self._thread = threading.Thread(target=at_once, args=(lambda act: act(), work))

    def __enter__(self) -> "Load":
        self._thread.start()
        assert self.begun.wait(20)
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _rate(self, rater: Rater) -> None:
        from annotation.rating.claims import claim_trials

        offer = claim_trials(access=in_rating(rater, seed=rater.pk), ahead=1)
        while offer.trials and not self._stop.is_set():
            trial = offer.trials[0].id
            offer = submit(rater, trial)
            self.acknowledged.append(trial)
            if len(self.acknowledged) > 12:
                self.begun.set()
        self.begun.set()

    def _come_and_go(self) -> None:
        number = 1000
        while not self._stop.is_set():
            stimulus = factories.make_stimulus(self.study, number, state="withdrawn")
            purge(stimulus=stimulus, actor=None, reason="load")
            number += 1


def test_a_site_backed_up_under_load_is_the_same_elsewhere(
    full_study: Study, own_storages: Path, tmp_path: Path
) -> None:
    target = str(tmp_path / "backups")
    link = rater_link(factories.make_rater(full_study))
    with Load(full_study) as load:
        before = list(load.acknowledged)
        call_command("backup", target, verbosity=0)
        during = len(load.acknowledged) - len(before)
    assert during > 0, "nobody rated while the backup was made"
    with other_site(tmp_path / "other") as site:
        opened = site.restore(target, then=link)
        assert opened["status"] == 200, opened
        assert full_study.title in opened["page"]
        _holds_what_it_held(site, before)
        _is_consistent(site, full_study)
        _has_the_same_files(site, own_storages)


def _holds_what_it_held(site: OtherSite, acknowledged: list[int]) -> None:
    for table in [name for (name,) in ask(own_url(), _TABLES) if name not in _MOVING]:
        assert rows_of(site.database_url, table) == rows_of(own_url(), table), table
    rated = site.ask("SELECT id FROM annotation_trial WHERE state = 'submitted'")
    assert set(acknowledged) <= {pk for (pk,) in rated}
    # Answers are appended, never changed: what was restored is part of what is here.
    for table in ("annotation_score", "annotation_prompt", "annotation_rater"):
        assert set(rows_of(site.database_url, table)) <= set(rows_of(own_url(), table)), table
    # The next rows do not take numbers that are given.
    ((last, largest),) = site.ask(
        "SELECT nextval('annotation_score_id_seq'), (SELECT max(id) FROM annotation_score)"
    )
    assert last > largest


def _is_consistent(site: OtherSite, study: Study) -> None:
    """It is of one moment: what is counted equals its recount."""
    assert site.ask(_WRONG.format(study=study.pk)) == [(0,)]
    ((trials, scores),) = site.ask(
        "SELECT count(*) FILTER (WHERE state = 'submitted'), (SELECT count(*) FROM "
        "annotation_score JOIN annotation_trial AS t ON t.id = trial_id "
        f"WHERE t.study_id = {study.pk}) FROM annotation_trial WHERE study_id = {study.pk}"
    )
    assert scores == 3 * trials
    assert [row for (row,) in site.ask("SELECT action FROM annotation_auditentry")].count(
        "site.restored"
    ) == 1
    ((disabled,),) = site.ask("SELECT count(*) FROM pg_trigger WHERE tgenabled <> 'O'")
    assert disabled == 0


def _has_the_same_files(site: OtherSite, own: Path) -> None:
    """Each file that a restored row names is there, and is what is in the original."""
    names = [
        name
        for (name,) in site.ask(
            "SELECT unnest(ARRAY[image, display, exact, thumbnail]) FROM annotation_stimulus"
        )
        if name
    ]
    assert len(set(names)) > 20
    for name in {f"media/{name}" for name in names} | {"artifacts/a.zip"}:
        restored = (site.data / name).read_bytes()
        if (own / name).exists():
            assert restored == (own / name).read_bytes()
        else:  # purged here since
            assert hashlib.sha256(restored).hexdigest() in name


def test_a_second_backup_copies_only_what_is_new_and_damage_is_named(
    full_study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "backups"
    call_command("backup", str(target))
    first = {path for path in (target / "files").rglob("*") if path.is_file()}
    new = factories.make_stimulus(full_study, 500)
    call_command("backup", str(target))
    said = capsys.readouterr().out
    assert "of which 1 were new" in said  # three names, one content
    second = {path for path in (target / "files").rglob("*") if path.is_file()}
    (added,) = second - first
    assert added.name == new.sha256
    assert first < second
    call_command("restore", str(target), "--check")
    assert "is complete and unchanged" in capsys.readouterr().out
    assert AuditEntry.objects.filter(action="site.backed_up").count() == 2
    added.write_bytes(b"another image")
    with pytest.raises(CommandError, match=f"{new.sha256} is damaged: its SHA-256 is"):
        call_command("restore", str(target), "--check")
    default_storage.delete(str(new.display.name))
    with pytest.raises(CommandError, match="1 files that the site itself no longer has: default/"):
        call_command("backup", str(target))
    assert Trial.objects.exists()
    assert not list(target.glob(".partial*"))


def test_older_backups_go_once_the_new_one_is_found_whole(
    study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "backups"
    for content in (b"first", b"second", b"third"):
        default_storage.save("one", ContentFile(content))
        call_command("backup", str(target))
        default_storage.delete("one")
    names = sorted(path.name for path in (target / "backups").iterdir())
    damaged = target / "files"
    whole = {path: path.read_bytes() for path in damaged.rglob("*") if path.is_file()}
    default_storage.save("one", ContentFile(b"fourth"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("workbench.operation.backup.keeping.check_backup", _refuse)
        with pytest.raises(CommandError, match="it is damaged"):
            call_command("backup", str(target), "--keep", "2")
    assert len(list((target / "backups").iterdir())) == 4
    call_command("backup", str(target), "--keep", "2")
    left = sorted(path.name for path in (target / "backups").iterdir())
    assert len(left) == 2
    assert not set(left) & set(names)
    assert "Deleted: " in capsys.readouterr().out
    contents = {path.read_bytes() for path in damaged.rglob("*") if path.is_file()}
    assert b"fourth" in contents
    assert not contents & {b"first", b"second", b"third"}
    assert {b"first", b"second", b"third"} <= set(whole.values())
    call_command("restore", str(target), "--check")


def _refuse(wanted: object) -> None:
    raise BackupError("it is damaged")


@pytest.mark.parametrize("times", [1, 5])
def test_images_that_come_and_go_before_they_are_copied_leave_no_gap(
    full_study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """New after the first files were copied, deleted before they could be: another moment is
    taken, as often as it needs."""
    gone: list[Stimulus] = []
    read: list[str] = []
    snapshot, write_rows = tables.snapshot, tables.write_rows

    @contextmanager
    def disturbed() -> Iterator[None]:
        if len(gone) == times:
            with snapshot():
                yield
            return
        stimulus = factories.make_stimulus(full_study, 700 + len(gone))
        with snapshot():
            Stimulus.objects.exists()  # the moment is taken
            at_once(lambda image: purge(stimulus=image, actor=None, reason="test"), [stimulus])
            gone.append(stimulus)
            yield

    def noted(table: str, columns: list[str], file: Path) -> int:
        read.append(table)
        return write_rows(table, columns, file)

    monkeypatch.setattr(tables, "snapshot", disturbed)
    monkeypatch.setattr(tables, "write_rows", noted)
    made = make_backup(place_at(str(tmp_path / "backups")))
    assert len(gone) == times
    assert made.manifest.lost == []
    # The rows are what takes long, and are read once.
    assert len(read) == len(set(read)) > 40


def test_images_that_never_stay_for_long_enough_are_said_to(
    full_study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot, numbers = tables.snapshot, count(700)

    @contextmanager
    def disturbed() -> Iterator[None]:
        stimulus = factories.make_stimulus(full_study, next(numbers))
        with snapshot():
            Stimulus.objects.exists()
            at_once(lambda image: purge(stimulus=image, actor=None, reason="test"), [stimulus])
            yield

    monkeypatch.setattr(tables, "snapshot", disturbed)
    monkeypatch.setattr(making, "_MOMENTS", 3)
    with pytest.raises(BackupError, match="faster than they can be copied"):
        make_backup(place_at(str(tmp_path / "backups")))
    assert not list((tmp_path / "backups").rglob("manifest*"))


def test_where_the_site_keeps_its_files_is_no_place_for_a_backup(own_storages: Path) -> None:
    with pytest.raises(CommandError, match="where the site keeps its own files"):
        call_command("backup", str(own_storages / "media" / "backups"))
    with pytest.raises(CommandError, match="no complete backup is there"):
        call_command("restore", str(own_storages))


def test_a_backup_of_newer_code_is_refused_by_the_migration_it_needs(
    full_study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer: Any = [["annotation", "0999_of_the_future"]]
    monkeypatch.setattr("workbench.operation.backup.making.applied_migrations", lambda: newer)
    call_command("backup", str(tmp_path), verbosity=0)
    with pytest.raises(CommandError, match=r"does not know annotation\.0999_of_the_future"):
        call_command("restore", str(tmp_path))
    assert Stimulus.objects.exists()


def test_another_key_and_a_site_with_studies_are_refused(
    full_study: Study, tmp_path: Path, settings: Settings
) -> None:
    call_command("backup", str(tmp_path), verbosity=0)
    with pytest.raises(CommandError, match="this site is not empty: it has 3 studies and 3 acc"):
        call_command("restore", str(tmp_path))
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key"
    with pytest.raises(CommandError, match="this site is not empty"):
        call_command("restore", str(tmp_path))
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(CommandError, match=r"SECRET_KEY \(fingerprint [0-9a-f]{32}\)") as refused:
        call_command("restore", str(tmp_path))
    assert "another key" not in str(refused.value)
