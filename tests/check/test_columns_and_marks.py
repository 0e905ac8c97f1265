"""Columns under longer names, rows that aren't meant, second headers, notes and check boxes."""

import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Font

from aapimport.check.column_names import header_form, longer_name
from aapimport.check.repair import read_jhana, read_role
from aapimport.errors import AnswerNeededError, FileProblemError

NAMES = ("Email Address", "First Name", "Last Name")
HEADERS = (*NAMES, "User Role", "Team", "Jhana Enabled")
ANA = ("ana.perez@acme.com", "Ana", "Perez")
BOB = ("bob.hope@acme.com", "Bob", "Hope")
CY = ("cy.dent@acme.com", "Cy", "Dent")
PEOPLES = (ANA[0], BOB[0].upper(), f"Cy Dent <{CY[0]}>")
COLUMN_TOLD = ("extra-column", "column-left-out")
THIS_YEAR = datetime.now().astimezone().year


def ids(answer: dict[str, Any]) -> list[str]:
    """The rules that struck."""
    return [problem.id for problem in answer["problems"]]


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("User Role (optional)", "role"),
        ("User Role\n(individualcontributor, facilitator, client admin)", "role"),
        ("Role: individualcontributor or facilitator", "role"),
        ("Portal Role", "role"),
        ("User Role - see the Key sheet", "role"),
        ("Role (leer = Manager)", "role"),
        ("Rôle (laisser vide pour manager)", "role"),
        ("Roll (lämna tomt för chef)", "role"),
        ("役割（空白＝マネージャー）", "role"),
        ("Role (IC / Manager)", "role"),
        ("Role: one of individualcontributor, facilitator, client admin", "role"),
        ("Role (leave blank for manager)", "role"),
        ("[Optional] User Role", "role"),
        ("Team\nmust exist on the pass", "team"),
        ("Team - optional", "team"),
        ("Team Name (must exist", "team"),
        ("Jhana Enabled (1 = yes)", "jhana"),
        ("Enable Jhana?", "jhana"),
        ("Wants Jhana", "jhana"),
        ("Add to Jhana", "jhana"),
        (f"Jhana {THIS_YEAR}", "jhana"),
        ("Jhana Enabled (1 = yes, 0 = no)", "jhana"),
        ("Jhana (yes/no)", "jhana"),
        ("Jhana Enabled (0/1)", "jhana"),
        ("Jhana: type 1 or leave blank", "jhana"),
        ("Jhana (x = yes, blank = no)", "jhana"),
        ("Jhana activé (1 = oui, vide = non)", "jhana"),
        ("Jhana有効（1＝はい）", "jhana"),
        ("Jhana Enabled (1 = enabled, blank = not enabled)", "jhana"),
        ("Jhana Enabled: put 1 if the person should get Jhana", "jhana"),
        ("Jhana Enabled (leave blank if not needed)", "jhana"),
        ("Jhana Enabled (type 1 to give Jhana as well; leave blank for no Jhana)", "jhana"),
        ("Jhana Enabled (x for yes, leave blank otherwise)", "jhana"),
        ("Team to join", "team"),
        (f"Team {THIS_YEAR}", "team"),
        (f"Email Address {THIS_YEAR + 1}", "email"),
        ("1. Email Address * required", "email"),
        ("Employee Email ID", "email"),
        ("メールアドレス（必須）", "email"),
        ("First Name / Prénom", "first_name"),
        ("Prénom (First Name)", "first_name"),
        ("Last Name\nNom de famille", "last_name"),
    ],
)
def test_a_known_name_with_words_around_it_is_found(header: str, key: str) -> None:
    """Brackets, a second line, instructions, a second language leave a column what it is."""
    longer = longer_name(header)
    assert longer is not None
    assert (longer.key, longer.sure) == (key, True)


@pytest.mark.parametrize(
    "header",
    [
        *("Jhana (opt out)", "Jhana - not enabled", "Jhana (1 = no)", "Jhana Enabled (old)"),
        *("Jhana: leave blank for yes", "Jhana = off", "Jhana (x = without)", "Jhana: no"),
        *("Jhana (already has)", "Jhana Enabled (leave blank to enable)", "Jhana (only if blank)"),
        *("Jhana (blank = include)", "Jhana Enabled (1 = no, else yes)"),
        *("Email (Führungskraft)", "Email (Sekretariat)", "Email (casa)"),
        *("E-Mail (privat)", "Email (perso)", "E-Mail (Vorgesetzter)", "Email (N+1)"),
        *("Email (do not use)", "メール（個人）", "Last Name (at birth)", "Vorname (Vorgesetzter)"),
        *("User Role - do not use", "Role (old)", "Role: manager's", "Role (not for import)"),
        *(
            "User Role (archived)",
            "User Role (LinkedIn Learning)",
            "Role: project",
            "Role (partner)",
        ),
        *(
            "Jhana Enabled 2024",
            "User Role 2024",
            "Team 2019",
            "Email Address 2019",
            "Team 2020/21",
        ),
        *("First Name (child)", "Vorname (Kind)", "Last Name (wife)", "Team (last year)"),
        "Email (manager)",
        "Team / Department",
        "First Name (kana)",
        "Email Address (leaver?)",
    ],
)
def test_a_word_that_may_make_another_column_of_it_is_not_sure(header: str) -> None:
    """Somebody else's address, or two things in one column, are not read without asking."""
    longer = longer_name(header)
    assert longer is not None
    assert not longer.sure


@pytest.mark.parametrize(
    "header", ["Team ID", "Role Code", "Username", "Team Lead Name", "Job Role", "Pass", "Name"]
)
def test_names_that_merely_contain_a_word_are_other_columns(header: str) -> None:
    """HR systems have columns of their own."""
    assert longer_name(header) is None


@pytest.mark.parametrize(
    "headers",
    [
        ("Correo electrónico", "Nombre", "Apellidos", "Rol", "Equipo"),
        ("Indirizzo e-mail", "Nome", "Cognome", "Ruolo", "Squadra"),
        ("E-mailadres", "Voornaam", "Achternaam", "Gebruikersrol", "Teamnaam"),
        ("Endereço de e-mail", "Nome próprio", "Apelido", "Papel", "Equipa"),
    ],
)
def test_headers_in_more_languages(headers: tuple[str, ...], make_xlsx, answer_of) -> None:
    """Spanish, Italian, Dutch and Portuguese."""
    answer = answer_of(make_xlsx((*ANA, "facilitator", "Sales"), headers=headers))
    assert answer["people"] == [(2, *ANA, "facilitator", "Sales", False)]


def test_longer_names_are_read_where_the_values_fit(make_xlsx, answer_of) -> None:
    """The people have their roles, teams and Jhana, and each such header is told."""
    headers = (*NAMES, "User Role (optional)", "Team\n(must exist)", "Jhana Enabled (1 = yes)")
    answer = answer_of(make_xlsx((*ANA, "facilitator", "Sales", 1), headers=headers))
    assert answer["people"] == [(2, *ANA, "facilitator", "Sales", True)]
    assert ids(answer) == ["longer-header"] * 3


def test_more_columns_than_a_spreadsheet_has_are_refused(make_xlsx, answer_of) -> None:
    """A text file may hold a million; those that Excel can have are read in a few seconds."""
    start = time.process_time()
    for count, refused in ((16_384, False), (16_385, True)):
        headers = (*NAMES, *(f"User Rol {number}" for number in range(3, count)))
        path = make_xlsx(ANA, headers=headers, name="people.csv")
        if refused:
            with pytest.raises(FileProblemError, match=r"more than 16,384 values"):
                answer_of(path)
        else:
            assert answer_of(path)["rows"] == 1
    assert time.process_time() - start < 15  # about 3 where nothing else runs


def test_many_columns_of_addresses_cost_no_more_than_their_number(make_xlsx, answer_of) -> None:
    """Each may be the one that is meant, and isn't compared with each."""
    more = 14_000
    headers = (*NAMES, *(f"New email {number}" for number in range(more)))
    path = make_xlsx((*ANA, *[BOB[0]] * more), headers=headers, name="people.csv")
    start = time.process_time()
    assert answer_of(path)["rows"] == 1
    assert time.process_time() - start < 10  # about 3 where nothing else runs


def test_many_accents_cost_no_more_than_their_length() -> None:
    """Python sorts the marks of one letter, in the square of their number."""
    start = time.process_time()
    assert read_role("a" + "\u0301\u0323" * 50_000) == (None, None)
    assert read_jhana("1" + "\u0301\u0323" * 50_000) == (None, None)
    assert header_form("e\u0301\u0323" * 10 + "\u0301\u0323" * 50_000) == "e" * 10
    assert time.process_time() - start < 1


def test_a_header_of_longer_names_only_is_found(make_xlsx, answer_of) -> None:
    """Instructions above it that repeat the names are not taken for the header."""
    headers = ("Email Address: required", "First Name: required", "Last Name: required")
    assert len(answer_of(make_xlsx(ANA, headers=headers))["people"]) == 1
    answer = answer_of(make_xlsx(NAMES, ANA, headers=headers))
    assert answer["header_row"] == 2
    assert len(answer["people"]) == 1


@pytest.mark.parametrize(
    ("header", "value"),
    [("Role (SAP)", "FI analyst"), ("Jhana (last login)", "May"), ("Team / Department", "Sales")],
)
def test_a_longer_name_that_does_not_fit_is_an_error(
    header: str, value: str, make_xlsx, answer_of
) -> None:
    """Left out with a notice it would make managers of everybody; read, it would be a guess."""
    answer = answer_of(make_xlsx((*ANA, value), headers=(*NAMES, header)))
    assert ids(answer) == ["misspelt-header"]
    assert answer["ready"] == 0


def test_a_second_column_of_addresses_leaves_open_which_is_meant(make_xlsx, answer_of) -> None:
    """Unless its header says that it is another one: a manager's, or at home."""
    headers = ("Email (intern)", *NAMES[1:], "Firmenmail")
    row = (*ANA, "ana.perez@work.com")
    assert ids(answer_of(make_xlsx(row, headers=headers)))[:1] == ["misspelt-header"]
    assert ids(answer_of(make_xlsx((*ANA, ANA[0]), headers=headers)))[:1] == ["longer-header"]
    for other in ("Manager Email", "Email (home)", "UPN"):
        answer = answer_of(make_xlsx(row, headers=(other, *NAMES[1:], "Email (required)")))
        assert ids(answer) == ["extra-column", "longer-header"]
        assert answer["people"][0][1] == "ana.perez@work.com"


def test_a_longer_name_beside_the_column_itself_is_extra(make_xlsx, answer_of) -> None:
    """Where the column is there, nothing is lost."""
    headers = (*HEADERS, "Role (SAP)", "Team / Department")
    answer = answer_of(make_xlsx((*ANA, "", "", "", "FI", "HR"), headers=headers))
    assert ids(answer) == ["extra-column"] * 2


@pytest.mark.parametrize(
    ("header", "values", "told"),
    [
        ("Level", ("facilitator", "Individual Contributor"), ["column-left-out"]),
        ("Coaching", (1, None), ["column-left-out"]),
        ("FTE", (1, 1), ["extra-column"]),
        ("Level", ("Manager", "Director"), ["extra-column"]),
        ("Remote", (1, 0), ["extra-column"]),
        ("Level", (None, None), ["extra-column"]),
        ("Level", ("facilitator", "facilitator", "n/a"), ["column-left-out"]),
        ("Level", ("Manager", "Manager", "Director"), ["extra-column"]),
        ("FC Role", ("IC", "Mgr"), ["column-left-out"]),
        ("Role Type", ("client admin", "IC", "Mgr"), ["column-left-out"]),
        ("Job Role", ("Facilitator", "Nurse", "Analyst"), ["column-left-out"]),
        ("Job Role", ("Nurse", "Manager"), ["extra-column"]),
        ("Role Start Date", (date(2020, 5, 1), None), ["extra-column"]),
        ("Role Description", ("Leads a ward", "Nurse"), ["extra-column"]),
        ("Franklin Team", ("Sales", None), ["column-left-out"]),
        ("My Team", (None, None), ["extra-column"]),
        ("Team Lead", ("Bob Hope", None), ["extra-column"]),
        ("Team Leader Name", ("Bob Hope", None), ["extra-column"]),
        ("Team Size", (5, 7), ["extra-column"]),
    ],
)
def test_an_unread_column_that_looks_like_ours_is_a_warning(
    header: str, values: tuple[Any, ...], told: list[str], make_xlsx, answer_of
) -> None:
    """Most of its values are roles, all are 1, or its name may be ours: told once, as a warning."""
    people = [(*who, value) for who, value in zip((ANA, BOB, CY), values, strict=False)]
    answer = answer_of(make_xlsx(*people, headers=(*NAMES, header)))
    assert (ids(answer), answer["ready"]) == (told, len(values))


@pytest.mark.parametrize(
    "header", ["FC Role", "Rolle im Portal", "Role Type", f"Learner Role {THIS_YEAR}"]
)
def test_a_header_with_the_word_role_is_read_by_its_values(
    header: str, make_xlsx, answer_of
) -> None:
    """Where most are roles it is the column, and a value that is none is an error at its cell."""
    people = [(*ANA, "facilitator"), (*BOB, "n/a"), (*CY, "individualcontributor")]
    answer = answer_of(make_xlsx(*people, headers=(*NAMES, header)))
    assert [person[4] for person in answer["people"]] == ["facilitator", "individualcontributor"]
    assert ids(answer) == ["longer-header", "unknown-role"]
    beside = answer_of(make_xlsx((*ANA, "", "nurse"), headers=(*NAMES, "User Role", header)))
    assert ids(beside) == ["extra-column"]


@pytest.mark.parametrize(
    "header",
    [
        *("User Role - do not use", "Role (old)", "User Role last year", "Role in project"),
        *("Role expired", "User Role 2024", "Role of partner", "Role: manager", "User Role (SAP)"),
        "Role not to be imported",
    ],
)
def test_a_role_that_its_header_says_is_not_the_role_is_an_error(
    header: str, make_xlsx, answer_of
) -> None:
    """Rights hang on it; beside the role's own column nothing is lost."""
    people = [(*ANA, "client admin"), (*BOB, "individualcontributor")]
    answer = answer_of(make_xlsx(*people, headers=(*NAMES, header)))
    (told,) = [problem for problem in answer["problems"] if problem.level == "error"]
    assert (told.id, answer["ready"]) == ("misspelt-header", 0)
    assert "did you mean 'User Role'?" in told.hint
    beside = [(*who, "facilitator", "client admin") for who in (ANA, BOB)]
    answer = answer_of(make_xlsx(*beside, headers=(*NAMES, "User Role", header)))
    assert [person[4] for person in answer["people"]] == ["facilitator"] * 2


@pytest.mark.parametrize("header", ["No Jhana", "Jhana opt-out", "Jhana Y/N", "MyJhana"])
def test_jhanas_name_is_nobody_elses(header: str, make_xlsx, answer_of) -> None:
    """What isn't sure to be the column is asked about: its e-mail can't be taken back."""
    answer = answer_of(make_xlsx((*ANA, 1), headers=(*NAMES, header)))
    assert (ids(answer), answer["ready"]) == (["misspelt-header"], 0)


@pytest.mark.parametrize(
    ("header", "value", "told"),
    [
        ("Tussenvoegsel", "van den", "column-left-out"),
        ("Tussenvoegsel(s)", "de", "column-left-out"),
        ("Namenszusatz", "von", "column-left-out"),
        ("Last Name Prefix", "van", "column-left-out"),
        ("Segundo apellido", "Márquez", "column-left-out"),
        ("Tussenvoegsel", None, "extra-column"),
        ("Middle Name", "Maria", "extra-column"),
        ("Name Prefix", "Dr.", "extra-column"),
    ],
)
def test_a_part_of_the_surname_that_is_not_read_is_a_warning(
    header: str, value: str | None, told: str, make_xlsx, answer_of
) -> None:
    """Jan van den Berg would be sent as Jan Berg; the cure names the column to write it into."""
    answer = answer_of(make_xlsx((*ANA, value), BOB, headers=(*NAMES, header)))
    (problem,) = answer["problems"]
    assert (problem.id, answer["ready"]) == (told, 2)
    assert ("into the column 'Last Name'" in problem.hint) is (told == "column-left-out")


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("New Email Address", True),
        ("Email Address (from 1 Jan)", True),
        ("Neue E-Mail", True),
        ("Company e-mail", True),
        ("E-mail after the move", True),
        ("Personal Email", False),
        ("Email (private)", False),
        ("Old e-mail", False),
        ("Manager Email", False),
        ("UPN", False),
        ("Login e-mail", False),
        ("Recovery Email", False),
        ("ProxyAddresses", False),
        ("Microsoft account address", False),
        ("Contact", False),
    ],
)
def test_other_addresses_of_the_same_people_are_told(
    header: str, told: bool, make_xlsx, answer_of
) -> None:
    """Nobody knows which address is the right one, unless the header says it is not meant."""
    headers = (*NAMES, header)
    people = [(*who, f"{who[1]}.{who[2]}@acme.org") for who in (ANA, BOB, CY)]
    answer = answer_of(make_xlsx(*people, headers=headers))
    assert (ids(answer), answer["ready"]) == ([COLUMN_TOLD[told]], 3)
    if told:  # a few of many count, too
        few = answer_of(make_xlsx((*ANA, None), people[1], (*CY, CY[0].upper()), headers=headers))
        assert ids(few) == [COLUMN_TOLD[told]]


@pytest.mark.parametrize("others", [("hr@acme.com",) * 3, (CY[0], ANA[0], BOB[0]), PEOPLES])
def test_addresses_of_others_or_the_same_ones_are_no_warning(
    others: tuple[str, ...], make_xlsx, answer_of
) -> None:
    """Somebody's superior, a shared mailbox, or the same address once more."""
    people = [(*who, other) for who, other in zip((ANA, BOB, CY), others, strict=True)]
    answer = answer_of(make_xlsx(*people, headers=(*NAMES, "Reports to (e-mail)")))
    assert ids(answer) == ["extra-column"]


def test_a_column_of_many_teams_is_told(make_xlsx, answer_of) -> None:
    """However many different values it has."""
    people = [(f"u{n}@acme.com", "U", "Ng", f"Team {n}") for n in range(60)]
    answer = answer_of(make_xlsx(*people, headers=(*NAMES, "Learning Team"), name="people.csv"))
    assert "column-left-out" in ids(answer)


@pytest.mark.parametrize("mark", ["#", "# ", "//", "*", "~", "!", "x-", "X-", ";", "--", "##"])
def test_a_mark_before_an_address_is_asked_about(mark: str, make_xlsx, answer_of) -> None:
    """The question names the row and the person; the answer holds as for hidden rows."""
    path = make_xlsx(ANA, (f"{mark}{BOB[0]}", *BOB[1:]), headers=NAMES)
    sent = f"{mark}{BOB[0]}" if "x" in mark.lower() else BOB[0]
    with pytest.raises(AnswerNeededError, match=rf"\(3\): row 3 {sent}") as asked:
        answer_of(path)
    assert asked.value.flag == "--hidden"
    assert [person[0] for person in answer_of(path, hidden="skip")["people"]] == [2]
    included = answer_of(path, hidden="include")
    assert [person[1] for person in included["people"]] == [ANA[0], sent]
    assert "hidden-rows-included" in ids(included)


def test_a_mark_in_the_first_column_counts_where_few_rows_have_it(make_xlsx, answer_of) -> None:
    """A line of a csv is commented out at its start, whatever stands there."""
    headers = ("First Name", "Last Name", "Email Address")
    rows = [(*ANA[1:], ANA[0]), ("#Bob", "Hope", BOB[0]), (*CY[1:], CY[0])]
    with pytest.raises(AnswerNeededError, match=r"row 3 bob.*First Name: #Bob"):
        answer_of(make_xlsx(*rows, headers=headers, name="people.csv"))
    numbered = [("#1", *ANA), ("#2", *BOB), ("#3", *CY)]
    assert answer_of(make_xlsx(*numbered, headers=("No", *NAMES)))["ready"] == 3


PAST, FUTURE = datetime(2020, 5, 1), datetime.now() + timedelta(days=90)  # noqa: DTZ001, DTZ005


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Status", "Terminated"),
        ("Employment Status", "Inactive (since May)"),
        ("Status", "LEFT"),
        ("Account Status", "not active"),
        ("Active", "No"),
        ("Active?", False),
        ("Active", 0),
        ("Upload?", "no"),
        ("Terminated", "Yes"),
        ("Termination Date", PAST),
        ("Last Working Day", "2020-05-01"),
        ("End Date", "31/12/2020"),
        ("Notes", "left in May"),
        ("Remarks", "Do not upload!"),
        ("Category", "Leaver"),
    ],
)
def test_a_column_that_says_somebody_is_not_meant_is_asked_about(
    header: str, value: Any, make_xlsx, answer_of
) -> None:
    """The person is named with what the column says; skipped, nobody else is."""
    path = make_xlsx((*ANA, None), (*BOB, value), headers=(*NAMES, header))
    with pytest.raises(AnswerNeededError, match=rf"row 3 bob\.hope@acme\.com \({header[:4]}"):
        answer_of(path)
    assert [person[1] for person in answer_of(path, hidden="skip")["people"]] == [ANA[0]]
    assert len(answer_of(path, hidden="include")["people"]) == 2


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Status", "Active"),
        ("Status", "On leave"),
        ("Marital Status", "separated"),
        ("Handed", "Left"),
        ("Notes", "left-handed"),
        ("Active", "unlikely"),
        ("Terminated", "No"),
        ("Termination Date", None),
        ("Termination Date", FUTURE),
        ("End Date", "9999-12-31"),
        ("End Date", "unknown"),
        ("Company", "Left Bank Ltd"),
        ("Hire Date", date(2020, 5, 1)),
    ],
)
def test_ordinary_columns_are_no_question(header: str, value: Any, make_xlsx, answer_of) -> None:
    """Who is on leave, hired long ago or left-handed is meant."""
    path = make_xlsx((*ANA, None), (*BOB, value), headers=(*NAMES, header))
    assert answer_of(path)["ready"] == 2


def test_the_question_names_the_first_few(make_xlsx, answer_of) -> None:
    """Five people, and how many more."""
    rows = [(f"u{n}@acme.com", "U", f"N{n}", "Inactive") for n in range(12)]
    with pytest.raises(AnswerNeededError, match=r"row 6 u4@acme.com .* and 7 more") as asked:
        answer_of(make_xlsx(*rows, headers=(*NAMES, "Status")))
    assert "u5@" not in asked.value.message


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_check_boxes_are_one_and_blank(kind: str, make_xlsx, answer_of) -> None:
    """A ticked box is 1, an empty one blank, and rows of empty boxes are nobody."""
    rows = [(*ANA, "", "", True), (*BOB, "", "", False), *[("", "", "", "", "", False)] * 3]
    answer = answer_of(make_xlsx(*rows, name=f"people.{kind}"))
    assert [person[6] for person in answer["people"]] == [True, False]
    assert (answer["rows"], ids(answer)) == (2, ["jhana-spelling"])
    headers = (*NAMES, "Done")
    ticked = [(*ANA, True), *[("", "", "", False)] * 3]
    answer = answer_of(make_xlsx(*ticked, headers=headers, name=f"p.{kind}"))
    assert ids(answer) == ["extra-column"]


@pytest.mark.parametrize(
    ("typed", "role"),
    [
        ("Facilitator / HR", "facilitator"),
        ("Learner/Manager", "manager"),
        ("Learner / Individual Contributor", "individualcontributor"),
        ("Learner – Individual Contributor", "individualcontributor"),
        ("Admin / HR", "client admin"),
    ],
)
def test_the_keys_own_words_are_roles(typed: str, role: str, make_xlsx, answer_of) -> None:
    """What the template's key prints beside a role means that role."""
    answer = answer_of(make_xlsx((*ANA, typed)))
    assert answer["people"][0][4] == role
    assert "role-spelling" in ids(answer)


def test_a_second_header_ends_the_list(make_xlsx, answer_of) -> None:
    """Nobody below is read by the first header's order; rows with an address are named."""
    rows = [ANA, (), ("Last Name", "First Name", "Email Address"), ("Hope", "Bob", BOB[0])]
    answer = answer_of(make_xlsx(*rows, headers=NAMES))
    (problem,) = answer["problems"]
    assert (problem.id, str(problem.cell)) == ("second-header", "Users!A4")
    assert problem.message.endswith("1 with an address: 5")
    assert len(answer["people"]) == 1


def test_beside_a_value_that_cant_be_used_everything_else_is_told(make_xlsx, answer_of) -> None:
    """What is wrong is told once, the rest as ever, and the row is never among the people."""
    answer = answer_of(make_xlsx(("#N/A", "", "Perez", "boss"), ("#N/A", "Bo", "Ng"), ANA))
    told = [(p.id, str(p.cell)) for p in answer["problems"] if p.level == "error"]
    assert told == [
        ("error-value", "Users!A2"),
        ("missing-value", "Users!B2"),
        ("unknown-role", "Users!D2"),
        ("error-value", "Users!A3"),
    ]
    assert (answer["rows"], answer["ready"]) == (3, 1)
    assert [person[1] for person in answer["people"]] == [ANA[0]]


def test_a_header_in_two_rows_is_said_to_be_one(make_xlsx, answer_of) -> None:
    """`Name` above First Name and Last Name is no second table."""

    def merge(sheet: Any) -> None:
        for area in ("A1:A2", "B1:C1", "D1:D2"):
            sheet.merge_cells(area)

    rows = (None, "First Name", "Last Name", None), ANA, BOB
    answer = answer_of(make_xlsx(*rows, headers=("Email", "Name", None, "Role"), change=merge))
    problem = answer["problems"][-1]
    assert (problem.id, str(problem.cell)) == ("second-header", "Users!B2")
    assert "goes on with the header in the row above" in problem.message
    assert "unmerge" in problem.hint


def test_the_same_header_again_is_nobody(make_xlsx, answer_of) -> None:
    """Printed lists repeat it on every page."""
    answer = answer_of(make_xlsx(ANA, HEADERS, BOB, HEADERS, CY))
    assert answer["ready"] == answer["rows"] == 3
    assert ids(answer) == ["repeated-header"] * 2


@pytest.mark.parametrize("text", ["Please return by Friday", "Contractors", "Total: 2"])
def test_a_merged_note_is_nobody(text: str, make_xlsx, answer_of) -> None:
    """Merged across the list's columns, a text without an at-sign is no address."""

    def merge(sheet: Any) -> None:
        sheet["A6"] = text
        sheet.merge_cells("A6:F7")

    answer = answer_of(make_xlsx(ANA, BOB, change=merge))
    assert (answer["ready"], answer["rows"], ids(answer)) == (2, 2, ["extra-cells"])


@pytest.mark.parametrize(
    ("note", "is_nobody"),
    [
        (("Total", 2), True),
        (("Please return this list to HR",), True),
        (("2 people",), True),
        (("Headcount: 1",), True),
        (("Effectif : 1",), True),
        (("Utenti attivi = 12",), True),
        (("Filters applied: Active",), True),
        (("--- end of list ---",), True),
        (("Page 2 of 3",), True),
        (("Sum", 12), True),
        (("", "Total", 12), True),
        (("Those in yellow are on leave until the summer",), True),
        (("Zoe",), False),
        (("", "Total", "Recall"), False),
        (("bob(at)acme.com", "Bob", "Hope"), False),
        (("please ask bob@acme.com for his name",), False),
        (("ana dot lopez at acme dot com",), False),
        (("ana [at] acme [dot] com, in her own words",), False),
        (("", "Maria del Carmen Lopez"), False),
        (("", "", "See"), False),
        (("", "Page"), False),
    ],
)
def test_notes_and_totals_below_the_list_are_nobody(
    note: tuple[Any, ...], is_nobody: bool, make_xlsx, answer_of
) -> None:
    """What may be somebody stays an error."""
    answer = answer_of(make_xlsx(ANA, note, headers=NAMES))
    assert answer["rows"] == (1 if is_nobody else 2)
    assert (ids(answer) == ["extra-cells"]) is is_nobody


@pytest.mark.parametrize(
    "row",
    [
        ("Nguyen Thi Minh Khai",),
        ("Page",),
        ("Antal Kovacs",),
        ("", "", "", "", "", 1),
        ("", "Count", 12),
        ("", "Total", "", "", "", 1),
    ],
)
def test_what_may_be_a_note_or_somebody_is_a_warning(
    row: tuple[Any, ...], make_xlsx, answer_of
) -> None:
    """It isn't read, and that fails `--strict`."""
    answer = answer_of(make_xlsx(ANA, row, headers=HEADERS))
    assert (answer["rows"], ids(answer)) == (1, ["note-or-person"])


def test_a_name_that_begins_notes_is_somebody_with_jhana(make_xlsx, answer_of) -> None:
    """No note has a 1 in Jhana Enabled; and notes begin in the leftmost column."""
    names_first = ("First Name", "Last Name", "Email Address", "Jhana Enabled")
    ana = ("Ana", "Perez", "ana.perez@acme.com", 1)
    answer = answer_of(make_xlsx(ana, ("Page", "", "", 1), headers=names_first))
    assert ids(answer) == ["missing-value"] * 2
    answer = answer_of(make_xlsx(ana, ("Page",), headers=names_first))
    assert ids(answer) == ["note-or-person"]


def add_sheet(title: str, *rows: Any) -> Callable[[Any], None]:
    """Add another sheet."""

    def change(sheet: Any) -> None:
        other = sheet.parent.create_sheet(title)
        for row in rows:
            other.append(row)

    return change


def test_people_on_a_sheet_that_is_not_read_are_a_warning(make_xlsx, answer_of) -> None:
    """Without a header, too; the sheet and its rows are named."""
    path = make_xlsx(ANA, change=add_sheet("N-Z", BOB, CY))
    (problem,) = answer_of(path)["problems"]
    assert (problem.id, problem.level) == ("people-on-other-sheets", "warning")
    assert "N-Z: 2 rows (1, 2)" in problem.message


def test_the_sheet_question_counts_rows_with_an_address(make_xlsx, answer_of) -> None:
    """Other rows are nobody that is known of."""
    path = make_xlsx(ANA, change=add_sheet("More", HEADERS, BOB, ("Total", "", "2")))
    with pytest.raises(AnswerNeededError) as asked:
        answer_of(path)
    labels = [label for _, label in asked.value.choices]
    assert labels == ["Users: rows with an address: 1", "More: rows with an address: 1"]


def test_a_hidden_column_is_told_in_a_long_file_too(make_xlsx, answer_of, most_rows) -> None:
    """Above the second reader's limit the sheet's own list of columns is looked at."""

    def hide(sheet: Any) -> None:
        sheet.column_dimensions["D"].hidden = True
        for number in range(most_rows + 10):
            sheet.append((f"u{number}@acme.com", "U", f"N{number}", "facilitator"))

    answer = answer_of(make_xlsx(ANA, change=hide))
    assert {"one-reader-only", "hidden-column"} <= {*ids(answer)}


def test_people_on_other_sheets_are_told_where_a_sheet_was_named(make_xlsx, answer_of) -> None:
    """Who has named a sheet may know of them: it is a notice, with sheet and rows."""
    path = make_xlsx(ANA, change=add_sheet("More", HEADERS, BOB))
    answer = answer_of(path, sheet="Users")
    (told,) = [problem for problem in answer["problems"] if problem.id == "other-sheets"]
    assert "More: 1 row (2)" in told.message
    assert "people-on-other-sheets" not in ids(answer)


def test_one_conditional_format_is_one_warning(make_xlsx, answer_of) -> None:
    """However many columns it covers; another one elsewhere is told, too."""
    rule = FormulaRule(['$G2="left"'], font=Font(strike=True))

    def change(sheet: Any) -> None:
        sheet.conditional_formatting.add("A2:F9", rule)
        sheet.conditional_formatting.add("B5:B7", rule)
        sheet.conditional_formatting.add("G2:G9", rule)

    found = answer_of(make_xlsx(ANA, BOB, CY, headers=HEADERS, change=change))["problems"]
    told = [p for p in found if p.id == "conditional-format"]
    assert [str(p.cell) for p in told] == ["Users!A2"]
    assert "(and in B2, C2, D2, E2, F2)" in told[0].message
