"""Migrations: of a database with data, back and forth; and what they hold up while people rate."""

import importlib
import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django_migration_linter.sql_analyser.postgresql import PostgresqlAnalyser

from tests.constraints.world import make_world
from workbench.accounts.models import User

#: Those whose migrations are ours.
APPS = ("accounts", "annotation", "modelops", "workbench")
FIRST = "0001_initial"
_COLUMNS = """
SELECT table_name, array_agg(column_name::text ORDER BY column_name)
FROM information_schema.columns WHERE table_schema = current_schema()
GROUP BY table_name HAVING table_name <> 'django_migrations'
"""
#: That are checked against all rows while nobody may write: a table made in the same migration has
#: none. `NOT VALID` and a later `VALIDATE` hold nobody up.
_CHECKED = re.compile(
    r'ALTER TABLE "(?P<table>\w+)" ADD (?:COLUMN .* )?CONSTRAINT .*(?:CHECK|FOREIGN KEY|EXCLUDE)'
)


def later_migrations() -> list[Migration]:
    loader = MigrationLoader(connection)
    return [
        migration
        for (app, name), migration in sorted(loader.disk_migrations.items())
        if app in APPS and name != FIRST
    ]


def rows(columns: dict[str, list[str]]) -> dict[str, list[str]]:
    found = {}
    with connection.cursor() as cursor:
        for table, names in columns.items():
            listed = ", ".join(f'"{name}"' for name in names)
            cursor.execute(f'SELECT row({listed})::text FROM "{table}" ORDER BY 1')
            found[table] = [row for (row,) in cursor.fetchall()]
    return found


def columns() -> dict[str, list[str]]:
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS)
        return dict(cursor.fetchall())


@pytest.fixture
def migrated_in_the_end() -> Iterator[None]:
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("migrated_in_the_end")
def test_a_database_of_the_first_release_goes_to_the_latest_and_back_with_every_row(
    owner: User,
) -> None:
    with transaction.atomic():
        make_world(owner)
    first = [(app, FIRST) for app in APPS]
    MigrationExecutor(connection).migrate(first)
    then, before = columns(), rows(columns())
    empty = [
        model._meta.db_table
        for app in ("annotation", "modelops")
        for model in apps.get_app_config(app).get_models()
        if before.get(model._meta.db_table) == []
    ]
    assert set(empty) <= {"annotation_rateridentity"}

    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
    latest = columns()
    kept = {
        table: [name for name in names if name in latest[table]] for table, names in then.items()
    }
    assert kept == then, "a column went: say here where its values are now"
    assert rows(then) == before

    MigrationExecutor(connection).migrate(first)
    assert columns() == then
    assert rows(then) == before


def held_up(statements: list[str]) -> list[str]:
    """What keeps others from reading or writing for longer than a moment, or breaks the code that
    still runs meanwhile."""
    analyser = PostgresqlAnalyser(exclude_migration_tests=[])
    analyser.analyse(statements)
    found = [issue.message for issue in (*analyser.errors, *analyser.warnings)]
    made = {table for text in statements for table in re.findall(r'^CREATE TABLE "(\w+)"', text)}
    for text in statements:
        checked = _CHECKED.match(text)
        if checked and checked["table"] not in made and "NOT VALID" not in text:
            found.append(f"ADD CONSTRAINT checks all rows of {checked['table']}")
    return found


# Some are not run in a transaction, such as CREATE INDEX CONCURRENTLY.
@pytest.mark.django_db(transaction=True)
def test_a_migration_holds_nobody_up_without_saying_why_that_is_fine() -> None:
    """`BLOCKS = "why"` in its file: the table has few rows, for example."""
    loader = MigrationLoader(connection)
    for migration in later_migrations():
        module = importlib.import_module(migration.__module__)
        key = (migration.app_label, migration.name)
        issues = held_up(loader.collect_sql([(loader.graph.nodes[key], False)]))
        assert not issues or hasattr(module, "BLOCKS"), (migration, issues)


@pytest.mark.django_db
def test_every_migration_can_be_taken_back() -> None:
    for migration in later_migrations():
        irreversible = [item for item in migration.operations if not item.reversible]
        assert not irreversible, (migration, irreversible)


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ('CREATE INDEX "i" ON "annotation_trial" ("state");', "CREATE INDEX locks table"),
        ('CREATE INDEX CONCURRENTLY "i" ON "annotation_trial" ("state");', None),
        ('ALTER TABLE "annotation_trial" ADD COLUMN "n" integer DEFAULT 0 NOT NULL;', None),
        ('ALTER TABLE "annotation_trial" ADD COLUMN "n" integer NULL;', None),
        ('ALTER TABLE "annotation_trial" ALTER COLUMN "n" SET NOT NULL;', "NOT NULL constraint"),
        ('ALTER TABLE "annotation_trial" ALTER COLUMN "n" TYPE bigint;', "ALTERING columns"),
        ('ALTER TABLE "annotation_trial" ADD CONSTRAINT "c" CHECK ("n" > 0);', "ADD CONSTRAINT"),
        ('ALTER TABLE "annotation_trial" ADD CONSTRAINT "c" CHECK ("n" > 0) NOT VALID;', None),
        ('ALTER TABLE "annotation_trial" ADD CONSTRAINT "c" UNIQUE ("n");', "ADDING unique"),
    ],
)
def test_what_holds_others_up(statement: str, found: str | None) -> None:
    issues = held_up(["BEGIN;", statement, "COMMIT;"])
    assert [issue for issue in issues if found and issue.startswith(found)] if found else not issues
