"""How the API's documentation says what each endpoint is for, and what a token needs for it."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from ..core.api_groups import GROUP_OF
from .authentication import TokenAuthentication
from .scopes import needed_scope

#: Characters that fit on a line of the page.
_SUMMARY = 120


class ApiSchema(AutoSchema):
    """A summary from the first sentence of the endpoint's own description, a group from its path,
    and the scope that a token needs."""

    def get_summary(self) -> str | None:
        given = super().get_summary()
        if given:
            return str(given)
        first = str(super().get_description() or "").strip().partition("\n\n")[0]
        sentence = " ".join(first.split()).partition(". ")[0]
        short = sentence if len(sentence) <= _SUMMARY else sentence.partition(": ")[0]
        return short.rstrip(".") or None

    def get_description(self) -> str:  # type: ignore[override] # it inherits two of the name
        text = str(super().get_description() or "")
        if TokenAuthentication not in self.view.authentication_classes:
            return text
        scope = needed_scope(self.view, self.method)
        return f"{text}\n\nA token needs the scope `{scope}`.".strip()

    def get_override_parameters(self) -> list[OpenApiParameter]:
        if self.method != "POST" or TokenAuthentication not in self.view.authentication_classes:
            return []
        return [
            OpenApiParameter(
                "Idempotency-Key",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="Of your choice, such as a UUID. The same request with the same key "
                "is done once, and answered alike for 24 hours.",
            )
        ]

    def get_tags(self) -> list[str]:
        parts = [part for part in self.path.split("/") if part and not part.startswith("{")]
        if "studies" not in parts:
            return ["rating"]
        below: Any = parts[parts.index("studies") + 1 :]
        name = below[0] if below else ""
        # A test finds what has no group; readers of the page still get it.
        return [GROUP_OF.get(name, name)]
