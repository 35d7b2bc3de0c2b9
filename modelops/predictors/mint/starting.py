"""What an untrained stage 1 starts from, as the authors' did: BLIP-2.

Source: arXiv 2405.07346, section 5; released code IntMeGroup/MINT-IQA, commit e76c07d.
"""

from pathlib import Path

import torch

from .checkpoint import from_blip2, save_model
from .storing import new_folder


def start_from_blip2(
    source: str | Path, folder: str | Path, *, dtype: torch.dtype = torch.float32
) -> None:
    """Writes a new folder with an untrained MINT-IQA on a public backbone; see `from_blip2`.

    Raises CheckpointError with all names that are missing, unexpected or misshapen; TokenizerError;
    StorageError; then nothing is left behind.
    """
    loaded = from_blip2(source, dtype=dtype)
    needed = sum(tensor.nbytes for tensor in loaded.model.state_dict().values())
    with new_folder(Path(folder), needed=needed) as building:
        save_model(loaded, building)
