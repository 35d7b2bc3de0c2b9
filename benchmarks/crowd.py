"""The statements by which the database itself makes the many rows of a large study, in order."""

_CROWD_TRIALS = """
WITH stimulus AS (
    SELECT id, row_number() OVER (ORDER BY id) - 1 AS place
    FROM annotation_stimulus WHERE study_id = %(study)s
), answer AS (
    SELECT session.id AS session, session.rater_id AS rater, step,
        ((session.rater_id - %(first)s) * %(each)s + step) %% %(images)s AS place
    FROM annotation_ratingsession AS session, generate_series(0, %(each)s - 1) AS step
    WHERE session.rater_id BETWEEN %(first)s AND %(last)s
)
INSERT INTO annotation_trial (study_id, session_id, rater_id, stimulus_id, position, draw, state,
    leased_at, lease_expires_at, displayed_at, submitted_at, role, block, skip_reason, behaviour)
SELECT %(study)s, session, rater, stimulus.id, step, 'priority', 'submitted', moment, moment,
    moment, moment + interval '8 seconds', 'main', step / 10, '',
    jsonb_build_object('shown_ms', 6000 + (rater * 31 + step * 17) %% 5000)
FROM answer JOIN stimulus ON stimulus.place = answer.place
CROSS JOIN LATERAL (SELECT now() - (%(each)s - step) * interval '10 seconds' AS moment) AS clock
"""
_CROWD_SCORES = """
INSERT INTO annotation_score (trial_id, perspective_id, revision, created_at, value)
SELECT trial.id, perspective.id, 1, submitted_at,
    1 + (stimulus_id * 7 + length(perspective.key) + (rater_id * stimulus_id) %% 2) %% 5
FROM annotation_trial AS trial
JOIN annotation_perspective AS perspective ON perspective.study_id = trial.study_id
WHERE rater_id BETWEEN %(first)s AND %(last)s
"""
_CROWD_PLACES = """
UPDATE annotation_stimulus SET claimed_ratings = given.number FROM (
    SELECT stimulus_id, count(*) AS number FROM annotation_trial
    WHERE rater_id BETWEEN %(first)s AND %(last)s GROUP BY 1
) AS given WHERE given.stimulus_id = annotation_stimulus.id
"""
_CROWD_SESSIONS = """
UPDATE annotation_ratingsession SET next_position = %(each)s, begun_at = now() - interval '1 hour',
    state = CASE WHEN rater_id %% 10 = 0 THEN 'rating' ELSE 'done' END,
    ended_at = CASE WHEN rater_id %% 10 = 0 THEN NULL ELSE now() END
WHERE rater_id BETWEEN %(first)s AND %(last)s
"""
CROWD = (_CROWD_TRIALS, _CROWD_SCORES, _CROWD_PLACES, _CROWD_SESSIONS)
