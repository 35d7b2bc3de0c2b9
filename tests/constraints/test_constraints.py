"""What the database refuses, no matter who asks; it covers every constraint."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from pytest_django import DjangoDbBlocker

from tests.constraints.violations import KEYS, VIOLATIONS
from tests.constraints.world import Violation, World, make_world
from tests.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]

APPS = ("annotation", "modelops")

# All that restricts rows of a table, but for what Django makes of the fields alone: its names begin
# with the table's.
_CATALOGUE = """
SELECT conname FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
WHERE relname ~ '^(annotation|modelops)_' AND conname !~ '^(annotation|modelops)_'
UNION
SELECT own.relname FROM pg_index JOIN pg_class AS own ON own.oid = indexrelid
JOIN pg_class ON pg_class.oid = indrelid
WHERE indisunique AND pg_class.relname ~ '^(annotation|modelops)_'
    AND own.relname !~ '^(annotation|modelops)_'
UNION
SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
WHERE NOT tgisinternal AND relname ~ '^(annotation|modelops)_'
"""


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Made once, since no test changes it: what a test writes is refused."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world(make_user("owner"))
        transaction.set_rollback(True)


def refused_by(violation: Violation, world: World) -> str | None:
    """The constraint that PostgreSQL names, also one that it looks at only when it commits."""
    try:
        with transaction.atomic():
            violation.write(world)
            connection.check_constraints()
    except IntegrityError as error:
        cause: Any = error.__cause__  # psycopg's own
        return str(cause.diag.constraint_name)
    return None


@pytest.mark.parametrize("violation", VIOLATIONS, ids=lambda item: item.constraint)
def test_the_database_refuses(violation: Violation, world: World) -> None:
    assert refused_by(violation, world) == violation.constraint


def test_every_constraint_of_the_database_has_a_row_that_breaks_it() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_CATALOGUE)
        names = {name for (name,) in cursor.fetchall()}
    assert names == {violation.constraint for violation in VIOLATIONS} | KEYS


def test_every_constraint_of_a_model_is_in_the_database() -> None:
    declared = {
        constraint.name
        for app in APPS
        for model in apps.get_app_config(app).get_models()
        for constraint in model._meta.constraints
    }
    with connection.cursor() as cursor:
        cursor.execute(_CATALOGUE)
        assert declared <= {name for (name,) in cursor.fetchall()}
