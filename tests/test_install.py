"""The README's commands, typed word by word in a copy of this folder, with nothing installed.

Packages come from a folder of wheels, which are made of what the tests themselves run with: so the
network isn't needed, and a package that pyproject.toml forgets to name is missing.
"""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.campaign,
    pytest.mark.skipif(sys.platform == "win32", reason="the README's lines are for a POSIX shell"),
]
ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
_TREE = ("src", "examples", "pyproject.toml", "README.md", "LICENSE")
_NOT_PACKED = ("INSTALLER", "REQUESTED", "direct_url.json", "RECORD.jws")


def block(name: str) -> list[str]:
    """The lines of the README below a mark, as they are typed."""
    (lines,) = re.findall(rf"<!-- {name} -->\n```\n(.*?)\n```", README, re.DOTALL)
    return str(lines).splitlines()


def pack(installed: Distribution, folder: Path) -> None:
    """Make the wheel again that a package was installed from."""
    tags = re.findall(r"^Tag: (\w+)-(\w+)-(\w+)$", installed.read_text("WHEEL") or "", re.MULTILINE)
    tag = "-".join(".".join(dict.fromkeys(parts)) for parts in zip(*tags, strict=True))
    name = re.sub(r"[-_.]+", "_", installed.metadata["Name"])
    wheel = folder / f"{name}-{installed.version}-{tag}.whl"
    with zipfile.ZipFile(wheel, "w") as packed:
        for file in installed.files or ():
            if ".." not in file.parts and file.name not in _NOT_PACKED:
                packed.write(str(file.locate()), file.as_posix())


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel of each package that the tests run with."""
    folder = tmp_path_factory.mktemp("wheels")
    for installed in distributions():
        if installed.metadata["Name"] != "aapimport":
            pack(installed, folder)
    return folder


@pytest.fixture
def typed(wheels: Path, tmp_path: Path) -> "Typed":
    """Types lines into a shell, in a copy of this folder."""
    folder = tmp_path / "downloaded"
    folder.mkdir()
    for name in _TREE:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    return Typed(folder, wheels)


class Typed:
    """A shell without anything of the tests' own environment.

    Args:
        folder: Where it is opened.
        wheels: Where packages come from.
    """

    def __init__(self, folder: Path, wheels: Path) -> None:
        home = folder.parent / "home"
        tools = Path(sys.executable).parent
        self.folder = folder
        self.bin = home / "bin"
        self.environment = {
            "HOME": str(home),
            "PATH": f"{self.bin}:{folder.parent / 'tools'}:{os.environ['PATH']}",
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(wheels),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIPX_HOME": str(home / "pipx"),
            "PIPX_BIN_DIR": str(self.bin),
            "PIPX_DEFAULT_PYTHON": sys.executable,
            "UV_OFFLINE": "1",
            "UV_NO_INDEX": "1",
            "UV_NO_CONFIG": "1",
            "UV_FIND_LINKS": str(wheels),
            "UV_PYTHON": sys.executable,
            "UV_CACHE_DIR": str(home / "uv-cache"),
            "UV_TOOL_DIR": str(home / "uv"),
            "UV_TOOL_BIN_DIR": str(self.bin),
        }
        home.mkdir()
        (folder.parent / "tools").mkdir()
        for name, real in (
            ("python3", sys.executable),
            ("pipx", tools / "pipx"),
            ("uv", tools / "uv"),
        ):
            (folder.parent / "tools" / name).symlink_to(real)

    def __call__(self, *lines: str, folder: Path | None = None) -> str:
        """What the lines print on stdout; each must succeed."""
        done = subprocess.run(
            ["/bin/sh", "-e", "-c", "\n".join(lines)],
            cwd=folder or self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"{lines}:\n{done.stdout}{done.stderr}"
        return done.stdout


def test_the_first_block_and_everyday_use(typed: Typed) -> None:
    """What follows the first block can be typed as it stands, with the template filled in."""
    receipt = typed(*block("upload"))
    assert "25 = 23 created + 1 changed + 1 the same" in receipt
    activate, generate, *everyday = block("everyday")
    typed(activate, generate)
    assert (typed.folder / "people.xlsx").exists()
    shutil.copy(ROOT / "examples" / "users.xlsx", typed.folder / "people.xlsx")
    printed = typed(activate, *everyday)
    assert "25 rows checked, 25 ready" in printed
    assert "Rows             25 = 25 the same" in printed


@pytest.mark.parametrize("tool", ["pipx", "uv tool"])
def test_in_every_folder(typed: Typed, tool: str, tmp_path: Path) -> None:
    """Both tools install it from the folder, and the command is there in another one."""
    (line,) = (line for line in block("every folder") if line.startswith(tool))
    typed(line)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    typed("aapimport generate-template people.xlsx", folder=elsewhere)
    assert (elsewhere / "people.xlsx").exists()


@pytest.mark.parametrize("tool", ["pipx", "uv tool"])
def test_from_a_wheel(typed: Typed, tool: str) -> None:
    """The wheel has the name that the README says, and is all that is needed."""
    make, *installs = block("wheel")
    typed("python3 -m venv .venv", make)
    (line,) = (line for line in installs if line.startswith(tool))
    typed(line)
    assert "aapimport 0.1.0" in typed("aapimport --version", folder=typed.bin)
