"""What is in a new practice portal: a small company that used the pass last year, too."""

from dataclasses import dataclass

from aapimport.template.roles import Role


@dataclass(frozen=True, kw_only=True)
class SeedPass:
    """A pass.

    Attributes:
        id: Its id.
        name: Its name.
        seats: How many people it holds.
        leavers: How many of its seats were filled by people who are gone.
        year: The calendar year in which it is valid.
    """

    id: str
    name: str
    seats: int
    leavers: int = 0
    year: int


@dataclass(frozen=True, kw_only=True)
class SeedTeam:
    """A team.

    Attributes:
        id: Its id.
        name: Its name.
        pass_id: The pass that it belongs to.
        places: How many people it holds.
    """

    id: str
    name: str
    pass_id: str
    places: int


@dataclass(frozen=True, kw_only=True)
class SeedPerson:
    """A person who is there already.

    Attributes:
        id: Their id on the portal; on Jhana it is `jhana-` and the same.
        email: Their address, also their user name.
        first_name: Their given name.
        last_name: Their family name.
        role: Their role.
        passes: Ids of the passes that they are on.
        teams: Ids of the teams that they are in.
        active: Whether their account on the portal is switched on.
        portal: Whether they have an account on the portal.
        jhana: Whether they have Jhana.
    """

    id: str
    email: str
    first_name: str
    last_name: str
    role: Role = Role.MANAGER
    passes: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    active: bool = True
    portal: bool = True
    jhana: bool = False


@dataclass(frozen=True, kw_only=True)
class Seed:
    """A practice portal's first contents.

    Attributes:
        passes: The passes.
        teams: The teams.
        people: The people.
        created: When all of it was created, as SCIM writes a dateTime.
    """

    passes: tuple[SeedPass, ...]
    teams: tuple[SeedTeam, ...] = ()
    people: tuple[SeedPerson, ...] = ()
    created: str = "2026-01-05T09:00:00.000Z"


THIS_YEAR = "leadership-2026"
LAST_YEAR = "leadership-2025"
_BOTH = (LAST_YEAR, THIS_YEAR)

DEFAULT = Seed(
    passes=(
        SeedPass(id=THIS_YEAR, name="Leadership 2026", seats=240, year=2026),
        SeedPass(id=LAST_YEAR, name="Leadership 2025", seats=120, leavers=108, year=2025),
    ),
    teams=(
        SeedTeam(id="sales-emea", name="Sales EMEA", pass_id=THIS_YEAR, places=80),
        SeedTeam(id="finance", name="Finance", pass_id=THIS_YEAR, places=12),
        SeedTeam(id="engineering", name="Engineering", pass_id=THIS_YEAR, places=60),
        SeedTeam(id="alumni-2025", name="Alumni 2025", pass_id=LAST_YEAR, places=20),
    ),
    people=(
        SeedPerson(
            id="helena-lindqvist",
            email="helena.lindqvist@acme.com",
            first_name="Helena",
            last_name="Lindqvist",
            role=Role.CLIENT_ADMIN,
            passes=_BOTH,
            jhana=True,
        ),
        SeedPerson(
            id="zoe-oneill",
            email="zoe.oneill@acme.com",
            first_name="Zoë",
            last_name="O'Neill",
            passes=_BOTH,
            teams=("sales-emea",),
        ),
        SeedPerson(
            id="lukasz-wojcik",
            email="lukasz.wojcik@acme.com",
            first_name="Łukasz",
            last_name="Wójcik",
            role=Role.INDIVIDUAL_CONTRIBUTOR,
            passes=_BOTH,
            teams=("finance",),
            jhana=True,
        ),
        SeedPerson(
            id="aoi-sato",
            email="aoi.sato@acme.com",
            first_name="葵",
            last_name="佐藤",
            role=Role.INDIVIDUAL_CONTRIBUTOR,
            passes=_BOTH,
            teams=("engineering",),
            jhana=True,
        ),
        SeedPerson(
            id="anna-karin-astrom",
            email="anna-karin.astrom@acme.com",
            first_name="Anna-Karin",
            last_name="Åström",
            role=Role.FACILITATOR,
            passes=_BOTH,
            jhana=True,
        ),
        SeedPerson(
            id="kwame-mensah",
            email="kwame.mensah@acme.com",
            first_name="Kwame",
            last_name="Mensah",
            passes=(THIS_YEAR,),
            teams=("engineering",),
            active=False,
        ),
        SeedPerson(
            id="layla-alhassan",
            email="layla.alhassan@acme.com",
            first_name="ليلى",
            last_name="الحسن",
            passes=(THIS_YEAR,),
            teams=("sales-emea",),
        ),
        SeedPerson(
            id="dmitri-orlov",
            email="dmitri.orlov@acme.com",
            first_name="Дмитрий",
            last_name="Орлов",
            passes=(LAST_YEAR,),
            teams=("alumni-2025",),
        ),
        SeedPerson(
            id="priya-raman",
            email="priya.raman@acme.com",
            first_name="Priya",
            last_name="Raman",
            role=Role.INDIVIDUAL_CONTRIBUTOR,
            passes=(LAST_YEAR,),
            jhana=True,
        ),
        SeedPerson(
            id="francois-lefevre",
            email="francois.lefevre@acme.com",
            first_name="François",
            last_name="Lefèvre",
            passes=(LAST_YEAR,),
            teams=("alumni-2025",),
        ),
        SeedPerson(
            id="soren-ostergaard",
            email="soren.ostergaard@acme.com",
            first_name="Søren",
            last_name="Østergaard",
            role=Role.FACILITATOR,
            passes=(LAST_YEAR,),
        ),
        SeedPerson(
            id="wei-chen",
            email="wei.chen@acme.com",
            first_name="伟",
            last_name="陈",
            portal=False,
            jhana=True,
        ),
    ),
)
