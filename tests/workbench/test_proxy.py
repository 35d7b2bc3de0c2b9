"""The proxy of the compose file, by running nginx on its file in front of a web server that tells
what it received."""

import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from workbench.local.process import free_port, wait_until

TEMPLATE = Path(__file__).parents[2] / "deployment" / "nginx.conf.template"
pytestmark = pytest.mark.skipif(
    shutil.which("nginx") is None, reason="no nginx here: apt-get install nginx-light"
)


class Mirror(BaseHTTPRequestHandler):
    """Answers with the headers and the length of what it was sent."""

    #: Requests that have begun to arrive.
    begun = 0

    def do_GET(self) -> None:
        Mirror.begun += 1
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        told = {"headers": dict(self.headers.items()), "path": self.path, "bytes": len(body)}
        answer = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *arguments: object) -> None:
        pass


@dataclass(frozen=True)
class Proxy:
    https: str
    http: str
    port: int
    folder: Path

    def get(self, path: str, **headers: str) -> httpx.Response:
        with httpx.Client(verify=False) as client:
            return client.get(self.https + path, headers=headers)

    def post(self, path: str, mib: int) -> httpx.Response:
        with httpx.Client(verify=False, timeout=30) as client:
            return client.post(self.https + path, content=bytes(mib * 2**20))


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("nginx")
    with ThreadingHTTPServer(("127.0.0.1", 0), Mirror) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        made = _proxy(folder, f"127.0.0.1:{web.server_port}")
        with subprocess.Popen(["nginx", "-p", folder, "-c", folder / "nginx.conf"]) as nginx:
            assert wait_until(lambda: _listens(made.port), seconds=10)
            yield made
            nginx.terminate()
        web.shutdown()


def _proxy(folder: Path, web: str) -> Proxy:
    """As nginx's image does: variables filled in, inside its own main file."""
    http, https = free_port(), free_port()
    _make_certificate(folder)
    text = TEMPLATE.read_text()
    for old, new in {
        "${WEB_ADDRESS}": web,
        "${IMPORT_UPLOAD_MIB}": "80",
        "/etc/nginx/tls": str(folder),
        "[::]:80 ": f"[::]:{http} ",
        "[::]:443 ": f"[::]:{https} ",
        " 80 default": f" {http} default",
        " 443 ssl": f" {https} ssl",
        "/dev/stderr": str(folder / "error.log"),
    }.items():
        assert old in text
        text = text.replace(old, new)
    text = "\n".join(line for line in text.splitlines() if "listen [::]" not in line)
    paths = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # Under root it would change to an account that cannot enter a test's folders.
    user = "user root; " if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user}daemon off; pid {folder}/pid; error_log {folder}/main.log notice;\n"
        # What the image's own main file sets.
        f"events {{}}\nhttp {{\ndefault_type application/octet-stream;\n"
        f"access_log {folder}/access.log;\nsendfile on;\nkeepalive_timeout 65;\n"
        f"{paths}{text}\n}}\n"
    )
    return Proxy(f"https://127.0.0.1:{https}", f"http://127.0.0.1:{http}", https, folder)


def _make_certificate(folder: Path) -> None:
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test"),
            *("-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"),
        ],
        check=True,
        capture_output=True,
    )


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def test_the_file_is_one_that_nginx_takes(proxy: Proxy) -> None:
    done = subprocess.run(
        ["nginx", "-t", "-p", proxy.folder, "-c", proxy.folder / "nginx.conf"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr


def test_it_says_who_asks_whatever_the_client_says(proxy: Proxy) -> None:
    told = proxy.get(
        "/accounts/login/",
        **{
            "X-Forwarded-For": "10.1.1.1",
            "X-Forwarded-Proto": "http",
            "X-Forwarded-Host": "evil.example.org",
            "X-Forwarded-Port": "1",
            "X-Real-IP": "10.1.1.1",
            "Forwarded": "for=10.1.1.1",
            "Host": "workbench.example.org",
        },
    ).json()["headers"]
    forwarded = {name: value for name, value in told.items() if "orward" in name or "Real" in name}
    assert forwarded == {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https"}
    assert told["Host"] == "workbench.example.org"


def test_plain_http_is_led_to_https(proxy: Proxy) -> None:
    answer = httpx.get(f"{proxy.http}/studies/?a=1", headers={"Host": "workbench.example.org"})
    assert answer.status_code == 301
    assert answer.headers["Location"] == "https://workbench.example.org/studies/?a=1"


@pytest.mark.parametrize(
    ("path", "mib", "status"),
    [
        ("/accounts/login/", 2, 200),
        ("/accounts/login/", 4, 413),
        ("/api/v1/studies/", 4, 413),
        ("/api/v1/studies/demo/assessments/", 20, 200),
        ("/api/v1/studies/demo/assessments/", 22, 413),
        ("/api/v1/studies/demo/stimuli/7/replacement/", 63, 200),
        ("/studies/demo/images/7/replace/", 63, 200),
        ("/studies/demo/images/7/replace/", 65, 413),
        ("/studies/demo/import/", 79, 200),
        ("/studies/demo/import/", 81, 413),
        ("/studies/from-dataset/", 79, 200),
        ("/api/v1/studies/demo/imports/", 79, 200),
        ("/api/v1/dataset-imports/", 79, 200),
        ("/studies/demo/settings/import/", 65, 413),
    ],
)
def test_bodies_have_a_limit_and_imports_their_own(
    path: str, mib: int, status: int, proxy: Proxy
) -> None:
    answer = proxy.post(path, mib)
    assert answer.status_code == status
    if status == 200:
        assert answer.json()["bytes"] == mib * 2**20
    elif path.startswith("/api/"):
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "too_large"


def test_slow_clients_do_not_reach_the_web_server(proxy: Proxy) -> None:
    """Half a header, or half a body, of as many clients as the web server has threads."""
    halves = (
        b"GET / HTTP/1.1\r\nHost: workbench.example.org\r\nX-Slow: ",
        b"POST / HTTP/1.1\r\nHost: workbench.example.org\r\nContent-Length: 1000\r\n\r\nhalf",
    )
    context = ssl._create_unverified_context()
    before, slow = Mirror.begun, []
    for number in range(64):
        plain = socket.create_connection(("127.0.0.1", proxy.port))
        slow.append(context.wrap_socket(plain))
        slow[-1].sendall(halves[number % 2])
    begun = time.monotonic()
    assert proxy.get("/").status_code == 200
    assert time.monotonic() - begun < 2
    assert Mirror.begun == before + 1
    for one in slow:
        one.close()


def test_no_address_is_written_down(proxy: Proxy) -> None:
    secret = "r7.1.pB4Zk1Vt0GqVbJw3yqF"
    proxy.get(f"/rate/{secret}/")
    proxy.post(f"/rate/{secret}/", 65)
    texts = [path.read_text(errors="replace") for path in proxy.folder.rglob("*.log")]
    assert len(texts) >= 2
    assert secret not in "".join(texts)
