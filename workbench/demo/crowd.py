"""A crowd of simulated raters who rate over HTTP at once, as people in browsers do.

What a rater sees is identified by its pixels: the trial has no file name, and the display copy is
another file of the same picture (docs/decisions/007).
"""

import hashlib
import io
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from ..core.errors import MintError
from .client import ApiError, Offer, OfferedImage, Questions, RaterClient
from .raters import Answer, SimulatedRater
from .world import Truth, read_truth

Progress = Callable[[int, int], None]
_CLIENT_FACTS = {"simulated": True, "width": 1280, "height": 800, "pixel_ratio": 1}


class UnknownImageError(MintError):
    """The server showed an image that is not of this world."""

    code = "unknown_image"


class World:
    """The truth of a world's images, found by what an image shows: its bytes."""

    def __init__(self, truth: Mapping[str, tuple[str, Truth]]) -> None:
        self._truth = truth

    @classmethod
    def read(cls, *folders: Path) -> "World":
        """The worlds that `write_world` left in `folders`."""
        return cls(
            {
                _digest((folder / "images" / name).read_bytes()): (name, known)
                for folder in folders
                for name, known in read_truth(folder / "truth.json").items()
            }
        )

    def __len__(self) -> int:
        return len(self._truth)

    def find(self, data: bytes) -> tuple[str, Truth]:
        """The image's file name and truth."""
        found = self._truth.get(_digest(data))
        if found is None:
            raise UnknownImageError(
                f"the server sent an image ({len(data)} bytes) that is not of this world; "
                "import the world's own images, unchanged"
            )
        return found


@dataclass(frozen=True)
class Member:
    """A simulated person and the link that they were sent."""

    code: str
    link: str
    person: SimulatedRater


@dataclass(frozen=True)
class Sent:
    """One answer that the server has acknowledged."""

    rater: str
    filename: str
    answers: Mapping[str, Answer]


@dataclass
class CrowdReport:
    """What was sent, and how often an answer was sent a second time."""

    sent: list[Sent] = field(default_factory=list)
    repeated: int = 0


def members(raters: Sequence[Mapping[str, Any]], people: Sequence[SimulatedRater]) -> list[Member]:
    """Raters as the owner API made them, each played by one of `people`."""
    return [
        Member(rater["code"], rater["link"], person)
        for rater, person in zip(raters, people, strict=True)
    ]


class Crowd:
    """Raters at work, one thread each, until every session is over.

    Args:
        repeat_every: every so many answers of a rater, the answer is sent twice, as a browser
            does whose first try got no reply. 0: never.
        progress: called with the number done and the total, after every answer.
    """

    def __init__(
        self,
        world: World,
        raters: Sequence[Member],
        *,
        repeat_every: int = 0,
        progress: Progress = lambda done, total: None,
    ) -> None:
        self._world = world
        self._raters = raters
        self._repeat_every = repeat_every
        self._progress = progress
        self._lock = threading.Lock()
        self._answers: Counter[str] = Counter()
        self._longest = 0
        self._looks: Counter[tuple[str, str]] = Counter()
        self._report = CrowdReport()
        self._stopped = threading.Event()

    def rate(self) -> CrowdReport:
        """One session of every rater; a rater with no image left sends nothing.

        Raises the first error of any of them, once all have stopped.
        """
        with ThreadPoolExecutor(max_workers=len(self._raters)) as pool:
            futures = [pool.submit(self._work, member) for member in self._raters]
            try:
                wait(futures)
            except BaseException:
                self._stopped.set()
                raise
        # A thread that stopped because another failed has nothing to say.
        for future in futures:
            future.result()
        return self._report

    def _work(self, member: Member) -> None:
        try:
            with RaterClient.from_link(member.link) as client:
                self._session(member, client)
        except BaseException:
            self._stopped.set()
            raise

    def _session(self, member: Member, client: RaterClient) -> None:
        try:
            questions = client.start(_CLIENT_FACTS)
        except ApiError as error:
            if error.code == "study_full":
                return
            raise
        offer, number = client.claim(), 0
        while offer.images and not self._stopped.is_set():
            number += 1
            offer = self._rate_one(member, client, questions, offer, number)

    def _rate_one(
        self,
        member: Member,
        client: RaterClient,
        questions: Questions,
        offer: Offer,
        number: int,
    ) -> Offer:
        image = offer.images[0]
        filename, truth = self._world.find(client.image(image))
        displayed = time.monotonic()
        look = self._look(member, filename)
        answers = member.person.rate(
            truth.scores, truth.flaws, questions.perspectives, key=look, form=questions.form
        )
        behaviour = _behaviour(member.person.seconds(look), answers)
        following = client.submit(image, answers, behaviour=behaviour, displayed=displayed)
        self._note(Sent(member.code, filename, answers), following)
        if self._repeat_every and number % self._repeat_every == 0:
            following = self._repeat(client, image, answers)
        return following

    def _look(self, member: Member, filename: str) -> str:
        """Names this look at the image: nobody judges a hidden repeat quite as they did before."""
        with self._lock:
            self._looks[member.code, filename] += 1
            times = self._looks[member.code, filename]
        return filename if times == 1 else f"{filename}, look {times}"

    def _repeat(
        self, client: RaterClient, image: OfferedImage, answers: Mapping[str, Answer]
    ) -> Offer:
        with self._lock:
            self._report.repeated += 1
        return client.submit(image, answers)

    def _note(self, sent: Sent, offer: Offer) -> None:
        with self._lock:
            self._report.sent.append(sent)
            done = len(self._report.sent)
            self._answers[sent.rater] += 1
            # An offer counts the part of the session that it is from, practice or main.
            ahead = self._answers[sent.rater] + offer.total - offer.done
            # A rater who is not that far yet is assumed to be like the one who is.
            self._longest = max(self._longest, ahead)
            self._progress(done, max(done, self._longest * len(self._raters)))


def _behaviour(seconds: float, answers: Mapping[str, Answer]) -> dict[str, Any]:
    """What a browser would have measured of somebody who scores one question after the other."""
    shown = round(1000 * seconds)
    moments = [round(shown * (place + 1) / (len(answers) + 1)) for place in range(len(answers))]
    return {
        "shown_ms": shown,
        "away_ms": 0,
        "away": 0,
        "input": "mouse",
        "touches": {str(name): [at, at] for name, at in zip(answers, moments, strict=True)},
    }


def _digest(data: bytes) -> str:
    """Of what is seen: raters are served a copy of the picture, not the file."""
    with Image.open(io.BytesIO(data)) as image:
        seen = image.convert("RGB")
    return hashlib.sha256(repr(seen.size).encode() + seen.tobytes()).hexdigest()
