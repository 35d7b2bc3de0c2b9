"""Reading a list of people, pasted or in a file: a table with a header, or a person per line."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from workbench.core.errors import MintError
from workbench.core.problems import Problem
from workbench.core.tables import Columns, Record, decode, read_table
from workbench.core.tables.columns import stripped

_ANGLED = re.compile(r"(?P<name>.*?)<(?P<email>[^<>]*)>")
_SEPARATORS = re.compile(r"[,;\t|]")
_NAME_LIMIT = 200
#: What a line of a sheet without anybody is made of.
_EMPTY = " \t,;|\ufeff"
#: How the columns of a list are called, in any case.
_WORDS = {
    "name": (
        "full name",
        "display name",
        "label",
        "person",
        "participant",
        "rater",
        "姓名",
        "名字",
        "名称",
        "标签",
        "称呼",
        "昵称",
        "评分者",
        "参与者",
    ),
    "first": ("first name", "given name", "forename"),
    "last": ("last name", "family name", "surname"),
    "email": (
        "e-mail",
        "mail",
        "email address",
        "e-mail address",
        "邮箱",
        "邮箱地址",
        "电子邮箱",
        "电子邮件",
        "电子邮件地址",
        "邮件",
        "邮件地址",
    ),
}
_COLUMNS = Columns(
    others=frozenset(_WORDS),
    words={word: column for column, words in _WORDS.items() for word in words},
)


class PeopleError(MintError):
    """A line that names nobody, or somebody for a second time."""

    code = "people_invalid"


@dataclass(frozen=True)
class Person:
    name: str
    email: str


def read_people(data: bytes, name: str) -> list[Person]:
    """As `parse_people`, of a file called `name`."""
    try:
        return parse_people(decode(data, name))
    except Problem as problem:
        raise _refused(problem) from problem


def parse_people(text: str) -> list[Person]:
    """The people of a table whose header has a word for a name or an e-mail address, or of lines:
    `Ann Lee <ann@lab.org>`, `Ann Lee, ann@lab.org`, `ann@lab.org` or `Ann Lee`.

    Further columns are passed over. Raises PeopleError that names the line; an e-mail address may
    appear only once.
    """
    text = text.lstrip("\ufeff")
    return checked_people(_of_table(text) if _has_header(text) else _of_lines(text))


def checked_people(numbered: Iterable[tuple[int, Person]]) -> list[Person]:
    """The people, each with its line. Raises PeopleError for one that names nobody, and for an
    e-mail address that comes twice."""
    people: list[Person] = []
    lines: dict[str, int] = {}
    for number, person in numbered:
        _check(person, number)
        first = lines.setdefault(person.email.casefold(), number) if person.email else number
        if first != number:
            raise PeopleError(
                _("Line %(line)d: %(email)s is already in line %(first)d.")
                % {"line": number, "email": person.email, "first": first}
            )
        people.append(person)
    return people


def _has_header(text: str) -> bool:
    """Whether the first line names columns rather than somebody; so do the keys of JSON."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines or lines[0].lstrip().startswith(("{", "[{")) or lines[0].strip() == "[":
        return bool(lines)
    if re.match('"?sep=', lines[0], re.IGNORECASE) and len(lines) > 1:
        lines = lines[1:]
    cells = [cell.strip(' "') for cell in _SEPARATORS.split(lines[0])]
    return any(map(_COLUMNS.knows, cells)) and "@" not in lines[0]


def _of_table(text: str) -> Iterator[tuple[int, Person]]:
    try:
        records = list(read_table(text, _("the list"), _COLUMNS))
    except Problem as problem:
        raise _refused(problem) from problem
    for record in records:
        if record.problem is not None:
            raise PeopleError(
                _("Line %(line)d: %(text)s.")
                % {"line": record.line, "text": record.problem.sentence(_)}
            )
        yield record.line, Person(_name_in(record), _text(record, "email"))


def _name_in(record: Record) -> str:
    parts = (_text(record, "first"), _text(record, "last"))
    return _text(record, "name") or " ".join(part for part in parts if part)


def _text(record: Record, key: str) -> str:
    value = record.values.get(key)
    return "" if value is None else str(value).strip()


def _of_lines(text: str) -> Iterator[tuple[int, Person]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip(_EMPTY):
            yield number, _person(stripped(line), number)


def _person(line: str, number: int) -> Person:
    name, email = _parts(line)
    if "@" in line and not email:
        raise _no_address(number, line)
    return Person(name, email)


def _parts(line: str) -> tuple[str, str]:
    """Name and address; the address is empty if there is none, or more than one."""
    angled = _ANGLED.match(line)
    if angled:
        return angled["name"].strip(" ,;\t\"'"), angled["email"].strip()
    cells = [part.strip(' "') for part in _SEPARATORS.split(line)]
    places = [place for place, cell in enumerate(cells) if "@" in cell]
    if not places:
        # In a row of a sheet, a name has a cell of its own; commas are in names, too.
        return line.partition("\t")[0].strip(), ""
    if len(places) > 1:
        return "", ""
    before, after = cells[: places[0]], cells[places[0] + 1 :]
    return _joined(before) or next(filter(None, after), ""), cells[places[0]]


def _joined(parts: Iterable[str]) -> str:
    return ", ".join(part for part in parts if part)


def _check(person: Person, number: int) -> None:
    if not person.name and not person.email:
        raise PeopleError(
            _("Line %(line)d: there is neither a name nor an e-mail address.") % {"line": number}
        )
    if len(person.name) > _NAME_LIMIT:
        raise PeopleError(
            _("Line %(line)d: the name is longer than %(limit)d characters.")
            % {"line": number, "limit": _NAME_LIMIT}
        )
    if person.email:
        try:
            validate_email(person.email)
        except ValidationError as error:
            raise _no_address(number, person.email) from error


def _no_address(number: int, text: str) -> PeopleError:
    return PeopleError(
        _("Line %(line)d: “%(text)s” is not an e-mail address.")
        % {"line": number, "text": text[:100]}
    )


def _refused(problem: Problem) -> PeopleError:
    return PeopleError(f"{problem.sentence(_)}; {problem.advice(_)}")
