"""Reading a pasted list of people, one per line: a name, an e-mail address, or both."""

import re
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from workbench.core.errors import MintError

_ANGLED = re.compile(r"(?P<name>.*?)<(?P<email>[^<>]*)>")
_SEPARATORS = re.compile(r"[,;\t]")
_NAME_LIMIT = 200


class PeopleError(MintError):
    """A line that names nobody, or somebody for a second time."""

    code = "people_invalid"


@dataclass(frozen=True)
class Person:
    name: str
    email: str


def parse_people(text: str) -> list[Person]:
    """`Ann Lee <ann@lab.org>`, `Ann Lee, ann@lab.org`, `ann@lab.org` or `Ann Lee` per line.

    Raises PeopleError that names the line; an e-mail address may appear only once.
    """
    people: list[Person] = []
    lines: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip(" \t,;"):
            continue
        person = _person(line.strip(), number)
        first = lines.setdefault(person.email.casefold(), number) if person.email else number
        if first != number:
            raise PeopleError(
                _("Line %(line)d: %(email)s is already in line %(first)d.")
                % {"line": number, "email": person.email, "first": first}
            )
        people.append(person)
    return people


def _person(line: str, number: int) -> Person:
    name, email = _parts(line)
    if len(name) > _NAME_LIMIT:
        raise PeopleError(
            _("Line %(line)d: the name is longer than %(limit)d characters.")
            % {"line": number, "limit": _NAME_LIMIT}
        )
    if email or "@" in line:
        try:
            validate_email(email)
        except ValidationError as error:
            raise PeopleError(
                _("Line %(line)d: “%(text)s” is not an e-mail address.")
                % {"line": number, "text": (email or line)[:100]}
            ) from error
    return Person(name, email)


def _parts(line: str) -> tuple[str, str]:
    angled = _ANGLED.fullmatch(line)
    if angled:
        return angled["name"].strip(" ,;\t\"'"), angled["email"].strip()
    *before, last = (part.strip() for part in _SEPARATORS.split(line))
    if "@" not in last:
        return line, ""
    return ", ".join(part for part in before if part), last
