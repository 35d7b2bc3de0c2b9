"""A rater at the rating API, as a test talks to it."""

from typing import Any

from django.test import Client

from annotation.models import Rater
from annotation.raters.access import link_token

SCORES = {"quality": 4, "authenticity": 3, "correspondence": 5}


class RaterClient:
    """Speaks JSON with the token of one rater's link. `last` is the last response."""

    def __init__(self, rater: Rater | None = None, token: str = "") -> None:
        self.token = token or (link_token(rater) if rater else "")
        self.client = Client(raise_request_exception=True)
        self.status = 0

    def get(self, path: str) -> Any:
        return self._body(self.client.get(f"/api/v1/rating/{path}", headers=self._headers()))

    def post(self, path: str, body: Any = None) -> Any:
        response = self.client.post(
            f"/api/v1/rating/{path}",
            data={} if body is None else body,
            content_type="application/json",
            headers=self._headers(),
        )
        return self._body(response)

    def start(self) -> "RaterClient":
        """Consents and begins, up to the first image."""
        self.post("session/", {"consent": True, "client": {"viewport": [1366, 768]}})
        self.post("session/begin/")
        return self

    def claim(self, ahead: int = 0) -> Any:
        return self.post("claims/", {"ahead": ahead})

    def submit(self, trial: int, scores: Any = None, ahead: int = 0, **fields: Any) -> Any:
        body = {"scores": SCORES if scores is None else scores, "ahead": ahead, **fields}
        return self.post(f"trials/{trial}/submit/", body)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Rater {self.token}"} if self.token else {}

    def _body(self, response: Any) -> Any:
        self.status = response.status_code
        return response.json() if response.content else None
