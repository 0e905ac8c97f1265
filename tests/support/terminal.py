"""A command on a terminal of its own: questions are waited for, answers are typed.

What is typed before a question is shown is thrown away, so an answer waits for its prompt.
"""

import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from aapimport.errors import ExitCode
from support.traces import SECRETS, said
from support.warm import Forked, Warm

WAIT = 60.0
_PROMPTS = (": ", "] ")
"""How the screen ends where an answer can be typed."""
AAPIMPORT = (sys.executable, "-m", "aapimport")
"""The words that every command begins with."""
Answer = str | Callable[[], str]


class Terminal:
    """Runs commands on a pseudo-terminal.

    Args:
        warm: What starts them within milliseconds; without it each is a new interpreter.
        columns: How wide it is.
        elsewhere: What goes into files instead, by stream: `stdout`, `stderr`.
        in_lines: Whether it hands over what is typed line by line, as terminals do.

    Attributes:
        screen: Everything that the last command showed, with plain line ends.
        process: The number of the process that runs it.
    """

    def __init__(
        self,
        warm: Warm | None = None,
        columns: int = 80,
        elsewhere: Mapping[str, Path] | None = None,
        *,
        in_lines: bool = True,
    ) -> None:
        self.columns = columns
        self.in_lines = in_lines
        self.elsewhere = elsewhere or {}
        self.screen = ""
        self.process = 0
        self._warm = warm

    def run(
        self, words: Sequence[object], answers: Sequence[tuple[str, Answer]], **environment: str
    ) -> ExitCode:
        """Run one command to its end.

        Args:
            words: Its words.
            answers: What is waited for on the screen, whatever lines its words are on, and what is
                typed then; what is called instead happens while the question stands, and says what
                is typed.
            environment: Variables beside those of the process.
        """
        import fcntl
        import pty
        import struct
        import termios

        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, self.columns, 0, 0))
        if not self.in_lines:
            modes = termios.tcgetattr(theirs)
            modes[3] &= ~termios.ICANON
            termios.tcsetattr(theirs, termios.TCSANOW, modes)
        self.screen, seen = "", 0
        settings = {"TERM": "dumb", "PYTHONUTF8": "1", "COLUMNS": str(self.columns)} | environment
        with self._start([str(word) for word in words], theirs, os.environ | settings) as process:
            os.close(theirs)
            self.process = process.pid
            try:
                for question, answer in answers:
                    seen = self._wait_for(ours, question, seen)
                    typed = answer if isinstance(answer, str) else answer()
                    os.write(ours, f"{typed}\n".encode())
                self._read_to_the_end(ours)
                code = process.wait(WAIT)
            finally:
                process.kill()  # a question that was not asked must not keep the test waiting
        os.close(ours)
        assert said(self.screen, SECRETS) == []
        return ExitCode(code)

    def _start(
        self, words: Sequence[str], terminal: int, environment: Mapping[str, str]
    ) -> "subprocess.Popen[bytes] | Forked":
        if self._warm and not self.elsewhere:
            return self._warm.command(words[len(AAPIMPORT) :], terminal, environment)
        with ExitStack() as files:
            streams = {
                name: files.enter_context(self.elsewhere[name].open("wb"))
                if name in self.elsewhere
                else terminal
                for name in ("stdout", "stderr")
            }
            return subprocess.Popen(
                words,
                stdin=terminal,
                stdout=streams["stdout"],
                stderr=streams["stderr"],
                close_fds=True,
                env=environment,
            )

    def _wait_for(self, terminal: int, text: str, start: int) -> int:
        deadline = time.monotonic() + WAIT
        words = re.compile(r"\s+".join(map(re.escape, text.split())))  # lines break at blanks
        while not (found := words.search(self.screen, start)) or not self.screen.endswith(_PROMPTS):
            left = max(0.0, deadline - time.monotonic())
            if not select.select([terminal], [], [], left)[0] or not self._read(terminal):
                raise AssertionError(f"{text!r} was not asked:\n{self.screen}")
        return found.end()

    def _read_to_the_end(self, terminal: int) -> None:
        while select.select([terminal], [], [], WAIT)[0]:
            if not self._read(terminal):
                return
        raise AssertionError(f"nothing answers this question:\n{self.screen}")

    def _read(self, terminal: int) -> bool:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # Linux: the other side is closed
            return False
        self.screen += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data)
