"""Which release a page of results shows, and which of its scores, in which order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import F, QuerySet
from django.http import Http404

from ...models import OpinionRelease, OpinionScore, Perspective, Study
from ..release_facts import distributions_of, extremes_of
from ..releases import ReleaseError, chosen_release, live_release

#: Column of the table → the expression that it is sorted by.
COLUMNS: dict[str, Any] = {
    "score": F("value"),
    "n": F("n"),
    "width": F("high") - F("low"),
    "sd": F("sd"),
}
DEFAULT_SORT = "-score"
#: Digits of a release's number.
_DIGITS = 9


def release_asked(study: Study, given: Mapping[str, str]) -> OpinionRelease | None:
    """The kept release that `release` in an address names; None for the live one, which is also
    meant if it names none.

    Raises Http404 if there is no such release of the study's own scores.
    """
    text = given.get("release", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise Http404
    try:
        return chosen_release(study, int(text))
    except ReleaseError as error:
        raise Http404 from error


def release_shown(study: Study, given: Mapping[str, str]) -> OpinionRelease:
    """The release that an address asks for, as `release_asked`, with the live one itself."""
    return release_asked(study, given) or live_release(study)


@dataclass(frozen=True)
class ScoreListing:
    """What an address asks for; an unknown order or perspective is the default one."""

    release: str
    perspective: Perspective
    sort: str = DEFAULT_SORT

    @classmethod
    def read(cls, given: Mapping[str, str], asked: Sequence[Perspective]) -> Self:
        by_key = {item.key: item for item in asked}
        sort = given.get("sort", "")
        return cls(
            given.get("release", ""),
            by_key.get(given.get("perspective", ""), asked[0]),
            sort if sort.removeprefix("-") in COLUMNS else DEFAULT_SORT,
        )

    def address(self, **more: str) -> str:
        """As a query; what is the default is left out."""
        values = {
            "release": self.release,
            "perspective": self.perspective.key,
            "sort": "" if self.sort == DEFAULT_SORT else self.sort,
            **more,
        }
        return urlencode({name: value for name, value in values.items() if value})

    def columns(self) -> dict[str, dict[str, str]]:
        """Column → the address that sorts by it, the other way round if it is sorted by already,
        and `aria-sort` of its heading."""
        found = {}
        for name in COLUMNS:
            down = self.sort == f"-{name}"
            turned = replace(self, sort=name if down else f"-{name}")
            state = "descending" if down else "ascending" if self.sort == name else ""
            found[name] = {"address": turned.address(), "sorted": state}
        return found

    def scores(self, release: OpinionRelease) -> QuerySet[OpinionScore]:
        """All of a release from the perspective, in order; what is not known comes last."""
        column = COLUMNS[self.sort.removeprefix("-")]
        order = column.desc if self.sort.startswith("-") else column.asc
        return self._scores(release).order_by(order(nulls_last=True), "stimulus")

    def gallery(self, release: OpinionRelease) -> dict[str, list[OpinionScore]]:
        """A few images: the best, the worst, and those whose raters disagree most."""
        ends = extremes_of(release, self.perspective)
        # One may have been deleted since.
        rows = self._scores(release).in_bulk({key for keys in ends.values() for key in keys})
        return {name: [rows[key] for key in keys if key in rows] for name, keys in ends.items()}

    def number(self, release: OpinionRelease) -> int:
        """How many scores the release has from the perspective."""
        found = distributions_of(release).get(self.perspective.pk)
        return found.n if found else self._scores(release).count()

    def _scores(self, release: OpinionRelease) -> QuerySet[OpinionScore]:
        scores = release.scores.filter(perspective=self.perspective)
        # Not joined: 100,000 rows are sorted for a few of them.
        return scores.prefetch_related("stimulus__prompt", "stimulus__generator")
