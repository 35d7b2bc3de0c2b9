"""How the API's documentation says what each endpoint is for, and what a token needs for it."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import force_instance
from drf_spectacular.utils import OpenApiParameter
from rest_framework.serializers import BaseSerializer

from ..core.api import ExactSerializer
from ..core.api_groups import GROUP_OF
from ..core.api_pages import PageQuerySerializer
from ..core.api_shapes import say_something
from .api_views import ApiListView, ApiView
from .authentication import TokenAuthentication
from .scopes import needed_scope

#: Characters that fit on a line of the page.
_SUMMARY = 120


def _header(name: str, description: str, **limits: Any) -> OpenApiParameter:
    shape = {"type": "string", **limits}
    return OpenApiParameter(name, shape, OpenApiParameter.HEADER, description=description)


#: RFC 9110, section 8.8.3.
_TAG = r'(W/)?"[!#-~]*"'
_TAGS = rf"^(\*|{_TAG}( *, *{_TAG})*)$"
_IF_MATCH = _header(
    "If-Match",
    "The `ETag` of what you read: 412 if somebody has changed it since.",
    pattern=_TAGS,
)
#: What a client may send with a method.
_HEADERS = {
    "GET": [
        _header("If-None-Match", "The `ETag` of what you have: 304 if it is still true."),
    ],
    "POST": [
        _header(
            "Idempotency-Key",
            "Of your choice, such as a UUID. The same request with the same key is done once, and "
            "answered alike for 24 hours.",
            # With or without the quotes that a structured header has (RFC 9651).
            pattern=r'^[ \t]*"*[!#-~]{1,255}"*[ \t]*$',
        )
    ],
    "PUT": [_IF_MATCH],
    "PATCH": [_IF_MATCH],
}


def _owner(field: Any) -> Any:
    """The serializer that a field, or an item of its list, is of."""
    while field.parent is not None and not isinstance(field.parent, BaseSerializer):
        field = field.parent
    return field.parent


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

    def get_override_parameters(self) -> list[Any]:
        if TokenAuthentication not in self.view.authentication_classes:
            return []
        headers: list[Any] = _HEADERS.get(self.method, [])
        if self.method != "GET" or not isinstance(self.view, ApiView):
            return headers
        if isinstance(self.view, ApiListView):
            headers = [PageQuerySerializer, self.view.list_query(), *headers]
        return [*self.view.queries, *headers]

    def _map_serializer_field(
        self, field: Any, direction: Any, bypass_extensions: bool = False
    ) -> Any:
        shape = super()._map_serializer_field(field, direction, bypass_extensions)  # type: ignore[no-untyped-call] # untyped library
        owner = _owner(field)
        asked = direction == "request" and (
            isinstance(owner, ExactSerializer) or type(owner).__name__.endswith("QuerySerializer")
        )
        return say_something(field, shape) if asked and isinstance(shape, dict) else shape

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        shape = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call] # untyped library
        made = force_instance(serializer)  # type: ignore[no-untyped-call] # untyped library
        exact = isinstance(made, ExactSerializer)
        return {**shape, "additionalProperties": False} if exact else shape

    def _get_paginator(self) -> Any:
        """What a POST answers with is no page, even if it is a list."""
        if self.method != "GET":
            return None
        return super()._get_paginator()  # type: ignore[no-untyped-call] # untyped library

    def get_tags(self) -> list[str]:
        parts = [part for part in self.path.split("/") if part and not part.startswith("{")]
        if "dataset-imports" in parts:
            return ["studies"]
        if "studies" not in parts:
            return ["people" if "people" in parts else "rating"]
        below: Any = parts[parts.index("studies") + 1 :]
        name = below[0] if below else ""
        # A test finds what has no group; readers of the page still get it.
        return [GROUP_OF.get(name, name)]
