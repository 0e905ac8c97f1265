"""A company in its second year: the file and the portal of issue's example, to the seat.

The pass has 10 free seats. Five people of the file are on it (one deactivated), three are on last
year's pass, two are there under other addresses, twelve are new; one names an unknown team.
"""

from collections.abc import Sequence
from pathlib import Path

from aapimport.sandbox.seed import Seed, SeedPass, SeedPerson, SeedTeam

PASS = ("--pass", "Leadership 2026")
HEADER = "Email Address,First Name,Last Name,User Role,Team,Jhana Enabled"
THERE = (
    ("helena.berg@acme.com", "Helena", "Berg"),
    ("chidi.okafor@acme.com", "Chidi", "Okafor"),
    ("wei.zhang@acme.com", "Wei", "Zhang"),
    ("lucia.romero@acme.com", "Lucia", "Romero"),
    ("kwame.mensah@acme.com", "Kwame", "Mensah"),
)
LAST_YEAR = (
    ("priya.raman@acme.com", "Priya", "Raman"),
    ("dmitri.orlov@acme.com", "Dmitri", "Orlov"),
    ("yuki.tanaka@acme.com", "Yuki", "Tanaka"),
)
TWINS = (
    ("asa.lindqvist@acme.com", "Åsa", "Lindqvist", "a.lindqvist@acme.com"),
    ("jurgen.vogel@acme.com", "Jürgen", "Vogel", "juergen.vogel@acme-group.com"),
)
NEW = (
    ("omar.haddad@acme.com", "Omar", "Haddad"),
    ("greta.nilsen@acme.com", "Greta", "Nilsen"),
    ("tomas.novak@acme.com", "Tomas", "Novak"),
    ("sofia.conti@acme.com", "Sofia", "Conti"),
    ("hugo.delacroix@acme.com", "Hugo", "Delacroix"),
    ("ines.carvalho@acme.com", "Ines", "Carvalho"),
    ("pavel.dvorak@acme.com", "Pavel", "Dvorak"),
    ("nadia.rahimi@acme.com", "Nadia", "Rahimi"),
    ("erik.solberg@acme.com", "Erik", "Solberg"),
    ("mei.fong@acme.com", "Mei", "Fong"),
    ("rosa.quispe@acme.com", "Rosa", "Quispe"),
    ("ivan.petrov@acme.com", "Ivan", "Petrov"),
)


def _seeded() -> Seed:
    passes = (
        SeedPass(id="p26", name="Leadership 2026", seats=17, year=2026),
        SeedPass(id="p25", name="Leadership 2025", seats=40, year=2025),
    )
    there = [
        SeedPerson(
            id=f"there-{number}",
            email=email,
            first_name=first,
            last_name=last,
            passes=("p26",),
            active=number < len(THERE) - 1,
        )
        for number, (email, first, last) in enumerate(THERE)
    ]
    last_year = [
        SeedPerson(id=f"old-{n}", email=email, first_name=first, last_name=last, passes=("p25",))
        for n, (email, first, last) in enumerate(LAST_YEAR)
    ]
    twins = [
        SeedPerson(id=f"twin-{n}", email=email, first_name=first, last_name=last, passes=("p26",))
        for n, (email, first, last, _) in enumerate(TWINS)
    ]
    teams = (
        SeedTeam(id="sales", name="Sales EMEA", pass_id="p26", places=30),
        SeedTeam(id="pair", name="Pair", pass_id="p26", places=2),
    )
    return Seed(passes=passes, teams=teams, people=(*there, *last_year, *twins))


SEED = _seeded()


def rows(team_of_ivan: str = "Sales EMEA", *, newcomers: int = len(NEW)) -> list[str]:
    """The file's rows: there (2 to 6), last year's (7 to 9), new (10 to 21), twins (22, 23)."""
    teams = {"ivan.petrov@acme.com": team_of_ivan, "omar.haddad@acme.com": "Sales EMEA"}
    jhana = {"omar.haddad@acme.com", "priya.raman@acme.com"}
    people = (*THERE, *LAST_YEAR, *NEW[:newcomers])
    plain = [
        f"{email},{first},{last},,{teams.get(email, '')},{'1' if email in jhana else ''}"
        for email, first, last in people
    ]
    return plain + [f"{other},{first},{last},,," for _, first, last, other in TWINS]


def write(path: Path, lines: Sequence[str]) -> Path:
    """A csv of rows below the template's headers."""
    path.write_text("\n".join((HEADER, *lines)) + "\n", encoding="utf-8")
    return path
