"""The owner's pages about results: opinion scores, generators, agreement, raters, explanations."""
