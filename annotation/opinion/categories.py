"""Categories of a study's images: a column of their metadata that has few values, or the prompt."""

from dataclasses import dataclass

import numpy as np
from django.db import connection
from django.db.models import Min
from django.db.models.fields.json import KeyTextTransform

from ..models import Stimulus, Study
from ..studies.counting import main_stimuli
from .correlation import Integers

#: The key that stands for the prompt: no column of metadata is named so, a manifest's is the
#: prompt itself.
PROMPT = "prompt"
#: So many values can be compared by a person; letters of the longest one; keys to choose from.
MOST_VALUES = 12
_LONGEST = 60
_MOST_KEYS = 20

_KEYS = """
SELECT entry.key
  FROM ({stimuli}) AS stimulus, jsonb_each(stimulus.metadata) AS entry
 WHERE jsonb_typeof(entry.value) IN ('string', 'number', 'boolean')
 GROUP BY entry.key
HAVING count(DISTINCT entry.value) BETWEEN 2 AND {values}
   AND max(length(entry.value #>> '{{}}')) <= {longest}
 ORDER BY entry.key
 LIMIT {keys}
"""


@dataclass(frozen=True)
class Categories:
    """Which category each of a study's S images is of, by ascending key."""

    #: (S,): places in `names`; the last one, "", is that of images without a value.
    category: Integers
    names: tuple[str, ...]


def category_keys(study: Study) -> tuple[str, ...]:
    """What the study's images can be told apart by; the prompt comes last."""
    prompts = main_stimuli(study).values("prompt__group_sha256").distinct()
    few = 2 <= prompts[: MOST_VALUES + 1].count() <= MOST_VALUES
    return (*_metadata_keys(study), *([PROMPT] if few else []))


def _metadata_keys(study: Study) -> tuple[str, ...]:
    stimuli, values = main_stimuli(study).values("metadata").query.sql_with_params()
    statement = _KEYS.format(stimuli=stimuli, values=MOST_VALUES, longest=_LONGEST, keys=_MOST_KEYS)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return tuple(key for (key,) in cursor.fetchall() if key != PROMPT)


def categories_of(study: Study, by: str) -> Categories:
    """By one of `category_keys`."""
    stimuli = main_stimuli(study).order_by("pk")
    if by == PROMPT:
        groups = list(stimuli.values_list("prompt__group_sha256", flat=True))
        words = _prompts(study)
        values = [words[group] for group in groups]
    else:
        text = stimuli.annotate(category=KeyTextTransform(by, "metadata"))
        values = [value or "" for value in text.values_list("category", flat=True)]
    names = [*sorted(set(values) - {""}), ""]
    places = {name: place for place, name in enumerate(names)}
    category = np.fromiter((places[value] for value in values), np.int64, len(values))
    return Categories(category, tuple(names))


def _prompts(study: Study) -> dict[str, str]:
    """Each prompt under one of its spellings."""
    rows = Stimulus.objects.filter(pk__in=main_stimuli(study)).values("prompt__group_sha256")
    return dict(rows.annotate(text=Min("prompt__text")).values_list("prompt__group_sha256", "text"))
