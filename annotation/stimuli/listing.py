"""Which of a study's images a list shows, in which order; and who comes before and after one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

from django.db.models import F, FilteredRelation, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..models import Stimulus, Study
from ..opinion.forecast import most_uncertain
from ..opinion.releases import live_release_if_made
from ..studies.selectors import stimuli_of

DEFAULT_SORT = "wanted"
#: By what the model in use knows: where there is none, as the default.
UNCERTAIN = "uncertain"
SORTS: dict[str, str | Promise] = {
    "wanted": _("Most wanted first"),
    "newest": _("Newest first"),
    "best": _("Highest score first"),
    "worst": _("Lowest score first"),
    "disputed": _("Most disputed first"),
    UNCERTAIN: _("Model least sure first"),
}
FILTERS = ("text", "generator", "split", "state", "purpose")
#: Sorted by the scores of one perspective.
_BY_PERSPECTIVE = ("best", "worst", "disputed", UNCERTAIN)
#: A text in an address may be so long.
_LONGEST = 300


@dataclass(frozen=True)
class Listing:
    """What an address asks for; an unknown order or perspective is the default one."""

    text: str = ""
    generator: str = ""
    split: str = ""
    state: str = ""
    purpose: str = ""
    sort: str = DEFAULT_SORT
    perspective: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str], study: Study) -> Self:
        values = {name: given.get(name, "")[:_LONGEST] for name in FILTERS}
        sort, perspective = given.get("sort", ""), given.get("perspective", "")
        keys = [item.key for item in study.perspective_settings]
        return cls(
            **values,
            sort=sort if sort in SORTS else DEFAULT_SORT,
            perspective=perspective if perspective in keys else keys[0],
        )

    @property
    def by_perspective(self) -> bool:
        return self.sort in _BY_PERSPECTIVE

    def address(self, **more: str | int | Sequence[int]) -> str:
        """As a query; what is not asked for, or has no effect, is left out."""
        values = {name: getattr(self, name) for name in FILTERS}
        if self.sort != DEFAULT_SORT:
            values["sort"] = self.sort
        if self.by_perspective:
            values["perspective"] = self.perspective
        asked = {name: value for name, value in {**values, **more}.items() if value != ""}
        return urlencode(asked, doseq=True)

    def stimuli(self, study: Study) -> QuerySet[Stimulus]:
        found = stimuli_of(study, filters={name: getattr(self, name) for name in FILTERS})
        if self.sort == "newest":
            return found.order_by("-created_at", "-pk")
        if self.sort == UNCERTAIN:
            by_model = most_uncertain(study, self.perspective, found)
            # Not by its truth, for which all of its images would be read.
            return found if by_model is None else by_model
        return _by_scores(study, self, found) if self.by_perspective else found

    def keys(self, study: Study) -> QuerySet[Stimulus, int]:
        """Of the same, in the same order. To get some from far down a list, PostgreSQL sorts all
        that come before: keys are a tenth of what whole rows, with their prompts, are."""
        return self.stimuli(study).values_list("pk", flat=True)


def stimuli_by_keys(keys: Iterable[int]) -> list[Stimulus]:
    """In the order of their keys; without those that are gone."""
    order = list(keys)
    found = Stimulus.objects.select_related("prompt", "generator").in_bulk(order)
    return [found[key] for key in order if key in found]


@dataclass(frozen=True)
class Neighbours:
    """The images before and after one in a list, with their places (from 0)."""

    before: tuple[int, int] | None
    after: tuple[int, int] | None
    place: int


def neighbours(study: Study, listing: Listing, pk: int, place: int) -> Neighbours | None:
    """None if the image is not in the list; `place` is where it was when the list was shown."""
    stimuli = listing.keys(study)
    first = max(place - 1, 0)
    near = list(stimuli[first : place + 2])
    if pk not in near:
        # The list has changed since.
        near, first = list(stimuli), 0
        if pk not in near:
            return None
    here = near.index(pk)
    before = (near[here - 1], first + here - 1) if here else None
    after = (near[here + 1], first + here + 1) if here + 1 < len(near) else None
    return Neighbours(before, after, first + here)


def _by_scores(study: Study, listing: Listing, found: QuerySet[Stimulus]) -> QuerySet[Stimulus]:
    """By what the study's own raters say; images without a score come last."""
    scores = FilteredRelation(
        "opinion_scores",
        condition=Q(
            # None while the first scores are made: then no image has one.
            opinion_scores__release=live_release_if_made(study),
            opinion_scores__perspective=study.perspectives.get(key=listing.perspective),
        ),
    )
    order = {
        "best": F("own__value").desc(nulls_last=True),
        "worst": F("own__value").asc(nulls_last=True),
        "disputed": F("own__sd").desc(nulls_last=True),
    }
    return found.annotate(own=scores).order_by(order[listing.sort], "pk")
