"""Where data are kept is full or away: PostgreSQL's disk and the bucket while raters rate, and each
disk on which the site's files are."""

import json
import logging
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

from benchmarks.site import throw_away_folder
from chaos.outcome import Outcome, Plan, SkippedError
from chaos.rows.jobs import FEW, Asked, ModelSite
from chaos.rows.servers import open_study, rate_through
from chaos.site import Sites, started
from workbench.demo.client import ApiError
from workbench.local.process import free_port

_DATABASE_MIB, _FILES_MIB = 512, 400
_AWAY = 12.0
_BLOCK = 4096
_BUCKET, _REGION = "chaos", "eu-central-1"
#: Folders below the site's data → what is written there. Uploads are staged where models are.
_PLACES: Mapping[str, tuple[str, ...]] = {
    "media": ("importing",),
    "artifacts": ("importing", "training", "exporting"),
    "temporary": ("importing", "exporting"),
}


@contextmanager
def small_disk(folder: Path, mib: int) -> Iterator[Path]:
    """A disk of its own at `folder`, in memory, gone with the block. Raises SkippedError where this
    account may not mount one."""
    folder.mkdir(parents=True, exist_ok=True)
    options = ["-t", "tmpfs", "-o", f"size={mib}m,mode=0755", "chaos", str(folder)]
    try:
        done = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
    except OSError as error:
        raise SkippedError(f"no small disk can be mounted here: {error.strerror}") from error
    if done.returncode:
        raise SkippedError("no small disk can be mounted here: it takes an administrator's rights")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Not a block of it is free in the block."""
    filler = disk / "filler"
    try:
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(_BLOCK))
        yield
    finally:
        filler.unlink(missing_ok=True)


def database_full(plan: Plan, sites: Sites) -> Outcome:
    """PostgreSQL has no room for a while."""
    with (
        throw_away_folder() as folder,
        small_disk(folder / "services" / "postgres", _DATABASE_MIB) as disk,
        started(folder, sites.say) as site,
    ):
        open_study(site, "database-full", plan)

        def fault() -> float:
            with filled(disk):
                site.watch(_AWAY)
            return time.monotonic()

        return rate_through(site, "database-full", plan, fault)


def files_full(plan: Plan, sites: Sites) -> Outcome:
    """One disk after the other is full while something is to be written there, and free again."""
    outcome = Outcome()
    with throw_away_folder() as folder, ExitStack() as open_until_the_end:
        disks = {
            name: open_until_the_end.enter_context(small_disk(folder / name, _FILES_MIB))
            for name in _PLACES
        }
        extra = {"TMPDIR": str(disks["temporary"])}
        site = open_until_the_end.enter_context(started(folder, sites.say, extra=extra))
        models = ModelSite(site, folder.parent / "worlds", FEW)
        for name, disk in disks.items():
            before = _files(disk)
            with filled(disk):
                for kind in _PLACES[name]:
                    _refused(models, outcome, kind, f"{name} full")
            left = _files(disk) - before
            outcome.demand(f"{name} full: nothing half-kept ({sorted(left)[:3]})", not left)
        _works_again(models, outcome)
    return outcome


def bucket_away(plan: Plan, sites: Sites) -> Outcome:
    """The bucket does not answer while raters rate and images are imported, and is back."""
    port = free_port()
    extra = {
        "S3_BUCKET": _BUCKET,
        "S3_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "S3_REGION": _REGION,
        "AWS_ACCESS_KEY_ID": "chaos",
        "AWS_SECRET_ACCESS_KEY": "chaos-secret",
    }
    outcome = Outcome()
    with throw_away_folder() as folder, _Buckets(port) as buckets:
        buckets.make(extra)
        with started(folder, sites.say, extra=extra) as site:
            models = ModelSite(site, folder.parent / "worlds", FEW)
            open_study(site, "bucket", plan)

            def fault() -> None:
                before = buckets.names(extra)
                buckets.stop()
                for kind in ("importing", "training", "exporting"):
                    _refused(models, outcome, kind, "bucket away")
                buckets.start()
                left = buckets.names(extra) - before
                outcome.demand(f"nothing half-kept ({sorted(left)[:3]})", not left)

            found = rate_through(site, "bucket", plan, fault)
            outcome.figures |= found.figures
            outcome.broken += found.broken
            outcome.reconciled = found.reconciled
            outcome.demand("0 errors for raters", found.figures["failed requests"] == 0)
            _works_again(models, outcome, files=False)
    return outcome


class _Buckets:
    """A server of S3's protocol in this process, so that what it holds outlives its stops."""

    def __init__(self, port: int) -> None:
        self._port = port
        # It would tell of every request.
        logging.getLogger("werkzeug").setLevel(logging.ERROR)

    def start(self) -> None:
        self._server = ThreadedMotoServer("127.0.0.1", self._port, verbose=False)
        self._server.start()

    def stop(self) -> None:
        self._server.stop()

    def make(self, given: Mapping[str, str]) -> None:
        place = {"LocationConstraint": _REGION}
        self._client(given).create_bucket(Bucket=_BUCKET, CreateBucketConfiguration=place)

    def names(self, given: Mapping[str, str]) -> set[str]:
        pages = self._client(given).get_paginator("list_objects_v2").paginate(Bucket=_BUCKET)
        return {item["Key"] for page in pages for item in page.get("Contents", [])}

    def __enter__(self) -> "_Buckets":
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def _client(self, given: Mapping[str, str]) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=given["S3_ENDPOINT_URL"],
            region_name=_REGION,
            aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=given["AWS_SECRET_ACCESS_KEY"],
        )


def _asks(models: ModelSite) -> dict[str, Callable[[], Asked]]:
    return {
        "importing": models.ask_import,
        "training": models.ask_training,
        "exporting": models.ask_export,
    }


def _refused(models: ModelSite, outcome: Outcome, kind: str, place: str) -> None:
    """What is asked for now is refused in a sentence, at once or by its job, without a path."""
    name = f"{place}, {kind}"
    with models.phase(outcome, name):
        said = _said(models, _asks(models)[kind])
        outcome.figures[name] = said.partition(";")[0][:90] or "done nevertheless"
        outcome.demand(f"{name}: refused", bool(said))
        outcome.demand(f"{name}: no folder of the server", "/mint-" not in said)
        outcome.demand(f"{name}: a sentence, not a fault", "Traceback" not in said)


def _said(models: ModelSite, ask: Callable[[], Asked]) -> str:
    """Why it is refused; empty if it is done."""
    try:
        job = ask()
    except ApiError as error:
        return f"{error.status}: {str(error).partition(': ')[2]}"
    models.end(job)
    asked = f"SELECT row_to_json(job)::text FROM {job.table} AS job WHERE id = %s"
    row = json.loads(models.site.value(asked, job.pk))
    if row["state"] == "succeeded":
        return ""
    refusal = row.get("refusal") or {}
    template = str(refusal.get("template", ""))
    return str(row["error"]) or (template % refusal.get("params", {})) or f"no reason: {row}"


def _works_again(models: ModelSite, outcome: Outcome, *, files: bool = True) -> None:
    for kind, ask in _asks(models).items():
        with models.phase(outcome, f"{kind} afterwards"):
            job = ask()
            models.finish(job)
            if files and kind in ("importing", "exporting"):
                result = models.result(job)
                left = result[1] if isinstance(result, tuple) else result
                outcome.demand(f"{kind}: files are those that rows name", left == 0)


def _files(disk: Path) -> set[str]:
    """Of all sizes; folders that are left empty hold nothing."""
    paths = (path for path in disk.rglob("*") if path.is_file() and path.name != "filler")
    # What a process keeps while it lives: nobody's half of anything.
    return {str(path.relative_to(disk)) for path in paths if "mint-measured-" not in str(path)}
