"""THE definition of the User Import Template's columns; everything else is derived from it."""

from dataclasses import dataclass

from aapimport.template.roles import Role

TEMPLATE_VERSION = "1"
"""Raised whenever a column is added, renamed or removed."""

TEMPLATE_PROPERTY = "aapimport template version"
"""The custom document property that carries `TEMPLATE_VERSION` in a workbook."""

TEMPLATE_NAME = "User Import Template"
"""The template's title, and its file name without the ending."""

USERS_SHEET = "Users"
"""The sheet that people are read from and written to."""

KEY_SHEET = "Key"
"""The sheet that explains the columns and the roles; people are never read from it."""

KEY_TITLE = f"How to fill in the sheet {USERS_SHEET}"
"""What the key begins with."""

LEAVERS_SHEET = "Possible leavers"
"""The sheet that `renew` writes; its people are not loaded unless they are copied from it."""

LEAVERS_TITLE = f"These people are NOT on the sheet {USERS_SHEET} and will not be loaded."
"""What that sheet begins with."""


TO_CORRECT_SHEET = "To correct"
"""The sheet of a results workbook that has whoever was rejected or left out, to be uploaded."""

AS_WRITTEN_SHEET = "As written"
"""The hidden sheet of a results workbook that tells which of its cells somebody has changed."""

AS_WRITTEN_TITLE = "By this sheet aapimport sees what was changed in the others:"
"""How that sheet begins."""

SUMMARY_SHEET = "Summary"
"""The sheet of a results workbook that counts; people are never read from it."""

SUMMARY_TITLE = "What became of everybody: receipt"
"""What that sheet begins with; a workbook that has it is a results workbook."""

SUMMARY_PASS, SUMMARY_WHERE = "Pass", "Where"
"""What stands on that sheet before the pass and the services of its upload."""

RESULTS_PROPERTY = "aapimport results of"
"""The custom document property of a results workbook that tells which upload it is of."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of the template.

    Attributes:
        key: The name of the field of `Person` that the column fills.
        name: The header, as the portal's template has it.
        aliases: Other headers that mean the same, in any letter case (Excel in English, French,
            Swedish, German, Spanish, Italian, Dutch, Portuguese and Japanese, HR systems, the
            exported pass user list).
        required: Whether a blank cell is an error.
        comment: What the cell comment on the header says.
        example: A value as it is typed; the examples of all columns describe one person.
        width: Column width in characters.
        max_length: The longest value that is accepted, in characters.
        choices: The values of the drop-down list; empty for free text.
    """

    key: str
    name: str
    aliases: tuple[str, ...]
    required: bool
    comment: str
    example: str
    width: int
    max_length: int
    choices: tuple[str, ...] = ()


COLUMNS = (
    Column(
        key="email",
        name="Email Address",
        aliases=(
            "Email",
            "E-mail",
            "E-mail Address",
            "Mail",
            "Work Email",
            "Business Email",
            "Adresse e-mail",
            "Adresse de messagerie",
            "Adresse électronique",
            "Courriel",
            "Courrier électronique",
            "E-postadress",
            "E-post",
            "E-mailadress",
            "E-Mail-Adresse",
            "Correo electrónico",
            "Correo",
            "Dirección de correo electrónico",
            "Dirección de correo",
            "Indirizzo e-mail",
            "Indirizzo di posta elettronica",
            "Posta elettronica",
            "Indirizzo email aziendale",
            "E-mailadres",
            "Mailadres",
            "Endereço de e-mail",
            "Correio eletrónico",
            "Correio eletrônico",
            "Endereço de correio eletrónico",
            "メールアドレス",
            "電子メール",
            "メール",
            "Eメール",
        ),
        required=True,
        comment=(
            "Required. The person's work e-mail address, one per row, for example"
            " ana.perez@acme.com. It is the person's key: capital letters do not count."
        ),
        example="ana.perez@acme.com",
        width=34,
        max_length=254,
    ),
    Column(
        key="first_name",
        name="First Name",
        aliases=(
            "Firstname",
            "Given Name",
            "Forename",
            "Prénom",
            "Förnamn",
            "Tilltalsnamn",
            "Vorname",
            "Nombre",
            "Nombres",
            "Nombre de pila",
            "Primer nombre",
            "Nome",
            "Nome di battesimo",
            "Primo nome",
            "Voornaam",
            "Roepnaam",
            "Nome próprio",
            "Primeiro nome",
            "名",
            "名前（名）",
        ),
        required=True,
        comment="Required. The given name, in any script.",
        example="Ana",
        width=20,
        max_length=100,
    ),
    Column(
        key="last_name",
        name="Last Name",
        aliases=(
            "Lastname",
            "Surname",
            "Family Name",
            "Nom",
            "Nom de famille",
            "Efternamn",
            "Nachname",
            "Familienname",
            "Apellido",
            "Apellidos",
            "Primer apellido",
            "Cognome",
            "Achternaam",
            "Familienaam",
            "Sobrenome",
            "Apelido",
            "Apelidos",
            "Último nome",
            "Nome de família",
            "姓",
            "氏",
            "苗字",
            "名前（姓）",
        ),
        required=True,
        comment="Required. The family name, in any script.",
        example="Pérez",
        width=20,
        max_length=100,
    ),
    Column(
        key="role",
        name="User Role",
        aliases=(
            "Role",
            "Rôle",
            "Rôle de l'utilisateur",
            "Roll",
            "Rolle",
            "Användarroll",
            "Rol",
            "Rol de usuario",
            "Rol del usuario",
            "Ruolo",
            "Ruolo utente",
            "Ruolo dell'utente",
            "Gebruikersrol",
            "Papel",
            "Papel do usuário",
            "Papel do utilizador",
            "Função do usuário",
            "Função do utilizador",
            "役割",
            "ユーザーロール",
        ),
        required=False,
        comment=(
            "Optional. Leave blank for Learner / Manager, or type one of:\n"
            + "\n".join(f"{role.typed} = {role.meaning}" for role in Role if role.typed)
        ),
        example="facilitator",
        width=22,
        max_length=100,
        choices=tuple(role.typed for role in Role if role.typed),
    ),
    Column(
        key="team",
        name="Team",
        aliases=(
            "Team Name",
            "Équipe",
            "Lag",
            "Grupp",
            "チーム",
            "Equipo",
            "Nombre del equipo",
            "Squadra",
            "Nome del team",
            "Teamnaam",
            "Equipa",
            "Nome da equipa",
            "Nome da equipe",
        ),
        required=False,
        comment="Optional. The name of a team that already exists on this pass.",
        example="Sales EMEA",
        width=24,
        max_length=100,
    ),
    Column(
        key="jhana",
        name="Jhana Enabled",
        aliases=(
            "Jhana",
            "Jhana activé",
            "Jhana aktiverad",
            "Jhana有効",
            "Jhana activado",
            "Jhana habilitado",
            "Jhana attivato",
            "Jhana abilitato",
            "Jhana ingeschakeld",
            "Jhana ativado",
        ),
        required=False,
        comment=(
            "Optional. Type 1 to give the person Jhana as well; leave blank for no Jhana."
            " Jhana enrols the person in its weekly newsletter."
        ),
        example="1",
        width=15,
        max_length=10,
        choices=("1",),
    ),
)
