"""What a child is told to try, once it is confined as the children that read a spreadsheet are."""

import os
import socket  # noqa: F401 -- this one and the next are for what is tried
import subprocess  # noqa: F401
import threading  # noqa: F401
import zoneinfo  # noqa: F401
from collections.abc import Mapping
from importlib import import_module  # noqa: F401
from pathlib import Path  # noqa: F401
from typing import Any

from aapimport.sheets import cell  # noqa: F401
from aapimport.sheets.limits import forbid_processes  # noqa: F401
from aapimport.sheets.source import read_bytes  # noqa: F401

_NOBODY = 65534


def be_unprivileged() -> None:
    """Be somebody whom limits bind; root becomes nobody."""
    if os.getuid() == 0:
        os.setuid(_NOBODY)


def tries(request: Mapping[str, Any]) -> dict[str, str]:
    """Work out the expression that stands for the path; `descriptor` is the file."""
    try:
        found = eval(request["path"], globals() | {"descriptor": request["descriptor"]})  # noqa: S307 -- the test's own
    except Exception as error:  # noqa: BLE001 -- what is raised is the answer
        return {"refused": type(error).__name__}
    return {"done": str(found)}


def tries_each(request: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Work out several expressions, a line each, one after the other."""
    return {one: tries({**request, "path": one}) for one in request["path"].splitlines()}
