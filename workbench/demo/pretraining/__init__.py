"""Pretrains the backbone of the tiny MINT-IQA on drawn scenes; see `modelops/mint/assets/tiny`.

Never sees an opinion score: it learns to match pictures with prompts and to recognise flaws.
"""
