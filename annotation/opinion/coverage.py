"""How many images of a study have how many of the ratings that count."""

from dataclasses import dataclass

from django.db import connection

from ..models import Stimulus, Study

# What counts is what labels are made of: main trials of raters who are not excluded. The counter
# of places would not do: it knows leases, and not exclusions.
_COVERAGE = """
WITH given AS (
    SELECT trial.stimulus_id, count(*) AS number
    FROM annotation_trial AS trial JOIN annotation_rater AS rater ON rater.id = trial.rater_id
    WHERE rater.study_id = %(study)s AND rater.status = 'active'
        AND trial.state = 'submitted' AND trial.role = 'main'
    GROUP BY trial.stimulus_id
)
SELECT stimulus.split, COALESCE(given.number, 0), stimulus.wanted_ratings, count(*)
FROM annotation_stimulus AS stimulus
LEFT JOIN given ON given.stimulus_id = stimulus.id
WHERE stimulus.study_id = %(study)s AND stimulus.purpose = 'main' AND stimulus.sha256 <> ''
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
    #: Ratings given, and how many would be without those beyond what is wanted.
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
    with connection.cursor() as cursor:
        cursor.execute(_COVERAGE, {"study": study.pk})
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
