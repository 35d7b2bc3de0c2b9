"""What the pages of a sweep are about: a browser, a site, a study with its people."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from playwright.sync_api import Page

from annotation.models import Rater, RatingSession, Stimulus, Study
from annotation.protocol.perspectives import PerspectiveSettings
from annotation.raters.access import rater_link
from tests.e2e.conftest import leave
from tests.e2e.rating_page import shows
from tests.factories import make_session, set_perspectives
from workbench.accounts.models import User


@dataclass
class Scene:
    """`page` is what is looked at; a state that needs another one puts it there."""

    page: Page
    site: str
    study: Study
    owner: User
    rater: Rater
    images: list[Stimulus]

    def go(self, path: str) -> None:
        self.page.goto(self.site + path)

    def open_link(self) -> None:
        self.go(rater_link(self.rater))

    def set_study(self, **fields: Any) -> None:
        Study.objects.filter(pk=self.study.pk).update(**fields)

    def ask(self, perspectives: Sequence[PerspectiveSettings]) -> None:
        set_perspectives(self.study, perspectives)

    def sit(self, state: str = "rating", **fields: Any) -> RatingSession:
        """The rater's only session, in this state; what was answered before is gone."""
        if "/rate/" in self.page.url:
            leave(self.page)  # or an answer on its way meets rows that are going
        RatingSession.objects.filter(rater=self.rater).delete()
        Stimulus.objects.update(claimed_ratings=0)
        now = timezone.now()
        over = state not in ("instructions", "rating", "paused")
        return make_session(
            self.rater,
            state=state,
            consented_at=now,
            begun_at=now,
            ended_at=now if over else None,
            **fields,
        )

    def rate(self, kind: str = "Image") -> Page:
        """A new session with its first image before the rater."""
        self.sit()
        self.open_link()
        return shows(self.page, 1, kind)
