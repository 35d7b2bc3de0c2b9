"""The domain model. Reading order: study, perspective, protocol, membership, stimulus, rater,
trial, score, explanation, message, label, audit.
"""

from .audit import AuditEntry
from .explanation import Explanation
from .importing import ImportJob
from .label import PublishedScore
from .membership import Membership
from .message import Message
from .perspective import Perspective
from .protocol import Protocol
from .rater import Rater, RaterIdentity
from .score import Score
from .shared_link import SharedLink
from .stimulus import Generator, Prompt, Stimulus
from .study import Study
from .trial import RatingSession, Trial

__all__ = [
    "AuditEntry",
    "Explanation",
    "Generator",
    "ImportJob",
    "Membership",
    "Message",
    "Perspective",
    "Prompt",
    "Protocol",
    "PublishedScore",
    "Rater",
    "RaterIdentity",
    "RatingSession",
    "Score",
    "SharedLink",
    "Stimulus",
    "Study",
    "Trial",
]
