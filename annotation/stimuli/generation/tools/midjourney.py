"""Midjourney's downloads: prompt, `--` parameters and the job's number in one text."""

import re

from ..reading import Reading
from ..records import IMAGE_DESCRIPTION, Records
from ..values import seed_or_none

_TOOL = "Midjourney"
_JOB = re.compile(r"\s*Job ID:\s*[0-9a-f-]{32,36}\s*$", re.IGNORECASE)
#: Phones write a long dash for two short ones.
_PARAMETER = re.compile(r"(?:^|\s)(?:--|\u2014)(?=[A-Za-z])")
_VERSION = re.compile(r"\d[\d.]*[a-z]?")


def read_midjourney(records: Records) -> Reading | None:
    text = next((text for text in _texts(records) if text and _JOB.search(text)), None)
    if text is None:
        return None
    prompt, *parameters = _PARAMETER.split(_JOB.sub("", text))
    given = [tuple(parameter.partition(" ")[::2]) for parameter in parameters]
    model = _model(given)
    return Reading(
        tool=_TOOL,
        prompt=prompt.strip(),
        negative_prompt=", ".join(value.strip() for name, value in given if name == "no"),
        model=model,
        seed=seed_or_none(_last(given, "seed")),
        generator=f"{_TOOL} {model if model.startswith('niji') else f'v{model}'}" if model else "",
        settings=tuple((name, value.strip()) for name, value in given if name != "no"),
    )


def _texts(records: Records) -> tuple[str | None, ...]:
    return (
        records.texts.get("Description"),
        records.exif.get(IMAGE_DESCRIPTION),
        records.xmp.get("dc:description"),
    )


def _model(given: list[tuple[str, ...]]) -> str | None:
    niji = _last(given, "niji")
    if niji is not None:
        return f"niji {niji}".strip()
    version = _last(given, "v") or _last(given, "version") or ""
    return version if _VERSION.fullmatch(version) else None


def _last(given: list[tuple[str, ...]], name: str) -> str | None:
    return next((value.strip() for key, value in reversed(given) if key == name), None)
