"""Which file a manifest's name means: the one of that full name, else the only shorter or longer
one that ends alike, else none."""

from collections.abc import Iterable
from itertools import islice

from workbench.core.texts import gettext_noop, storable

from .problems import ImageError

#: Folders of a name that are left off at most, and the length of a name that a row can hold: an
#: index of longer ones would grow with the square of a hostile name's length.
_DEEPEST, _LONGEST = 16, 300
#: Names shown in an error.
_SHOWN = 3


class NameIndex:
    """Files by their names; each may have several spellings. Every look-up takes one step for each
    folder of a name, however many files there are."""

    def __init__(self, names: Iterable[tuple[str, int]]) -> None:
        """names: spellings of names (`safe_name`) with the number of the file they belong to."""
        self._full: dict[str, set[int]] = {}
        #: Of each end of a name, as many as an error tells apart.
        self._ends: dict[str, set[int]] = {}
        self._spelling: dict[int, str] = {}
        for name, file in names:
            self._full.setdefault(name, set()).add(file)
            self._spelling.setdefault(file, name)
            for end in _ends(name):
                files = self._ends.setdefault(end, set())
                if len(files) <= _SHOWN:
                    files.add(file)
        self._same: dict[str, str] = {}
        self._alike: dict[str, str] = {}
        for name in sorted(self._spelling.values()):
            self._same.setdefault(name.casefold(), name)
            self._alike.setdefault(_stem(name), name)
        self._some = _quoted(islice(self._spelling.values(), _SHOWN))
        self._some += ", …" if len(self._spelling) > _SHOWN else ""

    def names(self) -> list[str]:
        """The first spelling of each file's name, sorted."""
        return sorted(self._spelling.values())

    def find(self, name: str) -> int | None:
        """The number of the file that `name` means; raises ImageError if it may mean several."""
        found = self._full.get(name)
        if found is None:
            found = self._ends.get(name, set()).union(*(self._some_of(end) for end in _ends(name)))
        if len(found) > 1:
            raise self._ambiguous(name, found)
        return next(iter(found), None)

    def missing(self, name: str, template: str) -> ImageError:
        """`template` says that `name` is absent; the fix names the nearest file, or some."""
        near = storable(self._nearest(name))
        if near:
            fix = gettext_noop('add it, or write "%(near)s", as the file is called')
        elif self._spelling:
            fix = gettext_noop("add it, or delete the row; there are %(some)s")
        else:
            fix = gettext_noop("add it, or delete the row; there is no file at all")
        return ImageError(template, fix, filename=name, near=near, some=self._some)

    def _some_of(self, name: str) -> Iterable[int]:
        """Of the files called `name` as many as an error tells apart: there may be thousands."""
        return islice(self._full.get(name, ()), _SHOWN + 1)

    def _nearest(self, name: str) -> str:
        """The name that differs in case alone; else one that differs in folder or suffix too, or
        nothing."""
        same = self._same.get(name.casefold())
        return self._alike.get(_stem(name), "") if same is None else same

    def _ambiguous(self, name: str, files: set[int]) -> ImageError:
        names = sorted({self._spelling[file] for file in files})
        if len(names) == 1:
            return ImageError(
                gettext_noop('there are %(count)d files of the name "%(found)s"'),
                gettext_noop("pack the images again, each under its own name"),
                filename=name,
                count=len(files),
                found=names[0],
            )
        return ImageError(
            gettext_noop('image "%(filename)s" may be any of %(names)s'),
            gettext_noop("write the name in full"),
            filename=name,
            names=_quoted(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else ""),
        )


def _ends(name: str) -> Iterable[str]:
    """`name` without its first folder, without its first two, and so on."""
    end = name.rsplit("/", _DEEPEST)[1:]
    for place in range(len(end)):
        shorter = "/".join(end[place:])
        if len(shorter) <= _LONGEST:
            yield shorter


def _stem(name: str) -> str:
    return name.rsplit("/", 1)[-1].rsplit(".", 1)[0].casefold()


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{storable(name)}"' for name in names)
