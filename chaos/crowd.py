"""Raters who rate through every fault, and note what they were told; a process of its own.

Reads a `Crowd` as JSON from standard input, writes a `Journal` to standard output. An answer that
is not acknowledged is sent again until it is, as the rating page's outbox does.
"""

import json
import random
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.load import Browser, Load, answer_to

#: Seconds before an answer is sent again, the next time twice as long, up to the last.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 1.0


@dataclass(frozen=True)
class Crowd:
    """Where they rate and how: `pause` is a rater's mean time to think, in seconds. They stop by
    themselves after `seconds`, and earlier when their standard input is closed."""

    host: str
    port: int
    tokens: list[str]
    seed: int
    seconds: float
    pause: float


@dataclass
class Journal:
    """What raters know. Times are seconds of the system's monotonic clock, which all processes of
    a machine share.

    `acknowledged`: trial, rater's place, its scores, when it was first sent and when acknowledged;
    `open`: trials that were sent and not acknowledged when the time was up; `refused`: trials whose
    answer the site did not take, with status and code; `failures`: when a request failed and how.
    """

    begun: float = 0.0
    ended: float = 0.0
    acknowledged: list[tuple[int, int, dict[str, float], float, float]] = field(
        default_factory=list
    )
    open: list[int] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)
    failures: list[tuple[float, str]] = field(default_factory=list)


class Rater:
    """One rater and one connection, which is opened again whenever it breaks."""

    def __init__(self, crowd: Crowd, place: int, journal: Journal, over: threading.Event) -> None:
        self._load = Load(crowd.host, crowd.port, [], 1, "", 0, crowd.seconds)
        self._token, self._place, self._pause = crowd.tokens[place], place, crowd.pause
        self._chance = random.Random(f"{crowd.seed} {place}")
        self._journal, self._over = journal, over
        self._browser: Browser | None = None

    def rate(self) -> None:
        """Sessions one after the other, until it is over."""
        while not self._over.is_set():
            begun = self._persist("session/", {"consent": True})
            if begun is None:
                return
            if begun["session"]["state"] == "instructions":
                self._persist("session/begin/", {})
            self._session(begun["study"])

    def _session(self, study: dict[str, Any]) -> None:
        answer = self._persist("claims/", {"ahead": 0})
        while answer is not None and answer["trials"] and not self._over.is_set():
            self._over.wait(self._chance.uniform(0.5, 1.5) * self._pause)
            answer = self._answer(study, int(answer["trials"][0]["id"]))
        if answer is not None and not answer["trials"]:
            self._over.wait(0.2)

    def _answer(self, study: dict[str, Any], trial: int) -> dict[str, Any] | None:
        body = answer_to(study)
        scores = {name: float(self._chance.randint(1, 5)) for name in body["scores"]}
        body["scores"] = scores
        sent = time.monotonic()
        found = self._persist(f"trials/{trial}/submit/", body, trial)
        if found is None:
            self._journal.open.append(trial)
        elif "trials" in found:
            row = (trial, self._place, scores, sent, time.monotonic())
            self._journal.acknowledged.append(row)
        else:
            return self._persist("claims/", {"ahead": 0})
        return found

    def _persist(self, path: str, body: dict[str, Any], trial: int = 0) -> dict[str, Any] | None:
        """The answer; None when it is over. A refusal, which no repetition changes, is noted."""
        pause = _FIRST_PAUSE
        while True:
            status, answer = self._send(path, json.dumps(body).encode())
            if status < 300:
                return answer
            if 400 <= status < 500 and status != 429:
                self._journal.refused.append((trial, f"{status} {answer.get('code', '')} {path}"))
                return answer if trial else None
            if self._over.wait(pause):
                return None
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _send(self, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """Status and JSON of one try; 599 if none came, which is noted as every failure is."""
        try:
            if self._browser is None:
                self._browser = Browser(self._load)
            address = f"/api/v1/rating/{path}"
            status, data = self._browser.send(self._token, "POST", address, body)
            # What a proxy or a gateway says instead of the site is no JSON.
            answer = json.loads(data) if data[:1] == b"{" else {}
        except (OSError, ValueError) as error:
            status, answer = 599, {"code": type(error).__name__}
        if status >= 500 or status == 429:
            self._hang_up()
            said = f"{status} {answer.get('code', '')}".strip()
            self._journal.failures.append((time.monotonic(), said))
        return status, answer

    def _hang_up(self) -> None:
        """As browsers do after an answer without an end that they know of."""
        if self._browser is not None:
            self._browser.__exit__()
            self._browser = None


def run(crowd: Crowd, over: threading.Event) -> Journal:
    """All raters at once, until the time is up or `over` is set."""
    journal = Journal(begun=time.monotonic())
    raters = [Rater(crowd, place, journal, over) for place in range(len(crowd.tokens))]
    threads = [threading.Thread(target=rater.rate, daemon=True) for rater in raters]
    for thread in threads:
        thread.start()
    over.wait(crowd.seconds)
    over.set()
    journal.ended = time.monotonic()
    for thread in threads:
        thread.join(70)
    return journal


def main() -> None:
    over = threading.Event()
    crowd = Crowd(**json.loads(sys.stdin.readline()))

    def until_closed() -> None:
        sys.stdin.read()
        over.set()

    threading.Thread(target=until_closed, daemon=True).start()
    json.dump(asdict(run(crowd, over)), sys.stdout)


if __name__ == "__main__":
    main()
