"""Which reasons raters chose, by how high the score was that they gave. Published explanations have
no rater's score with them and are left out."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery

from ..models import Explanation, Perspective, Score, Study
from ..protocol.forms import FormField
from ..studies.counting import counting_trials

#: Thirds of a scale, from the lowest; where two meet, the score belongs to the higher one.
LOW, MIDDLE, HIGH = range(3)

# (perspective, field, level, third) → answers.
_CHOSEN = """
WITH counting (id) AS ({counting})
SELECT explanation.perspective_id, phrase.key, phrase.value,
    LEAST(
        floor(
            3 * (score.value - (perspective.scale ->> 'minimum')::float8)
            / ((perspective.scale ->> 'maximum')::float8
                - (perspective.scale ->> 'minimum')::float8)
            + 1e-9
        ), 2
    )::int,
    count(*)
FROM annotation_explanation AS explanation
JOIN counting ON counting.id = explanation.trial_id
JOIN annotation_perspective AS perspective ON perspective.id = explanation.perspective_id
JOIN annotation_score AS score ON score.trial_id = explanation.trial_id
    AND score.perspective_id = explanation.perspective_id AND score.superseded_at IS NULL
CROSS JOIN LATERAL jsonb_each_text(explanation.phrases) AS phrase
WHERE explanation.superseded_at IS NULL
GROUP BY 1, 2, 3, 4
"""


@dataclass(frozen=True)
class Phrase:
    """One phrase of a field, and how often it was chosen with low, middle and high scores."""

    field: FormField
    #: From 1, the worst.
    level: int
    chosen: tuple[int, int, int]
    #: Answers to the field with low, middle and high scores.
    answers: tuple[int, int, int]

    @property
    def words(self) -> str:
        return self.field.phrases[self.level - 1]

    @property
    def times(self) -> int:
        return sum(self.chosen)

    @property
    def share(self) -> float:
        """Of all answers to the field; 0 if there are none."""
        return _share(self.times, sum(self.answers))

    @property
    def shares(self) -> tuple[float, float, float]:
        """Of the answers with low, middle and high scores."""
        low, middle, high = map(_share, self.chosen, self.answers)
        return low, middle, high


def phrases_of(study: Study) -> dict[str, list[Phrase]]:
    """Perspective's key → its phrases in the form's order, of explanations that count; one
    statement."""
    counting = counting_trials(study).order_by().values("pk")
    query, given = counting.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_CHOSEN.format(counting=query), given)
        rows = cursor.fetchall()
    keys = {row.pk: row.key for row in study.perspectives.all()}
    chosen: dict[tuple[str, str], Counter[tuple[int, int]]] = defaultdict(Counter)
    for perspective, field, level, third, n in rows:
        if level.isdecimal():
            chosen[keys[perspective], field][int(level), third] += n
    return {
        key: [
            phrase
            for field in study.form.fields
            if field.perspective == key
            for phrase in _phrases(field, chosen[key, field.key])
        ]
        for key in keys.values()
    }


def most_frequent(phrases: Iterable[Phrase], most: int) -> list[Phrase]:
    """Those that were chosen, the most often chosen first."""
    found = sorted(phrases, key=lambda phrase: -phrase.times)
    return [phrase for phrase in found[:most] if phrase.times]


@dataclass(frozen=True)
class ExplanationCounts:
    """How many answers that count come with reasons."""

    #: One per trial and perspective.
    explanations: int
    texts: int
    images: int
    raters: int


def count_explanations(study: Study) -> ExplanationCounts:
    given = counting_explanations(study)
    return ExplanationCounts(
        given.count(),
        given.exclude(text="").count(),
        given.values("trial__stimulus").distinct().count(),
        given.values("trial__rater").distinct().count(),
    )


def counting_explanations(study: Study) -> QuerySet[Explanation]:
    """Current ones of trials that count, that say something."""
    found = Explanation.objects.filter(superseded_at=None, trial__in=counting_trials(study))
    return found.exclude(phrases={}, text="").order_by()


def texts_with(
    study: Study, wanted: str, perspectives: Sequence[Perspective]
) -> QuerySet[Explanation]:
    """Free texts about these perspectives that contain `wanted`, in any case, the latest first."""
    current = Score.objects.filter(
        trial=OuterRef("trial"), perspective=OuterRef("perspective"), superseded_at=None
    )
    found = counting_explanations(study).exclude(text="").filter(perspective__in=perspectives)
    if wanted:
        found = found.filter(text__icontains=wanted)
    return (
        found.annotate(given=Subquery(current.values("value")[:1]))
        .select_related("trial__rater", "trial__stimulus__prompt", "perspective")
        .order_by("-created_at", "-pk")
    )


def _phrases(field: FormField, chosen: Counter[tuple[int, int]]) -> Iterable[Phrase]:
    levels = range(1, len(field.phrases) + 1)
    answers = tuple(sum(chosen[level, third] for level in levels) for third in range(3))
    for level in levels:
        own = (chosen[level, LOW], chosen[level, MIDDLE], chosen[level, HIGH])
        yield Phrase(field, level, own, (answers[LOW], answers[MIDDLE], answers[HIGH]))


def _share(n: int, of: int) -> float:
    return n / of if of else 0.0
