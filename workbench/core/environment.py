"""Settings from the environment: NAME, or NAME_FILE, the path of a file with the value.

Does not use Django: the programs that start the workbench read the same names.
"""

import os
from collections.abc import Mapping

from environ import FileAwareEnv
from environ.fileaware_mapping import FileAwareMapping

from .errors import MintError


class EnvironmentFileError(MintError):
    """NAME_FILE names a file that cannot be read."""

    code = "environment-file"


class _Values(FileAwareMapping):
    def __getitem__(self, key: str) -> str:
        """The value, without the line end that an editor leaves in a file."""
        try:
            return str(super().__getitem__(key)).rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise EnvironmentFileError(
                f"{key}_FILE: cannot read {self.env.get(f'{key}_FILE')} ({error}); "
                f"name a text file with the value, or set {key} instead"
            ) from error


class Environment(FileAwareEnv):
    """The environment that settings are read from."""

    ENVIRON = _Values()


def value_of(name: str, environment: Mapping[str, str] | None = None) -> str:
    """The value of `name`, "" if there is none.

    Raises EnvironmentFileError if its file cannot be read.
    """
    given = os.environ if environment is None else environment
    return str(_Values(dict(given), cache=False).get(name, ""))


def with_values(values: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with `values`, whether NAME or NAME_FILE gave others before."""
    return {**without(*values), **values}


def without(*names: str) -> dict[str, str]:
    """This process's environment, neither NAME nor NAME_FILE of `names` in it."""
    gone = {form for name in names for form in (name, f"{name}_FILE")}
    return {name: value for name, value in os.environ.items() if name not in gone}
