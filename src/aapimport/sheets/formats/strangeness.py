"""How unlike a name a word looks: what tells a wrong text encoding from the right one."""

import re
from collections.abc import Sequence
from itertools import pairwise

_ORDINARY = frozenset("-'’´.0123456789()&/+_#:")
_FRACTIONS = frozenset("¼½¾")
"""Ordinary by themselves; within a word they are the œ or Ÿ of ISO 8859-15."""
_SIGNS_IN_NAMES = frozenset("ªº")
"""Signs that Unicode counts among the letters: Romanian `ş` and `Ş` read as Western text."""
_ACCENTED = re.compile("[\xc0-\u024f]{3}")
"""No Latin name has three such letters in a row; Cyrillic or Greek read as Latin text has."""
_CONSONANT = "[b-df-hj-np-tv-xzB-DF-HJ-NP-TV-XZ]"
_ODD_LETTERS = re.compile(
    # Central European letters read as Western ones: Dvoøák, Nìmec, Èapek, Petroviæ, Gdañsk, Bãlan.
    "[oaiíáéý]ø|ø[áíéýìaiou]|[ìù][^\\W\\d_]|[Èè][aeiouyáéíý]|iæ\\b|ñ(?:[^\\Waeiouyáéíóú]|\\b)"
    "|[œŒ][^\\Wui]|ã[^\\Weos]"
    # Western letters read as Central European ones: Muńoz, Bjřrn, Hélčne, Hĺkan, Joăo, Simőes.
    f"|ń[aeiouyąę]|{_CONSONANT}[řčćň]{_CONSONANT}|[ĺĹŕŔ]|[ăő][aeiou]"
    # Turkish letters read as Western ones, which only Icelandic has: Ayþe, Satýþ, Ýbrahim, Hanoðlu.
    "|\\Bþ(?:e?\\b|[^\\Waeiouyáéíóúýæörj])|Ý[^\\Wmr]|oðlu"
)
_COMMON = {
    "cp932": ((0x81, 0x83), (0x88, 0x97)),
    "shift_jis": ((0x81, 0x83), (0x88, 0x97)),
    "euc_jp": ((0xA4, 0xA5), (0xB0, 0xCF)),
    "gb18030": ((0xB0, 0xD7),),
    "gbk": ((0xB0, 0xD7),),
    "gb2312": ((0xB0, 0xD7),),
    "big5": ((0xA4, 0xC6),),
    "cp949": ((0xB0, 0xC8),),
    "euc_kr": ((0xB0, 0xC8),),
}
"""The first bytes, from and to, of the everyday signs of East Asian encodings (their level 1)."""


_ENOUGH = 8
"""So many different Chinese signs of the first half of level 1 only are hardly an accident."""


def strangeness(word: str, encoding: str) -> int:
    """How unlike a name a word looks, read in some encoding; 0 where nothing is odd.

    Signs among letters, capitals after small letters, two scripts in a word, letters that no
    language has beside each other, rare East Asian signs.
    """
    letters = any(map(str.isalpha, word))
    signs = sum(
        not (letter.isalpha() or letter in _ORDINARY or (letter in _FRACTIONS and not letters))
        or letter in _SIGNS_IN_NAMES
        for letter in word
    )
    capitals = sum(a.islower() and b.isupper() for a, b in pairwise(word) if not (a + b).isascii())
    latin = any(letter.isalpha() and letter < "\u0250" for letter in word)
    half_width = [*map(_is_half_width, word)]
    mixed = (latin and any(map(_is_of_another_script, word))) + (len({*half_width}) > 1)
    odd = len(_ODD_LETTERS.findall(word)) + bool(_ACCENTED.search(word))
    return 3 * signs + 2 * capitals + 2 * mixed + 2 * odd + _rare_signs(word, encoding)


def strangeness_of_all(words: Sequence[str], encoding: str) -> int:
    """How unlike names some words look together.

    Chinese text uses all of its level 1. Korean bytes read as Chinese leave its second half alone,
    as there are no Korean syllables.
    """
    strange = sum(strangeness(word, encoding) for word in words)
    if _COMMON.get(encoding) != _COMMON["gb18030"]:
        return strange
    signs = {letter for word in words for letter in word if not letter.isascii()}
    syllables = _COMMON["cp949"][0]
    is_korean = len(signs) >= _ENOUGH and all(
        syllables[0] <= letter.encode(encoding, "replace")[0] <= syllables[1] for letter in signs
    )
    return strange + 2 * is_korean


def _is_of_another_script(letter: str) -> bool:
    """Whether a letter is beyond the Latin ones, which go on from U+1E00 to U+1EFF."""
    return letter.isalpha() and letter > "\u0370" and not "\u1e00" <= letter <= "\u1eff"


def _is_half_width(letter: str) -> bool:
    """Whether it is one of the old Japanese syllables that other bytes turn into."""
    return "\uff61" <= letter <= "\uff9f"


def _rare_signs(word: str, encoding: str) -> int:
    common = _COMMON.get(encoding)
    if common is None:
        return 0
    first_bytes = (letter.encode(encoding, "replace")[0] for letter in word if not letter.isascii())
    return sum(not any(low <= byte <= high for low, high in common) for byte in first_bytes)
