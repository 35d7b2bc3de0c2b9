"""What the API's documentation says more exactly than drf-spectacular does by itself."""

from collections.abc import Iterator
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from .api import RuleError
from .api_examples import Schema

#: Marks what is told of a row if not all of its fields are asked for.
CHOSEN = "x-chosen-fields"
_NULL = {"type": "null"}
#: No text in the database holds a NUL; of what is asked for, something must be left without what
#: Python calls white space, which is more than JSON Schema does.
_TEXT = r"^[^\u0000]*$"
_SAID = r"^[^\u0000]*[^\s\u0000\u001c-\u001f\u0085][^\u0000]*$"
_PLAIN = {"pattern", "format", "enum", "const"}


@extend_schema_field({"type": "string", "format": "binary", "minLength": 1})
class UploadField(serializers.FileField):
    """A file in a form: sent as its bytes, where an answer would have its address."""

    def to_internal_value(self, data: Any) -> Any:
        """Raises ValidationError, and RuleError for an empty file, which a form can hold."""
        if getattr(data, "size", None) == 0:
            raise RuleError({str(self.field_name): str(self.error_messages["empty"])})
        return super().to_internal_value(data)


@extend_schema_field({"type": "object", "additionalProperties": True})
class DocumentField(serializers.JSONField):
    """An object whose form docs/ describes; what reads it says what is wrong with it."""


def sharpen(result: Schema, **_rest: Any) -> Schema:
    """A postprocessing hook of drf-spectacular."""
    for shape in list(_shapes(result)):
        _allow_null_once(shape)
        _forget_impossible_default(shape)
        if _is_text(shape) and not _PLAIN & shape.keys():
            shape["pattern"] = _TEXT
    shapes = result["components"]["schemas"]
    for methods in result["paths"].values():
        operation = methods.get("get", {})
        if any(item.get("name") == "fields" for item in operation.get("parameters", ())):
            _allow_fewer_fields(operation, shapes)
    return result


def say_something(field: object, shape: Schema) -> Schema:
    """`shape` of a field of a request: one that may not be blank holds more than white space."""
    if not isinstance(field, serializers.CharField) or field.allow_blank:
        return shape
    if not field.trim_whitespace:
        return shape
    if isinstance(field, serializers.RegexField | serializers.SlugField):
        return shape
    if not _is_text(shape) or _PLAIN & shape.keys():
        return shape
    return {**shape, "minLength": max(1, shape.get("minLength", 0)), "pattern": _SAID}


def _is_text(shape: Schema) -> bool:
    kinds = shape.get("type")
    return kinds == "string" or (isinstance(kinds, list) and "string" in kinds)


def _shapes(value: Any) -> Iterator[Schema]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _shapes(item)


def _allow_null_once(shape: Schema) -> None:
    """Anything, null too, is `{}`: in `oneOf`, null would be valid twice, which is invalid."""
    if shape.get("oneOf") == [{}, _NULL]:
        del shape["oneOf"]


def _forget_impossible_default(shape: Schema) -> None:
    """What is taken for a text that was left out need not be one that can be sent, as a default has
    to be."""
    if shape.get("default") == "" and ("minLength" in shape or _PLAIN & shape.keys() - {"enum"}):
        del shape["default"]


def _allow_fewer_fields(operation: Schema, shapes: Schema) -> None:
    """In a list's rows, to which its parameter `fields` applies."""
    media = next(iter(operation["responses"]["200"]["content"].values()))
    rows = shapes[media["schema"]["$ref"].rpartition("/")[2]]["properties"]["results"]
    if "$ref" not in rows["items"]:
        return
    told = shapes[rows["items"]["$ref"].rpartition("/")[2]]
    fewer = {name: value for name, value in told.items() if name != "required"}
    rows["items"] = {"anyOf": [rows["items"], {**fewer, CHOSEN: True}]}
