import hashlib
from pathlib import Path

import pytest
from django.core.files.storage import InMemoryStorage, storages
from pytest_django.fixtures import Settings

from modelops.errors import ArtifactError
from modelops.registry import artifacts


def root() -> Path:
    return Path(storages["artifacts"].path(""))


def fill(folder: Path) -> str:
    (folder / "weights").write_bytes(b"1234")
    text = '{"sha256": {"weights": "…"}}'
    (folder / "manifest.json").write_text(text)
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch) -> InMemoryStorage:
    """A storage without a local path, as S3 is."""
    storage = InMemoryStorage()
    monkeypatch.setattr(artifacts, "storage", lambda: storage)
    return storage


def test_a_folder_appears_whole() -> None:
    with artifacts.publish_folder("models/1/run-1") as folder:
        sha256 = fill(folder)
        assert not (root() / "models/1/run-1").exists()
    found = artifacts.local_folder("models/1/run-1", sha256)
    assert (found / "weights").read_bytes() == b"1234"
    assert not list((root() / ".building").rglob("weights"))


def test_a_folder_that_failed_half_way_does_not_appear() -> None:
    def publish() -> None:
        with artifacts.publish_folder("models/1/run-2") as folder:
            fill(folder)
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        publish()
    assert not (root() / "models/1/run-2").exists()
    assert not (root() / ".building/models/1/run-2").exists()


def test_what_a_killed_attempt_left_is_replaced() -> None:
    for leftover in (root() / "models/1/run-3", root() / ".building/models/1/run-3/new"):
        leftover.mkdir(parents=True)
        (leftover / "half").write_bytes(b"x")
    with artifacts.publish_folder("models/1/run-3") as folder:
        sha256 = fill(folder)
    names = {path.name for path in artifacts.local_folder("models/1/run-3", sha256).iterdir()}
    assert names == {"weights", "manifest.json"}


def test_another_manifest_is_not_accepted() -> None:
    with artifacts.publish_folder("models/1/run-4") as folder:
        fill(folder)
    with pytest.raises(ArtifactError, match=r"run-4/manifest.json has changed since"):
        artifacts.local_folder("models/1/run-4", "0" * 64)


def test_an_absent_folder_is_named_with_the_fix() -> None:
    with pytest.raises(ArtifactError, match="models/nowhere is not in the artifact storage"):
        artifacts.local_folder("models/nowhere", "0" * 64)


def test_a_remote_folder_is_fetched_once(
    remote: InMemoryStorage, settings: object, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path  # type: ignore[attr-defined]  # the fixture's settings
    with artifacts.publish_folder("models/1/run-5") as folder:
        sha256 = fill(folder)
    first = artifacts.local_folder("models/1/run-5", sha256)
    assert (first / "weights").read_bytes() == b"1234"
    remote.delete("models/1/run-5/weights")
    assert artifacts.local_folder("models/1/run-5", sha256) == first


def test_a_remote_folder_that_fails_while_it_is_sent_leaves_nothing(
    remote: InMemoryStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = remote.save

    def fail_at_the_manifest(name: str, content: object) -> str:
        if name.endswith("manifest.json"):
            raise ConnectionError("the line went dead")
        return str(save(name, content))  # type: ignore[arg-type]  # a file

    monkeypatch.setattr(remote, "save", fail_at_the_manifest)
    with pytest.raises(ConnectionError), artifacts.publish_folder("models/1/run-6") as folder:
        fill(folder)
    assert not remote.exists("models/1/run-6/weights")


def test_one_file_is_published_and_read_back(remote: InMemoryStorage) -> None:
    artifacts.publish_file("snapshots/a", b"old")
    artifacts.publish_file("snapshots/a", b"new")
    assert artifacts.read_file("snapshots/a") == b"new"
    with pytest.raises(ArtifactError, match="snapshots/a has changed since"):
        artifacts.read_file("snapshots/a", sha256="0" * 64)


def test_a_folder_within_is_fetched_by_its_own_manifest(
    remote: InMemoryStorage, settings: Settings, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path
    with artifacts.publish_folder("models/1/run-9") as folder:
        (folder / "words" / "deeper").mkdir(parents=True)
        (folder / "words" / "deeper" / "tokens").write_bytes(b"5678")
        (folder / "words" / "manifest.json").write_text('{"sha256": {"deeper/tokens": "…"}}')
        (folder / "weights").write_bytes(b"1234")
        text = '{"sha256": {"weights": "…", "words/manifest.json": "…"}}'
        (folder / "manifest.json").write_text(text)
    found = artifacts.local_folder("models/1/run-9", hashlib.sha256(text.encode()).hexdigest())
    names = {str(path.relative_to(found)) for path in found.rglob("*") if path.is_file()}
    assert names == {"manifest.json", "weights", "words/manifest.json", "words/deeper/tokens"}
    assert (found / "words" / "deeper" / "tokens").read_bytes() == b"5678"


def test_a_folder_is_deleted_with_all_that_is_in_it(remote: InMemoryStorage) -> None:
    with artifacts.publish_folder("models/1/run-9") as folder:
        fill(folder)
        (folder / "within").mkdir()
        (folder / "within" / "more").write_bytes(b"5")
    artifacts.delete_folder("models/1/run-9")
    for name in ("manifest.json", "weights", "within/more"):
        assert not remote.exists(f"models/1/run-9/{name}")
