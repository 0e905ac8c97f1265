from datetime import date, datetime

import pytest
from openpyxl import Workbook, load_workbook

from aapimport.check.check_file import ReadOptions, check_file
from aapimport.copies.renew import Renewal, renew
from aapimport.screens.workbooks import renewed as screen
from aapimport.template.columns import LEAVERS_SHEET, USERS_SHEET

HEADER = (
    "Email Address",
    "First Name",
    "Last Name",
    "User Role",
    "Region",
    "Pass",
    "Date of Last Login",
)
ACTIVE = datetime.fromisoformat("2026-10-01 09:30")
LONG_AGO = datetime.fromisoformat("2025-03-01")


@pytest.fixture
def out(tmp_path):
    """Where the new template goes."""
    return tmp_path / "new.xlsx"


def listed(path, people, header=HEADER):
    """An exported pass user list: (address, role, last login) each."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.append(header)
    for address, role, login in people:
        first = address.partition("@")[0].title()
        row = (address, first, "Okafor", role, "EMEA", "Leadership 2025", login)
        sheet.append(row[: len(header)])
    workbook.save(path)
    return path


def renewed(path, out, **options):
    """The result of renewing a list."""
    return renew(check_file(path, ReadOptions()), out, **options)


def rows_of(path, sheet, first=2):
    """The filled rows of a sheet; blank cells are empty texts."""
    rows = load_workbook(path)[sheet].iter_rows(min_row=first, values_only=True)
    return [[value or "" for value in row] for row in rows if any(row)]


def test_roles_are_converted_as_administrators_do_by_hand(tmp_path, out):
    """Learner becomes blank, Individual Contributor loses its space; nobody is lost."""
    source = listed(
        tmp_path / "list.xlsx",
        [
            ("ana@acme.com", "Learner", ACTIVE),
            ("li@acme.com", "Individual Contributor", ACTIVE),
            ("chidi@acme.com", "Facilitator", ACTIVE),
            ("zoe@acme.com", "Client Admin", ACTIVE),
        ],
    )
    result = renewed(source, out)
    assert [row[:4] for row in rows_of(out, USERS_SHEET)] == [
        ["ana@acme.com", "Ana", "Okafor", ""],
        ["li@acme.com", "Li", "Okafor", "individualcontributor"],
        ["chidi@acme.com", "Chidi", "Okafor", "facilitator"],
        ["zoe@acme.com", "Zoe", "Okafor", "client admin"],
    ]
    assert result.roles[("Learner", "")] == 1
    assert result.roles[("Individual Contributor", "individualcontributor")] == 1


def test_possible_leavers_stand_on_a_sheet_of_their_own(tmp_path, out):
    """An old login and no date are both proposals, with the reason; everybody is somewhere."""
    source = listed(
        tmp_path / "list.xlsx",
        [
            ("ana@acme.com", "Learner", ACTIVE),
            ("gone@acme.com", "Learner", LONG_AGO),
            ("never@acme.com", "Individual Contributor", None),
        ],
    )
    result = renewed(source, out)
    assert result == Renewal(
        kept=1,
        with_errors=0,
        idle=1,
        undated=1,
        left_out=0,
        unread_dates=0,
        since=date(2026, 4, 4),
        roles={("Learner", ""): 2, ("Individual Contributor", "individualcontributor"): 1},
        extra_columns=("Region", "Pass", "Date of Last Login"),
        blank_columns=("Team", "Jhana Enabled"),
    )
    assert [row[0] for row in rows_of(out, USERS_SHEET)] == ["ana@acme.com"]
    notes = rows_of(out, LEAVERS_SHEET, first=1)
    assert any("never logged in, OR logged in without starting a course" in n[0] for n in notes)
    table = notes[-2:]
    assert [(row[0], row[3], row[-1]) for row in table] == [
        ("gone@acme.com", "", "last login 2025-03-01"),
        ("never@acme.com", "individualcontributor", "no date: see the note above"),
    ]


def test_rows_can_be_copied_back(tmp_path, out):
    """Both sheets have the same columns, and the reason comes last."""
    source = listed(
        tmp_path / "list.xlsx", [("ana@acme.com", "", ACTIVE), ("li@acme.com", "", None)]
    )
    renewed(source, out)
    users, leavers = rows_of(out, USERS_SHEET, first=1), rows_of(out, LEAVERS_SHEET, first=1)
    header, (person,) = leavers[-2], leavers[-1:]
    assert [name.replace(" (leaver?)", "") for name in header[:-1]] == users[0]
    assert person[:6] == ["li@acme.com", "Li", "Okafor", "", "", ""]
    assert person[6 : len(users[0])] == ["EMEA", "Leadership 2025", ""]


def test_the_new_file_is_ready_to_be_checked(tmp_path, out):
    """The sheet of leavers is never taken for people, so no question is asked."""
    source = listed(
        tmp_path / "list.xlsx", [("ana@acme.com", "", ACTIVE), ("li@acme.com", "", None)]
    )
    renewed(source, out)
    again = check_file(out, ReadOptions())
    assert (again.sheet, again.rows, again.ready) == (USERS_SHEET, 1, 1)


def test_days_without_login_can_be_chosen(tmp_path, out):
    """Counted back from the newest login in the list; the day itself still counts as active."""
    people = [
        ("a@acme.com", "", datetime.fromisoformat("2026-10-31")),
        ("b@acme.com", "", datetime.fromisoformat("2026-10-01")),
        ("c@acme.com", "", datetime.fromisoformat("2026-09-30")),
    ]
    result = renewed(listed(tmp_path / "list.xlsx", people), out, idle_days=30)
    assert (result.since, result.kept, result.idle) == (date(2026, 10, 1), 2, 1)


@pytest.mark.parametrize(
    ("header", "logins"), [(HEADER[:6], (None, None)), (HEADER, (None, None)), (HEADER, ("x", ""))]
)
def test_without_dates_nobody_is_proposed(tmp_path, out, header, logins):
    """A list without one readable date says nothing about leavers."""
    people = [("a@acme.com", "", logins[0]), ("b@acme.com", "", logins[1])]
    result = renewed(listed(tmp_path / "list.xlsx", people, header), out)
    assert (result.since, result.kept, result.idle, result.undated) == (None, 2, 0, 0)
    assert LEAVERS_SHEET not in load_workbook(out).sheetnames


def test_a_date_that_cannot_be_read_makes_no_leaver(tmp_path, out):
    """Such a person stays on Users and is counted."""
    people = [("a@acme.com", "", ACTIVE), ("b@acme.com", "", "03/04/2025")]
    result = renewed(listed(tmp_path / "list.xlsx", people), out)
    assert (result.kept, result.unread_dates) == (2, 1)


def test_rows_with_errors_stay_on_users(tmp_path, out):
    """They are neither lost nor judged; the next check shows them."""
    people = [("a@acme.com", "", ACTIVE), ("bad", "Regional Admin", LONG_AGO)]
    result = renewed(listed(tmp_path / "list.xlsx", people), out)
    assert (result.kept, result.with_errors, result.idle) == (1, 1, 0)
    assert [row[:4] for row in rows_of(out, USERS_SHEET)][1] == [
        "bad",
        "Bad",
        "Okafor",
        "Regional Admin",
    ]


def test_a_csv_list_works_the_same(tmp_path, out):
    """Exports are also kept as csv, with dates as text."""
    source = tmp_path / "list.csv"
    source.write_text(
        ";".join(HEADER)
        + "\nana@acme.com;Ana;Pérez;Learner;EMEA;P;25.09.2026"
        + "\nold@acme.com;Old;Timer;Learner;EMEA;P;01.02.2025\n",
        encoding="utf-8",
    )
    result = renewed(source, out)
    assert (result.kept, result.idle) == (1, 1)


def test_notes_below_the_list_are_left_out_by_name(tmp_path, out):
    """A total is nobody: it makes no person with errors, and is told with its cell."""
    source = listed(tmp_path / "list.xlsx", [("ana@acme.com", "Learner", ACTIVE)])
    workbook = load_workbook(source)
    sheet = workbook.worksheets[0]
    sheet.append(["Total", 1])
    sheet.append(["Exported from the portal on 1 October"])
    workbook.save(source)
    renewal = renewed(source, out)
    assert (renewal.kept, renewal.with_errors, renewal.left_out) == (1, 0, 2)
    assert renewal.notes == (
        "Sheet!A3: Total",
        "Sheet!A4: Exported from the portal on 1 October",
    )
    assert renewal.blank_columns == ("Team", "Jhana Enabled")


def test_a_last_login_in_the_future_decides_nothing(tmp_path, out):
    """Taken at its word it would make leavers of everybody else."""
    people = [("ana@acme.com", "Learner", ACTIVE), ("li@acme.com", "Learner", "2099-01-01")]
    renewal = renewed(listed(tmp_path / "list.xlsx", people), out)
    assert (renewal.kept, renewal.idle, renewal.unread_dates) == (2, 0, 1)


def test_dates_that_cannot_be_read_are_counted_where_none_can(tmp_path, out):
    """Nobody is proposed as a leaver, and it is told that there were dates."""
    people = [("ana@acme.com", "Learner", "May"), ("li@acme.com", "Learner", None)]
    renewal = renewed(listed(tmp_path / "list.xlsx", people), out)
    assert (renewal.since, renewal.unread_dates) == (None, 1)


@pytest.mark.parametrize("login", ["#N/A", "=1+1"])
def test_an_error_is_no_blank_date(tmp_path, out, login):
    """Who has one, or a formula without a result, isn't taken off Users as never logged in."""
    people = [("ana@acme.com", "Learner", ACTIVE), ("li@acme.com", "Learner", login)]
    renewal = renewed(listed(tmp_path / "list.xlsx", people), out)
    assert (renewal.kept, renewal.undated, renewal.unread_dates) == (2, 0, 1)
    assert rows_of(out, USERS_SHEET)[1][-1] == "#N/A"


def test_two_columns_of_last_logins_decide_nothing(tmp_path, out):
    """Nobody knows which one counts: a blank in the first may have a date in the second."""
    source = tmp_path / "list.csv"
    source.write_text(
        f"Email Address,First Name,Last Name{',Date of Last Login' * 2}\n"
        "ana@acme.com,Ana,Perez,,2026-10-01\nli@acme.com,Li,Wei,2020-10-02,2026-10-03\n",
        encoding="utf-8",
    )
    renewal = renewed(source, out)
    assert (renewal.since, renewal.kept) == (None, 2)


@pytest.mark.parametrize("again", ["Bo@xn--bcher-kva.de", "Bo@BÜCHER.de"])
def test_who_is_in_the_list_twice_stays_on_users(tmp_path, out, again):
    """With one row on each sheet the error would be gone, and the person in both."""
    people = [("bo@bücher.de", "Learner", LONG_AGO), (again, "Learner", ACTIVE)]
    renewal = renewed(listed(tmp_path / "list.xlsx", people), out)
    assert (renewal.kept, renewal.with_errors, renewal.idle) == (1, 1, 0)
    assert check_file(out, ReadOptions()).problems[-1].id == "duplicate-email"


def test_whoever_is_left_out_is_named(tmp_path, out):
    """A hidden row that isn't to be read may be a person who belongs to the new pass."""
    source = listed(tmp_path / "list.xlsx", [(f"{n}@acme.com", "", ACTIVE) for n in "abc"])
    workbook = load_workbook(source)
    workbook.worksheets[0].row_dimensions[3].hidden = True
    workbook.save(source)
    result = renew(check_file(source, ReadOptions(hidden="skip")), out)
    assert (result.left_out, result.skipped) == (1, ("Sheet!A3: b@acme.com",))
    assert "Sheet!A3: b@acme.com" in screen(out, result)
    assert renewed(listed(source, [("a@acme.com", "", ACTIVE)]), out, force=True).skipped == ()
