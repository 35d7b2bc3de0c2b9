"""The compose file's proxy in front of a site: nginx on its own file, but for TLS, which simulated
raters do not speak."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chaos.outcome import SkippedError
from workbench.local.process import free_port, wait_until
from workbench.local.stack import ROOT

_TEMPLATE = ROOT / "deployment" / "nginx.conf.template"


@contextmanager
def proxied(web: str, folder: Path) -> Iterator[int]:
    """nginx in front of the web server at `web`; the port that it listens on. Raises SkippedError
    without nginx."""
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        raise SkippedError("no nginx here: apt-get install nginx-light")
    folder.mkdir(parents=True)
    port = free_port()
    (folder / "nginx.conf").write_text(_configuration(folder, web, port))
    with subprocess.Popen([program, "-p", folder, "-c", folder / "nginx.conf"]) as nginx:
        try:
            wait_until((folder / "pid").exists, seconds=10)
            yield port
        finally:
            nginx.terminate()


def _configuration(folder: Path, web: str, port: int) -> str:
    kept, _redirect, server = _TEMPLATE.read_text().partition("server {")
    server = server.partition("server {")[2]
    lines = [line for line in server.splitlines() if "ssl_" not in line and "[::]" not in line]
    text = kept + "server {" + "\n".join(lines)
    for old, new in {
        "443 ssl default_server": f"127.0.0.1:{port} default_server",
        "${WEB_ADDRESS}": web,
        "${IMPORT_UPLOAD_MIB}": "80",
        "/dev/stderr": f"{folder}/error.log",
    }.items():
        text = text.replace(old, new)
    paths = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # Under root it would change to an account that cannot enter the folder.
    user = "user root;" if os.geteuid() == 0 else ""
    return (
        f"{user}daemon off; pid {folder}/pid; error_log {folder}/main.log;\n"
        f"events {{}}\nhttp {{\n{paths}{text}\n}}\n"
    )
