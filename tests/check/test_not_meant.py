"""What unread columns say of people who aren't meant, in many words and languages."""

import time

import pytest

from aapimport.check.not_meant import gone, judge_of
from aapimport.sheets.book import Value


def telling(header: str, values: list[Value]) -> set[Value]:
    """The values that are asked about."""
    return (judge_of(header) or gone)({*values})


@pytest.mark.parametrize(
    ("header", "meant", "asked"),
    [
        ("Status", "A", "T"),
        ("Status: A = active", "A", "I"),
        ("Status", 1, 0),
        ("Status", "Current", "Ex employee"),
        ("Status", "", "cancelled"),
        ("Statut", "Actif", "Sorti(e)"),
        ("Situação", "Ativo", "Desligado"),
        ("Situation", "Présent", "Démission"),
        ("在籍状況", "在籍", "退職"),
        ("Active (Y/N)", "Y", "N"),
        ("Status", "A - Active", "I - Inactive"),
        ("Status", "Active", "Termed"),
        ("Status", "", "Account disabled"),
        ("Active in HRIS", "Y", "N"),
        ("Include 2026", "Yes", "No"),
        ("Active as of Nov 2026", "Yes", "No"),
        ("Former employee", "", "Yes"),
        ("Opt out", "", "Yes"),
        ("Action required", "add", "remove"),
        ("Add/Remove", "Add", "Remove"),
        ("Enddatum", "2999-01-01", "2020-01-01"),
        ("Last working date", "2999-01-01", "2020-01-01"),
        ("Termination Date", "", "immediately"),
        ("Notes", "left-handed", "Left"),
        ("Notes", "left early yesterday", "Left May 2026"),
        ("Comment", "remove access to the old drive", "Remove please"),
        ("Remarks", "gone fishing", "Gone since May"),
        ("Active Status", "Yes", "No"),
        ("Aktiv (J/N)", "ja", "nein"),
        ("Include in upload", "Yes", "No"),
        ("To be uploaded", "Yes", "No"),
        ("Should be loaded?", "Y", "N"),
        ("Load to AAP", "Y", "N"),
        ("Upload", "x", ""),
        ("Do not upload?", "", "x"),
        ("Nicht hochladen", "", "x"),
        ("No subir", "", "x"),
        ("Exclude from upload", "", "yes"),
        ("Terminated", "No", "05/01/2020"),
        ("Left", "", "2020-05-01"),
        ("Left the company?", "", "05/2020"),
        ("Action", "Add", "Delete"),
        ("Aktion", "Neu", "Löschen"),
        ("Action (A/D)", "A", "D"),
        ("Type of change", "add", "remove"),
        ("Termination Date (if any)", "", "01-May-2020"),
        ("Termination Date", "unknown", "3 months"),
        ("Actual Termination Date", "9999-12-31", "20200501"),
        ("Last Day of Employment", "", "May 1, 2020"),
        ("Eintritts-/Austrittsdatum", "", "01.05.2020"),
        ("Austritt am", "", "1.5.20"),
        ("Fecha baja", "", "01/05/2020"),
        ("Data cessazione", "", "01/05/2020"),
        ("Data de Demissão", "", "01/05/2020"),
        ("Einddatum", "", "01-05-2020"),
        ("Date fin de contrat", "", "01/05/2020"),
        ("退職日", "", "2020年5月1日"),
        ("Notes", "vegetarian", "Please do not upload"),
        ("Note to FC", "no restrictions", "do  not\nadd"),
        ("Comment", "left-handed desk", "already has an account, skip"),
        ("Comment", "ignore capital letters", "duplicate - ignore"),
        ("Notes", "remove access to the old drive", "remove - left company"),
        ("Notes", "do not disturb before 9", "will not attend - remove"),
        ("Notes", "replaces Bo, who has left the company", "she has left"),
        ("HR notes", "not terminated", "DON’T UPLOAD!"),
        ("Bemerkung", "nicht vegetarisch", "bitte nicht hochladen"),
        ("Bemerkung", "", "hat das Unternehmen verlassen"),
        ("Commentaire", "ne parle pas anglais", "ne pas inscrire"),
        ("Observações", "", "não carregar"),
        ("Opmerking", "niet aanwezig op vrijdag", "niet toevoegen aub"),
        ("備考", "部長", "アップロードしないでください"),
        ("Category", "School leaver", "Leaver"),
        ("Manager comments", "on leave", "left the company"),
        ("Active", "x", ""),
        ("Active?", "Yes", ""),
        ("Enabled", True, ""),
        ("AAP", 1, ""),
        ("AAP", "yes", "no"),
        ("All Access Pass", "Y", "N"),
        ("Seat?", "x", "no"),
        ("Licence required", "Yes", "No"),
        ("Portal Access", "yes", "no"),
        ("Send to portal", "yes", "no"),
        ("Send to portal", "x", ""),
        ("Exit", "", "2020-05-01"),
        ("Exited", "No", "Yes"),
    ],
)
def test_one_value_is_asked_about_and_the_other_is_not(
    header: str, meant: Value, asked: Value
) -> None:
    """Brackets, filler words and other languages leave a column what it is."""
    assert telling(header, [meant, asked]) == {asked}


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("Employment Status", ["F", "P", "T"]),
        ("Estado", ["Baja California", "Jalisco"]),
        ("Probation End Date", ["2020-05-01"]),
        ("End of contract notice period", ["30"]),
        ("Date of Last Login", ["2020-05-01"]),
        ("Leave start date", ["2020-05-01"]),
        ("Uploaded?", ["No"]),
        ("Active Directory ID", ["No", 1]),
        ("Line Manager Status", ["Active", "Left", "Terminated"]),
        ("Supervisor employment status", ["A", "T"]),
        ("Previous company exit date", ["2020-05-01"]),
        ("Manager end of contract", ["2020-05-01"]),
        ("Building access", ["No", "Yes"]),
        ("Driving licence", ["No", "x", ""]),
        ("Seat number", ["0", "1", ""]),
        ("Access level", ["none", "No"]),
        ("Left Handed", ["Yes"]),
        ("Onboarding Status", ["Closed"]),
        ("Leave Status", ["Ended"]),
        ("Exit Date", ["01/01/1900"]),
        ("Load", ["80 %", 0, 1]),
        ("Current", [0, 1, 2, 3]),
        ("Probation Status", ["Ended"]),
        ("Military Status", ["Retired"]),
        ("Status Change", ["Left probation"]),
        ("Manager Name", ["Leaver, John"]),
        ("Info", ["Leaver cover"]),
        ("Employee", ["x", ""]),
        ("Current", [1, 2, ""]),
        ("Active", ["since May", "x", ""]),
        ("Active", ["Yes"]),
        ("Active", [""]),
        ("Contact info", ["left door"]),
        ("Notes", ["cancelled her trip to Rome", "skip-level meetings", "do not add to the list"]),
    ],
)
def test_columns_of_other_things_are_no_question(header: str, values: list[Value]) -> None:
    """Temporary staff, states of Mexico, what has been done already."""
    assert telling(header, values) == set()


@pytest.mark.parametrize("text", ["left ", "- ", "please ", "do not ", "(", "é", "who has "])
@pytest.mark.parametrize("header", ["Notes", "Status", "Left", "Termination Date"])
def test_a_long_cell_costs_no_more_than_its_length(header: str, text: str) -> None:
    """Ten times the text takes about ten times as long, never a hundred times."""

    def seconds(length: int) -> float:
        start = time.process_time()
        telling(header, [text * (length // len(text))])
        return time.process_time() - start

    assert seconds(300_000) < 100 * max(seconds(30_000), 0.01) / 2


@pytest.mark.parametrize("other", ["?", "3", "later", "No"])
def test_an_odd_value_beside_ticks_leaves_the_blank_ones_asked(other: str) -> None:
    """One question mark must not switch the look at a whole column off."""
    assert "" in telling("Upload?", ["x", other, ""])


def test_where_nobody_is_ticked_blank_says_nothing() -> None:
    """An upload date says when, not whether."""
    assert telling("Upload", ["2026-05-01", ""]) == set()
