"""How the bytes of a text file become text: what they prove, what was said, what must be asked."""

import codecs
import re
import unicodedata
from collections.abc import Iterator
from itertools import islice

from aapimport.errors import AnswerNeededError, FileProblemError
from aapimport.sheets.formats.strangeness import strangeness, strangeness_of_all

Note = tuple[str, dict[str, object]]
"""The id of a rule about the whole file, and what its words fill in."""

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_GUESSES = (
    "cp1252",
    "cp1250",
    "cp1251",
    "cp932",
    "cp949",
    "gb18030",
    "big5",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "cp850",
    "mac-roman",
    "euc_jp",
    "koi8-r",
    "iso8859-2",
    "iso8859-15",
)
_SEVEN_BIT = (
    (b"\x1b$", "iso2022_jp"),
    (b"\x1b$", "iso2022_kr"),
    (b"~{", "hz"),
    (b"+", "utf-7"),
)
"""Encodings of which every byte is ASCII, and what they begin other letters with."""
_SHIFTED = re.compile(r"\+(?:[A-Za-z0-9/+]{3,60}-|A[L-P][A-Za-z0-9/+]{1,60}$)")
"""Letters in UTF-7 (RFC 2152); without a hyphen behind them, Western ones only."""
_NO_FILE_ENCODINGS = frozenset(
    (
        "idna",
        "punycode",
        "unicode-escape",
        "raw-unicode-escape",
        "undefined",
        "charmap",
        "mbcs",
        "oem",
    )
)
"""What Python takes for an encoding and no file is in, or what is another one on each machine."""
_PADDING = "\0\x1a"
_SAMPLES = 3
_CHOICES = 6
_WEIGHED = 200
_LOOKED_AT = 1 << 16
_CLEARLY = 2
"""By how much another encoding must be less strange before anything is said."""
_WORD = re.compile(r"[^\s,;|\"@<>\0]+")
_VALUE = re.compile(r"[^\s,;|\"]+")


def decode(data: bytes, encoding: str | None, name: str) -> tuple[str, str, tuple[Note, ...]]:
    """The text of a file, without byte-order mark and without what pads it behind its end.

    Args:
        data: The file's bytes.
        encoding: What the administrator said; None to find out.
        name: The file's name, for messages.

    Returns:
        The text, how the bytes were read, and what is to be said about it.

    Raises:
        FileProblemError: It can't be decoded as the administrator said, or is clearly something
            else, or holds NUL characters.
        AnswerNeededError: Nothing says what it is.
    """
    notes: list[Note] = []
    marked = _marked(data, name)
    if marked and encoding is not None:
        _hold_against_mark(data, *marked, encoding, name)
    text, used = marked or _unmarked(data, encoding, name, notes)
    end = text.rstrip(_PADDING + "\r\n")
    padding = text[len(end) :]
    if "\0" in padding:
        notes.append(("file-padding", {"count": padding.count("\0")}))
    if padding.strip("\r\n"):
        text = end + "\n"
    if (at := text.find("\0")) >= 0:
        before = text[:at].rpartition("\n")[2][-20:]
        where = f" behind {before!r}" if before else ""
        raise FileProblemError(
            f"line {text.count(chr(10), 0, at) + 1} of {name} holds a NUL character (a zero byte)"
            f"{where}, which no text has",
            hint="the file is damaged, or no text file; save the original again, as 'CSV UTF-8'",
        )
    return text, used, tuple(notes)


def _marked(data: bytes, name: str) -> tuple[str, str] | None:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return _even(data[len(mark) :], encoding).decode(encoding), encoding
            except UnicodeDecodeError as error:
                raise FileProblemError(
                    f"{name} starts as {encoding.upper()} text but goes on as something else",
                    hint="save it again, as 'CSV UTF-8'",
                ) from error
    return None


def _unmarked(data: bytes, encoding: str | None, name: str, notes: list[Note]) -> tuple[str, str]:
    own, text = _proven(data)
    if encoding is None:
        if own and not (own == "utf-8" and data.isascii()):
            return text, own
        choices = _seven_bit_choices(data, text) if own else _choices(data)
        if own and not choices:
            return text, own
        raise AnswerNeededError(
            f"{name} {'may not be UTF-8' if own else _not_utf8(data)};"
            " in which encoding do these names look right?",
            option="encoding",
            flag="--encoding",
            choices=choices,
        )
    codec = _codec(encoding)
    said = _decode_as(data, codec, encoding, name)
    if not own:
        _weigh(data, said, codec, encoding, name, notes)
    elif said != text and not data.isascii():
        raise _another(text, own, codec, encoding, name)
    return said, encoding


def _not_utf8(data: bytes) -> str:
    """That a text isn't UTF-8, and where it isn't if as many lines as not are."""
    lines = [(n, one) for n, one in enumerate(data.split(b"\n"), start=1) if not one.isascii()]
    others = [n for n, line in lines if line.decode("utf-8", "ignore").encode() != line]
    if not others or 2 * len(others) > len(lines):
        return "is not UTF-8"
    more = f" and {len(others) - 1:,} more" if len(others) > 1 else ""
    return (
        f"is not UTF-8 in line {others[0]}{more}, and is in others, so that none is right for all"
    )


def _hold_against_mark(data: bytes, text: str, own: str, encoding: str, name: str) -> None:
    """Refuse an encoding that isn't the one of the byte-order mark, where that makes names other.

    Raises:
        FileProblemError: It makes other names, or there is no such encoding.
    """
    codec = _codec(encoding)
    try:
        said = data.decode(codec).removeprefix("\ufeff")
    except UnicodeDecodeError:
        said = ""
    if said != text and not text.isascii():
        raise _another(text, own, codec, encoding, name)


def _another(text: str, own: str, codec: str, encoding: str, name: str) -> FileProblemError:
    """Text that is proven to be in another encoding than the administrator said."""
    right, wrong = _both_ways(text, own, codec)
    return FileProblemError(
        f"{name} is {own.upper()}, not {encoding}: {right!r} would become {wrong!r}",
        hint=f"leave --encoding away; should {wrong!r} be right, save the file as 'CSV UTF-8'",
    )


def _proven(data: bytes) -> tuple[str, str]:
    """The encoding that the bytes themselves prove, and the text; both empty where none is."""
    encoding = wide_encoding(data) or "utf-8"
    try:
        return encoding, _even(data, encoding).decode(encoding)
    except UnicodeDecodeError:
        return "", ""


def wide_encoding(data: bytes) -> str:
    """Which UTF-16 some bytes without a byte-order mark are; empty where they are none."""
    if b"\0" not in data:
        return ""
    body = data.rstrip(b"\0")
    even, odd = body[::2].count(0), body[1::2].count(0)
    for zeros, others, encoding in ((even, odd, "utf-16-be"), (odd, even, "utf-16-le")):
        # Latin text in UTF-16 has a zero in every second byte, and UTF-8 text has none.
        if zeros > len(body) // 4 and others <= zeros // 4:
            return encoding
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        found = (wide for wide in ("utf-16-le", "utf-16-be") if _reads_as(data, wide))
        return next(found, "")
    return ""


def _reads_as(data: bytes, encoding: str) -> bool:
    """Whether bytes make lines, commas and letters as UTF-16, in one of its byte orders."""
    text = data[:_LOOKED_AT].decode(encoding, "ignore").rstrip(_PADDING)
    letters = text.replace("\t", "").replace("\r", "").replace("\n", "")
    return (
        len(letters) < len(text)
        and any(sign in text for sign in ",;\t|@")
        and not any(unicodedata.category(letter) in {"Cc", "Cn", "Co"} for letter in letters)
    )


def _even(data: bytes, encoding: str) -> bytes:
    """Bytes without a zero at the end that is half a character: padding may be of any length."""
    whole = not encoding.startswith("utf-16") or len(data) % 2 == 0 or data[-1]
    return data if whole else data[:-1]


def _codec(encoding: str) -> str:
    """Python's own name of a text encoding.

    Raises:
        FileProblemError: There is no such encoding, or it is none of text files.
    """
    try:
        codec = codecs.lookup(encoding).name
    except (LookupError, ValueError) as error:
        raise FileProblemError(
            f"there is no encoding {encoding!r}", hint="for example --encoding cp1252"
        ) from error
    if codec in _NO_FILE_ENCODINGS:
        raise _no_text_encoding(encoding)
    return codec


def _no_text_encoding(encoding: str) -> FileProblemError:
    return FileProblemError(
        f"{encoding!r} is not an encoding of text files", hint="for example --encoding cp1252"
    )


def _decode_as(data: bytes, codec: str, encoding: str, name: str) -> str:
    try:
        return _even(data, codec).decode(codec)
    except LookupError as error:  # from bytes to bytes, such as base64
        raise _no_text_encoding(encoding) from error
    except UnicodeError as error:
        raise FileProblemError(
            f"{name} is not {encoding} text", hint="leave --encoding away to see how it reads"
        ) from error


def _words(text: str) -> Iterator[str]:
    """The words of a text that hold a letter outside ASCII."""
    return (word for word in _WORD.findall(text) if not word.isascii())


def _both_ways(text: str, own: str, codec: str) -> tuple[str, str]:
    """A word of the text as it is, and as another encoding reads it."""
    word = next(_words(text), text[:_CHOICES])
    return word, word.encode(own).decode(codec, "replace")


def _weigh(data: bytes, said: str, codec: str, encoding: str, name: str, notes: list[Note]) -> None:
    """Hold what the administrator said against the other encodings that the bytes can be in.

    Raises:
        FileProblemError: Another one makes names of what this one makes nonsense of.
    """
    words = [*islice(dict.fromkeys(_words(said)), _WEIGHED)]
    strange = strangeness_of_all(words, codec)
    if not strange:
        return
    better = min(_weighed(data), default=None)
    if better is None or strange - better[0] < _CLEARLY:
        return
    other = better[2]
    worst = max(words, key=lambda word: strangeness(word, codec))
    try:
        meant = worst.encode(codec).decode(codecs.lookup(other).name)
    except UnicodeError:
        meant = next(_words(data.decode(other)), "")
    if meant == worst:
        return
    if strange - better[0] >= len(words):
        raise FileProblemError(
            f"{name} is hardly {encoding} text: {worst!r} is {meant!r} in {other}",
            hint=f"--encoding {other}, or leave --encoding away to see how it reads in others;"
            f" should {worst!r} be right, save the file as 'CSV UTF-8'",
        )
    notes.append(
        ("odd-encoding", {"encoding": encoding, "read": worst, "other": other, "meant": meant})
    )


def _weighed(data: bytes) -> Iterator[tuple[int, int, str, str]]:
    """The encodings that the bytes can be in: strangeness, place in the list, name, some words."""
    for order, encoding in enumerate(_GUESSES):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        words = [*islice(dict.fromkeys(_words(text)), _WEIGHED)]
        if words:
            strange = strangeness_of_all(words, encoding)
            yield strange, order, encoding, ", ".join(words[:_SAMPLES])


def _choices(data: bytes) -> tuple[tuple[str, str], ...]:
    """The encodings in which the file may be, each with three of its words, likeliest first."""
    labels: dict[str, str] = {}
    for _, _, encoding, label in sorted(_weighed(data)):
        labels.setdefault(label, encoding)
    return tuple((encoding, label) for label, encoding in islice(labels.items(), _CHOICES))


def _seven_bit_choices(data: bytes, text: str) -> tuple[tuple[str, str], ...]:
    """The encodings that write other letters in ASCII and fit; the text as it stands comes last."""
    found = []
    for start, encoding in _SEVEN_BIT:
        if start not in data or (encoding == "utf-7" and not _holds_utf7(text)):
            continue
        try:
            words = [*islice(dict.fromkeys(_words(data.decode(encoding))), _SAMPLES)]
        except UnicodeError:
            continue
        if words and all(strangeness(word, encoding) == 0 for word in words):
            found.append((encoding, ", ".join(words)))
    return (*found, ("utf-8", "the text as it stands")) if found else ()


def _holds_utf7(text: str) -> bool:
    """Whether a word holds letters as UTF-7 writes them, and is no address."""
    return any(
        "+" in word and _SHIFTED.search(word) for word in _VALUE.findall(text) if "@" not in word
    )
