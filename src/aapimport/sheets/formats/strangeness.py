"""How unlike a name a word looks: what tells a wrong text encoding from the right one."""

import re
from itertools import pairwise

_ORDINARY = frozenset("-'’.0123456789()&/+_#:")
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


def strangeness(word: str, encoding: str) -> int:
    """How unlike a name a word looks, read in some encoding; 0 where nothing is odd.

    Signs among letters, capitals after small letters, two scripts in a word, letters that no
    language has beside each other, rare East Asian signs.
    """
    signs = sum(
        not (letter.isalpha() or letter in _ORDINARY) or letter in _SIGNS_IN_NAMES
        for letter in word
    )
    capitals = sum(a.islower() and b.isupper() for a, b in pairwise(word) if not (a + b).isascii())
    latin = any(letter.isalpha() and letter < "\u0250" for letter in word)
    half_width = [*map(_is_half_width, word)]
    mixed = (latin and any(map(_is_of_another_script, word))) + (len({*half_width}) > 1)
    odd = len(_ODD_LETTERS.findall(word)) + bool(_ACCENTED.search(word))
    return 3 * signs + 2 * capitals + 2 * mixed + 2 * odd + _rare_signs(word, encoding)


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
