"""A study's perspectives, as rows."""

from collections.abc import Sequence

from ..models import Perspective, Study
from ..protocol.perspectives import PerspectiveSettings


def write_perspectives(study: Study, items: Sequence[PerspectiveSettings]) -> None:
    """Make the study's rows match `items`, in this order; a row keeps its key.

    Run it in a transaction. Rows that scores point to cannot be removed, so callers refuse that.
    """
    kept = {row.key: row for row in study.perspectives.all()}
    gone = kept.keys() - {item.key for item in items}
    if gone:
        study.perspectives.filter(key__in=gone).delete()
    for position, item in enumerate(items):
        row = kept.get(item.key) or Perspective(study=study)
        row.position = position
        row.say(item)
        row.save()
