from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from annotation.models import Study, Webhook
from annotation.models.webhook import SUBSCRIBABLE
from annotation.webhooks.sealing import seal
from tests.annotation.webhooks.receiver import Receiver, running_receiver

#: The one of the specification's example.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    """One that webhooks may be sent to."""
    with running_receiver() as found:
        settings.OUTBOUND_ALLOWED_HOSTS = [found.host]
        yield found


@pytest.fixture
def webhook(study: Study, receiver: Receiver) -> Webhook:
    """Of everything that happens, to the receiver."""
    return Webhook.objects.create(
        study=study, url=receiver.url, events=list(SUBSCRIBABLE), secret=seal(SECRET)
    )
