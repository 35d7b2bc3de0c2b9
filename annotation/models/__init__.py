"""The domain model. Reading order: study, protocol, stimulus, rater, trial, rating, message, label,
audit."""

from .audit import AuditEntry
from .importing import ImportJob
from .label import PublishedScore
from .message import Message
from .protocol import Protocol
from .rater import Rater, RaterIdentity
from .rating import Explanation, Rating
from .shared_link import SharedLink
from .stimulus import Generator, Prompt, Stimulus
from .study import Study
from .trial import RatingSession, Trial

__all__ = [
    "AuditEntry",
    "Explanation",
    "Generator",
    "ImportJob",
    "Message",
    "Prompt",
    "Protocol",
    "PublishedScore",
    "Rater",
    "RaterIdentity",
    "Rating",
    "RatingSession",
    "SharedLink",
    "Stimulus",
    "Study",
    "Trial",
]
