"""What a method of opinion scores may say about a rater."""

from enum import StrEnum


class Verdict(StrEnum):
    #: The method judges nobody, or had nothing to judge this rater by.
    NONE = ""
    KEPT = "kept"
    REJECTED = "rejected"
