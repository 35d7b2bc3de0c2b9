from django.apps import AppConfig


class AnnotationConfig(AppConfig):
    name = "annotation"

    def ready(self) -> None:
        from .opinion.methods import METHODS
        from .studies import audit, permissions  # noqa: F401 -- they register themselves
        from .studies.choices import REGISTRIES
        from .webhooks import outbox  # noqa: F401 -- it listens to the audit trail

        REGISTRIES["opinion_method"] = METHODS
