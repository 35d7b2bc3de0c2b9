"""What a dry run counts: prompts, generators, scores by perspective and source, missing images."""

from collections import Counter
from collections.abc import Iterator, Sequence

from workbench.core.texts import gettext_noop

from ..importing.manifest import ManifestRow
from ..importing.remarks import Remark
from ..importing.sources import IMAGE_MISSING
from .checks import Findings

_TEXTS = gettext_noop("Prompts: %(prompts)d. Generators: %(generators)d.")
_SCORES = gettext_noop("Published scores: %(counts)s.")
_MISSING = gettext_noop("Images missing: %(number)d.")


def tally(rows: Sequence[ManifestRow], findings: Findings) -> Iterator[Remark]:
    """Of the rows that could be read."""
    texts = {
        "prompts": len({row.prompt for row in rows} - {""}),
        "generators": len({row.generator for row in rows} - {""}),
    }
    if any(texts.values()):
        yield Remark(_TEXTS, texts)
    scores = Counter((score.perspective, score.source) for row in rows for score in row.scores)
    if scores:
        counts = ", ".join(
            f"{perspective} {number} ({source})" for (perspective, source), number in scores.items()
        )
        yield Remark(_SCORES, {"counts": counts})
    missing = sum(item.without_image for item in findings.good)
    missing += sum(error.template in IMAGE_MISSING for error in findings.rejected)
    if missing:
        yield Remark(_MISSING, {"number": missing})
