"""The client's types are those of the API as it is."""

import importlib.util
from io import StringIO
from pathlib import Path

from django.core.management import call_command

_SCRIPT = Path(__file__).parents[2] / "scripts" / "client_models.py"


def test_what_is_checked_in_is_what_the_api_says() -> None:
    spec = importlib.util.spec_from_file_location("client_models", _SCRIPT)
    assert spec is not None and spec.loader is not None  # noqa: PT018 -- both are of a file
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    document = StringIO()
    call_command("spectacular", "--format", "openapi-json", stdout=document)
    current = script.models_of(document.getvalue()) == script.MODELS.read_text()
    assert current, "run `make client-models` and commit what it writes"
