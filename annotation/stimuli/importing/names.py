"""Names of images in manifests and archives: relative, with `/`, never leading out."""

import unicodedata

from workbench.core.problems import Problem
from workbench.core.texts import gettext_noop

#: What macOS, Windows and file servers leave in folders and archives, in any case.
_SYSTEM_FOLDERS = frozenset(
    {"__macosx", ".spotlight-v100", ".trashes", ".fseventsd", "$recycle.bin", "@eadir"}
)
_SYSTEM_FILES = frozenset(
    {".ds_store", "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", ".directory"}
)


def is_system_file(name: str) -> bool:
    """Whether the file is one that a system left there, such as `.DS_Store`: nobody means it."""
    *folders, file = name.replace("\\", "/").casefold().split("/")
    # AppleDouble: what macOS keeps of "a.png" elsewhere is in "._a.png".
    return file in _SYSTEM_FILES or file.startswith("._") or not _SYSTEM_FOLDERS.isdisjoint(folders)


def safe_name(name: str) -> str:
    """`name` as a clean relative path ("./a\\b.png" is "a/b.png"); raises Problem if it is not one.

    Windows separators count as separators on every system, so that a name means one thing.
    """
    parts = unicodedata.normalize("NFC", name).replace("\\", "/").split("/")
    if not parts[0] and len(parts) > 1:
        raise _outside(name)
    kept = [part for part in parts if part not in ("", ".")]
    if not kept or ".." in kept or kept[0][1:2] == ":" or any(ord(sign) < 32 for sign in name):
        raise _outside(name)
    return "/".join(kept)


def _outside(name: str) -> Problem:
    return Problem(
        gettext_noop('the name "%(name)s" points outside the images'),
        gettext_noop("use names relative to the folder or archive, without .. or a drive letter"),
        name="".join(sign if ord(sign) >= 32 else "?" for sign in name),
    )
