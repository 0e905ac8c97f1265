"""The screens of a page: its commands are run, one after the other, and what they print is put in.

A block that begins with three backticks and `console` holds commands after `$ `. What stands below
each is what it prints. Where it asks on a terminal, a comment above the block tells what is waited
for and what is typed then: `<!-- typed: client admins = 1 | Type 24 = 24 -->`; Enter is typed as
`Enter`. A comment `<!-- here: people.xlsx = examples/users.xlsx -->` puts a file into the folder
that the commands run in, which holds the examples as well and is the home folder, too. So is any
block written that stands below `<!-- file: NAME -->`.

Where a page names a service on port 40127 or 40128, a practice portal is served in its place; its
token is in the file `acme.token` or `globex.token`, and typed as `acme.token`.
"""

import os
import re
import secrets
import shlex
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, chdir, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from aapimport.sandbox.serving import Address, PracticeServer
from support.terminal import AAPIMPORT, Terminal
from support.warm import Warm

Printed = tuple[str, int]
"""What a command prints on both streams, and its exit code."""
_BLOCK = re.compile(
    r"(?:<!-- typed: (?P<typed>[^\n]*) -->\n)?```console\n(?P<commands>.*?)```\n"
    r"|<!-- file: (?P<file>\S+) -->\n```\w+\n(?P<text>.*?)```\n",
    re.DOTALL,
)
_HERE = re.compile(r"<!-- here: (\S+) = (\S+) -->")
_RECEIPT = re.compile(r"\b(Plan|[Rr]eceipt|resume) ([2-9A-Z]{6})\b")
_TIME = re.compile(r"\d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2} UTC   took \S+ s")
_PASSING = re.compile(
    r"^(?:reading .*|asking the services|planning|uploading.*|writing .*)\n", re.MULTILINE
)
"""What goes on at a moment, in lines that a screen reader gets; on a terminal it passes by."""
_ESCAPES = re.compile(r"\r?\x1b\[[0-9;?]*[A-Za-z]")
_PORTS = {"40127": "acme.token", "40128": "globex.token"}
_ENTER = "Enter"
_TEMPORARY, _RANDOM_BYTES = "/tmp/", 2  # noqa: S108 -- the folder is made anew, for its owner only
_NOT_MINE = ("AAPIMPORT_", "XDG_")
_HOME, _NUMBER = "/home/zoe", "7K3QX9"


def with_screens(page: str, examples: Path, warm: Warm | None = None) -> str:
    """The page, with what each of its commands prints today.

    Args:
        page: Its text.
        examples: The folder of the examples.
        warm: What starts commands within milliseconds; without it each is a new interpreter.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(_home())
        shutil.copytree(examples, folder / examples.name)
        for name, source in _HERE.findall(page):
            shutil.copy(folder / source, folder / name)
        ports = dict(_served(folder, page, stack))
        stack.enter_context(chdir(folder))
        session = _Session(folder, ports, warm)
        return _BLOCK.sub(session.block, page)


def screen_of(words: Sequence[str], warm: Warm | None = None) -> str:
    """What a command prints that needs no file and no state, without trailing blanks."""
    return _without_blanks(_printed(words, surroundings(Path("nowhere")), None, warm)[0])


def surroundings(home: Path) -> dict[str, str]:
    """The environment of a command in a home folder of its own, without anybody's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_MINE)}
    kept |= {"COLUMNS": "80", "PYTHONIOENCODING": "utf-8"}
    kept |= {"AAPIMPORT_STATE_DIR": str(home / "state")}
    kept |= {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring", "NO_COLOR": "1"}
    return kept | dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"), str(home))


@dataclass
class _Session:
    """The commands of one page.

    Args:
        folder: Where they run; their home folder, too.
        ports: The ports that the page names, and those that are served in their place.
        warm: What starts them.
    """

    folder: Path
    ports: Mapping[str, str]
    warm: Warm | None
    receipts: dict[str, str] = field(default_factory=dict)

    def block(self, found: re.Match[str]) -> str:
        """A block with what its commands print; a file is written."""
        if found["file"]:
            file = self.folder / found["file"]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(self._theirs(found["text"]), encoding="utf-8")
            return found[0]
        answers = _answers(found["typed"] or "", self.folder)
        lines = re.findall(r"^\$ (.*)\n", found["commands"], re.MULTILINE)
        screens = "".join(f"$ {line}\n{self._screen(line, answers)}" for line in lines)
        comment = f"<!-- typed: {found['typed']} -->\n" if found["typed"] else ""
        return f"{comment}```console\n{screens}```\n"

    def _screen(self, line: str, answers: Sequence[tuple[str, str]]) -> str:
        command, _, stdin = self._theirs(line).partition(" < ")
        program, *words = shlex.split(command, comments=True)
        if program != "aapimport":
            raise ValueError(f"{line!r} is no command of aapimport")
        environment = surroundings(self.folder)
        if answers:
            terminal = Terminal(self.warm)
            # a terminal adds the environment of this process, and the suite wants no workbooks
            plain = environment | {"ACCESSIBLE": "1", "AAPIMPORT_NO_RESULTS": ""}
            code = int(terminal.run([*AAPIMPORT, *words], answers, **plain))
            text = _PASSING.sub("", _ESCAPES.sub("", terminal.screen))
        else:
            text, code = _printed(words, environment, Path(stdin) if stdin else None, self.warm)
        end = f"\n(exit code {code})" if code else ""
        return f"{self._ours(_without_blanks(text))}{end}\n"

    def _theirs(self, text: str) -> str:
        for shown, real in (*self.ports.items(), *self.receipts.items()):
            text = text.replace(shown, real)
        return text

    def _ours(self, text: str) -> str:
        for shown, real in self.ports.items():
            text = text.replace(f":{real}/", f":{shown}/")
        for what, number in _RECEIPT.findall(text):
            if what == "Receipt":
                self.receipts[_NUMBER] = number
        text = _RECEIPT.sub(rf"\1 {_NUMBER}", text.replace(str(self.folder), _HOME))
        for shown, real in self.receipts.items():
            text = text.replace(real, shown)
        return _TIME.sub("22 Nov 2026 18:04 UTC   took 1 s", text)


@contextmanager
def _home() -> Iterator[Path]:
    """A folder whose path is as long as the one that is shown: lines break at the same place."""
    while True:
        folder = Path(f"{_TEMPORARY}{secrets.token_hex(_RANDOM_BYTES)}")
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            break
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _answers(typed: str, folder: Path) -> list[tuple[str, str]]:
    """What is waited for, and what is typed then."""
    pairs = [pair.rpartition(" = ") for pair in typed.split(" | ")] if typed else []
    values = {_ENTER: ""} | {
        name: (folder / name).read_text(encoding="utf-8").strip()
        for name in _PORTS.values()
        if (folder / name).exists()
    }
    return [(question, values.get(answer, answer)) for question, _, answer in pairs]


def _served(folder: Path, page: str, stack: ExitStack) -> Iterator[tuple[str, str]]:
    """Serves a practice portal for each port that the page names."""
    for port, name in _PORTS.items():
        if f":{port}/" in page:
            address = stack.enter_context(_serving(folder / f"served-{port}"))
            (folder / name).write_text(f"{address.token}\n", encoding="utf-8")
            (folder / name).chmod(0o600)
            yield port, address.portal_url.split(":")[2].split("/")[0]


@contextmanager
def _serving(folder: Path) -> Iterator[Address]:
    with PracticeServer(folder) as server:
        thread = threading.Thread(target=server.serve)
        thread.start()
        try:
            yield server.address
        finally:
            server.stop()
            thread.join()


def _printed(
    words: Sequence[str], environment: Mapping[str, str], stdin: Path | None, warm: Warm | None
) -> Printed:
    if warm:
        return warm.screen(words, environment, stdin)
    with (stdin or Path(os.devnull)).open("rb") as source:
        done = subprocess.run(
            [*AAPIMPORT, *words],
            env=environment,
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
    return done.stdout, done.returncode


def _without_blanks(screen: str) -> str:
    return "\n".join(text.rstrip() for text in screen.rstrip().splitlines())
