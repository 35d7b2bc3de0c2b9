"""How many images of a study have how many ratings that count."""

from dataclasses import dataclass

from django.db import connection
from django.db.models import Count

from ..models import Stimulus, Study
from ..studies.counting import counting_trials, main_stimuli

# What counts is what opinion scores are made from. The counter of slots would not do: it knows
# leases, but not exclusions.
_COVERAGE = """
WITH given (stimulus, number) AS ({given}), main (id, split, wanted) AS ({main})
SELECT main.split, COALESCE(given.number, 0), main.wanted, count(*)
FROM main LEFT JOIN given ON given.stimulus = main.id
GROUP BY 1, 2, 3
"""


@dataclass(frozen=True)
class Coverage:
    """How many images of a split have how many ratings that count."""

    split: str
    #: By number of ratings, from 0 to the largest that an image has or wants.
    images: tuple[int, ...]
    #: Images with as many as are wanted, or more.
    complete: int
    #: Ratings given, and ratings given without those beyond the wanted number.
    ratings: int
    useful: int
    wanted: int

    @property
    def total(self) -> int:
        return sum(self.images)

    @property
    def rated(self) -> int:
        """Images with a rating that counts."""
        return sum(self.images[1:])

    @property
    def percent(self) -> int:
        return 100 * self.useful // self.wanted if self.wanted else 0


def coverage_of(study: Study) -> list[Coverage]:
    """The pool and the hold-out, those of them that have images; one statement."""
    trials = counting_trials(study).values("stimulus").annotate(number=Count("pk")).order_by()
    given, of_given = trials.query.sql_with_params()
    # Of an image out of use nothing is wanted any more.
    used = main_stimuli(study).filter(state=Stimulus.State.IN_USE)
    images = used.values_list("pk", "split", "wanted_ratings").order_by()
    main, of_main = images.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_COVERAGE.format(given=given, main=main), (*of_given, *of_main))
        rows = cursor.fetchall()
    return [
        _coverage(split, [row[1:] for row in rows if row[0] == split])
        for split in Stimulus.Split
        if any(row[0] == split for row in rows)
    ]


def _coverage(split: str, rows: list[tuple[int, int, int]]) -> Coverage:
    """rows: (ratings, wanted, images with so many ratings that want so many)."""
    images = [0] * (max(max(number, wanted) for number, wanted, _count in rows) + 1)
    for number, _wanted, count in rows:
        images[number] += count
    return Coverage(
        split=split,
        images=tuple(images),
        complete=sum(count for number, wanted, count in rows if number >= wanted),
        ratings=sum(number * count for number, _wanted, count in rows),
        useful=sum(min(number, wanted) * count for number, wanted, count in rows),
        wanted=sum(wanted * count for _number, wanted, count in rows),
    )
