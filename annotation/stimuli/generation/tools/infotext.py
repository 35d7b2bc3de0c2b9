"""The text that AUTOMATIC1111's web UI introduced: prompt, negative prompt, a line of settings."""

import json
import re
from dataclasses import dataclass

from ..limits import LONGEST_INFOTEXT

NEGATIVE = "Negative prompt:"
#: What an extension adds after the settings.
_AFTER = ("Template:", "Negative Template:")
_START = re.compile(r"\s*Steps:\s*\d")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"(?=\s*(?:,|$))', re.DOTALL)
_DECODER = json.JSONDecoder()
_OPENING = ("[", "{")
#: Of these a line of settings has at least two, besides the steps.
_KNOWN = frozenset(
    {"Sampler", "CFG scale", "CFG Scale", "Seed", "Size", "Model", "Model hash", "Guidance"}
)
_MOST_FIELDS, _MOST_JSON, _LONGEST_KEY = 500, 20, 100
#: Lines of a prompt that look like settings.
_MOST_CANDIDATES = 20


@dataclass(frozen=True)
class Infotext:
    prompt: str
    #: Empty also if there is no such line: the web UI leaves it out then.
    negative_prompt: str
    settings: dict[str, str]


def parsed_infotext(text: str | None) -> Infotext | None:
    """The parts of such a text; None if no line of it is a line of settings.

    The settings are the last line that looks like some: a prompt may look so, too.
    """
    if text is None or len(text) > LONGEST_INFOTEXT:
        return None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip("\0 \n").split("\n")
    last = len(lines) - 1
    candidates = [at for at in range(last, -1, -1) if _START.match(lines[at])]
    for at in [*candidates[:_MOST_CANDIDATES], last]:
        settings = fields(_settings_text(lines[at:]))
        if settings.get("Steps", "").isdigit() and len(_KNOWN.intersection(settings)) >= 2:
            return Infotext(*_prompts(lines[:at]), settings)
    return None


def _settings_text(lines: list[str]) -> str:
    """The lines up to what an extension adds: a quoted value may hold a line break."""
    end = next((at for at, line in enumerate(lines) if line.startswith(_AFTER)), len(lines))
    return "\n".join(lines[:end])


def _prompts(lines: list[str]) -> tuple[str, str]:
    start = next((at for at, line in enumerate(lines) if line.lstrip().startswith(NEGATIVE)), None)
    if start is None:
        return "\n".join(lines).strip(), ""
    negative = [line.lstrip().removeprefix(NEGATIVE).strip() for line in lines[start:]]
    return "\n".join(lines[:start]).strip(), "\n".join(negative).strip()


def fields(text: str) -> dict[str, str]:
    """`Name: value, Name: "quoted, value", Name: [JSON]`; of one name the first counts, since what
    extensions add without quotes comes later."""
    found: dict[str, str] = {}
    at, colon, json_left = 0, -1, _MOST_JSON
    while at < len(text) and len(found) < _MOST_FIELDS:
        if colon < at:
            colon = text.find(":", at)
        end = _next_comma(text, at)
        if colon < 0:
            break
        if end <= colon:
            at = end
            continue
        key = text[at : min(colon, at + _LONGEST_KEY)].strip()
        start = colon + 1 + text[colon + 1 : colon + 2].count(" ")
        json_left -= text[start : start + 1] in _OPENING
        value, at = _value(text, start, may_be_json=json_left >= 0)
        found.setdefault(key, value)
    return found


def _value(text: str, at: int, *, may_be_json: bool) -> tuple[str, int]:
    """The value that begins at `at`, and where it ends."""
    opening = text[at : at + 1]
    if opening == '"' and (quoted := _QUOTED.match(text, at)):
        return _unquoted(quoted[0]), quoted.end()
    if opening in _OPENING and may_be_json:
        try:
            _json, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            pass
        else:
            return text[at:end], end
    end = _next_comma(text, at)
    return text[at:end].strip().removesuffix(",").strip(), end


def _next_comma(text: str, at: int) -> int:
    """The place after the next comma, or the end."""
    comma = text.find(",", at)
    return len(text) if comma < 0 else comma + 1


def _unquoted(quoted: str) -> str:
    try:
        return str(json.loads(quoted, strict=False))
    except ValueError:
        return quoted[1:-1]
