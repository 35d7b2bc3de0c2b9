"""Access rights: every route of the site, every kind of visitor, the status they get.

A route that is missing from the table fails the suite, so a new page cannot be forgotten.
Long because it is one table.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from annotation.models import (
    ImportJob,
    Membership,
    Rater,
    Stimulus,
    Study,
    Webhook,
    WebhookDelivery,
)
from annotation.models.membership import MemberRole
from annotation.raters.access import link_token
from annotation.studies.protocols import current_protocol
from annotation.webhooks.sealing import seal
from tests.factories import make_member, make_stimulus, make_user
from workbench.accounts.models import User

#: Visitors, in the order of the table's columns.
VISITORS = ("owner", "administrator", "outsider", "anonymous")
#: What is not only for those who manage a study: a viewer gets there what the owner gets. Elsewhere
#: in a study a viewer is told that their role does not allow it; a manager is let in everywhere.
VIEWERS = {
    "study",
    "study-now",
    "study-stimuli",
    "study-holdout",
    "study-stimulus",
    "study-export",
    "study-export-file",
    "study-datasets",
    "study-model",
    "study-model-jobs",
    "study-model-summary",
    "study-queue",
    "study-model-run",
    "study-model-round",
    "study-model-agreement",
    "study-model-compare",
    "study-model-card",
    "study-model-agreement-csv",
    "study-scores",
    "study-results",
    "study-results-generators",
    "study-results-agreement",
    "study-results-raters",
    "study-results-raters-csv",
    "study-results-explanations",
    "study-plot",
    "stimulus-predictions",
    "api-study",
    "api-study-overview",
    "api-steps",
    "api-protocols",
    "api-protocol",
    "api-stimuli",
    "api-stimulus",
    "api-prompts",
    "api-trials",
    "api-export",
    "api-export-study",
    "api-dataset",
    "api-dataset-archive",
    "api-opinion-methods",
    "api-generators",
    "api-releases",
    "api-release",
    "api-release-scores",
    "api-release-raters",
    "api-agreement",
    "api-plan",
    "api-training-runs",
    "api-training-run",
    "api-predictors",
    "api-models",
    "api-model",
    "api-model-agreement",
    "api-model-calibration",
    "api-model-learning",
    "api-queue",
    "api-rounds",
    "api-round",
    "api-model-verdict",
    "api-model-certificates",
    "api-scoring-runs",
    "api-scoring-run",
    "api-explaining-runs",
    "api-explaining-run",
    "api-explanations",
    "api-assessment",
    "api-predictions",
}

#: What says who the raters are, or chooses the members: not for managers either.
OWNERS = {
    "study-payment-csv",
    "api-payment",
    "api-identities",
    "study-member",
    "api-member",
    "api-member-ownership",
}

LOGIN, FORBIDDEN, MISSING = 302, 403, 404

#: route name: (method, path arguments, (owner, administrator, outsider, anonymous))
CONSOLE = (200, 200, MISSING, LOGIN)
CHANGE = (302, 302, MISSING, LOGIN)
API = (200, 200, MISSING, 401)
RATER_API = (401, 401, 401, 401)
#: By a token alone, not by a browser's session; tests/workbench/accounts/test_people_api.py.
TOKEN_API = (401, 401, 401, 401)
#: Who the raters are is for the owner alone.
OWNER_API = (200, FORBIDDEN, MISSING, 401)

TABLE: dict[str, tuple[str, tuple[str, ...], tuple[int, int, int, int]]] = {
    "home": ("get", (), (302, 302, 302, 302)),
    "health-live": ("get", (), (200, 200, 200, 200)),
    "health-ready": ("get", (), (200, 200, 200, 200)),
    "metrics": ("get", (), (MISSING, 200, MISSING, MISSING)),
    "system": ("get", (), (MISSING, 200, MISSING, LOGIN)),
    "set_language": ("post", (), (302, 302, 302, 302)),
    "docs": ("get", ("nothing.html",), (404, 404, 404, 404)),
    "media": ("get", ("stimuli/x.png",), (404, 404, 404, 404)),
    "studies": ("get", (), (200, 200, 200, LOGIN)),
    "study-new": ("get", (), (200, 200, 200, LOGIN)),
    "dataset-import-new": ("get", (), (200, 200, 200, LOGIN)),
    "dataset-import": ("get", ("1",), (MISSING, MISSING, MISSING, LOGIN)),
    "dataset-import-cancel": ("post", ("1",), (MISSING, MISSING, MISSING, LOGIN)),
    "api-dataset-imports": ("post", (), (400, 400, 400, 401)),
    "api-dataset-import": ("get", ("1",), (MISSING, MISSING, MISSING, 401)),
    "api-dataset-import-cancel": ("post", ("1",), (MISSING, MISSING, MISSING, 401)),
    "study-import-ratings": ("get", ("slug",), CONSOLE),
    "study": ("get", ("slug",), CONSOLE),
    "study-now": ("get", ("slug",), CONSOLE),
    "study-step": ("post", ("slug", "gold"), CHANGE),
    "study-status": ("post", ("slug",), CHANGE),
    "study-settings": ("get", ("slug",), CONSOLE),
    "study-settings-part": ("get", ("slug", "rules"), CONSOLE),
    "study-webhooks": ("get", ("slug",), CONSOLE),
    "study-webhook": ("get", ("slug", "webhook"), CONSOLE),
    "study-members": ("get", ("slug",), CONSOLE),
    # Without a role: whoever may, is told that it is missing.
    "study-member": ("post", ("slug", "member", "change"), CHANGE),
    "study-activity": ("get", ("slug",), CONSOLE),
    "people": ("get", (), (MISSING, 200, MISSING, LOGIN)),
    "person": ("get", ("person",), (MISSING, 200, MISSING, LOGIN)),
    "person-act": ("post", ("person", "sign-out"), (MISSING, 302, MISSING, LOGIN)),
    "account-link": ("get", ("forged",), (MISSING, MISSING, MISSING, MISSING)),
    "own-data": ("post", (), (200, 200, 200, LOGIN)),
    "site-activity": ("get", (), (MISSING, 200, MISSING, LOGIN)),
    "study-archive": ("post", ("slug",), CHANGE),
    # Without a title: whoever may, is told that it is missing.
    "study-duplicate": ("post", ("slug",), CHANGE),
    "study-delete": ("get", ("slug",), CONSOLE),
    "study-questions": ("get", ("slug",), CONSOLE),
    "study-translations": ("get", ("slug",), CONSOLE),
    "study-stimuli": ("get", ("slug",), CONSOLE),
    "study-stimulus": ("get", ("slug", "stimulus"), CONSOLE),
    "study-holdout": ("get", ("slug",), CONSOLE),
    # Without an image: those who may choose one are told so.
    "study-stimuli-purpose": ("post", ("slug",), CHANGE),
    # With no state and no file: whoever may, is told on the image's page what is missing.
    "study-stimulus-state": ("post", ("slug", "stimulus"), CHANGE),
    "study-stimulus-replace": ("post", ("slug", "stimulus"), CHANGE),
    "study-import": ("get", ("slug",), CONSOLE),
    "study-import-job": ("get", ("slug", "job"), CONSOLE),
    # Of an import that asks about no image: whoever may, finds none.
    "study-import-picture": ("get", ("slug", "job", "row"), (404, 404, MISSING, LOGIN)),
    "study-import-cancel": ("post", ("slug", "job"), CHANGE),
    "study-import-retry": ("post", ("slug", "job"), CHANGE),
    "study-mapping-keep": ("post", ("slug", "job"), CHANGE),
    "study-mapping-delete": ("post", ("slug",), CHANGE),
    "study-published": ("get", ("slug",), CONSOLE),
    "study-scale-link": ("post", ("slug",), CHANGE),
    "study-preview": ("get", ("slug",), CONSOLE),
    "study-invite": ("get", ("slug",), CONSOLE),
    "study-shared-link": ("post", ("slug",), CONSOLE),
    # Without a shared link: on to the page that opens one.
    "study-recruitment": ("get", ("slug",), CHANGE),
    "study-payment-csv": ("get", ("slug",), (200, FORBIDDEN, MISSING, LOGIN)),
    "study-invitations-csv": ("get", ("slug",), CONSOLE),
    "study-raters": ("get", ("slug",), CONSOLE),
    "study-raters-csv": ("get", ("slug",), CONSOLE),
    "study-raters-live": ("get", ("slug",), CONSOLE),
    "study-raters-coverage": ("get", ("slug",), CONSOLE),
    "study-rater": ("get", ("slug", "rater"), CONSOLE),
    "study-rater-status": ("post", ("slug", "rater"), CHANGE),
    "study-rater-link": ("post", ("slug", "rater"), CHANGE),
    "study-raters-message": ("post", ("slug",), CHANGE),
    "study-rater-message": ("post", ("slug", "rater"), CHANGE),
    "study-reports": ("get", ("slug",), CONSOLE),
    "study-rater-erase": ("get", ("slug", "rater"), CONSOLE),
    "study-rater-go-on": ("post", ("slug", "rater"), CHANGE),
    "study-results": ("get", ("slug",), CONSOLE),
    "study-results-generators": ("get", ("slug",), CONSOLE),
    "study-results-agreement": ("get", ("slug",), CONSOLE),
    "study-results-raters": ("get", ("slug",), CONSOLE),
    "study-results-raters-csv": ("get", ("slug",), CONSOLE),
    "study-results-explanations": ("get", ("slug",), CONSOLE),
    "study-export": ("get", ("slug",), CONSOLE),
    "study-export-file": ("get", ("slug", "csv"), CONSOLE),
    "study-datasets": ("get", ("slug",), CONSOLE),
    "study-dataset-cancel": ("post", ("slug", "1"), (MISSING, MISSING, MISSING, LOGIN)),
    "study-release-make": ("post", ("slug",), CHANGE),
    "study-model": ("get", ("slug",), CONSOLE),
    "study-model-jobs": ("get", ("slug",), CONSOLE),
    "study-model-summary": ("get", ("slug",), CONSOLE),
    "study-model-run": ("get", ("slug", "training", "1"), (MISSING, MISSING, MISSING, LOGIN)),
    "study-model-card": ("get", ("slug", "1"), (MISSING, MISSING, MISSING, LOGIN)),
    "study-model-compare": ("get", ("slug",), CONSOLE),
    "study-model-agreement": ("get", ("slug", "1"), (MISSING, MISSING, MISSING, LOGIN)),
    "study-model-agreement-csv": ("get", ("slug", "1"), (MISSING, MISSING, MISSING, LOGIN)),
    "study-scores": ("get", ("slug",), CONSOLE),
    # Without a method: whoever may, is told so.
    "study-method": ("post", ("slug",), CHANGE),
    "study-plot": ("get", ("slug", "scores", "distribution-quality", "svg"), CONSOLE),
    "study-model-cancel": ("post", ("slug", "training", "1"), (MISSING, MISSING, MISSING, LOGIN)),
    "study-model-retrain": ("post", ("slug",), CHANGE),
    "study-model-schedule": ("post", ("slug",), CHANGE),
    "study-model-add": ("post", ("slug",), CHANGE),
    "study-model-lead": ("post", ("slug", "1"), CHANGE),
    "study-model-promote": ("post", ("slug", "1"), CHANGE),
    "study-model-rest": ("post", ("slug",), CHANGE),
    "study-model-predict": ("post", ("slug", "1"), CHANGE),
    "study-model-reject": ("post", ("slug", "1"), CHANGE),
    "stimulus-predictions": ("get", ("slug", "stimulus"), CONSOLE),
    "rate": ("get", ("token",), (200, 200, 200, 200)),
    "rating-plate": ("get", ("0",), (200, 200, 200, 200)),
    "join": ("get", ("forged",), (MISSING, MISSING, MISSING, MISSING)),
    "api-tokens": ("get", (), (200, 200, 200, LOGIN)),
    "api-token-revoke": ("post", ("none",), (MISSING, MISSING, MISSING, LOGIN)),
    "schema": ("get", (), (200, 200, 200, 200)),
    "api-docs": ("get", (), (200, 200, 200, 200)),
    "api-studies": ("get", (), (200, 200, 200, 401)),
    "api-study": ("get", ("slug",), API),
    "api-study-overview": ("get", ("slug",), API),
    "api-steps": ("get", ("slug",), API),
    # With a form: whoever may, is told that it takes JSON.
    "api-step": ("post", ("slug", "gold"), (415, 415, MISSING, 401)),
    "api-study-duplicate": ("post", ("slug",), (415, 415, MISSING, 401)),
    "api-study-deletion": ("get", ("slug",), API),
    # The console's form has archived it already.
    "api-study-archive": ("post", ("slug",), (409, 409, MISSING, 401)),
    "api-protocols": ("get", ("slug",), API),
    "api-protocol": ("get", ("slug", "protocol"), API),
    "api-audit": ("get", ("slug",), API),
    "api-webhooks": ("get", ("slug",), API),
    "api-webhook": ("get", ("slug", "webhook"), API),
    "api-webhook-deliveries": ("get", ("slug", "webhook"), API),
    "api-webhook-rotate": ("post", ("slug", "webhook"), API),
    "api-webhook-ping": ("post", ("slug", "webhook"), (202, 202, MISSING, 401)),
    "api-webhook-replay-failed": ("post", ("slug", "webhook"), (202, 202, MISSING, 401)),
    "api-webhook-replay": (
        "post",
        ("slug", "webhook", "delivery"),
        (202, 202, MISSING, 401),
    ),
    "api-members": ("get", ("slug",), API),
    # Without a role: whoever may, is told that it is missing.
    "api-member": ("put", ("slug", "account"), (400, 400, MISSING, 401)),
    # Of somebody who is no member.
    "api-member-ownership": ("post", ("slug", "none"), (MISSING, MISSING, MISSING, 401)),
    "api-raters": ("get", ("slug",), API),
    "api-rater": ("get", ("slug", "rater"), API),
    "api-identities": ("get", ("slug",), OWNER_API),
    # Without a shared link.
    "api-shared-link": ("get", ("slug",), (MISSING, MISSING, MISSING, 401)),
    "api-shared-link-rotation": ("post", ("slug",), (MISSING, MISSING, MISSING, 401)),
    "api-rater-link": ("post", ("slug", "rater"), API),
    # With a form: whoever may, is told that it takes JSON.
    "api-rater-status": ("post", ("slug", "rater"), (415, 415, MISSING, 401)),
    # No rule has stopped them.
    "api-rater-continuation": ("post", ("slug", "rater"), (409, 409, MISSING, 401)),
    "api-messages": ("get", ("slug",), API),
    "api-sessions": ("get", ("slug",), API),
    "api-trials": ("get", ("slug",), API),
    "api-prompts": ("get", ("slug",), API),
    "api-rater-erasure": ("get", ("slug", "rater"), API),
    # Without a shared link.
    "api-recruitment": ("get", ("slug",), (MISSING, MISSING, MISSING, 401)),
    "api-payment": ("get", ("slug",), OWNER_API),
    "api-reliability": ("get", ("slug",), API),
    "api-coverage": ("get", ("slug",), API),
    "api-stimulus": ("get", ("slug", "stimulus"), API),
    "api-stimuli": ("get", ("slug",), API),
    "api-mappings": ("get", ("slug",), API),
    # Of a name that no mapping has.
    "api-mapping": ("get", ("slug", "mine"), (MISSING, MISSING, MISSING, 401)),
    "api-scale-links": ("get", ("slug",), API),
    "api-scale-link-removal": ("post", ("slug",), (415, 415, MISSING, 401)),
    "api-imports": ("get", ("slug",), API),
    "api-import": ("get", ("slug", "job"), API),
    # Its owner has cancelled it on the page.
    "api-import-cancel": ("post", ("slug", "job"), (409, 409, MISSING, 401)),
    # With a form: whoever may, is told that it takes JSON; a replacement takes a form with a file.
    "api-import-retry": ("post", ("slug", "job"), (415, 415, MISSING, 401)),
    "api-stimuli-purpose": ("post", ("slug",), (415, 415, MISSING, 401)),
    "api-stimulus-state": ("post", ("slug", "stimulus"), (415, 415, MISSING, 401)),
    "api-stimulus-replacement": ("post", ("slug", "stimulus"), (400, 400, MISSING, 401)),
    "api-export": ("get", ("slug",), API),
    "api-export-study": ("get", ("slug",), API),
    # With a form: whoever may, is told that it takes JSON.
    "api-datasets": ("post", ("slug",), (415, 415, MISSING, 401)),
    "api-dataset": ("get", ("slug", "1"), (MISSING, MISSING, MISSING, 401)),
    "api-dataset-cancel": ("post", ("slug", "1"), (MISSING, MISSING, MISSING, 401)),
    "api-dataset-archive": ("get", ("slug", "1"), (MISSING, MISSING, MISSING, 401)),
    "api-opinion-methods": ("get", ("slug",), API),
    "api-opinion-method-preview": ("get", ("slug", "zscore"), API),
    "api-generators": ("get", ("slug",), API),
    "api-releases": ("get", ("slug",), API),
    "api-release": ("get", ("slug", "live"), API),
    "api-release-scores": ("get", ("slug", "live"), API),
    "api-release-raters": ("get", ("slug", "live"), API),
    "api-agreement": ("get", ("slug",), API),
    "api-plan": ("get", ("slug",), API),
    "api-training-runs": ("get", ("slug",), API),
    "api-training-run": ("get", ("slug", "1"), (MISSING, MISSING, MISSING, 401)),
    "api-training-run-cancel": ("post", ("slug", "1"), (MISSING, MISSING, MISSING, 401)),
    "api-predictors": ("get", ("slug",), API),
    "api-predictor-lead": ("post", ("slug", "1"), (MISSING, MISSING, MISSING, 401)),
    "api-models": ("get", ("slug",), API),
    "api-model": ("get", ("slug", "1"), (MISSING, MISSING, MISSING, 401)),
    "api-model-learning": ("get", ("slug", "1"), (MISSING, MISSING, MISSING, 401)),
    "api-model-calibration": ("get", ("slug", "1"), (MISSING, MISSING, MISSING, 401)),
    "api-model-agreement": ("get", ("slug", "1"), (MISSING, MISSING, MISSING, 401)),
    "api-model-verdict": ("get", ("slug", "1"), (MISSING, MISSING, MISSING, 401)),
    "api-model-certificates": ("get", ("slug", "1"), (MISSING, MISSING, MISSING, 401)),
    # With a form: whoever may, is told that it takes JSON.
    "study-queue": ("get", ("slug",), (200, 200, MISSING, LOGIN)),
    "study-model-round": ("get", ("slug", "1"), (MISSING, MISSING, MISSING, LOGIN)),
    "api-rounds": ("get", ("slug",), API),
    "api-round": ("get", ("slug", "1"), (MISSING, MISSING, MISSING, 401)),
    "api-queue": ("get", ("slug",), (200, 200, MISSING, 401)),
    "api-rest": ("post", ("slug",), (415, 415, MISSING, 401)),
    "api-model-promote": ("post", ("slug", "1"), (MISSING, MISSING, MISSING, 401)),
    "api-model-reject": ("post", ("slug", "1"), (MISSING, MISSING, MISSING, 401)),
    "api-scoring-runs": ("get", ("slug",), API),
    "api-scoring-run": ("get", ("slug", "1"), (MISSING, MISSING, MISSING, 401)),
    "api-scoring-run-cancel": ("post", ("slug", "1"), (MISSING, MISSING, MISSING, 401)),
    "api-explaining-runs": ("get", ("slug",), API),
    "api-explaining-run": ("get", ("slug", "1"), (MISSING, MISSING, MISSING, 401)),
    "api-explaining-run-cancel": ("post", ("slug", "1"), (MISSING, MISSING, MISSING, 401)),
    "api-explanations": ("get", ("slug",), (MISSING, MISSING, MISSING, 401)),
    # Without an image: those who may upload are told what is missing.
    "api-assessments": ("post", ("slug",), (400, 400, MISSING, 401)),
    "api-assessment": ("get", ("slug", "1"), (MISSING, MISSING, MISSING, 401)),
    "api-predictions": ("get", ("slug",), (MISSING, MISSING, MISSING, 401)),
    "api-people": ("get", (), TOKEN_API),
    "api-person": ("get", ("account",), TOKEN_API),
    "api-person-link": ("post", ("account",), TOKEN_API),
    "api-person-sign-out": ("post", ("account",), TOKEN_API),
    "api-person-tokens": ("post", ("account",), TOKEN_API),
    "api-person-two-factor": ("post", ("account",), TOKEN_API),
    "rating-session": ("get", (), RATER_API),
    "rating-begin": ("post", (), RATER_API),
    "rating-pause": ("post", (), RATER_API),
    "rating-withdraw": ("post", (), RATER_API),
    "rating-release": ("post", (), RATER_API),
    "rating-report": ("post", (), RATER_API),
    "rating-messages-unread": ("post", (), RATER_API),
    "rating-messages-read": ("post", (), RATER_API),
    "rating-claims": ("post", (), RATER_API),
    "rating-renew": ("post", ("1",), RATER_API),
    "rating-skip": ("post", ("1",), RATER_API),
    "rating-submit": ("post", ("1",), RATER_API),
}
#: allauth tests its own pages; they hold nothing of a study.
ELSEWHERE = ("account_", "mfa_")


@dataclass(frozen=True)
class World:
    study: Study
    stimulus: Stimulus
    rater: Rater
    job: ImportJob
    delivery: WebhookDelivery
    colleague: Membership

    def argument(self, name: str) -> str:
        known = {
            "slug": self.study.slug,
            "stimulus": str(self.stimulus.pk),
            "rater": self.rater.code,
            # As it is now: an owner replaces it.
            "token": link_token(Rater.objects.get(pk=self.rater.pk)),
            "job": str(self.job.pk),
            "row": "1",
            "webhook": str(self.delivery.webhook_id),
            "delivery": str(self.delivery.pk),
            "member": str(self.colleague.pk),
            "account": self.colleague.user.username,
            "person": str(self.colleague.user.pk),
            "protocol": str(current_protocol(self.study.pk).number),
        }
        return known.get(name, name)


@pytest.fixture
def world(study: Study, rater: Rater) -> World:
    job = ImportJob.objects.create(study=study, manifest_name="manifest.csv")
    colleague = make_member(study, make_user("colleague"), MemberRole.VIEWER)
    return World(study, make_stimulus(study, 1), rater, job, make_delivery(study), colleague)


def make_delivery(study: Study) -> WebhookDelivery:
    webhook = Webhook.objects.create(
        study=study, url="https://lab.example/", events=["release.made"], secret=seal("whsec_")
    )
    return WebhookDelivery.objects.create(
        webhook=webhook, event="ping", body="{}", next_at=timezone.now()
    )


@pytest.fixture
def visitors(owner: User, administrator: User, outsider: User) -> dict[str, User | None]:
    return dict(zip(VISITORS, (owner, administrator, outsider, None), strict=True))


def route_names(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from route_names(pattern.url_patterns)
        elif pattern.name:
            yield pattern.name


def test_every_route_is_in_the_table() -> None:
    names = {
        name for name in route_names(get_resolver().url_patterns) if not name.startswith(ELSEWHERE)
    }
    assert names == set(TABLE)


@pytest.mark.django_db(transaction=True)
def test_each_visitor_gets_the_status_of_the_table(
    world: World, visitors: dict[str, User | None]
) -> None:
    found = {
        route: tuple(status_of(route, world, visitors[visitor]) for visitor in VISITORS)
        for route in TABLE
    }
    assert found == {route: expected for route, (_method, _names, expected) in TABLE.items()}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("role", [MemberRole.MANAGER, MemberRole.VIEWER])
def test_a_member_gets_what_their_role_allows(world: World, role: MemberRole) -> None:
    member = make_user("member")
    make_member(world.study, member, role)
    found = {route: status_of(route, world, member) for route in TABLE}
    assert found == {route: _status_for_member(route, role) for route in TABLE}


def _status_for_member(route: str, role: MemberRole) -> int:
    _method, names, (owner, _administrator, _outsider, _anonymous) = TABLE[route]
    if "slug" not in names or route in VIEWERS:
        return owner
    return owner if role is MemberRole.MANAGER and route not in OWNERS else FORBIDDEN


def status_of(route: str, world: World, account: User | None, method: str = "") -> int:
    """`method`: another one than the table's."""
    told, names, _expected = TABLE[route]
    client = Client()
    if account is not None:
        client.force_login(account)
    address = reverse(route, args=[world.argument(name) for name in names])
    response = getattr(client, method or told)(address)
    if getattr(response, "streaming", False):
        b"".join(response.streaming_content)
    return int(response.status_code)
