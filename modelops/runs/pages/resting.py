"""That the model rates the rest, on the pages that speak of what raters are given."""

from dataclasses import dataclass

from annotation.models import Study

from ...models import ModelVersion
from ...registry.selectors import active_version
from ..certificate_words import certificate_rows
from ..rest import lacking


@dataclass(frozen=True)
class Rest:
    """`version`: the one in use, None without one. `lacking`: names of perspectives without a
    certificate of it; none while they are computed."""

    version: ModelVersion | None
    lacking: list[str]

    @property
    def certified(self) -> bool:
        return self.version is not None and not self.lacking


def rest_of(study: Study) -> Rest | None:
    """None while raters are asked for the pool."""
    if not study.pool_closed:
        return None
    version = active_version(study)
    rows = certificate_rows(version) if version else []
    return Rest(version, lacking(study, rows) if rows else [])
