import os
import subprocess
import sys

import pytest

HEAVY = (
    *("httpx", "pydantic", "openpyxl", "rich", "scim2_models", "scim2_server", "python_calamine"),
    *("keyring", "tomllib", "filelock"),
)
_SCRIPT = f"""
import sys
from aapimport.cli import main
code = main({{arguments}})
loaded = {{{{name.partition('.')[0] for name in sys.modules}}}}
print("\\ncommands:", *sorted(one for one in sys.modules if one.startswith("aapimport.cli.")))
print("loaded:", *sorted(loaded & set({HEAVY!r})))
sys.exit(code)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["upload", "--help"],
        ["sandbox", "serve", "--help"],
        ["login", "--help"],
        ["config", "--help"],
    ],
    ids=" ".join,
)
def test_help_loads_no_heavy_library(arguments: list[str]) -> None:
    """Help is instant: no library that does the work, and for the list no command, is imported."""
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT.format(arguments=arguments)],
        capture_output=True,
        encoding="utf-8",
        check=False,
        # what measures coverage reads its own settings in the child
        env={name: it for name, it in os.environ.items() if not name.startswith("COVERAGE")},
    )
    assert done.returncode == 0, done.stderr
    commands, loaded = done.stdout.splitlines()[-2:]
    assert loaded == "loaded:"
    if arguments == ["--help"]:
        assert not {f"aapimport.cli.{name}" for name in ("upload", "config")} & {*commands.split()}
