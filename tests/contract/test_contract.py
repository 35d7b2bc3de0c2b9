"""The API holds what its OpenAPI document says: schemathesis finds nothing (docs/decisions/047).

`make fuzz` runs the same with a fresh seed, all phases and more requests.
"""

import os
import random
import sys
from collections.abc import Iterator

import pytest

from modelops.models import ModelVersion
from tests.conftest import Sent
from tests.contract.fuzzing import Found, fuzz
from tests.contract.world import World, make_world, rating_token_of, token_of
from tests.modelops.conftest import labelled, scored, small_model_settings, train, weights
from workbench.accounts.models import User

__all__ = ["labelled", "scored", "small_model_settings", "train", "weights"]

DEEP = bool(os.environ.get("FUZZ"))
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.timeout(7200 if DEEP else 1200),
]
SEED = int(os.environ.get("FUZZ_SEED") or (random.SystemRandom().getrandbits(32) if DEEP else 15))
#: Requests of each operation, beside those of the phase that looks at every limit of the schema.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES") or (40 if DEEP else 20))
#: How often a parameter of a path is one that the world has; else it is any of its type.
KNOWN = 0.85
#: Operations of each visitor.
PATHS = {
    "rater": "^/api/v1/rating/",
    "administrator": "^/api/v1/people/",
    "owner": "^/api/v1/(stud|dataset)",
}


@pytest.fixture
def world(scored: ModelVersion, sent: Sent, monkeypatch: pytest.MonkeyPatch) -> World:
    """Without limits of how often; they have tests of their own."""
    endless = dict.fromkeys(("export", "import", "training"), sys.maxsize)
    monkeypatch.setattr("workbench.accounts.limits.PER_HOUR", endless)
    monkeypatch.setattr("modelops.explaining.api.AssessThrottle.rate", "1000000/min")
    return make_world(scored)


def test_requests_by_the_schema_are_answered_by_the_schema(
    world: World, owner: User, administrator: User
) -> None:
    """As a rater, as an administrator of accounts, and as a study's owner, who changes most."""
    tokens = {
        "rater": rating_token_of(world.rater),
        "administrator": token_of(administrator),
        "owner": token_of(owner),
    }
    sys.stdout.write(f"FUZZ_SEED={SEED} repeats this run\n")
    found = [(who, run) for who, token in tokens.items() for run in runs(world, who, token)]
    told = "\n\n".join(
        f"{who}: {' · '.join(place)}\n{how}"
        for who, run in found
        for place, how in run.failures.items()
    )
    assert not told, f"seed {SEED}\n{told}"
    # Nothing is found where nothing is asked, or where all is refused.
    assert sum(run.cases for _who, run in found) >= 3000
    assert all(run.statuses[200] > run.cases / 20 for _who, run in found)


def runs(world: World, who: str, token: str) -> Iterator[Found]:
    """Of one visitor."""
    shared = {
        "seed": SEED,
        "headers": {"Authorization": token},
        "continue-on-failure": True,
        # What is told of a failure has to be enough to see it again.
        "output": {"sanitization": {"enabled": False}},
        "generation": {"max-examples": EXAMPLES, "no-shrink": True},
    }
    elsewhere = {"include-path-regex": f"^(?!{PATHS[who].removeprefix('^')})", "enabled": False}
    # Limits of an owner's schemas are six thousand requests: `make fuzz`.
    if DEEP or who != "owner":
        yield fuzz({**shared, **at_known(world, elsewhere), "phases": phases("coverage")})
    more = ("examples", "stateful") if DEEP else ()
    yield fuzz({**shared, **mostly_known(world, elsewhere), "phases": phases("fuzzing", *more)})


def phases(*wanted: str) -> dict[str, dict[str, bool]]:
    every = ("examples", "coverage", "fuzzing", "stateful")
    return {name: {"enabled": name in wanted} for name in every}


def at_known(world: World, *operations: dict[str, object]) -> dict[str, object]:
    """Paths of rows that there are."""
    by_id = [
        {"include-path-regex": f"/{name}/{{id}}", "parameters": {"path.id": pk}}
        for name, pk in world.ids.items()
    ]
    first = {f"path.{name}": values[0] for name, values in world.known.items()}
    return {"parameters": first, "operations": [*operations, *by_id]}


def mostly_known(world: World, *operations: dict[str, object]) -> dict[str, object]:
    """Paths of rows that there are, and some others."""
    names = {name: name.replace("/", "-") for name in world.ids}
    values = {**world.known, **{names[name]: [pk] for name, pk in world.ids.items()}}
    by_id = [
        {"include-path-regex": f"/{name}/{{id}}", "parameters": {"path.id": drawn(names[name])}}
        for name in world.ids
    ]
    return {
        "dictionaries": {name: {"values": found} for name, found in values.items()},
        "parameters": {f"path.{name}": drawn(name) for name in world.known},
        "operations": [*operations, *by_id],
    }


def drawn(name: str) -> dict[str, object]:
    return {"dictionary": name, "probability": KNOWN}
