"""Where raters come from and go back to: a crowd platform's named parameters and its addresses.

Names as the platforms document them: Prolific (study object, `external_study_url`), Mechanical Turk
(requester guide, "How Mechanical Turk tasks are rendered"), CloudResearch Connect.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self
from urllib.parse import quote, urlsplit

from workbench.core.strict import strict_from_json
from workbench.core.texts import gettext_noop

from .errors import ProtocolError

MOST_PARAMETERS = 10
#: Characters of one parameter's value.
VALUE_LIMIT = 200
_ADDRESS_LIMIT = 500
_CODE_LIMIT = 100
#: What an address takes the code for.
CODE = "code"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}")
_PLACE = re.compile(r"\{([^{}]*)\}")
#: What Mechanical Turk sends while somebody only looks at a task.
_PREVIEWED = "ASSIGNMENT_ID_NOT_AVAILABLE"


class Outcome(StrEnum):
    """How a participant's part ended; platforms pay for each in its own way."""

    COMPLETED = "completed"
    #: Ended by the rater, before the end.
    LEFT = "left"
    #: Ended by the study's rules.
    STOPPED = "stopped"
    #: There was no place, or nothing left to rate.
    FULL = "full"
    #: Their screen does not fit, or the study's owner excluded them.
    SCREENED_OUT = "screened_out"


@dataclass(frozen=True)
class WayBack:
    """Where one outcome leads. An empty code is the session's own; an empty address, no link."""

    address: str = ""
    code: str = ""

    def filled(self, code: str, values: Mapping[str, str]) -> str:
        """The address with `{code}` and `{PARAMETER}` filled in, encoded as parts of a query."""
        known = {**values, CODE: code}
        return _PLACE.sub(lambda place: quote(known.get(place[1], ""), safe=""), self.address)


@dataclass(frozen=True)
class Recruitment:
    """What a shared link reads of its visitors, and where each outcome leads back to."""

    #: Names of a link's parameters. The first is the participant's id; none means that the link is
    #: for anybody.
    parameters: tuple[str, ...] = ()
    completed: WayBack = field(default_factory=WayBack)
    left: WayBack = field(default_factory=WayBack)
    stopped: WayBack = field(default_factory=WayBack)
    full: WayBack = field(default_factory=WayBack)
    screened_out: WayBack = field(default_factory=WayBack)

    def __post_init__(self) -> None:
        if len(self.parameters) > MOST_PARAMETERS:
            raise ProtocolError(
                gettext_noop("There are %(number)d parameters; give at most %(most)d."),
                number=len(self.parameters),
                most=MOST_PARAMETERS,
            )
        for name in self.parameters:
            if not _NAME.fullmatch(name) or name == CODE:
                raise ProtocolError(
                    gettext_noop(
                        "“%(name)s” is no name of a parameter; give a letter, then up to 39 "
                        "letters, digits, _ . or -, and not “%(code)s”."
                    ),
                    name=name,
                    code=CODE,
                )
        lower = [name.lower() for name in self.parameters]
        twice = sorted(name for name in set(lower) if lower.count(name) > 1)
        if twice:
            raise ProtocolError(
                gettext_noop("The parameter “%(name)s” is listed twice."), name=twice[0]
            )
        for outcome in Outcome:
            self._check(outcome)

    @property
    def named(self) -> bool:
        """Whether visitors come with an id."""
        return bool(self.parameters)

    def back(self, outcome: Outcome) -> WayBack:
        way: WayBack = getattr(self, outcome)
        return way

    def read(self, query: Iterable[tuple[str, str]]) -> dict[str, str]:
        """The value of each parameter in an address's query, '' for one that is not there.

        A name is taken as it is written, else whatever its case; the last of two counts.
        """
        given = list(query)
        exact = dict(given)
        lower = {name.lower(): value for name, value in given}
        return {
            name: _value(exact.get(name, lower.get(name.lower(), ""))) for name in self.parameters
        }

    def participant(self, values: Mapping[str, str]) -> str:
        """The id among `values`; '' if the visitor has none, or only looks at the task."""
        if _PREVIEWED in values.values():
            return ""
        return values.get(self.parameters[0], "") if self.parameters else ""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What is left out has its default; ProtocolError names what does not fit."""
        return strict_from_json(cls, data, "recruitment", ProtocolError)

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "parameters": list(self.parameters)}

    def _check(self, outcome: Outcome) -> None:
        way, what = self.back(outcome), str(outcome)
        if len(way.address) > _ADDRESS_LIMIT or len(way.code) > _CODE_LIMIT:
            raise ProtocolError(
                gettext_noop(
                    "%(outcome)s: an address has at most %(address)d characters, a code %(code)d."
                ),
                outcome=what,
                address=_ADDRESS_LIMIT,
                code=_CODE_LIMIT,
            )
        if not (way.address + way.code).isprintable():
            raise ProtocolError(
                gettext_noop("%(outcome)s: there is a character that cannot be printed."),
                outcome=what,
            )
        if not way.address:
            return
        if not _is_web_address(way.address):
            raise ProtocolError(
                gettext_noop(
                    "%(outcome)s: “%(address)s” is no address; begin it with https:// and write "
                    "its host out."
                ),
                outcome=what,
                address=way.address,
            )
        unknown = sorted(set(_PLACE.findall(way.address)) - {CODE, *self.parameters})
        if unknown:
            known = ", ".join(f"{{{name}}}" for name in (CODE, *self.parameters))
            raise ProtocolError(
                gettext_noop("%(outcome)s: {%(name)s} stands for nothing; there is %(known)s."),
                outcome=what,
                name=unknown[0],
                known=known,
            )


def _value(text: str) -> str:
    """A parameter's value; '' for what no platform sends, such as a place left unfilled."""
    value = text.strip()
    if len(value) > VALUE_LIMIT or not value.isprintable() or "{" in value:
        return ""
    return value


def _is_web_address(text: str) -> bool:
    """Its host is written out, so that nobody who arrives can choose it."""
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(host) and "{" not in parts.netloc


#: The platforms that a form offers, with their names for a participant and what belongs to them.
PLATFORMS: dict[str, Recruitment] = {
    "prolific": Recruitment(
        ("PROLIFIC_PID", "STUDY_ID", "SESSION_ID"),
        **{
            outcome.value: WayBack("https://app.prolific.com/submissions/complete?cc={code}")
            for outcome in Outcome
        },
    ),
    "mturk": Recruitment(("workerId", "assignmentId", "hitId")),
    "connect": Recruitment(("participantId", "assignmentId", "projectId")),
}
