"""Examples for the API's documentation, made from its schema: none can contradict it.

A value of `_KNOWN` stands for a field of that name; the others follow from type and limits.
"""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

_JSON = "application/json"
_FORM = "multipart/form-data"
_KNOWN: dict[str, Any] = {
    "slug": "portraits",
    "title": "Portraits of 2026",
    "code": "7KXW3M4TQP",
    "rater": "7KXW3M4TQP",
    "prompt": "a red bicycle in the rain",
    "filename": "0001.png",
    "generator": "sdxl-1.0",
    "perspective": "quality",
    "key": "quality",
    "name": "first-release",
    "label": "Quality",
    "question": "How good does the image look?",
    "consent": "I agree to take part.",
    "instructions": "Look at each image, then score it.",
    "detail": "What was wrong, and how to fix it.",
    "reason": "The rater asked for it.",
    "link": "https://workbench.example/rate/7KXW3M4TQP.1.signature/",
    "next": "https://workbench.example/api/v1/…?cursor=W1sxMDBdLGZhbHNlXQ",
    "previous": None,
    "count": 1,
    "constants": '{"generator": "sdxl-1.0"}',
    "content_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}
_FORMATS = {
    "date-time": "2026-11-28T18:53:00Z",
    "date": "2026-11-28",
    "uri": "https://workbench.example/",
    "email": "ann@lab.example",
    "uuid": "69de90f2-24df-445f-94d4-aebf51a10c4f",
    "binary": "(the file)",
}


def add_examples(result: Schema, **_rest: Any) -> Schema:
    """A postprocessing hook of drf-spectacular: each JSON body, and each form, without an example
    gets one."""
    shapes = result.get("components", {}).get("schemas", {})
    for operation in operations(result):
        bodies = operation.get("requestBody", {}).get("content", {})
        asked, form = bodies.get(_JSON), bodies.get(_FORM)
        told = [
            answer["content"][_JSON]
            for status, answer in operation["responses"].items()
            if status.startswith("2") and _JSON in answer.get("content", {})
        ]
        if asked and not _given(asked):
            asked["example"] = example_of(asked["schema"], shapes, hidden="readOnly")
        if form and not _given(form):
            form["example"] = _form_of(form["schema"], shapes)
        for media in told:
            if not _given(media):
                media["example"] = example_of(media["schema"], shapes, hidden="writeOnly")
    return result


def operations(schema: Schema) -> Iterator[Schema]:
    for methods in schema["paths"].values():
        for name, operation in methods.items():
            if name in ("get", "post", "put", "patch", "delete"):
                yield operation


def example_of(schema: Schema, shapes: Schema, name: str = "", *, hidden: str = "") -> Any:
    """A value that `schema` allows. `shapes`: what `$ref` refers to. `hidden`: the mark of
    properties that are left out."""
    for several in ("allOf", "oneOf", "anyOf"):
        if several in schema:
            schema = schema[several][0]
    if "$ref" in schema:
        schema = shapes[schema["$ref"].rpartition("/")[2]]
        return example_of(schema, shapes, name, hidden=hidden)
    if schema.get("default") or "enum" in schema:
        return schema.get("default") or schema["enum"][0]
    if _kind(schema) == "array":
        item = example_of(schema["items"], shapes, name.removesuffix("s"), hidden=hidden)
        return [item] * max(schema.get("minItems", 1), 1)
    if "properties" in schema:
        return {
            key: example_of(value, shapes, key, hidden=hidden)
            for key, value in schema["properties"].items()
            if not value.get(hidden)
        }
    return _plain(schema, shapes, name)


def _form_of(schema: Schema, shapes: Schema) -> Schema:
    """What nobody needs to fill in is left out: its fields are often instead of each other."""
    whole = shapes[schema["$ref"].rpartition("/")[2]]
    filled: Schema = example_of(whole, shapes, hidden="readOnly")
    return {name: value for name, value in filled.items() if not _optional(whole, name)}


def _optional(schema: Schema, name: str) -> bool:
    return "default" in schema["properties"][name] and name not in schema.get("required", ())


def _given(media: Schema) -> bool:
    return "example" in media or "examples" in media


def _plain(schema: Schema, shapes: Schema, name: str) -> Any:
    kind = _kind(schema)
    if kind == "string":
        return _text(schema, name)
    if kind in ("integer", "number"):
        return _number(schema, name, whole=kind == "integer")
    if kind == "boolean":
        return True
    # An object of anything, with keys of the study's own.
    inner = schema.get("additionalProperties")
    return {"quality": example_of(inner, shapes)} if isinstance(inner, dict) and inner else {}


def _is_null(schema: Schema) -> bool:
    """Whether it may be null: one type among several."""
    return isinstance(schema.get("type"), list)


def _kind(schema: Schema) -> str | None:
    kinds = schema.get("type")
    return (
        next((item for item in kinds or () if item != "null"), None) if _is_null(schema) else kinds
    )


def _text(schema: Schema, name: str) -> str | None:
    known = _KNOWN.get(name, "text")
    if known is None and _is_null(schema):
        return None
    text = _FORMATS.get(schema.get("format", ""), known if isinstance(known, str) else "text")
    return text[: schema.get("maxLength")]


def _number(schema: Schema, name: str, *, whole: bool) -> Any:
    known = _KNOWN.get(name)
    value = known if isinstance(known, int) else 1 if whole else 0.5
    return max(schema.get("minimum", value), min(value, schema.get("maximum", value)))
