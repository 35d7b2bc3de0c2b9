"""Studies, stimuli, raters, rating sessions, ratings, explanations, import and export.

Never imports `modelops`: a model's wishes arrive as a stimulus's priority.
"""
