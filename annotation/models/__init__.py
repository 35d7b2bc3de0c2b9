"""The domain model. Reading order: study, perspective, protocol, membership, stimulus, rater,
trial, score, explanation, release, opinion, dataset, message, audit, webhook.
"""

from .audit import AuditEntry
from .dataset import DatasetRelease
from .dataset_import import DatasetImport
from .explanation import Explanation
from .importing import ImportJob
from .membership import Membership
from .message import Message
from .opinion import OpinionScore, ReleasePerspective, SubjectEstimate
from .perspective import Perspective
from .protocol import Protocol
from .rater import Participant, Rater, RaterIdentity
from .release import (
    OpinionRelease,
    RatingsErased,
    ReleaseProtocol,
    ReleaseRecord,
)
from .saved_mapping import SavedMapping
from .scale_link import ScaleLink
from .score import Score
from .shared_link import SharedLink
from .stimulus import Generator, Prompt, Stimulus
from .study import Study
from .trial import RatingSession, Trial
from .webhook import Webhook, WebhookDelivery

__all__ = [
    "AuditEntry",
    "DatasetImport",
    "DatasetRelease",
    "Explanation",
    "Generator",
    "ImportJob",
    "Membership",
    "Message",
    "OpinionRelease",
    "OpinionScore",
    "Participant",
    "Perspective",
    "Prompt",
    "Protocol",
    "Rater",
    "RaterIdentity",
    "RatingSession",
    "RatingsErased",
    "ReleasePerspective",
    "ReleaseProtocol",
    "ReleaseRecord",
    "SavedMapping",
    "ScaleLink",
    "Score",
    "SharedLink",
    "Stimulus",
    "Study",
    "SubjectEstimate",
    "Trial",
    "Webhook",
    "WebhookDelivery",
]
