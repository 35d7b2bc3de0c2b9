"""Constraints of our own: what the code assumes, the database enforces (docs/decisions/022)."""

import math
from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import BaseConstraint, CheckConstraint, Model, Q


def one_of(table: str, field: str, values: Iterable[str]) -> CheckConstraint:
    """`field` holds one of `values`, also for writes that bypass the models."""
    return CheckConstraint(
        condition=Q(**{f"{field}__in": [str(value) for value in values]}),
        name=f"{table}_{field}_valid",
    )


def finite(field: str) -> Q:
    """A number, and neither infinite nor NaN: PostgreSQL sorts NaN above infinity."""
    return Q(**{f"{field}__gt": -math.inf, f"{field}__lt": math.inf})


def finite_from_0(field: str) -> Q:
    """A number of at least 0, and neither infinite nor NaN."""
    return Q(**{f"{field}__gte": 0, f"{field}__lt": math.inf})


def unknown_or(check: Callable[[str], Q], field: str) -> Q:
    """`field` is null, or what `check` says of it."""
    return Q(**{field: None}) | check(field)


# What a trigger of `Unchanging` runs. Its arguments: what a row is called, then column, table and
# key of each foreign key that may become null. BEFORE refuses every other change; AFTER, at the end
# of the transaction, that a foreign key is null while what it pointed to is still there.
REFUSE_CHANGE = """
CREATE FUNCTION annotation_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before jsonb := to_jsonb(OLD);
    after jsonb;
    stays boolean;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        after := to_jsonb(NEW);
        FOR place IN 1 .. TG_NARGS - 1 BY 3 LOOP
            CONTINUE WHEN before ->> TG_ARGV[place] IS NULL OR after ->> TG_ARGV[place] IS NOT NULL;
            IF TG_WHEN = 'AFTER' THEN
                EXECUTE format(
                    'SELECT EXISTS (SELECT FROM %I WHERE %I = %L)',
                    TG_ARGV[place + 1], TG_ARGV[place + 2], before ->> TG_ARGV[place]
                ) INTO stays;
                CONTINUE WHEN stays;
            END IF;
            before := before - TG_ARGV[place];
            after := after - TG_ARGV[place];
        END LOOP;
        IF before = after THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% is immutable; write another one', TG_ARGV[0]
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
END $$;
"""


class _DatabaseConstraint(BaseConstraint):
    """A constraint that only the database checks; forms and `full_clean` ignore it."""

    def create_sql(self, model: type[Model] | None, schema_editor: Any) -> Any:
        return self._created(_known(model), schema_editor)

    def remove_sql(self, model: type[Model] | None, schema_editor: Any) -> Any:
        return self._removed(_known(model), schema_editor)

    @abstractmethod
    def _created(self, model: type[Model], schema_editor: Any) -> str:
        """The SQL that adds it to the model's table."""

    @abstractmethod
    def _removed(self, model: type[Model], schema_editor: Any) -> str:
        """The SQL that takes it away again."""

    def constraint_sql(
        self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> Any:
        # If its table is being created: afterwards, since it may refer to other tables.
        assert schema_editor is not None  # noqa: S101 -- only loosely typed
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))

    def validate(self, *_args: Any, **_kwargs: Any) -> None:
        return

    def __eq__(self, other: object) -> bool:
        if isinstance(other, _DatabaseConstraint):
            return self.deconstruct() == other.deconstruct()
        return NotImplemented

    __hash__ = BaseConstraint.__hash__


class SharedForeignKey(_DatabaseConstraint):
    """The row that `field` points to has the same `shared` as this row, or is this row's `shared`.

    A foreign key of both columns together. It replaces the simple one (`field` has
    `db_constraint=False`), so it adds no check. The other table needs a unique constraint of
    its primary key and `shared`.
    """

    def __init__(self, *, field: str, shared: str, name: str) -> None:
        super().__init__(name=name)
        self.field = field
        self.shared = shared

    def _created(self, model: type[Model], schema_editor: Any) -> str:
        quote = schema_editor.quote_name
        field: Any = model._meta.get_field(self.field)
        other: type[Model] = field.remote_field.model
        here = (field.column, _column(model, self.shared))
        there = (field.target_field.column, _column(other, self.shared))
        return (
            f"ALTER TABLE {quote(model._meta.db_table)} ADD CONSTRAINT {quote(self.name)} "
            f"FOREIGN KEY ({', '.join(map(quote, here))}) "
            f"REFERENCES {quote(other._meta.db_table)} ({', '.join(map(quote, there))}) "
            "DEFERRABLE INITIALLY DEFERRED"
        )

    def _removed(self, model: type[Model], schema_editor: Any) -> str:
        quote = schema_editor.quote_name
        return f"ALTER TABLE {quote(model._meta.db_table)} DROP CONSTRAINT {quote(self.name)}"

    def deconstruct(self) -> Any:
        path, args, kwargs = super().deconstruct()
        return path, args, {**kwargs, "field": self.field, "shared": self.shared}


def same_study(table: str, *fields: str) -> list[SharedForeignKey]:
    """The rows that `fields` point to are of the study that this row is of."""
    return [
        SharedForeignKey(field=field, shared="study", name=f"{table}_{field}_same_study")
        for field in fields
    ]


class Unchanging(_DatabaseConstraint):
    """A row stays as it was written: triggers refuse an UPDATE and, unless `deletable`, a DELETE.

    With `when`, an SQL condition on OLD, only rows that meet it stay. A foreign key of `forgets`
    may become null, in the transaction that deletes what it pointed to.
    `what` is how the message calls a row. TRUNCATE, which only the table's owner may, is let
    through: tests empty their tables with it. The function is `REFUSE_CHANGE`, which the first
    migration of annotation creates.
    """

    def __init__(
        self,
        *,
        what: str,
        name: str,
        deletable: bool = False,
        forgets: Sequence[str] = (),
        when: str = "",
    ) -> None:
        super().__init__(name=name)
        self.what = what
        self.deletable = deletable
        self.forgets = tuple(forgets)
        self.when = when

    def _created(self, model: type[Model], schema_editor: Any) -> str:
        quote = schema_editor.quote_name
        table = quote(model._meta.db_table)
        condition = f"WHEN ({self.when}) " if self.when else ""
        arguments = self._arguments(model, schema_editor)
        call = f"{condition}EXECUTE FUNCTION annotation_refuse_change({arguments})"
        acts = "UPDATE" if self.deletable else "UPDATE OR DELETE"
        statements = [
            f"CREATE TRIGGER {quote(self.name)} BEFORE {acts} ON {table} FOR EACH ROW {call}"
        ]
        if self.forgets:
            # Whether what was forgotten is really gone shows at the end of the transaction.
            statements.append(
                f"CREATE CONSTRAINT TRIGGER {quote(self._later)} AFTER UPDATE ON {table} "
                f"DEFERRABLE INITIALLY DEFERRED FOR EACH ROW {call}"
            )
        return "; ".join(statements)

    def _removed(self, model: type[Model], schema_editor: Any) -> str:
        quote = schema_editor.quote_name
        names = [self.name, *([self._later] if self.forgets else [])]
        table = quote(model._meta.db_table)
        return "; ".join(f"DROP TRIGGER {quote(name)} ON {table}" for name in names)

    def deconstruct(self) -> Any:
        path, args, kwargs = super().deconstruct()
        own = {"what": self.what, "deletable": self.deletable, "forgets": self.forgets}
        if self.when:
            own["when"] = self.when
        return path, args, {**kwargs, **own}

    @property
    def _later(self) -> str:
        return f"{self.name}_later"

    def _arguments(self, model: type[Model], schema_editor: Any) -> str:
        """What a row is called, then column, table and key of each that may be forgotten."""
        values = [self.what]
        for name in self.forgets:
            field: Any = model._meta.get_field(name)
            target = field.target_field
            values += [field.column, target.model._meta.db_table, target.column]
        return ", ".join(schema_editor.quote_value(value) for value in values)


class BelongingFixed(_DatabaseConstraint):
    """The rows of an owner, which `owner` points to, are whole: none is added to them and none is
    deleted, as long as the owner meets `when`, an SQL condition on OWNER.

    An INSERT is refused at once: rows are written before the owner is (their foreign key is checked
    at the end of the transaction). A DELETE is refused at the end of the transaction, and only if
    the owner is still there: what deletes an owner deletes its rows first. `what` is how the
    message calls the rows.
    """

    _TRIGGERS = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM FROM {owners} AS owner WHERE ({when})
            AND owner.{key} IN (SELECT {column} FROM added);
    ELSE
        PERFORM FROM {owners} AS owner WHERE ({when}) AND owner.{key} = OLD.{column};
    END IF;
    IF FOUND THEN
        RAISE EXCEPTION USING MESSAGE = {message},
            ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER {name} AFTER INSERT ON {table} REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION {name}();
CREATE CONSTRAINT TRIGGER {later} AFTER DELETE ON {table}
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {name}()
"""

    def __init__(self, *, what: str, owner: str, when: str, name: str) -> None:
        super().__init__(name=name)
        self.what = what
        self.owner = owner
        self.when = when

    def _created(self, model: type[Model], schema_editor: Any) -> str:
        quote = schema_editor.quote_name
        field: Any = model._meta.get_field(self.owner)
        message = f"{self.what} are neither added nor deleted; write another one"
        return self._TRIGGERS.format(
            name=quote(self.name),
            later=quote(f"{self.name}_later"),
            table=quote(model._meta.db_table),
            column=quote(field.column),
            owners=quote(field.target_field.model._meta.db_table),
            key=quote(field.target_field.column),
            when=self.when,
            message=schema_editor.quote_value(message),
        )

    def _removed(self, model: type[Model], schema_editor: Any) -> str:
        return f"DROP FUNCTION {schema_editor.quote_name(self.name)}() CASCADE"

    def deconstruct(self) -> Any:
        path, args, kwargs = super().deconstruct()
        return path, args, {**kwargs, "what": self.what, "owner": self.owner, "when": self.when}


def _known(model: type[Model] | None) -> type[Model]:
    assert model is not None  # noqa: S101 -- only loosely typed
    return model


def _column(model: type[Model], name: str) -> str:
    column: str | None = model._meta.get_field(name).column  # type: ignore[union-attr] # a field
    return str(column)
