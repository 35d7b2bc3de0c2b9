"""How much a study's backbones read of its prompts: counted after imports and scorings."""

from dataclasses import asdict

import structlog

from annotation.models import Prompt, Study
from annotation.stimuli.importing.remarks import Remark
from annotation.stimuli.imports.remarks import comment_on_imports
from workbench.core.errors import MintError

from ..models import PromptReading
from ..registry.reading import reading_of, reading_remarks
from ..registry.selectors import predictors_of
from .backbones import Backbone, backbone_named, offered_backbones
from .reading import ReadingKind, count_readings

log = structlog.get_logger(__name__)


@comment_on_imports
def comment(study: Study) -> list[Remark]:
    """What the study's backbones read of its prompts; of the leading one, or of the one that a
    training would use."""
    try:
        names = [item.backbone for item in predictors_of(study)] or [
            next(iter(offered_backbones()))
        ]
    except MintError as error:
        log.warning("no backbone can be asked for what it reads", reason=error.message)
        return []
    for name in names:
        record_reading(study, name)
    return reading_remarks(reading_of(study, names[0]))


def record_reading(study: Study, name: str) -> None:
    """Counts what a backbone reads of the study's prompts, a group once. Never fails: what it is
    called after must not."""
    try:
        counted = _count(study, backbone_named(name))
    except MintError as error:
        log.warning("prompts were not counted", backbone=name, reason=error.message)
        counted = None
    if counted is None:
        PromptReading.objects.filter(study=study, backbone=name).delete()
    else:
        PromptReading.objects.update_or_create(study=study, backbone=name, defaults=counted)


def _count(study: Study, backbone: Backbone) -> dict[str, int] | None:
    """None if its kind cannot say."""
    if not isinstance(backbone.kind, ReadingKind):
        return None
    texts: dict[str, str] = {}
    prompts = Prompt.objects.filter(study=study).order_by("pk")
    for group, text in prompts.values_list("group_sha256", "text"):
        texts.setdefault(group, text)
    readings = backbone.kind.reader(backbone.weights).read(list(texts.values()))
    return asdict(count_readings(readings))
