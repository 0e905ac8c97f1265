"""What may be kept for good, and forwarded, is said in words of ours: a service's name anybody."""

import pytest

from aapimport.plan.decide import (
    MAYBE,
    NO_PLACE,
    NO_SEAT,
    RETURNS,
    RETURNS_TO_JHANA,
    RETURNS_TO_PORTAL,
)
from aapimport.run.back_reasons import (
    ADMIN_UNKNOWN,
    AS_BEFORE,
    BY_HAND,
    ERASED,
    IMPOSSIBLE,
    MAY_BE_PUT_IN,
    NAME_NOT_RECORDED,
    NOT_APPROVED,
    NOT_READ,
    NOT_RECORDED,
    NOT_THEIRS,
    OFF_ALREADY,
    OTHER_NAME,
    OTHER_NAME_THERE,
    OWN_ROLE_GONE,
    ROLE_ERASED,
    ROLE_NOT_RECORDED,
)
from aapimport.run.landing import UNKNOWN_BY_SMTP, UNKNOWN_IF_MAILED
from aapimport.run.own_words import WITHHELD, our_words
from aapimport.run.records import lacks_pass, without_names
from aapimport.run.since import GONE, NOT_SHOWN
from aapimport.services.differences import NOT_SENT, not_kept
from aapimport.services.membership import NEVER_SHOWN, NOT_COUNTED, SHOWN_IN_PART
from aapimport.services.ownership import NOBODY_CAN_TELL, ROLE_STAYS
from aapimport.services.values import Wanted

OURS = (
    *(RETURNS_TO_JHANA, RETURNS_TO_PORTAL),
    *(MAYBE, NO_SEAT, RETURNS, GONE, NOT_SHOWN, NOT_THEIRS),
    *(NEVER_SHOWN, NOT_COUNTED, SHOWN_IN_PART, UNKNOWN_BY_SMTP, UNKNOWN_IF_MAILED),
    f"{NOT_THEIRS}; {BY_HAND}",
    *(OTHER_NAME, OTHER_NAME_THERE, OFF_ALREADY, MAY_BE_PUT_IN),
    f"{IMPOSSIBLE}{NAME_NOT_RECORDED}; {BY_HAND}",
    *(f"{IMPOSSIBLE}{one}" for one in (ADMIN_UNKNOWN, NOT_APPROVED, ROLE_ERASED)),
    *(f"{IMPOSSIBLE}{one}" for one in (ERASED, ROLE_NOT_RECORDED, NOT_READ)),
    f"{IMPOSSIBLE}the former display name, which isn't recorded: the names stand for it",
    *(NOBODY_CAN_TELL, ROLE_STAYS),
    "if it is theirs all the same: aapimport send-emails 7K3QX9 --to ADDRESS --checked",
    "the account on Jhana was switched off by undo 7K3QX9 of upload 8K3QX9",
    f"what it was before is {NOT_RECORDED}",
    "kept back by undo 7K3QX9",
    "undo 7K3QX9 of profile a is still open and takes the account back: aapimport resume 7K3QX9",
    "undo 7K3QX9 is still open and takes the account back: aapimport resume --profile a 7K3QX9",
    "changed since: role is none, a title",
    f"changed since: {OWN_ROLE_GONE}, name",
    "changed since: by upload 7K3QX9 (its file has this person, too: undo that one first)",
    "left: upload 7K3QX9 of 28 Nov 2026 has this person, too",
    "left: upload 7K3QX9 of 28 Nov 2026 of profile acme has this person, too",
    "left: repair 7K3QX9 of 28 Nov 2026 has written to it since",
    "the account on Jhana was switched off by undo 7K3QX9 of upload 8K3QX9, and isn't shown since",
    "not mailed: upload 7K3QX9 of profile acme has mailed this account",
    "not put into the team: the account was rejected",
    "sent 3 times without an answer, and not found since",
    "to send it once more: aapimport resume 7K3QX9 --again",
    not_kept(["account", "role", "pass", "first name"]),
    not_kept(["role"], NOT_SENT),
    f"pass, role {AS_BEFORE}",
    "named before: changed since: role",
)


@pytest.mark.parametrize("said", OURS)
def test_our_own_words_stay(said: str) -> None:
    """What later commands go by is among them."""
    assert our_words(said) == said


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("held as an alias by Helena Lindqvist", f"taken: {WITHHELD}"),
        (f"{UNKNOWN_IF_MAILED}; ask Helena", f"{UNKNOWN_IF_MAILED}; taken: {WITHHELD}"),
        (f"{NO_PLACE} Helena's", f"{NO_PLACE}; taken: {WITHHELD}"),
        (
            "2 former members are no longer shown in the team: Helena Lindqvist, Bo",
            f"2 former members are no longer shown in the team; taken: {WITHHELD}",
        ),
        ("not found by Helena", f"taken: {WITHHELD}"),
    ],
)
def test_what_may_name_somebody_goes(said: str, left: str) -> None:
    """The kind of trouble stays; saying it again changes nothing."""
    assert our_words(said, "taken") == left
    assert our_words(left, "taken") == left


def test_what_a_service_did_not_keep_is_still_known() -> None:
    """Only its words about that go."""
    said = our_words(not_kept(["pass"], "ask Helena; or Bo"))
    assert said == f"pass not kept: {WITHHELD}; {WITHHELD}"
    assert lacks_pass(said)


def test_somebody_is_one_person() -> None:
    """Both names and the address of one, struck out, read as one."""
    somebody = Wanted(email="li@acme.com", first_name="Li", last_name="Wei")
    words = without_names("ask Li Wei (li@acme.com) first", somebody)
    assert words == "ask this person first"
