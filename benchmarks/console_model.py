"""What the model's pages of a large study show, made in bulk: prompts and generators, a hold-out,
and embeddings in the cache, from which the site's own worker trains and predicts in minutes."""

from typing import Any

import numpy as np
from django.db import connection

from annotation.models import Stimulus, Study
from modelops.predictors.backbones import offered_backbones
from modelops.predictors.embedding import image_files, kept_embeddings

#: Images of one prompt, prompts of the hold-out of 100, and generators.
_OF_A_PROMPT, _HELD_OUT, _GENERATORS = 20, 2, 10
_BATCH = 10_000

# Prompt n has the images from 20 n on; two prompts in a hundred are held out.
_PROMPTS = """
INSERT INTO annotation_prompt (study_id, text, text_sha256, group_sha256)
SELECT %(study)s, said.text, encode(sha256(said.text::bytea), 'hex'),
    encode(sha256(said.text::bytea), 'hex')
FROM generate_series(0, %(prompts)s - 1) AS number
CROSS JOIN LATERAL (SELECT 'scene ' || number || ': a red circle left of a blue square' AS text)
    AS said
"""
_GENERATED = """
INSERT INTO annotation_generator (study_id, name, group_sha256)
SELECT %(study)s, said.name, encode(sha256(said.name::bytea), 'hex')
FROM generate_series(0, %(generators)s - 1) AS number
CROSS JOIN LATERAL (SELECT 'generator ' || number AS name) AS said
"""
_PLACED = """
UPDATE annotation_stimulus AS stimulus SET prompt_id = prompt.id, generator_id = generator.id,
    split = CASE WHEN placed.prompt %% 100 < %(held_out)s THEN 'holdout' ELSE 'pool' END
FROM (
    SELECT id, (row_number() OVER (ORDER BY id) - 1) / %(each)s AS prompt,
        (row_number() OVER (ORDER BY id) - 1) %% %(generators)s AS generator
    FROM annotation_stimulus WHERE study_id = %(study)s
) AS placed
JOIN annotation_prompt AS prompt ON prompt.study_id = %(study)s
    AND prompt.text = 'scene ' || placed.prompt || ': a red circle left of a blue square'
JOIN annotation_generator AS generator ON generator.study_id = %(study)s
    AND generator.name = 'generator ' || placed.generator
WHERE stimulus.id = placed.id
"""


def spread(slug: str) -> dict[str, Any]:
    """The study's images over prompts and generators, some of the prompts held out."""
    study = Study.objects.get(slug=slug)
    images = Stimulus.objects.filter(study=study).count()
    values = {
        "study": study.pk,
        "prompts": -(-images // _OF_A_PROMPT),
        "each": _OF_A_PROMPT,
        "generators": _GENERATORS,
        "held_out": _HELD_OUT,
    }
    with connection.cursor() as cursor:
        for statement in (_PROMPTS, _GENERATED, _PLACED):
            cursor.execute(statement, values)
    return {"holdout": Stimulus.objects.filter(study=study, split="holdout").count()}


def embeddings(slug: str) -> dict[str, Any]:
    """Random embeddings of all images, by what a new predictor sees with, that tell a part of the
    scores that `crowd.CROWD` gives."""
    backbone = next(iter(offered_backbones().values())).load()
    cache, rng = kept_embeddings(backbone.sha256), np.random.default_rng(1)
    rows = Stimulus.objects.filter(study__slug=slug).select_related("prompt").order_by("pk")
    found = [
        ((row.picture_sha256, row.prompt.text_sha256), row.pk * 7 % 5)
        for row in rows.iterator(_BATCH)
    ]
    width = _width(backbone, rows[0])
    for start in range(0, len(found), _BATCH):
        part = found[start : start + _BATCH]
        vectors = rng.normal(size=(len(part), width)).astype(np.float32)
        vectors[:, 0] += np.array([told for _key, told in part], np.float32)
        cache.put_many({key: row for (key, _told), row in zip(part, vectors, strict=True)})
    return {"embedded": len(found)}


def _width(backbone: Any, stimulus: Stimulus) -> int:
    with image_files([stimulus]) as paths:
        return int(backbone.embed(paths, [stimulus.prompt.text]).values.shape[1])


def later(slug: str) -> dict[str, Any]:
    """One image in fifty as if it had been imported after all trainings: nobody has rated it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE annotation_stimulus SET created_at = now() + interval '1 day' "
            "FROM annotation_study AS study WHERE study.id = study_id AND study.slug = %s "
            "AND annotation_stimulus.id %% 50 = 0",
            [slug],
        )
        return {"later": cursor.rowcount}


ACTS = (spread, embeddings, later)
