"""Programs that tests need, from Debian's packages, where CI runs as root."""

import os
import shutil
import subprocess


def fetch(package: str) -> None:
    """Under CI, and only there; elsewhere nothing is put on anybody's machine. Whoever calls this looks what came."""
    if os.environ.get("CI") and os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (["update"], ["install", "--yes", "--no-install-recommends", package]):
            quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
            # Two workers may ask at the same moment: the second waits for the first's lock.
            options = ["-qq", "-o", "DPkg::Lock::Timeout=120"]
            subprocess.run(["apt-get", *options, *command], env=quiet, timeout=300, check=False, capture_output=True)
