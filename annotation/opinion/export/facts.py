"""What an export is of, as all its forms say it. Pure: no Django."""

from dataclasses import dataclass
from typing import Any

from ...protocol.perspectives import PerspectiveSettings

#: Increased when the layout of tables, records or the study's document changes.
LAYOUT = 7
TIME_ZONE = "UTC"
NOTHING = "An empty cell of CSV, null elsewhere; the dictionary says what it means."
#: Of own scores; an imported one's row names its own.
DIRECTION = "higher"


@dataclass(frozen=True)
class Facts:
    """A study and its scales."""

    study: str
    title: str
    #: In the study's order.
    perspectives: tuple[PerspectiveSettings, ...]
    #: Which scores count, in words.
    counts_rule: str = ""
    #: The keys of the images' metadata, sorted.
    metadata: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """The perspectives'."""
        return tuple(item.key for item in self.perspectives)

    def scale(self, perspective: str) -> dict[str, Any]:
        scale = self.perspectives[self.keys.index(perspective)].scale
        return {
            "kind": scale.kind,
            "minimum": scale.minimum,
            "maximum": scale.maximum,
            "levels": scale.levels,
            "direction": DIRECTION,
        }

    def to_json(self) -> dict[str, Any]:
        return {
            "format": "mint-study",
            "layout": LAYOUT,
            "study": self.study,
            "title": self.title,
            "time_zone": TIME_ZONE,
            "null": NOTHING,
            "counts_rule": self.counts_rule,
            "perspectives": [
                {**item.to_json(), "direction": DIRECTION} for item in self.perspectives
            ],
        }
