"""A pasted list of people: what is read, and which line is refused."""

import pytest

from annotation.raters.people import PeopleError, Person, parse_people, read_people


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
        ("ann@lab.org, Ann Lee", "Ann Lee", "ann@lab.org"),
        ("ann@lab.org, Ann, Lee, Lab 3", "Ann", "ann@lab.org"),
        ("Ann Lee\tann@lab.org\tLab 3\t2026", "Ann Lee", "ann@lab.org"),
        ("Ann Lee; ann@lab.org; ; ", "Ann Lee", "ann@lab.org"),
        ("Ann Lee <ann@lab.org>, Lab 3", "Ann Lee", "ann@lab.org"),
        ("Ann Lee\tLab 3", "Ann Lee", ""),
        ("\ufeffAnn Lee, ann@lab.org", "Ann Lee", "ann@lab.org"),
    ],
)
def test_a_line_is_a_name_an_address_or_both(line: str, name: str, email: str) -> None:
    assert parse_people(f"\n {line} \r\n") == [Person(name, email)]


@pytest.mark.parametrize(
    "text",
    [
        "Name,E-Mail\nAnn Lee,ann@lab.org\n李安,\n",
        "\ufeffNAME;EMAIL;Lab\r\nAnn Lee;ann@lab.org;3\r\n李安;;4\r\n",
        "email\tfull name\tcode\nann@lab.org\tAnn Lee\tx\n\t李安\ty\n",
        "sep=;\nLab;Label;Mail\n1;Ann Lee;ann@lab.org\n2;李安;\n",
        "姓名,邮箱,院系\nAnn Lee,ann@lab.org,a\n李安,,b\n",
        "First Name,Last Name,E-mail address\nAnn,Lee,ann@lab.org\n,李安,\n",
        '"Name" , "Email"\n"Ann Lee",ann@lab.org\n李安,\n',
        "code,link,name,email,status,ratings\n"
        "A,http://x,Ann Lee,ann@lab.org,active,0\nB,y,李安,,,\n",
        '{"Name": "Ann Lee", "EMAIL": "ann@lab.org"}\n{"name": "李安", "email": null}\n',
        '[{"姓名": "Ann Lee", "邮箱": "ann@lab.org", "n": 1}, {"label": "李安"}]',
    ],
)
def test_a_table_is_read_by_its_header(text: str) -> None:
    assert parse_people(text) == [Person("Ann Lee", "ann@lab.org"), Person("李安", "")]


def test_a_header_alone_is_nobody() -> None:
    assert parse_people("Name\n") == parse_people("姓名,邮箱\n") == parse_people(" \n") == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gbk"])
def test_a_file_of_people_is_decoded(encoding: str) -> None:
    people = read_people("姓名,邮箱\n李安,an@lab.cn\n".encode(encoding), "people.csv")
    assert people == [Person("李安", "an@lab.cn")]


def test_a_file_that_is_no_list_is_named() -> None:
    with pytest.raises(PeopleError, match=r"p.pdf is not a table .* PDF; choose a table"):
        read_people(b"%PDF-1.7", "p.pdf")


def test_lines_without_anybody_are_passed_over() -> None:
    assert [person.name for person in parse_people("Ann\n\n , \nBen\n")] == ["Ann", "Ben"]


def test_two_people_may_share_a_name() -> None:
    assert len(parse_people("Ann\nAnn")) == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Ann\nben@", "Line 2: “ben@” is not an e-mail address."),
        ("Ann <not an address>", "Line 1: “not an address” is not"),
        ("a@b, Ann", "Line 1: “a@b” is not"),
        ("Ann, ann@lab.org, ben@lab.org", "Line 1: “Ann, ann@lab.org, ben@lab.org” is not"),
        ("Name,Email\nAnn,ann@lab.org\n,\n ,ANN@lab.org", "Line 4: ANN@lab.org is already"),
        ("Name,Group\n,1", "Line 2: there is neither a name nor an e-mail address."),
        ("Name,Email\nAnn,ben@", "Line 2: “ben@” is not"),
        ("Name,Email\nAnn", "Line 2: the row has 1 cells, the header has 2."),
        ('{"name": 1e999}', "Line 1: a value cannot be kept"),
        ("Name,姓名\nAnn,Ann", 'the list has two columns "name"; rename'),
        ("ann@lab.org\n\nAnn <ANN@lab.org>", "Line 3: ANN@lab.org is already in line 1."),
        ("x" * 201, "Line 1: the name is longer than 200 characters."),
    ],
)
def test_what_is_nobody_is_refused_by_its_line(text: str, says: str) -> None:
    with pytest.raises(PeopleError) as caught:
        parse_people(text)
    assert caught.value.message.startswith(says)
