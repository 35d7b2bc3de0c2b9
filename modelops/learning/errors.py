"""What the pure learning core raises."""


class LearningError(ValueError):
    """An input that nothing can be learned from, or an artifact that cannot be read."""
