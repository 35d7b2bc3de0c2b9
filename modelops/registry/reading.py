"""What is said of the prompts that a backbone reads: at imports, on pages, in `problems`."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from annotation.models import Study
from annotation.stimuli.importing.remarks import Remark
from workbench.core.texts import gettext_noop

from ..models import PromptReading

_CUT = gettext_noop(
    "Long prompts: %(backbone)s reads the first %(limit)d word pieces of a prompt; %(number)d of "
    "%(prompts)d prompts are longer, and what comes after is not in its scores."
)
_UNREADABLE = gettext_noop(
    "Unreadable prompts: %(backbone)s knows no word of %(number)d of %(prompts)d prompts (other "
    "scripts, symbols). Its scores see their images, not what was asked for."
)
_UNKNOWN = gettext_noop(
    "Unknown words: %(backbone)s does not know some words of %(number)d of %(prompts)d prompts; "
    "all unknown words are the same to it."
)
_ALIKE = gettext_noop(
    "Prompts that look the same: %(backbone)s cannot tell %(number)d of %(prompts)d prompts from "
    "another one, because they differ only in what it does not read."
)
_SENTENCES = {"cut": _CUT, "unreadable": _UNREADABLE, "unknown": _UNKNOWN, "alike": _ALIKE}


def reading_of(study: Study, backbone: str) -> PromptReading | None:
    """As of the last import or scoring; None if it is not known."""
    return PromptReading.objects.filter(study=study, backbone=backbone).first()


def reading_problems(study: Study, backbone: str) -> list[dict[str, Any]]:
    """The same as a run's problems are: about no image in particular, by their `kind`."""
    reading = reading_of(study, backbone)
    return [
        {
            "stimulus": None,
            "filename": "",
            "kind": f"prompts_{name}",
            "count": getattr(reading, name),
            "error": remark.sentence(_),
        }
        for name, remark in _remarks(reading)
    ]


def reading_remarks(reading: PromptReading | None) -> list[Remark]:
    """Nothing if every prompt is read as a whole."""
    return [remark for _name, remark in _remarks(reading)]


def _remarks(reading: PromptReading | None) -> Iterator[tuple[str, Remark]]:
    for name, template in _SENTENCES.items() if reading is not None else ():
        if number := getattr(reading, name):
            facts = {key: getattr(reading, key) for key in ("backbone", "limit", "prompts")}
            yield name, Remark(template, {**facts, "number": number})
