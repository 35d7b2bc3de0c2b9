"""A contrastive image–text model (CLIP, SigLIP) that is used as it is: an embedding is that of the
image, that of its prompt, and their product feature by feature (docs/decisions/052)."""
