"""The domain model. Reading order: study, membership, perspective, stimulus, rater, trial, score,
explanation, message, label, audit.
"""

from .audit import AuditEntry
from .explanation import Explanation
from .importing import ImportJob
from .label import PublishedScore
from .membership import Membership
from .message import Message
from .perspective import Perspective
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
