"""Folders that an unprivileged account can and cannot enter."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from workbench.local.account import remove_home

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes accounts and mounts")


def _remove(folder: Path) -> None:
    for home in folder.rglob("home"):
        remove_home(home.parent)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every account can enter."""
    made = Path(tempfile.mkdtemp(prefix="mint-open-"))
    made.chmod(0o755)
    yield made
    _remove(made)


@pytest.fixture
def private_folder() -> Iterator[Path]:
    """A folder that only this account can enter, as a home folder often is."""
    made = Path(tempfile.mkdtemp(prefix="mint-private-"))
    yield made
    _remove(made)


@pytest.fixture
def small_disk(folder: Path) -> Iterator[Callable[[int], Path]]:
    """Makes a disk of so many MiB; only if this process may mount one."""
    disk = folder / "disk"
    disk.mkdir()

    def mount(mib: int) -> Path:
        command = ["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=755", "tmpfs", str(disk)]
        if subprocess.run(command, check=False, capture_output=True).returncode != 0:
            pytest.skip("this process may not mount a small disk")
        return disk

    yield mount
    subprocess.run(["umount", str(disk)], check=False, capture_output=True)


def family_of(pid: int) -> list[psutil.Process]:
    """The process and everything below it."""
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def wait_until_gone(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that are still there after ten seconds."""
    return psutil.wait_procs(processes, timeout=10)[1]
