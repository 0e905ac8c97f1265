"""A connection to a mail server whose replies end: in time, and within so many lines."""

import smtplib
import socket
import ssl
import time
from dataclasses import dataclass

_MOST_LINES = 100
_LONGEST_LINE = 8192  # octets; a reply's line has 512 at the most (RFC 5321, 4.5.3.1.5)
_FOREVER = 600.0


@dataclass(frozen=True, kw_only=True)
class Patience:
    """Seconds that each step may take.

    Attributes:
        connect: Until there is a connection.
        command: For a reply before the dot (RFC 5321, 4.5.3.2.1 to 4.5.3.2.5).
        dot: For the reply to the dot (RFC 5321, 4.5.3.2.6): a server that is given up too early
            sends all the same.
    """

    connect: float = 30.0
    command: float = 300.0
    dot: float = 600.0


class _Replies(smtplib.SMTP):
    """Reads replies as smtplib does, and gives up a server that never finishes one.

    The connection's time-out is that of a whole reply, however slowly it drips.
    """

    _rest = b""
    _of: socket.socket | None = None

    def getreply(self) -> tuple[int, bytes]:
        """Read a reply.

        Returns:
            Its code, -1 where it has none, and its lines.

        Raises:
            SMTPServerDisconnected: It doesn't come, or doesn't end.
        """
        sock = self.sock
        if sock is None:
            raise smtplib.SMTPServerDisconnected("please run connect() first")
        if sock is not self._of:  # what came before the encryption is nobody's word (RFC 3207, 5)
            self._rest, self._of = b"", sock
        seconds = sock.gettimeout() or _FOREVER
        until = time.monotonic() + seconds
        lines: list[bytes] = []
        try:
            while len(lines) < _MOST_LINES:
                line = self._line(sock, until)
                lines.append(line[4:].strip(b" \t\r\n"))
                if not line[:3].isdigit():
                    return -1, b"\n".join(lines)
                if line[3:4] != b"-":
                    return int(line[:3]), b"\n".join(lines)
            raise OSError("its reply doesn't end")  # noqa: TRY301 -- told as any other trouble
        except OSError as error:
            self.close()
            said = f"Connection unexpectedly closed: {error}"
            raise smtplib.SMTPServerDisconnected(said) from error
        finally:
            if self.sock is sock:
                sock.settimeout(seconds)

    def _line(self, sock: socket.socket, until: float) -> bytes:
        while b"\n" not in self._rest:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            if len(self._rest) > _LONGEST_LINE:
                raise OSError("a line of its reply doesn't end")
            sock.settimeout(left)
            data = sock.recv(_LONGEST_LINE)
            if not data:
                raise OSError("it hung up")
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        return line


class _Encrypted(_Replies, smtplib.SMTP_SSL):
    """One that is encrypted from the first byte."""


def connect(
    host: str, port: int, seconds: float, context: ssl.SSLContext | None = None
) -> smtplib.SMTP:
    """A connection to a mail server.

    Args:
        host: Where it is.
        port: Its port.
        seconds: Until there is a connection, and for its greeting.
        context: What encrypts it from the first byte; None where it begins unencrypted.

    Raises:
        SMTPException: It isn't greeted.
        OSError: There is none.
    """
    name = "localhost"  # so that smtplib doesn't look for ours
    if context is not None:
        return _Encrypted(host, port, name, timeout=seconds, context=context)
    return _Replies(host, port, name, timeout=seconds)
