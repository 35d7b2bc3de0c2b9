"""MINT-IQA, stage 1: three scores for an image and its prompt, in plain torch.

One image from file to scores, in reading order: `processing` (all steps) → `preprocessing`
(pixels) and `tokenization` (prompt) → `modeling` (pixels and tokens to scores). `engine` does that
for many images at once: by the same sums in `trunk`, in `float8` if asked to, through `graphs` on a
GPU, for which processes decode (`decoding`). `configuration` and `presets` hold the sizes;
`checkpoint` finds, loads and saves models; `released` and `conversion` make them from the released
checkpoint, `starting` from what the authors started from; `fine_tuning` trains them. Stage 2, which
explains the scores, is `modelops.explaining`.

Nothing is imported here: most of these modules import torch, which takes seconds.
"""
