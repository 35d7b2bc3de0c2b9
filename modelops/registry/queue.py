"""The names of the model's tasks."""

TRAIN = "modelops.tasks.model.train"
SCORE_CHUNK = "modelops.tasks.model.score_chunk"
FINISH_SCORING = "modelops.tasks.model.finish_scoring"
EXPLAIN = "modelops.tasks.model.explain"
ASSESS = "modelops.tasks.model.assess"
