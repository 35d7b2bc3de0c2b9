"""Opinion scores, pure numpy: mean opinion score, spread and confidence interval.

Takes and returns arrays; imports no Django.
"""

from .scores import OpinionScores, opinion_scores

__all__ = ["OpinionScores", "opinion_scores"]
