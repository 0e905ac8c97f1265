"""Every page that is mailed is made of what Gmail, Outlook and Apple Mail show.

What they show is known from caniemail.com (its data of 9 September 2025, in all their forms but
Windows Mail, which Microsoft ended in 2024). Where only some values or places work, only those are
listed, so that whatever is new in a page has to be looked up there first.
"""

import re
from collections.abc import Iterator
from typing import Any

import html5lib
import pytest

from aapimport.mail.message import EXAMPLE, LANGUAGES, Texts
from aapimport.services.values import EmailKind
from support.mailing import mail_for

ELEMENTS: dict[str, set[str]] = {
    # What every page has. Where the body is replaced (Gmail) or left out (Outlook for Mac), and the
    # doctype isn't heard of, the cell says the same once more.
    "html": {"lang"},
    "head": set(),
    "meta": {"charset", "name", "content"},
    "title": set(),
    "body": {"style"},
    # Shown everywhere; `role` is heard on tables alone.
    "table": {"role", "style"},
    "tbody": set(),
    "tr": set(),
    "td": {"style"},
    "p": {"style"},
    "a": {"href", "style"},
    "br": set(),
}
"""The attributes that each element may have."""
_LENGTH = r"(?:0|\d+px)"
_COLOUR = r"#[0-9a-f]{6}"
STYLES: dict[str, tuple[set[str], str]] = {
    "background-color": ({"body", "td"}, _COLOUR),  # in Outlook a margin has it, too: not on p
    "border-collapse": ({"table"}, "collapse"),
    "color": ({"td", "a"}, _COLOUR),
    "font-family": ({"td"}, r"[A-Za-z, -]+"),
    "font-size": ({"td"}, r"\d+px"),  # Outlook takes no rem and, in parts, no percentages
    "font-weight": ({"a"}, "bold|normal"),  # it knows these two
    "line-height": ({"td"}, r"\d(?:\.\d)?"),  # and em and px behave oddly there
    "margin": ({"p"}, rf"{_LENGTH}(?: {_LENGTH}){{0,3}}"),  # not on body; not negative, nor auto
    "padding": ({"td"}, rf"{_LENGTH}(?: {_LENGTH}){{0,3}}"),  # on cells alone
    "text-align": ({"td"}, "left|right|center"),  # no start, no end
    "width": ({"table"}, r"\d+(?:px|%)"),  # on tables and cells
}
"""Of each property the elements that may have it, and its values."""


def not_shown(page: str) -> Iterator[str]:
    """What some of them don't show, or nobody has looked up."""
    tree = html5lib.parse(page, treebuilder="etree", namespaceHTMLElements=False)
    for element in tree.iter():
        if not isinstance(element.tag, str):
            yield "a comment"
            continue
        if element.tag not in ELEMENTS:
            yield element.tag
        for name in set(element.attrib) - ELEMENTS.get(element.tag, set()):
            yield f"{element.tag} {name}"
        for style in filter(None, map(str.strip, element.get("style", "").split(";"))):
            name, _, value = style.partition(":")
            where, values = STYLES.get(name.strip(), (set(), ""))
            if element.tag not in where or not re.fullmatch(values, value.strip()):
                yield f"{element.tag} {style}"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", EmailKind)
@pytest.mark.parametrize("sign_in", ["sso", "set-password"])
def test_every_page_is_shown_everywhere(kind: Any, language: Any, sign_in: str) -> None:
    """Nothing in it is unknown to one of the three."""
    page = Texts(mail_for(25, sign_in=sign_in)).rendered(kind, EXAMPLE, language).page
    assert [*not_shown(page)] == []


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("<style>p{color:red}</style>", "style"),
        ('<p style="padding:4px">a</p>', "p padding:4px"),
        ('<p style="margin:-4px">a</p>', "p margin:-4px"),
        ('<p style="margin:1em">a</p>', "p margin:1em"),
        ('<p style="gap:0">a</p>', "p gap:0"),
        ('<p onclick="x">a</p>', "p onclick"),
        ("<!-- a -->", "a comment"),
    ],
)
def test_what_one_does_not_show_is_found(part: str, said: str) -> None:
    """An element, an attribute, a property, a unit, or a place for one."""
    assert said in {*not_shown(f"<!DOCTYPE html><body>{part}")}
