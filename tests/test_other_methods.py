"""Access rights by the methods that the table of routes does not name."""

import pytest
from django.urls import resolve, reverse

from tests.test_permissions_table import (
    FORBIDDEN,
    LOGIN,
    MISSING,
    TABLE,
    World,
    status_of,
    world,
)
from workbench.accounts.models import User

__all__ = ["world"]

pytestmark = pytest.mark.django_db(transaction=True)
#: What the console's views are asked with; those of the API have what their class has.
METHODS = ("get", "post")


def test_those_who_may_not_are_refused_by_every_method(world: World, outsider: User) -> None:
    refused = {"outsider": {MISSING, 401, 405}, "anonymous": {LOGIN, 401, 405}}
    found = [
        (visitor, method, route, status)
        for route, (_method, _names, (*_others, stranger, _anonymous)) in TABLE.items()
        if stranger in (MISSING, 401)
        for method in other_methods(world, route)
        for visitor, account in (("outsider", outsider), ("anonymous", None))
        if (status := status_of(route, world, account, method)) not in refused[visitor]
        and status != stranger
    ]
    assert found == []


def test_a_viewer_changes_nothing_by_any_method(world: World) -> None:
    viewer = world.colleague.user
    found = [
        (method, route, status)
        for route, (_method, names, _expected) in TABLE.items()
        if "slug" in names
        for method in other_methods(world, route)
        if method != "get"
        and (status := status_of(route, world, viewer, method)) not in (FORBIDDEN, 405)
    ]
    assert found == []


def other_methods(world: World, route: str) -> list[str]:
    """That the route may have, apart from the table's."""
    told, names, _expected = TABLE[route]
    address = reverse(route, args=[world.argument(name) for name in names])
    view = getattr(resolve(address).func, "cls", None)
    has = METHODS if view is None else [one for one in view.http_method_names if hasattr(view, one)]
    return [one for one in has if one not in (told, "head", "options")]
