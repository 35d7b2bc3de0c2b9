"""JSON's own types: a number is no text, and a text is no number.

The REST framework was made for forms, where all is text, and reads `0` as "0", "1" as 1 and "yes"
as true. The API's schema promises types.
"""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

#: Fields, subclasses before what they derive from → Python's types of the JSON that they take.
_TYPES: tuple[tuple[type[serializers.Field[Any, Any, Any, Any]], tuple[type, ...]], ...] = (
    (serializers.BooleanField, (bool,)),
    (serializers.IntegerField, (int, float)),
    (serializers.FloatField, (int, float)),
    (serializers.CharField, (str,)),
    (serializers.DateTimeField, (str,)),
    (serializers.DateField, (str,)),
    (serializers.UUIDField, (str,)),
)


def wrong_type(field: Any, value: Any) -> str | None:
    """What is wrong with `value`, as JSON gives it, for `field`; None: nothing. Its type, or the
    length of a text, which the field itself looks at only without the spaces around it.

    Numbers without a fraction are whole, however they are written (JSON Schema, section 6.1.1).
    """
    if value is None:
        return None  # Whether it may be is the field's own rule.
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        return _first(field.child, value)
    if isinstance(field, serializers.DictField) and isinstance(value, Mapping):
        return _first(field.child, value.values())
    if isinstance(field, serializers.ChoiceField):
        return _wrong_choice(field, value)
    types = next((types for kind, types in _TYPES if isinstance(field, kind)), None)
    if types is None or _is_one(value, types):
        return _too_long(field, value)
    # What times say is wrong is the text, where there is none.
    of = serializers.CharField.default_error_messages if types == (str,) else field.error_messages
    return str(of["invalid"])


def _is_one(value: Any, types: tuple[type, ...]) -> bool:
    # In Python, but not in JSON, true and false are whole numbers.
    return isinstance(value, types) and (isinstance(value, bool) == (types == (bool,)))


def _too_long(field: Any, value: Any) -> str | None:
    most = getattr(field, "max_length", None)
    if not isinstance(value, str) or most is None or len(value) <= most:
        return None
    return str(field.error_messages["max_length"]).format(max_length=most)


def _wrong_choice(field: Any, value: Any) -> str | None:
    """Of choices that are texts; others, and those of several, tell values apart themselves."""
    several = isinstance(field, serializers.MultipleChoiceField)
    texts = all(isinstance(key, str) for key in field.choices)
    if several or isinstance(value, str) or not texts:
        return None
    return str(field.error_messages["invalid_choice"]).format(input=value)


def _first(child: Any, values: Any) -> str | None:
    return next((told for item in values if (told := wrong_type(child, item))), None)
