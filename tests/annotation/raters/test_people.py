"""A pasted list of people: what is read, and which line is refused."""

import pytest

from annotation.raters.people import PeopleError, Person, parse_people


@pytest.mark.parametrize(
    ("line", "name", "email"),
    [
        ("Ann Lee <ann@lab.org>", "Ann Lee", "ann@lab.org"),
        ('"Lee, Ann" <ann@lab.org>', "Lee, Ann", "ann@lab.org"),
        ("<ann@lab.org>", "", "ann@lab.org"),
        ("Ann Lee, ann@lab.org", "Ann Lee", "ann@lab.org"),
        ("Lee; Ann; ann@lab.org", "Lee, Ann", "ann@lab.org"),
        ("Ann Lee\tann@lab.org", "Ann Lee", "ann@lab.org"),
        ("ann@lab.org", "", "ann@lab.org"),
        ("Ann Lee", "Ann Lee", ""),
        ("Lee, Ann", "Lee, Ann", ""),
        ("李安 <an@lab.cn>", "李安", "an@lab.cn"),
    ],
)
def test_a_line_is_a_name_an_address_or_both(line: str, name: str, email: str) -> None:
    assert parse_people(f"\n {line} \r\n") == [Person(name, email)]


def test_lines_without_anybody_are_passed_over() -> None:
    assert [person.name for person in parse_people("Ann\n\n , \nBen\n")] == ["Ann", "Ben"]


def test_two_people_may_share_a_name() -> None:
    assert len(parse_people("Ann\nAnn")) == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Ann\nben@", "Line 2: “ben@” is not an e-mail address."),
        ("Ann <not an address>", "Line 1: “not an address” is not"),
        ("a@b, Ann", "Line 1: “a@b, Ann” is not"),
        ("ann@lab.org\n\nAnn <ANN@lab.org>", "Line 3: ANN@lab.org is already in line 1."),
        ("x" * 201, "Line 1: the name is longer than 200 characters."),
    ],
)
def test_what_is_nobody_is_refused_by_its_line(text: str, says: str) -> None:
    with pytest.raises(PeopleError) as caught:
        parse_people(text)
    assert caught.value.message.startswith(says)
