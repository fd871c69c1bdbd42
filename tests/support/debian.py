"""Debian's packages of programs that tests need, where CI runs as root."""

import os
import shutil
import subprocess


def fetch(package: str) -> None:
    """Install a package under CI; elsewhere nothing is installed on anybody's machine. It may fail silently."""
    if os.environ.get("CI") and os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (["update"], ["install", "--yes", "--no-install-recommends", package]):
            quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
            # Two workers may ask at the same moment: the second waits for the first's lock.
            options = ["-qq", "-o", "DPkg::Lock::Timeout=120"]
            subprocess.run(["apt-get", *options, *command], env=quiet, timeout=300, check=False, capture_output=True)
