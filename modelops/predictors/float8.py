"""Whether a backbone's embeddings are computed in float8: only if MODEL_PRECISION asks for it and
a check on a study's own images has passed. What the check said is kept with the embeddings, so that
all processes of a site go by the same one."""

import json
import logging
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from workbench.core.files import write_atomically

from .base import Embedder, Float8Able, Verdict
from .devices import device, precision

log = logging.getLogger(__name__)

#: Images of a check, at most.
MOST = 256


def wanted() -> bool:
    return bool(settings.MODEL_PRECISION == "fp8")


def used(backbone_sha256: str) -> bool:
    """Whether this process computes and keeps that backbone's embeddings in float8."""
    verdict = kept(backbone_sha256) if wanted() else None
    return verdict is not None and verdict.passed and supported()


@cache
def supported() -> bool:
    """Whether this process's device multiplies in float8; why not is logged once."""
    why = unsupported()
    if why:
        log.warning("MODEL_PRECISION is fp8, but %s is used: %s", precision(), why)
    return not why


def unsupported() -> str:
    """Why this process's device does not multiply in float8; empty if it does."""
    import torch

    from .mint.float8 import unsupported

    return unsupported(torch.device(device()))


def computed(backbone_sha256: str) -> tuple[str, dict[str, Any]]:
    """The precision that this process computes that backbone's embeddings in, and what decided on
    it: MODEL_PRECISION, the device, and, if that asks for float8, why it has none, or the check."""
    why: dict[str, Any] = {"asked": settings.MODEL_PRECISION, "device": device()}
    if wanted() and not supported():
        why["unsupported"] = unsupported()
    elif wanted() and (verdict := kept(backbone_sha256)):
        why["check"] = {name: it for name, it in asdict(verdict).items() if name != "reason"}
    return "fp8" if used(backbone_sha256) else precision(), why


def settled(embedder: Embedder, backbone_sha256: str) -> Embedder:
    """The same one, told whether to use float8."""
    if isinstance(embedder, Float8Able):
        embedder.float8 = used(backbone_sha256)
    return embedder


def kept(backbone_sha256: str) -> Verdict | None:
    path = _path(backbone_sha256)
    return Verdict(**json.loads(path.read_text())) if path.exists() else None


def keep(backbone_sha256: str, verdict: Verdict) -> None:
    """Logs it, too."""
    name = backbone_sha256[:8]
    if verdict.passed:
        log.info("backbone %s is computed in float8: %s", name, verdict.reason)
    else:
        log.warning("backbone %s is computed in bfloat16, not float8: %s", name, verdict.reason)
    path = _path(backbone_sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps(asdict(verdict)).encode())


def _path(backbone_sha256: str) -> Path:
    return Path(settings.DATA_DIR) / "cache" / "float8" / f"{backbone_sha256}.json"
