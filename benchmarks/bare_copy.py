"""The scores of a study as PostgreSQL alone gives them: the cells of the export's table as they are
stored, joined and in its order, by one COPY. What an export costs is measured against it."""

import time
from typing import Any

#: COPY takes no parameters; the study's key is put in as a number.
_COPY = """
COPY (
    SELECT stimulus.id, filename, sha256, text, generator.name, split, purpose, attention_check,
        stimulus.state, width, height, trial.id, rater.code, rater.status, session_id,
        protocol.number, trial.position, block, role, draw, leased_at, displayed_at, submitted_at,
        behaviour ->> 'shown_ms', behaviour ->> 'away_ms', behaviour -> 'image_size' ->> 0,
        behaviour -> 'image_size' ->> 1, behaviour ->> 'pixel_ratio', skip_reason, skip_note,
        perspective.key, score.value, score.revision, score.created_at, score.superseded_at
    FROM annotation_stimulus AS stimulus
    JOIN annotation_prompt AS prompt ON prompt.id = stimulus.prompt_id
    JOIN annotation_generator AS generator ON generator.id = stimulus.generator_id
    JOIN annotation_trial AS trial ON trial.stimulus_id = stimulus.id
    JOIN annotation_rater AS rater ON rater.id = trial.rater_id
    JOIN annotation_ratingsession AS session ON session.id = trial.session_id
    JOIN annotation_protocol AS protocol ON protocol.id = session.protocol_id
    JOIN annotation_score AS score ON score.trial_id = trial.id
    JOIN annotation_perspective AS perspective ON perspective.id = score.perspective_id
    WHERE stimulus.study_id = {study:d}
    ORDER BY stimulus.id, trial.id, perspective.position, score.revision
) TO STDOUT (FORMAT CSV)
"""


def bare_copy(study: int) -> dict[str, Any]:
    """Its seconds, lines and bytes."""
    from django.db import connection

    begun, lines, size = time.perf_counter(), 0, 0
    with connection.cursor() as cursor, cursor.copy(_COPY.format(study=study)) as copy:
        for line in copy:
            lines += 1
            size += len(line)
    return {"seconds": time.perf_counter() - begun, "lines": lines, "bytes": size}
