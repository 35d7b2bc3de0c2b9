"""Where a model's files are: in a folder, or at a commit of a model hub's repository.

Without torch, so that an import and the web server can ask what a model reads.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import CheckpointError

#: Types of model, as `config.json` says them: SigLIP 2 of one size of image is `siglip`, too.
TYPES = ("clip", "siglip")
_COMMIT = "[0-9a-f]{40}"
_ON_HUB = re.compile(r"(?P<name>[\w.-]+/[\w.-]+)(?:@(?P<commit>[\w./-]*))?")
#: What is fetched: never programs, never pickles, which can hold one.
_WANTED = ("*config.json", "tokenizer.json", "model*.safetensors", "model.safetensors.index.json")


def source_of(weights: str) -> str:
    """`OWNER/NAME@COMMIT` if the weights come from the hub; empty for a folder of this machine."""
    return "" if Path(weights).is_dir() or not _ON_HUB.fullmatch(weights) else weights


def find_files(weights: str, *, fetch: bool = True) -> Path:
    """The folder with a model's files: `weights`, or where a commit of the hub is kept here.

    `fetch`: whether what is not here yet may be fetched. Raises CheckpointError naming what is
    missing, and what to do.
    """
    if weights and Path(weights).is_dir():
        return Path(weights)
    found = _ON_HUB.fullmatch(weights)
    if found is None:
        raise CheckpointError(
            f"{weights or 'nothing after image-text'} is not a folder here; give image-text:FOLDER "
            "with the files of a CLIP or SigLIP model, or image-text:OWNER/NAME@COMMIT of the hub"
        )
    name, commit = found["name"], found["commit"] or ""
    if not re.fullmatch(_COMMIT, commit):
        raise CheckpointError(
            f"{weights} is not a folder here, and as a name on the model hub it needs a commit, "
            "the 40 digits that its page shows under “Files and versions”: "
            f"image-text:{name}@COMMIT. A branch may move, and scores with it"
        )
    return _from_hub(name, commit, fetch)


def read_sizes(folder: Path) -> dict[str, Any]:
    """`config.json`. Raises CheckpointError if it is not that of a model that is known here."""
    path = folder / "config.json"
    try:
        sizes = json.loads(path.read_text())
        kind = sizes["model_type"]
        text, vision = sizes["text_config"], sizes["vision_config"]
        known = isinstance(text, dict) and isinstance(vision, dict)
    except FileNotFoundError as error:
        raise CheckpointError(
            f"{folder} holds no config.json; give the folder of a CLIP or SigLIP model"
        ) from error
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise _another(path, "") from error
    if kind not in TYPES or not known:
        raise _another(path, str(kind))
    found: dict[str, Any] = sizes
    return found


def _another(path: Path, kind: str) -> CheckpointError:
    what = f"is of a model of type “{kind}”" if kind else "does not describe an image–text model"
    hint = " (SigLIP 2 with images of any size; take one of a fixed size)" * (kind == "siglip2")
    return CheckpointError(
        f"{path} {what}{hint}; give the folder of a whole {' or '.join(TYPES)} model, with both "
        "image and text"
    )


def _from_hub(name: str, commit: str, fetch: bool) -> Path:
    from huggingface_hub import snapshot_download

    with _hub_errors(name, commit):
        found = snapshot_download(
            name, revision=commit, allow_patterns=list(_WANTED), local_files_only=not fetch
        )
    return Path(str(found))


@contextmanager
def _hub_errors(name: str, commit: str) -> Iterator[None]:
    """What can go wrong between here and the hub, as CheckpointErrors with the fix."""
    from huggingface_hub import constants, errors

    hub = constants.ENDPOINT
    try:
        yield
    except errors.GatedRepoError as error:
        raise CheckpointError(
            f"{name} is gated: accept its conditions at {hub}/{name}, sign the workers' account "
            "in there (`hf auth login`, or HF_TOKEN); or give a folder with its files"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise CheckpointError(
            f"{name} has no commit {commit}; take one from {hub}/{name}/commits/main"
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise CheckpointError(
            f"{hub} has no model {name}, or shows it to some accounts alone; correct the name, or "
            "sign the workers' account in there (`hf auth login`, or HF_TOKEN)"
        ) from error
    except (errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled, ConnectionError) as error:
        raise CheckpointError(
            f"{name}@{commit} is not on this machine and {hub} cannot be reached; let the workers "
            f"reach it, or run `hf download {name} --revision {commit} --local-dir FOLDER` where "
            "it can be, and give FOLDER"
        ) from error
    except (OSError, ValueError) as error:
        raise CheckpointError(
            f"{name}@{commit} cannot be fetched from {hub} ({error}); try again, or give a folder "
            "with its files"
        ) from error
