"""Pretrains the backbone of the tiny MINT-IQA on drawn scenes.

Its weights are in `modelops/predictors/mint/assets/tiny`.

Never sees an opinion score: it learns to match pictures with prompts and to recognise flaws.
"""
