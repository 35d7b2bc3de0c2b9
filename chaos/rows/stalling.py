"""What could keep raters waiting: a frozen worker with uploads, slow clients, large bodies."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import httpx

from benchmarks.site import throw_away_folder
from chaos.ledger import p95_ms
from chaos.outcome import Outcome, Plan
from chaos.proxy import proxied
from chaos.rows.jobs import SLUG, ModelSite
from chaos.rows.servers import open_study
from chaos.site import Sites, frozen, started

_UPLOADS, _UNFINISHED, _BODY_MIB = 28, 24, 60
#: Times the rating p95 of the calm minute before.
_MOST = 2.0


def stalled(plan: Plan, sites: Sites) -> Outcome:
    """Raters rate through the proxy: in calm, then while each of the three goes on."""
    with (
        throw_away_folder() as folder,
        started(folder, sites.say, extra={"BEHIND_PROXY": "1"}) as site,
        proxied(f"127.0.0.1:{site.stack.port}", folder.parent / "proxy") as port,
    ):
        models = ModelSite(site, folder.parent / "worlds", 40)
        open_study(site, "stall", plan)
        return stall(models, port, plan)


def stall(models: ModelSite, port: int, plan: Plan) -> Outcome:
    site, outcome, seconds = models.site, Outcome(), plan.seconds / 4
    base = f"http://127.0.0.1:{port}"
    token = site.owner.http.headers["Authorization"]
    uploads = f"{base}/api/v1/studies/{SLUG}/assessments/"
    faults: dict[str, Callable[[threading.Event], None]] = {
        f"worker frozen, {_UPLOADS} uploads": lambda over: _upload(uploads, token, models, over),
        f"{_UNFINISHED} unfinished headers": lambda over: _dawdle(port, over),
        f"bodies of {_BODY_MIB} MiB": lambda over: _send_large(uploads, token, over),
    }
    asked = {"seed": plan.seed, "seconds": 20 * plan.seconds, "pause": plan.pause, "port": port}
    spans: dict[str, tuple[float, float]] = {}
    with site.crowd("stall", plan.raters, **asked) as crowd, ExitStack() as ice:
        site.watch(min(5.0, seconds))
        spans["calm"] = _span(lambda: site.watch(seconds))
        ice.enter_context(frozen(site.workers()))
        for name, fault in faults.items():
            with _meanwhile(fault):
                spans[name] = _span(lambda: time.sleep(seconds))
        journal = crowd.finish()
    figures = {name: p95_ms(journal, *span) for name, span in spans.items()}
    for name, found in figures.items():
        outcome.figures[f"p95 {name}"] = f"{found:.0f} ms"
        outcome.demand(f"p95 {name} within {_MOST:g} times", found <= _MOST * figures["calm"])
    outcome.figures["failed requests"] = len(journal.failures)
    outcome.nothing_lost(site.reconciled("stall", journal))
    return outcome


def _span(act: Callable[[], None]) -> tuple[float, float]:
    begun = time.monotonic()
    act()
    return begun, time.monotonic()


@contextmanager
def _meanwhile(fault: Callable[[threading.Event], None]) -> Iterator[None]:
    over = threading.Event()
    thread = threading.Thread(target=fault, args=[over])
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _upload(address: str, token: str, models: ModelSite, over: threading.Event) -> None:
    """So many people at once have an image assessed, again and again."""
    image = models.an_image()

    def one(_number: int) -> None:
        # `verify`: loading the certificates takes longer than an upload does.
        with httpx.Client(headers={"Authorization": token}, timeout=60, verify=False) as client:
            while not over.is_set():
                files = {"image": ("image.jpg", image, "image/jpeg")}
                client.post(address, files=files, data={"prompt": "a red circle"})
                over.wait(1.0)

    with ThreadPoolExecutor(_UPLOADS) as people:
        list(people.map(one, range(_UPLOADS)))


def _dawdle(port: int, over: threading.Event) -> None:
    """So many connections whose request never ends, opened again when they are closed."""
    while not over.is_set():
        with ExitStack() as lines:
            for _line in range(_UNFINISHED):
                line = lines.enter_context(socket.create_connection(("127.0.0.1", port), 10))
                line.sendall(b"GET /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
            over.wait(9.0)


def _send_large(address: str, token: str, over: threading.Event) -> None:
    body = b"x" * (_BODY_MIB * 2**20)
    with httpx.Client(headers={"Authorization": token}, timeout=60) as client:
        while not over.is_set():
            client.post(address, content=body)
