from django.apps import AppConfig


class AnnotationConfig(AppConfig):
    name = "annotation"

    def ready(self) -> None:
        from .studies import permissions  # noqa: F401 -- it registers itself
