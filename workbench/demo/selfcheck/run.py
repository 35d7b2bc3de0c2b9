"""One run: services of its own, and one study after the other on them."""

import secrets
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from ...core.errors import MintError
from ...core.progress import Output
from ...local.process import last_lines
from ...local.stack import Stack
from ..client import OwnerClient, sign_in
from .memory import PeakMemory
from .plans import PLANS, Plan
from .report import Report, StudyReport
from .stages import StageError, stage
from .study import Site, StudyCheck


class SelfCheckError(MintError):
    """Something failed; the message has every stage that did."""


class SelfCheck:
    """Runs the loop in every plan's study; `report` fills as it goes."""

    def __init__(self, out: Output, plans: Sequence[Plan] = PLANS) -> None:
        self.report = Report()
        self._plans = plans
        self._out = out

    def run(self) -> Report:
        """A study that fails does not keep the others from running.

        Raises SelfCheckError; whatever happens, everything that was started is gone afterwards.
        """
        with tempfile.TemporaryDirectory(prefix="mint-selfcheck-") as folder, PeakMemory() as peak:
            try:
                self._run(Path(folder))
            finally:
                self.report.peak_memory_mib = round(peak.mib)
        self.report.passed = True
        return self.report

    def _run(self, folder: Path) -> None:
        password = secrets.token_urlsafe(12)
        self._stack = Stack(
            folder / "data",
            durable=False,
            extra={"DJANGO_SUPERUSER_PASSWORD": password},
            say=self._say,
        )
        with ExitStack() as open_things:
            self._say("start")
            try:
                with stage(self.report, "start", self._logs):
                    open_things.enter_context(self._stack)
                    client = open_things.enter_context(self._owner(password))
            except StageError as error:
                raise SelfCheckError(error.message) from error
            self._check_studies(Site(self._stack, client, self._logs, self._out), folder)

    def _check_studies(self, site: Site, folder: Path) -> None:
        failures = []
        for number, plan in enumerate(self._plans, 1):
            self._say(f"\n{plan.name}")
            report = StudyReport(name=plan.name, scales=plan.scales)
            self.report.studies.append(report)
            try:
                StudyCheck(plan, site, folder / f"world-{number}", report).run()
            except StageError as error:
                failures.append(f"{plan.name}: {error.message}")
        if failures:
            raise SelfCheckError("\n\n".join(failures))

    def _logs(self) -> str:
        """The last words of web server and worker: their files are deleted with the rest."""
        logs = [self._stack.data / "log" / f"{name}.log" for name in ("web", "worker")]
        return "\n".join(f"The end of {log.name}:\n{last_lines(log)}" for log in logs)

    def _say(self, line: str) -> None:
        self._out.write(f"{line}\n")
        self._out.flush()

    def _owner(self, password: str) -> OwnerClient:
        self._stack.manage(
            *("createsuperuser", "--noinput", "--username", "owner"),
            *("--email", "owner@example.org"),
        )
        url = self._stack.base_url
        return OwnerClient(url, sign_in(url, "owner", password), sleep=self._watchful_sleep)

    def _watchful_sleep(self, seconds: float) -> None:
        """While a job is waited for, a server that ended is noticed, a worker started again."""
        self._stack.supervisor.check()
        time.sleep(seconds)
