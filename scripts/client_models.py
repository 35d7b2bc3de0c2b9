"""Write the client's types from the API's OpenAPI document: `make client-models`.

    manage.py spectacular --format openapi-json | scripts/client_models.py

tests/client/test_models.py fails if what is checked in is not what this writes.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from datamodel_code_generator import InputFileType, LiteralType, PythonVersion
from datamodel_code_generator import generate as types_of
from datamodel_code_generator.enums import DataModelType
from datamodel_code_generator.format import Formatter

ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT / "client/src/mint_client/models.py"
_HEADER = '"""What the API sends and takes. Written by `make client-models`; do not edit."""'

#: What a type cannot say. For each text with a limit the generator would make a type, whose name
#: may be that of a schema.
_LIMITS = ("maxLength", "minLength", "pattern", "maximum", "minimum")
#: Marks what is told of a row of which fewer fields are asked for (workbench.core.api_shapes).
_CHOSEN = "x-chosen-fields"


def main() -> None:
    MODELS.write_text(models_of(sys.stdin.read()))


def models_of(document: str) -> str:
    """A module of typed dictionaries, one for each schema of the OpenAPI document (JSON)."""
    module = types_of(
        json.dumps(_without_limits(json.loads(document))),
        input_file_type=InputFileType.OpenAPI,
        output_model_type=DataModelType.TypingTypedDict,
        target_python_version=PythonVersion.PY_311,
        enum_field_as_literal=LiteralType.All,
        use_standard_collections=True,
        use_union_operator=True,
        use_schema_description=True,
        formatters=[Formatter.BUILTIN],
        custom_file_header=_HEADER,
    )
    return _formatted(str(module))


def _without_limits(schema: Any) -> Any:
    """Properties of such a name stay: their values are schemas."""
    if isinstance(schema, list):
        # They have no type of their own.
        kept = [item for item in schema if not (isinstance(item, dict) and _CHOSEN in item)]
        return [_without_limits(item) for item in kept]
    if not isinstance(schema, dict):
        return schema
    return {
        name: _without_limits(value)
        for name, value in schema.items()
        if name not in _LIMITS or isinstance(value, dict)
    }


def _formatted(module: str) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(MODELS), "-"]
    done = subprocess.run(command, input=module, capture_output=True, text=True, check=True)
    return done.stdout


if __name__ == "__main__":
    main()
