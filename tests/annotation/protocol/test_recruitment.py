"""What a shared link reads of its visitors, and where they are led back to."""

from typing import Any

import pytest

from annotation.protocol.errors import ProtocolError
from annotation.protocol.recruitment import PLATFORMS, Outcome, Recruitment, WayBack

PROLIFIC = PLATFORMS["prolific"]


@pytest.mark.parametrize(
    ("platform", "names"),
    [
        # docs.prolific.com, the study object: external_study_url
        ("prolific", ("PROLIFIC_PID", "STUDY_ID", "SESSION_ID")),
        # AWS Mechanical Turk requester guide, "How Mechanical Turk tasks are rendered"
        ("mturk", ("workerId", "assignmentId", "hitId")),
        ("connect", ("participantId", "assignmentId", "projectId")),
    ],
)
def test_each_platform_has_its_own_names(platform: str, names: tuple[str, ...]) -> None:
    assert PLATFORMS[platform].parameters == names


def test_values_are_read_by_name_whatever_their_case() -> None:
    read = PROLIFIC.read([("prolific_pid", " 5f1 "), ("STUDY_ID", "s"), ("other", "x")])
    assert read == {"PROLIFIC_PID": "5f1", "STUDY_ID": "s", "SESSION_ID": ""}
    assert PROLIFIC.participant(read) == "5f1"


@pytest.mark.parametrize("value", ["", "  ", "{{%PROLIFIC_PID%}}", "a\x00b", "a\nb", "x" * 201])
def test_what_is_no_id_is_nobody(value: str) -> None:
    assert not PROLIFIC.participant(PROLIFIC.read([("PROLIFIC_PID", value)]))


def test_who_only_previews_a_task_is_nobody() -> None:
    turk = PLATFORMS["mturk"]
    query = [("workerId", "A1"), ("assignmentId", "ASSIGNMENT_ID_NOT_AVAILABLE")]
    assert not turk.participant(turk.read(query))


def test_an_address_is_filled_in_and_encoded() -> None:
    way = WayBack("https://panel.example/end?c={code}&rid={rid}", "C&D")
    assert way.filled("C&D", {"rid": "a b/=é"}) == (
        "https://panel.example/end?c=C%26D&rid=a%20b%2F%3D%C3%A9"
    )


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"parameters": ["a b"]}, "“a b” is no name"),
        ({"parameters": ["code"]}, "“code” is no name"),
        ({"parameters": ["id", "ID"]}, "“id” is listed twice"),
        ({"parameters": [f"p{n}" for n in range(11)]}, "11 parameters"),
        ({"full": {"address": "javascript:alert(1)"}}, "full: .* is no address"),
        ({"full": {"address": "//host/x"}}, "is no address"),
        ({"full": {"address": "https://[x/"}}, "is no address"),
        ({"parameters": ["h"], "left": {"address": "https://{h}/"}}, "is no address"),
        ({"stopped": {"address": "https://a.example/{rid}"}}, "{rid} stands for nothing"),
        ({"stopped": {"code": "x" * 101}}, "a code 100"),
        ({"stopped": {"code": "a\nb"}}, "cannot be printed"),
        ({"screened": {}}, "there is no 'screened'"),
    ],
)
def test_what_does_not_fit_is_named(data: dict[str, Any], says: str) -> None:
    with pytest.raises(ProtocolError, match=says):
        Recruitment.from_json(data)


def test_it_survives_json() -> None:
    assert Recruitment.from_json(PROLIFIC.to_json()) == PROLIFIC
    assert not Recruitment().named
    assert {Recruitment().back(outcome) for outcome in Outcome} == {WayBack()}
