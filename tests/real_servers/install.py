"""Installs the servers that the tests in this folder upload into, each in a place of its own.

    python tests/real_servers/install.py

Canaille goes into a virtual environment, SCIMMY into a folder of npm, as the W3C's checker of HTML
does (vnu, which needs Java), through which `pytest -m browser` sends pages; all lie in `.servers/`
at the top of the repository, which git ignores, and are made again when their pinned versions
change. scim2-server needs nothing: it comes with aapimport. What can't be installed is said, and
its tests say so again when they skip.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".servers"
CANAILLE = CACHE / "canaille"
SCIMMY = CACHE / "scimmy"
VNU = CACHE / "vnu"
_STAMP = "installed.txt"
_MINUTES = 5


def python_of(environment: Path) -> Path:
    """The interpreter of a virtual environment."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def is_installed(target: Path, pins: Path) -> bool:
    """Whether what a file pins is what was installed."""
    stamp = target / _STAMP
    return stamp.is_file() and stamp.read_text(encoding="ascii") == _digest(pins)


def install_canaille() -> None:
    """Make Canaille's environment.

    Raises:
        subprocess.CalledProcessError: It can't be made.
    """
    pins = HERE / "canaille" / "requirements.txt"
    if is_installed(CANAILLE, pins):
        return
    shutil.rmtree(CANAILLE, ignore_errors=True)
    _run(sys.executable, "-m", "venv", str(CANAILLE))
    python = str(python_of(CANAILLE))
    _run(python, "-m", "pip", "install", "-q", "--require-hashes", "-r", str(pins))
    _stamp(CANAILLE, pins)


def install_from_npm(target: Path) -> None:
    """Make the folder of what npm installs: SCIMMY's, beside a copy of the server, or vnu's.

    Raises:
        FileNotFoundError: There is no npm here.
        subprocess.CalledProcessError: It can't be made.
    """
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise FileNotFoundError("there is no node with npm on this machine")
    pins = HERE / target.name / "package-lock.json"
    if is_installed(target, pins):
        return
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(pins.with_name(name), target / name)
    _run(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", cwd=target)
    _stamp(target, pins)


def _run(*words: str, cwd: Path | None = None) -> None:
    subprocess.run(words, cwd=cwd, check=True, timeout=_MINUTES * 60)


def _digest(pins: Path) -> str:
    return hashlib.sha256(pins.read_bytes()).hexdigest()


def _stamp(target: Path, pins: Path) -> None:
    (target / _STAMP).write_text(_digest(pins), encoding="ascii")


def main() -> int:
    """Install all; the exit code is the number of those that could not be."""
    failed = 0
    for name, install in (
        ("canaille", install_canaille),
        ("scimmy", partial(install_from_npm, SCIMMY)),
        ("vnu", partial(install_from_npm, VNU)),
    ):
        try:
            install()
        except (OSError, subprocess.SubprocessError) as error:
            failed += 1
            sys.stderr.write(f"{name} can't be installed: {error}\n")
    return failed


if __name__ == "__main__":
    sys.exit(main())
