"""The table of a study's raters: its columns, its order, and its rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ...models import Rater, RaterIdentity, Study
from ...opinion.reliability.selectors import NOTHING_YET, Standing
from ..monitor import Live, OpenSession, stopped_raters


@dataclass(frozen=True)
class Row:
    rater: Rater
    standing: Standing
    session: OpenSession | None
    #: Whether a rule of the study keeps them from another session.
    stopped: bool = False
    #: Who they are, for an account that may know.
    person: RaterIdentity | None = None

    def matches(self, words: str) -> bool:
        """Whether code, name or address have `words`, in either case."""
        known = (self.person.name, self.person.email) if self.person else ()
        return any(words.casefold() in text.casefold() for text in (self.rater.code, *known))

    @property
    def excluded(self) -> bool:
        return self.rater.status == Rater.Status.EXCLUDED


@dataclass(frozen=True)
class Column:
    """A heading; `address` sorts by it, the other way round if it is the order already."""

    label: str | Promise
    numeric: bool
    address: str
    #: What `aria-sort` says.
    order: str


#: What a column sorts by; None stays at the end.
_SORTS: dict[str, Callable[[Row], float | str | None]] = {
    "code": lambda row: row.rater.code,
    "ratings": lambda row: row.standing.ratings,
    "agreement": lambda row: row.standing.agreement,
    "retest": lambda row: row.standing.retest,
    "gold": lambda row: row.standing.gold_share,
    "seconds": lambda row: row.standing.median_seconds,
    "seen": lambda row: row.standing.last_answer.timestamp() if row.standing.last_answer else None,
    "flags": lambda row: len(row.standing.flags),
}
_LABELS: dict[str, str | Promise] = {
    "code": _("Rater"),
    "ratings": _("Ratings"),
    "agreement": _("Agreement"),
    "retest": _("Retest"),
    "gold": _("Gold"),
    "seconds": _("Seconds"),
    "seen": _("Last answer"),
    "flags": _("Flags"),
}
_WORDS = ("code", "flags", "seen")
#: Sorted first by what matters most: the worst agreement, the most flags, the latest answer.
_DESCENDING_FIRST = ("ratings", "flags", "seen")
DEFAULT_SORT = "-seen"
#: `show` → which rows.
FILTERS: dict[str, Callable[[Row], bool]] = {
    "flagged": lambda row: bool(row.standing.flags) and not row.excluded,
    "active": lambda row: row.session is not None and row.session.active,
    "stopped": lambda row: row.stopped,
    "excluded": lambda row: row.excluded,
}
SHOWN: list[tuple[str, str | Promise]] = [
    ("", _("All")),
    ("flagged", _("Flagged")),
    ("active", _("Active now")),
    ("stopped", _("Ended by the rules")),
    ("excluded", _("Excluded")),
]


@dataclass(frozen=True)
class Query:
    """What an address asks for; anything unknown in it is ignored."""

    sort: str = DEFAULT_SORT
    show: str = ""
    search: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> "Query":
        sort, show = given.get("sort", ""), given.get("show", "")
        return cls(
            sort=sort if sort.removeprefix("-") in _SORTS else DEFAULT_SORT,
            show=show if show in FILTERS else "",
            search=given.get("search", "").strip()[:200],
        )

    def address(self, **changes: str) -> str:
        values = {"sort": self.sort, "show": self.show, "search": self.search, **changes}
        if values["sort"] == DEFAULT_SORT:
            values["sort"] = ""
        return urlencode({name: value for name, value in values.items() if value})

    def columns(self) -> list[Column]:
        return [self._column(name) for name in _SORTS]

    def _column(self, name: str) -> Column:
        here = self.sort.removeprefix("-") == name
        descending = not self.sort.startswith("-") if here else name in _DESCENDING_FIRST
        order = "descending" if self.sort.startswith("-") else "ascending"
        return Column(
            label=_LABELS[name],
            numeric=name not in _WORDS,
            address=self.address(sort=f"-{name}" if descending else name),
            order=order if here else "none",
        )


def all_rows(
    study: Study,
    standings: Mapping[int, Standing],
    live: Live,
    people: Mapping[int, RaterIdentity],
) -> list[Row]:
    """A row per rater; two statements. `people`: who they are, by their keys, as far as the
    reader may know."""
    sessions = {item.rater: item for item in live.sessions}
    stopped = stopped_raters(study)
    return [
        Row(
            rater,
            standings.get(rater.pk, NOTHING_YET),
            sessions.get(rater.pk),
            rater.pk in stopped,
            people.get(rater.pk),
        )
        for rater in Rater.objects.filter(study=study).order_by("pk")
    ]


def chosen_rows(rows: list[Row], query: Query) -> list[Row]:
    """The rows that `query` asks for, in its order; equal ones as they were."""
    wanted = FILTERS.get(query.show)
    shown = [row for row in rows if row.matches(query.search) and (wanted is None or wanted(row))]
    value = _SORTS[query.sort.removeprefix("-")]
    known = [row for row in shown if value(row) is not None]
    known.sort(key=value, reverse=query.sort.startswith("-"))  # type: ignore[arg-type] # no None
    return known + [row for row in shown if value(row) is None]
