"""System checks: a wrong setting is found at start, with the fix in its message."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def database_is_postgresql(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    engine = settings.DATABASES["default"]["ENGINE"]
    if engine.endswith("postgresql"):
        return []
    return [
        Error(
            f"DATABASE_URL names {engine}; the workbench needs PostgreSQL (SKIP LOCKED claims).",
            hint="Give DATABASE_URL=postgres://user:password@host:5432/name, "
            "or leave it unset and use `make demo`.",
            id="workbench.E002",
        )
    ]


@register()
def model_precision_is_known(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    if settings.MODEL_PRECISION in ("auto", "float32", "bfloat16", "fp8"):
        return []
    return [
        Error(
            f"MODEL_PRECISION is {settings.MODEL_PRECISION!r}, which models cannot compute in.",
            hint="Give auto, float32, bfloat16 or fp8, or leave it unset.",
            id="workbench.E003",
        )
    ]


@register()
def model_backbones_are_known(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    from modelops.errors import BackboneError
    from modelops.predictors.backbones import offered_backbones

    try:
        offered_backbones()
    except BackboneError as error:
        hint = "Give for example tiny, or tiny,large=vit-g:/weights/mint, or leave it unset."
        return [Error(error.message, hint=hint, id="workbench.E004")]
    return []
