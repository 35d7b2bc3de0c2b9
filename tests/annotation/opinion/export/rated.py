"""Answers for the tests of the export, and the export of them."""

from collections.abc import Mapping
from typing import Any

from django.test import Client
from django.utils import timezone

from annotation.models import (
    Rater,
    RatingSession,
    Score,
    Trial,
)
from tests.factories import (
    make_score,
    make_session,
)
from workbench.accounts.models import ApiToken, TokenScope, User


def rate(
    rater: Rater,
    stimulus: Any,
    scores: Mapping[str, float],
    position: int = 0,
    role: str = "main",
) -> Trial:
    now = timezone.now()
    session = RatingSession.objects.filter(rater=rater).first() or make_session(rater)
    trial = Trial.objects.create(
        session=session,
        rater=rater,
        stimulus=stimulus,
        position=position,
        role=role,
        draw="priority",
        state="submitted",
        leased_at=now,
        lease_expires_at=now,
        submitted_at=now,
    )
    for perspective, score in scores.items():
        make_score(trial, perspective, score)
    return trial


def revise(trial: Trial, perspective: str, score: float) -> None:
    current = Score.objects.filter(trial=trial, perspective__key=perspective, superseded_at=None)
    current.update(superseded_at=timezone.now())
    make_score(trial, perspective, score, revision=2)


def get_export(client: Client, owner: User, form: str) -> str:
    """A text, without its byte order mark."""
    return get_file(client, owner, form).decode("utf-8-sig")


def get_file(client: Client, owner: User, form: str) -> bytes:
    _token, secret = ApiToken.objects.create(owner, name="test", scopes=list(TokenScope))
    response = client.get(
        f"/api/v1/studies/demo/export/?format={form}", HTTP_AUTHORIZATION=f"Token {secret}"
    )
    assert response.status_code == 200
    found: bytes = response.getvalue()
    return found
