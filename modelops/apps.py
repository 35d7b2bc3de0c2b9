from django.apps import AppConfig


class ModelopsConfig(AppConfig):
    name = "modelops"

    def ready(self) -> None:
        from annotation.opinion.forecast import FORECASTERS
        from annotation.studies.acts import ACTS
        from annotation.webhooks.events import TOLD

        from . import permissions  # noqa: F401 -- it registers itself
        from .predictors import prompts  # noqa: F401 -- it speaks after imports
        from .registry import (
            keeping,  # noqa: F401 -- it follows the deletion of snapshots
            leaving,  # noqa: F401 -- and this that of studies
        )
        from .runs.acts import MODEL_ACTS, MODEL_TOLD

        ACTS.update(MODEL_ACTS)
        TOLD.update(MODEL_TOLD)
        from .registry.forecast import ActiveForecaster

        FORECASTERS[:] = [ActiveForecaster()]
