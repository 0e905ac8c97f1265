"""Letters in an address that look like Latin ones and are not.

Source: Unicode Technical Standard 39, sections 4 and 5; RFC 3492 for `xn--`.
"""

import unicodedata

_LATIN = str.maketrans(
    "авекмнорстухѕіјԁһԛԝӏѵ" + "αβεζηικμνορτυχϲϳ" + "օսհոցզ" + "ıɑɡ",
    "abekmhopctyxsijdhqwlv" + "abeznikmvoptuxcj" + "ouhngq" + "iag",
)
"""Cyrillic, Greek, Armenian and odd Latin letters, in small letters, by what they look like."""
_LOOKING_ALIKE = {"Latin", "Cyrillic", "Greek", "Armenian", "Cherokee"}


def look_alikes(address: str) -> str:
    """What is deceptive about an address, in words; empty where nothing is.

    Args:
        address: An address in small letters.
    """
    local, _, domain = address.rpartition("@")
    written = written_out(domain)
    for part, where in ((local, "before the @"), (written, "in its domain")):
        if part.isascii():
            continue
        also = f" (it reads {written})" if part is written != domain else ""
        scripts = [found for label in part.split(".") if len(found := _scripts(label)) > 1]
        if scripts:
            return f"letters of several scripts {where}: {' and '.join(scripts[0])}{also}"
        if part.translate(_LATIN).isascii():
            script = " and ".join(_scripts("".join(c for c in part if not c.isascii())))
            return f"letters {where} that only look Latin: {script}{also}"
    return ""


def _scripts(text: str) -> list[str]:
    """Those of the scripts with look-alike letters that a text has letters of."""
    names = {unicodedata.name(letter, "?").partition(" ")[0] for letter in text if letter.isalpha()}
    return sorted(_LOOKING_ALIKE & set(map(str.capitalize, names)))


def written_out(domain: str) -> str:
    """A domain with its `xn--` labels as they are shown."""
    if "xn--" not in domain:
        return domain
    labels = []
    for label in domain.split("."):
        try:
            labels.append(
                label[4:].encode("ascii").decode("punycode") if label.startswith("xn--") else label
            )
        except UnicodeError:
            labels.append(label)
    return ".".join(labels)
