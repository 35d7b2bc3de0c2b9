"""A study with rows behind every route of the API, and how its addresses name them."""

from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction
from django.utils import timezone

from annotation.models import (
    DatasetImport,
    DatasetRelease,
    ImportJob,
    Message,
    Participant,
    Rater,
    SavedMapping,
    SharedLink,
    Stimulus,
    Study,
    Webhook,
    WebhookDelivery,
)
from annotation.models.membership import MemberRole
from annotation.opinion.releases import make_release
from annotation.raters.access import link_token, rater_access
from annotation.rating.claims import claim_trials
from annotation.webhooks.sealing import seal
from modelops.models import Assessment, ExplainingRun, ModelVersion
from tests.factories import make_member, make_rater, make_session, make_user, publish
from workbench.accounts.models import ApiToken, TokenScope, User


@dataclass(frozen=True)
class World:
    """Parameters of paths by name; `ids` by what stands before `{id}`."""

    known: dict[str, list[str | int]]
    ids: dict[str, int | str]
    rater: Rater


def make_world(version: ModelVersion) -> World:
    """Of the study of `version`, which has rated images and a model that has predicted."""
    study = version.study
    make_member(study, make_user("colleague"), MemberRole.VIEWER)
    rater, trial = _at_work(study)
    webhook, delivery = _webhook(study)
    ids = {
        "imports": ImportJob.objects.create(study=study, manifest_name="a.csv").pk,
        "dataset-imports": DatasetImport.objects.create(actor=study.owner, archive_name="a.zip").pk,
        "webhooks": plain(webhook.pk),
        "stimuli": Stimulus.objects.filter(study=study).earliest("pk").pk,
        "assessments": _assessment(version).pk,
        "explaining-runs": ExplainingRun.objects.create(study=study, model_version=version).pk,
        "scoring-runs": version.scoring_runs.earliest("pk").pk,
        "training-runs": version.training_run_id,
        "rating/trials": trial,
    }
    return World(
        known={
            "slug": [study.slug],
            "code": list(study.raters.order_by("pk").values_list("code", flat=True)),
            "number": [1],
            "delivery": [plain(delivery.pk)],
            "account": ["colleague"],
            "which": ["first", "live"],
        },
        ids=ids,
        rater=rater,
    )


def plain(key: object) -> int | str:
    """As an address has it."""
    return key if isinstance(key, int) else str(key)


def token_of(account: User) -> str:
    """With every scope that it may have."""
    scopes = [str(scope) for scope in TokenScope if account.is_staff or scope != TokenScope.PEOPLE]
    _row, secret = ApiToken.objects.create(user=account, name="fuzz", scopes=scopes)
    return f"Token {secret}"


def rating_token_of(rater: Rater) -> str:
    return f"Rater {link_token(rater)}"


def _at_work(study: Study) -> tuple[Rater, int]:
    """A rater with an image in hand, who has reported something."""
    rater = make_rater(study)
    make_session(rater, begun_at=timezone.now())
    Message.objects.create(rater=rater, sender="rater", text="Hello.")
    SharedLink.objects.create(study=study, quota=2)
    Participant.objects.create(rater=rater, study=study, identifier="one")
    offer = claim_trials(access=rater_access(link_token(rater)), ahead=0)
    return rater, offer.trials[0].id


def _webhook(study: Study) -> tuple[Webhook, WebhookDelivery]:
    webhook = Webhook.objects.create(
        study=study, url="https://lab.example/", events=["release.made"], secret=seal("whsec_")
    )
    return webhook, WebhookDelivery.objects.create(
        webhook=webhook, event="ping", body="{}", next_at=timezone.now()
    )


def _assessment(version: ModelVersion) -> Assessment:
    study = version.study
    publish(study.stimuli.earliest("pk"), "quality", 0.5, source="a paper")
    SavedMapping.objects.create(study=study, name="first-release", document={})
    with transaction.atomic():
        release = make_release(study, name="first", method="mos")
    DatasetRelease.objects.create(
        study=study,
        number=1,
        state="succeeded",
        release=release,
        actor=study.owner,
        described={},
        archive=storages["artifacts"].save("a.zip", ContentFile(b"PK")),
        size=2,
        archive_sha256="a" * 64,
        content_sha256="c" * 64,
    )
    return Assessment.objects.create(study=study, model_version=version, prompt="a cat")
