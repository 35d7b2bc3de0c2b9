"""Settings of a study that name an entry of a registry in a room above this one.

That room's registry is put here when the site starts (`annotation.apps`), so a setting is checked
against, and the settings page offers, whatever is registered at the time.
"""

from collections.abc import Mapping
from typing import Protocol

from workbench.core.registry import Entry


class Choice(Entry, Protocol):
    """An entry that people choose."""

    @property
    def label(self) -> str:
        """An English text that is translated where it is shown."""


#: By setting; a registry raises UnknownEntryError for a name that it does not have.
REGISTRIES: dict[str, Mapping[str, Choice]] = {}
