"""What raters were asked, who they are by code, and their sittings."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.core.json_reader import read_json

from ...models import AuditEntry, Protocol, Rater, RatingSession, Study
from ...models.rater import new_rater_code
from ...opinion.copying import copy_in
from ...opinion.reliability.judging import Flag
from ...protocol.document import ProtocolDocument
from ...protocol.plates import PLATES
from . import values
from .opening import RATERS, SESSIONS, DatasetArchive

_CODE = re.compile(r"[A-Za-z0-9._-]{1,20}")
_ACT = ("study_id", "action", "detail", "created_at")
#: Of a session's browser: columns of single values, and of pairs.
_NUMBERS = ("pixel_ratio", "zoom", "colour_depth")
_CODES = ("colour_gamut", "browser", "orientation", "pointer")
_PAIRS = ("viewport", "screen")


@dataclass(frozen=True)
class Sitting:
    """A session in the new study, and what it asked."""

    session: int
    rater: int
    document: ProtocolDocument


@dataclass(frozen=True)
class People:
    """What the archive's names stand for in the new study."""

    #: By the archive's keys.
    sittings: dict[int, Sitting] = field(default_factory=dict)
    #: By the archive's codes.
    raters: dict[str, int] = field(default_factory=dict)


def write_people(study: Study, archive: DatasetArchive) -> People:
    """Raises ValueError, KeyError or TypeError for what cannot be."""
    protocols = _write_protocols(study, archive)
    people = People()
    for rows in archive.row_batches(RATERS):
        people.raters.update(_write_raters(study, rows))
    for rows in archive.row_batches(SESSIONS):
        people.sittings.update(_write_sessions(rows, people.raters, protocols))
    return people


def _write_protocols(
    study: Study, archive: DatasetArchive
) -> dict[int, tuple[int, ProtocolDocument]]:
    """Number → key and content. They take the place of the one that the study was made with."""
    study.protocols.all().delete()
    found = {}
    for item in values.items(archive.document["protocols"]):
        document = ProtocolDocument.from_json(item["content"])
        row = Protocol.objects.create(
            study=study,
            number=values.key(item["number"]),
            content=document.to_json(),
            content_sha256=document.sha256,
        )
        found[row.number] = (row.pk, document)
    return found


def _write_raters(study: Study, rows: list[dict[str, str]]) -> dict[str, int]:
    """Under their codes, or under new ones if a code is taken on this server."""
    codes = [_code(row["rater"]) for row in rows]
    taken = set(Rater.objects.filter(code__in=codes).values_list("code", flat=True))
    made = Rater.objects.bulk_create(
        Rater(
            study=study,
            code=new_rater_code() if code in taken else code,
            # Older archives do not say it.
            source=values.text(row.get("source", ""), 100),
            status=Rater.Status.EXCLUDED if row["excluded"] == "true" else Rater.Status.ACTIVE,
        )
        for code, row in zip(codes, rows, strict=True)
    )
    copy_in(AuditEntry, _ACT, _exclusions(study, rows, made))
    return {code: rater.pk for code, rater in zip(codes, made, strict=True)}


def _exclusions(
    study: Study, rows: list[dict[str, str]], made: list[Rater]
) -> Iterator[tuple[Any, ...]]:
    """The acts that say when and why raters were taken out."""
    for row, rater in zip(rows, made, strict=True):
        if row["excluded_at_utc"]:
            detail = {"rater": rater.code, "reason": row["exclusion_reason"]}
            at = values.time(row["excluded_at_utc"])
            yield study.pk, f"rater.{Rater.Status.EXCLUDED}", json.dumps(detail), at


def _code(text: str) -> str:
    if not _CODE.fullmatch(text):
        raise ValueError(f"{text!r:.80} is not a rater's code")
    return text


def _write_sessions(
    rows: list[dict[str, str]],
    raters: Mapping[str, int],
    protocols: Mapping[int, tuple[int, ProtocolDocument]],
) -> dict[int, Sitting]:
    made = RatingSession.objects.bulk_create(
        RatingSession(
            rater_id=raters[row["rater"]],
            protocol_id=protocols[int(row["protocol"])][0],
            state=row["state"],
            seed=int(row["seed"]),
            client=_client(row),
            consented_at=values.time(row["consented_at_utc"]),
            begun_at=values.time_or_none(row["begun_at_utc"]),
            ended_at=values.time_or_none(row["ended_at_utc"]),
            stopped_by=_stopped_by(row["stopped_by"]),
        )
        for row in rows
    )
    return {
        values.key(int(row["session"])): Sitting(
            session.pk, session.rater_id, protocols[int(row["protocol"])][1]
        )
        for row, session in zip(rows, made, strict=True)
    }


def _stopped_by(text: str) -> list[dict[str, Any]]:
    return [Flag.from_json(item).to_json() for item in values.items(read_json(text))]


def _client(row: Mapping[str, str]) -> dict[str, Any]:
    """What the browser reported, as far as the table has it (`export.people`)."""
    found: dict[str, Any] = {name: _number(row[name]) for name in _NUMBERS}
    found |= {name: row[name] for name in _CODES}
    found |= {name: _pair(row, f"{name}_width", f"{name}_height") for name in _PAIRS}
    found["dark"] = row["dark"] == "true" if row["dark"] else None
    checks = {
        "pixels_per_mm": _number(row["pixels_per_mm"]),
        "greys": _pair(row, "greys_dark", "greys_light"),
        "acuity": row["acuity"],
        "plates": _plates(row["plates_read"]),
    }
    if said := _said(checks):
        found["checks"] = said
    return _said(found)


def _said(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value not in (None, "", [])}


def _number(text: str) -> float | None:
    if not text:
        return None
    value = float(text)
    return int(value) if value.is_integer() else value


def _pair(row: Mapping[str, str], first: str, second: str) -> list[float | None]:
    pair = [_number(row[first]), _number(row[second])]
    return [] if pair == [None, None] else pair


def _plates(read: str) -> list[int | None]:
    """So many read rightly, the control plate first: the table does not say which."""
    if not read:
        return []
    order = sorted(range(len(PLATES)), key=lambda place: not PLATES[place].control)
    right = set(order[: int(read)])
    return [plate.digit if place in right else None for place, plate in enumerate(PLATES)]
