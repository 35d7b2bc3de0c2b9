"""What an import says of all rows together, translated when it is shown, as a `Problem` is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from workbench.core.problems import plain


@dataclass(frozen=True)
class Remark:
    """A sentence, `template % params`."""

    template: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def sentence(self, translate: Callable[[str], str] = str) -> str:
        return translate(self.template) % self.params

    def to_json(self) -> dict[str, Any]:
        return {"template": self.template, "params": plain(self.params)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(data["template"], data["params"])
