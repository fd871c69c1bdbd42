"""Files of `deploy/`: everything that they name exists. No container is started here."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.processes import main, processes
from tests.support.debian import fetch
from tests.support.nginx import configured, program
from tests.test_floors import FLOORS
from ui.server.middleware import COOKIE, VARIABLE

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    composed = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    found: dict[str, Any] = composed["services"]
    return found


def apps(services: dict[str, Any]) -> dict[str, Any]:
    return {name: service for name, service in services.items() if service["image"] == "streamside"}


def test_every_process_has_the_name_that_nginx_knows_it_by(
    services: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    names = list(apps(services))
    assert [service["environment"][VARIABLE] for service in apps(services).values()] == names
    main([f"{name}:8501" for name in names])
    assert capsys.readouterr().out == (DEPLOY / "processes.conf").read_text()
    assert f"$cookie_{COOKIE} " in (DEPLOY / "processes.conf").read_text()


def test_all_processes_share_a_database_and_a_cookie_secret(services: dict[str, Any]) -> None:
    ours = apps(services).values()
    (url,) = {service["environment"]["DATABASE_URL"] for service in ours}
    database = services["database"]["environment"]
    assert (
        url
        == f"postgresql://{database['POSTGRES_USER']}:{database['POSTGRES_PASSWORD']}@database/{database['POSTGRES_DB']}"
    )
    assert {tuple(service["volumes"]) for service in ours} == {("../.streamlit:/streamside/.streamlit:ro",)}


def test_what_is_mounted_and_built_is_there(services: dict[str, Any]) -> None:
    for service in services.values():
        for mount in service.get("volumes", ()):
            source = mount.partition(":")[0]
            assert not source.startswith(".") or (DEPLOY / source).exists(), mount
        if build := service.get("build"):
            assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()
        for other in service.get("depends_on", ()):
            assert other in services


def test_the_image_holds_every_floor_and_no_key() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    copied = {name for line in lines if line.startswith("COPY ") for name in line.split()[1:-1]}
    assert all((ROOT / name).exists() for name in copied)
    floors = {floor if (ROOT / floor).is_dir() else f"{floor}.py" for floor in FLOORS if floor != "examples"}
    assert floors <= copied
    assert lines.index("USER streamside") < next(number for number, line in enumerate(lines) if line.startswith("CMD"))
    let_in = re.findall(r"^!(.+)$", (DEPLOY / "Dockerfile.dockerignore").read_text(), re.MULTILINE)
    assert set(let_in) == copied


@pytest.fixture
def nginx() -> str:
    if program() is None:
        fetch("nginx")
    found = program()
    if found is None and os.environ.get("CI"):
        pytest.fail("no nginx, though CI is to skip nothing")
    return found or pytest.skip("no nginx here")


def test_nginx_takes_the_configuration(tmp_path: Path, nginx: str) -> None:
    whole = configured(tmp_path, {"app1": "127.0.0.1:1", "app2": "127.0.0.1:2", "app3": "127.0.0.1:3"}, port=1)
    done = subprocess.run(
        [nginx, "-t", "-p", str(tmp_path), "-e", str(tmp_path / "errors"), "-c", str(whole)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_a_single_process_is_a_group_as_well() -> None:
    assert "backup" not in processes({"app1": "app1:8501"})
