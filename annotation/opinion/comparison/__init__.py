"""Comparisons that rest on opinion scores: of predictions with people, and of generators.

`prediction.py`: predicted against measured scores. `ceiling.py`: what a perfect predictor would
reach against the same labels. `leaderboard.py`: generators, prediction-powered if a model has
predicted all images. `assisted.py`: ratings and prediction of one image, joined. Pure: arrays in,
frozen dataclasses out; bad input is a `ComparisonError` by name.
"""
