"""nginx in front of processes on loopback, as `deploy/nginx.conf` has it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from deploy.processes import processes as known_to_nginx

DEPLOY = Path(__file__).parents[2] / "deploy"
AROUND = """\
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx-errors.log;
worker_processes auto;
events {{
    worker_connections 4096;
}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/conf.d/*.conf;
}}
"""


def program() -> str | None:
    """nginx; on Debian it stands where only root looks by default."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def configured(folder: Path, addresses: Mapping[str, str], port: int) -> Path:
    """The file for nginx, with those of `deploy/` beside it."""
    (folder / "conf.d").mkdir()
    own, found = re.subn(r"listen 8080;", f"listen 127.0.0.1:{port};", (DEPLOY / "nginx.conf").read_text())
    assert found == 1
    (folder / "conf.d" / "streamside.conf").write_text(own)
    (folder / "conf.d" / "processes.conf").write_text(known_to_nginx(addresses))
    whole = folder / "nginx.conf"
    whole.write_text(AROUND.format(folder=folder))
    return whole
