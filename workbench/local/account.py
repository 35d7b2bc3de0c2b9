"""The account that a private server runs as, and folders that this account can use.

PostgreSQL refuses to run as root, so under root the servers run as an unprivileged account of the
system. No account is created, and no permissions of folders that are not ours are loosened: if the
account cannot enter a folder (a checkout under /root), the data goes to one that it can enter.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .errors import FolderError, LocalServerError

#: They exist on every Debian and Ubuntu, own nothing, and cannot log in.
UNPRIVILEGED = ("nobody", "daemon")
SYSTEM_HOME = Path("/var/lib/mint-workbench")
#: Of a folder of logs; servers under another account are handed theirs open.
LOGS_MODE = 0o750


@dataclass(frozen=True)
class Account:
    """An account that a server runs as instead of root."""

    name: str
    uid: int
    gid: int

    def can_enter(self, folder: Path) -> bool:
        """Whether the account really can: the kernel is asked, so that ACLs count too."""
        return self._test("-x", folder)

    def can_run(self, program: Path) -> bool:
        """Whether the account can read and run the program."""
        return self._test("-x", program) and self._test("-r", program)

    def _test(self, question: str, path: Path) -> bool:
        try:
            asked = subprocess.run(
                ["/usr/bin/test", question, path],
                user=self.uid,
                group=self.gid,
                extra_groups=[],
                cwd="/",
                check=False,
            )
        except PermissionError as error:
            raise LocalServerError(
                f"this process is root but may not become {self.name}: {error}; run it with the "
                "SETUID and SETGID capabilities, or as an ordinary user"
            ) from error
        return asked.returncode == 0


def service_account() -> Account | None:
    """The account to switch to; None if this process is not root and need not switch."""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise LocalServerError(
        "PostgreSQL does not run as root, and none of the accounts "
        f"{', '.join(UNPRIVILEGED)} exists; create one with `useradd --system nobody`, "
        "or run as an ordinary user"
    )


def make_folder(folder: Path, mode: int) -> None:
    """The folder, with this mode if it is new; the mode of one that exists is its owner's choice.

    Raises:
        FolderError: if it cannot be made or written to.
    """
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(mode)  # mkdir's own mode would be cut by the umask
    except OSError as error:
        raise FolderError(
            f"cannot use {folder}: {error.strerror}; make it writable for this account, "
            "or set MINT_DATA_DIR to another folder"
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise FolderError(_owned_by_another(folder))


def home_for(folder: Path, account: Account | None, *, durable: bool) -> Path:
    """`folder/home`, made and owned by the account; a link to elsewhere if it cannot enter there.

    Raises:
        FolderError: if no usable folder can be made.
    """
    make_folder(folder, 0o711)
    home = folder / "home"
    if account is None:
        make_folder(home, 0o700)
        return home
    if not home.is_symlink():
        make_folder(home, 0o700)
        _give(home, account)
        if account.can_enter(home):
            return home
        home.rmdir()
        home.symlink_to(_folder_elsewhere(folder, durable=durable))
    make_folder(home.resolve(), 0o700)
    _give(home.resolve(), account)
    if not account.can_enter(home.resolve()):
        raise FolderError(
            f"the account {account.name} can enter neither {folder} nor {home.resolve()}; "
            "set MINT_DATA_DIR to a folder that it can enter, such as /srv/mint"
        )
    return home.resolve()


def remove_home(folder: Path) -> None:
    """Delete what `home_for` made, even if it is elsewhere."""
    home = folder / "home"
    shutil.rmtree(home.resolve(), ignore_errors=True)
    if home.is_symlink():
        home.unlink()


def _folder_elsewhere(folder: Path, *, durable: bool) -> Path:
    if not durable:
        return Path(tempfile.mkdtemp(prefix=f"mint-{folder.name}-"))
    mark = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:10]
    make_folder(SYSTEM_HOME, 0o755)
    return SYSTEM_HOME / f"{folder.name}-{mark}"


def _give(folder: Path, account: Account) -> None:
    try:
        os.chown(folder, account.uid, account.gid)
    except OSError as error:
        raise FolderError(
            f"cannot give {folder} to the account {account.name}: {error.strerror}; "
            "set MINT_DATA_DIR to a folder on a local disk"
        ) from error


def _owned_by_another(folder: Path) -> str:
    owner = folder.stat().st_uid
    name = next(
        (entry.pw_name for entry in pwd.getpwall() if entry.pw_uid == owner), f"user {owner}"
    )
    return (
        f"cannot write to {folder}, which belongs to {name}; start it from that account, "
        "or as root if it was started as root before, or set MINT_DATA_DIR to a folder of your own"
    )
