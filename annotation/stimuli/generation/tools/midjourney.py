"""Midjourney's downloads: prompt, `--` parameters and the job's number in one text."""

import re

from ..reading import Reading
from ..records import IMAGE_DESCRIPTION, Records
from ..values import seed_or_none

_TOOL = "Midjourney"
_JOB = re.compile(r"Job ID:\s*[0-9a-f-]{32,36}\s*$", re.IGNORECASE)
#: Phones write a long dash for two short ones.
_PARAMETER = re.compile(r"(?:^|\s)(?:--|\u2014)(?=[A-Za-z])")
#: Some downloads have it in place of the job's number.
_NUMBERED = "Iptc4xmpExt:DigImageGUID"
_VERSION = re.compile(r"\d[\d.]*[a-z]?")


def read_midjourney(records: Records) -> Reading | None:
    texts = [text for text in _texts(records) if text]
    text = next((text for text in texts if _JOB.search(text)), None)
    if text is None and _NUMBERED in records.xmp:
        text = next(iter(texts), None)
    if text is None:
        return None
    prompt, *parameters = _PARAMETER.split(_JOB.sub("", text))
    given = [_named(parameter) for parameter in parameters]
    model = _model(given)
    return Reading(
        tool=_TOOL,
        prompt=prompt.strip(),
        negative_prompt=", ".join(value for name, value in given if name == "no"),
        model=model,
        seed=seed_or_none(_last(given, "seed")),
        generator=f"{_TOOL} {model if model.startswith('niji') else f'v{model}'}" if model else "",
        settings=tuple((name, value) for name, value in given if name != "no"),
    )


def _named(parameter: str) -> tuple[str, str]:
    name, *value = parameter.split(None, 1)
    return name.lower(), "".join(value).strip()


def _texts(records: Records) -> tuple[str | None, ...]:
    return (
        records.texts.get("Description"),
        records.exif.get(IMAGE_DESCRIPTION),
        records.xmp.get("dc:description"),
    )


def _model(given: list[tuple[str, str]]) -> str | None:
    niji = _last(given, "niji")
    if niji is not None:
        return f"niji {niji}".strip()
    version = _last(given, "v") or _last(given, "version") or ""
    return version if _VERSION.fullmatch(version) else None


def _last(given: list[tuple[str, str]], name: str) -> str | None:
    return next((value for key, value in reversed(given) if key == name), None)
