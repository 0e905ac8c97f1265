import pytest

from aapimport.errors import RefusedError
from aapimport.person import Person
from support.uploading import Uploading, person

ANA = person(2, email="ana@acme.com", first_name="Ana", last_name="Perez")
BOB = person(3, email="bob@acme.com", first_name="Bob", last_name="Berg", role="facilitator")


def refusal(uploading: Uploading, *rows: Person) -> str:
    """Why a file is refused; nothing was written."""
    uploading.rows = rows
    with pytest.raises(RefusedError) as caught:
        uploading.plan()
    assert uploading.portal.writes == uploading.jhana.writes == []
    assert caught.value.hint == "keep one row for each person"
    return caught.value.message


def test_one_mailbox_in_two_spellings_is_refused(uploading: Uploading):
    """A domain in letters and in its ASCII form is one domain."""
    one = person(4, email="Ana@münchen.de")
    two = person(7, email="ana@xn--mnchen-3ya.de", first_name="Ann")
    said = "Users!A4 and Users!A7 hold one address, 'Ana@münchen.de'"
    assert refusal(uploading, BOB, one, two) == said
    assert uploading.portal.seen == []


@pytest.mark.parametrize("service", ["portal", "jhana"])
def test_two_rows_with_one_account_are_refused(uploading: Uploading, service: str):
    """An employee number that both addresses belong to: both rows and the account are named."""
    stub = uploading.portal if service == "portal" else uploading.jhana
    stub.add_user("E-7", "Ana", "Perez", emails=[{"value": one.email} for one in (ANA, BOB)])
    rows = [person(4), *(person(it.row, email=it.email, jhana=True) for it in (ANA, BOB))]
    name = "All Access Pass" if service == "portal" else "Jhana"
    said = f"Users!A2 and Users!A3 are one account on {name}, 'E-7' (id user-1)"
    assert refusal(uploading, *rows) == said
