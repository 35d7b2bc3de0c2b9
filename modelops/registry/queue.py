"""The names of the model's tasks, on the queue `model` (workbench/settings.py)."""

TRAIN = "modelops.tasks.train"
SCORE_CHUNK = "modelops.tasks.score_chunk"
FINISH_SCORING = "modelops.tasks.finish_scoring"
EXPLAIN = "modelops.tasks.explain"
ASSESS = "modelops.tasks.assess"
REFRESH = "modelops.tasks.refresh_ranking"

MODEL_QUEUE = "model"
MODEL_TASKS = (TRAIN, SCORE_CHUNK, FINISH_SCORING, EXPLAIN, ASSESS, REFRESH)
