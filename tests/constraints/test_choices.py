"""An enumeration is defined once: the database allows what a field offers, and nothing else."""

import pkgutil
import sys
from enum import Enum, StrEnum
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db.models import CharField, CheckConstraint, Field, Model, Q

import annotation.protocol

MODELS = [
    model for app in ("annotation", "modelops") for model in apps.get_app_config(app).get_models()
]
FIELDS = [
    pytest.param(model, field, id=f"{model.__name__}.{field.name}")
    for model in MODELS
    for field in model._meta.local_fields
    if isinstance(field, CharField) and field.choices
]


def protocol_enumerations() -> dict[str, type[StrEnum]]:
    names = [module.name for module in pkgutil.iter_modules(annotation.protocol.__path__)]
    modules = [import_module(f"annotation.protocol.{name}") for name in names]
    return {item.__name__: item for module in modules for item in enumerations_of(module)}


def enumerations_of(module: Any) -> list[Any]:
    """Those that `module` defines, not those that it only uses."""
    return [
        item
        for item in vars(module).values()
        if isinstance(item, type) and issubclass(item, Enum) and item.__module__ == module.__name__
    ]


def allowed(model: type[Model], field: str) -> list[list[str]]:
    """The lists to which the constraints of `model` confine `field`."""
    conditions = [
        condition
        for constraint in model._meta.constraints
        if isinstance(constraint, CheckConstraint) and isinstance(constraint.condition, Q)
        for condition in constraint.condition.children
        if isinstance(condition, tuple)
    ]
    return [list(values) for name, values in conditions if name == f"{field}__in"]


@pytest.mark.parametrize(("model", "field"), FIELDS)
def test_the_database_allows_a_fields_choices_and_nothing_else(
    model: type[Model], field: "Field[Any, Any]"
) -> None:
    offered = [value for value, _label in field.flatchoices]
    if field.blank and "" not in offered:
        offered.insert(0, "")
    assert [sorted(values) for values in allowed(model, field.name)] == [sorted(offered)]


def test_the_enumerations_of_the_protocol_are_those_of_the_models() -> None:
    known = protocol_enumerations()
    assert {"Draw", "ImageSize", "Role", "SessionState", "Split"} <= set(known)
    for model in MODELS:
        for name, item in vars(model).items():
            if isinstance(item, type) and issubclass(item, Enum):
                same = known.get(name) or known.get(item.__name__)
                assert same in (None, item), f"{model.__name__}.{name} stands twice"


def test_no_two_enumerations_have_the_same_words() -> None:
    modules = {sys.modules[model.__module__] for model in MODELS}
    found = [
        *protocol_enumerations().values(),
        *(item for module in modules for item in enumerations_of(module)),
    ]
    words = [frozenset(str(member.value) for member in item) for item in found]
    assert len(set(words)) == len(words)
