"""Which images, and which of their trials, one statement of an export is about: so few that their
rows are never more than PostgreSQL can send as one, however often an image was rated."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet, Value

from ...models import Stimulus, Study, Trial
from .in_turns import Maker, composed

#: Trials that a statement is about, at most: some megabytes of rows.
_TRIALS = 20_000
_LEAVING = [Trial.State.SUBMITTED, Trial.State.SKIPPED]


@dataclass(frozen=True)
class Place:
    """After an image, or, of an image that is not over, after one of its trials."""

    image: int = 0
    trial: int | None = None


@dataclass(frozen=True)
class Span:
    """What is after one place, up to another."""

    after: Place
    last: Place
    #: Images that begin in it.
    begins: int
    #: Whether nothing comes after it.
    ends: bool

    def images(self, study: Study) -> QuerySet[Stimulus]:
        """Also one that has begun before."""
        rows = Stimulus.objects.filter(study=study, pk__lte=self.last.image)
        begun = self.after.trial is not None
        return rows.filter(**{"pk__gte" if begun else "pk__gt": self.after.image})

    def trials(self, study: Study) -> QuerySet[Trial]:
        rows = _trials(self.after, self.last.image).filter(study=study)
        if self.last.trial is not None:
            rows = rows.exclude(stimulus=self.last.image, pk__gt=self.last.trial)
        return rows


def next_span(maker: Maker, study: Study, after: Place, number: int) -> Span | None:
    """Of at most so many images that begin after a place; None if nothing is left."""
    rows = Stimulus.objects.filter(study=study, pk__gt=after.image).order_by("pk")
    images = [pk for (pk,) in maker.ask(_query(rows.values_list("pk")[:number]))]
    if not images and after.trial is None:
        return None
    last = images[-1] if images else after.image
    cut = _cut(maker, study, after, last)
    begins = sum(pk <= cut.image for pk in images)
    return Span(after, cut, begins, ends=cut == Place(last) and len(images) < number)


def _cut(maker: Maker, study: Study, after: Place, last: int) -> Place:
    """The last image, or an earlier trial, if there are too many."""
    trials = _trials(after, last)
    # Those of other studies between them, too: the index alone says how many there are.
    some = trials.annotate(one=Value(1)).values("one")[: _TRIALS + 1]
    ((found,),) = maker.ask(f"SELECT count(*) FROM ({_query(some)}) AS found")  # noqa: S608 -- no values
    if found <= _TRIALS:
        return Place(last)
    ordered = trials.filter(study=study).order_by("stimulus_id", "pk")
    rows = ordered.values_list("stimulus_id", "pk")[_TRIALS - 1 : _TRIALS + 1]
    places = maker.ask(_query(rows))
    # Without one after it, it is the last of all.
    return Place(*places[0]) if len(places) > 1 else Place(last)


def _trials(after: Place, last: int) -> QuerySet[Trial]:
    rows = Trial.objects.filter(stimulus__lte=last, state__in=_LEAVING)
    if after.trial is None:
        return rows.filter(stimulus__gt=after.image)
    return rows.filter(stimulus__gte=after.image).exclude(stimulus=after.image, pk__lte=after.trial)


def _query(rows: QuerySet[Any, Any]) -> str:
    return composed(*rows.query.sql_with_params())
