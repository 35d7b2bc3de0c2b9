"""Write requirements/*.txt: what the .in files need, in the versions that are installed here.

    .venv/bin/python scripts/pin_requirements.py            write them
    .venv/bin/python scripts/pin_requirements.py --check    fail if they are not up to date

Each file holds the whole closure of its .in file, less what the files before it hold. A local
version (`+cpu`) is left out: which build of torch is installed is the machine's own choice.
"""

import argparse
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

FOLDER = Path(__file__).resolve().parent.parent / "requirements"
#: In this order: each is installed on top of those before it.
NAMES = ("base", "local", "dev")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--check", action="store_true", help="change nothing, only compare")
    check = options.parse_args().check
    stale = []
    for name, text in pinned_files():
        path = FOLDER / f"{name}.txt"
        if path.exists() and path.read_text() == text:
            continue
        stale.append(path.name)
        if not check:
            path.write_text(text)
    if stale:
        sys.stdout.write(f"{'not up to date' if check else 'written'}: {', '.join(stale)}\n")
    return 1 if check and stale else 0


def pinned_files() -> Iterator[tuple[str, str]]:
    """Each name with the text that its .txt should have."""
    earlier: set[NormalizedName] = set()
    for name in NAMES:
        wanted = read_requirements(FOLDER / f"{name}.in")
        direct = {canonicalize_name(one.name): one for one in wanted}
        packages = closure(wanted) - earlier
        earlier |= packages
        lines = [f"# Written by `make pins` from {name}.in; do not edit."]
        for package in sorted(packages):
            marker = direct[package].marker if package in direct else None
            pin = f"{package}=={version_of(package, direct.get(package))}"
            lines.append(f"{pin} ; {marker}" if marker else pin)
        yield name, "\n".join(lines) + "\n"


def version_of(package: str, wanted: Requirement | None) -> str:
    """The installed version; for packages that only other Pythons need, the one in the .in file."""
    if wanted and not _is_for_here(wanted):
        return str(wanted.specifier).removeprefix("==")
    return Version(metadata.version(package)).public


def read_requirements(path: Path) -> list[Requirement]:
    lines = (line.split("#")[0].strip() for line in path.read_text().splitlines())
    return [Requirement(line) for line in lines if line]


def closure(wanted: list[Requirement]) -> set[NormalizedName]:
    """The names of all packages that these need, themselves included."""
    extras = {
        canonicalize_name(one.name): set(one.extras) for one in wanted if not _is_for_here(one)
    }
    todo = [one for one in wanted if _is_for_here(one)]
    while todo:
        one = todo.pop()
        name = canonicalize_name(one.name)
        if name in extras and one.extras <= extras[name]:
            continue
        extras.setdefault(name, set()).update(one.extras)
        needs = [Requirement(text) for text in metadata.requires(name) or []]
        todo += [need for need in needs if _applies(need, extras[name])]
    return set(extras)


def _is_for_here(one: Requirement) -> bool:
    return one.marker is None or one.marker.evaluate()


def _applies(need: Requirement, extras: set[str]) -> bool:
    marker = need.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in {"", *extras})


if __name__ == "__main__":
    sys.exit(main())
