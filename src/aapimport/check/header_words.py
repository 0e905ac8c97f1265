"""Words that stand in headers beside the names of columns, and what they make of these."""


def word_set(words: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(words.split())


AROUND_ALL = word_set(
    "optional required mandatory req opt please enter fill in here the of your a s portal aap pass"
    " all access user users learner learners column field facultatif obligatoire optionnel"
    " erforderlich pflichtfeld valfritt valfri obligatorisk opcional obligatorio facoltativo"
    " obbligatorio verplicht optioneel obrigatório 必須 任意"
)
"""Words beside a column's name that leave it what it is."""
AROUND_A_PERSON = AROUND_ALL | word_set(
    "employee employees participant participants colleague colleagues staff worker member members"
    " person persons work business company corporate office official primary main legal"
)
AROUND = {
    "email": AROUND_A_PERSON | {"id"},
    "first_name": AROUND_A_PERSON,
    "last_name": AROUND_A_PERSON,
    "role": AROUND_ALL,
    "team": AROUND_ALL | word_set("assigned assignment to join"),
    "jhana": AROUND_ALL
    | word_set(
        "1 enabled enable add give has needs needed wants wanted want with include license licence"
        " yes account subscription subscribe to for x zugang konto compte cuenta conta activate"
        " activated aktiv aktiviert"
    ),
}
OTHER_PEOPLE = word_set(
    "manager managers supervisor boss lead leader approver assistant spouse partner parent"
    " contact vorgesetzter vorgesetzte vorgesetzten chef jefe superior superviseur supérieur"
    " responsable capo leidinggevende gestor führungskraft teamleiter sekretariat hrbp chefens"
    " 上司 child children kid kids dependent dependant wife husband guardian sibling kind enfant"
    " conjoint hijo hija figlio figlia filho filha barn"
)
"""Words of columns about other people than those of the list."""
OF_SOMEBODY_ELSE = OTHER_PEOPLE | word_set(
    "private personal home old former previous prior emergency secondary alternative alternate"
    " second other backup middle maiden birth kana furigana phonetic カナ フリガナ leaver not never"
    " invalid inactive obsolete deprecated privat privates alt alte alter geburt particular"
    " antigo anterior nacimiento perso personnel personnelle privé prive ancien ancienne"
    " naissance privato privata vecchio nascita oud oude geboorte persönlich casa thuis hem otro"
    " zweite deuxième pessoal nascimento gammal 個人 私用 旧 旧姓 archived expired outdated unused"
    " vorjahr"
)
"""Words that make another column of an address, a name or a team: `Email (manager)`."""
YES = word_set("yes true ja oui si sí sì sim はい")
NO = word_set("disabled off no not without false non nein nicht nej inte nee niet não いいえ")
BLANK = word_set("blank empty leer tom tomt vide vacío vuoto leeg vazio 空白")
NOTHING = BLANK | {"0", "n"}
ELSE = word_set("otherwise else")
BETWEEN = word_set("for is means if when the to")
BEHIND_BLANK = NO | ELSE | word_set("0 1 x y or and leave")
BEFORE_BLANK = YES | NO | ELSE | word_set("0 1 n x y or and leave jhana enabled")
BEFORE_NO = NOTHING | YES | word_set("y leave or otherwise else")
"""What a `no` may stand behind: `yes/no`, `blank = no`."""
ABOUT_JHANA = (
    AROUND["jhana"]
    | YES
    | NO
    | NOTHING
    | BETWEEN
    | word_set(
        "1 y leave otherwise else or and mark type put only app meditation person people somebody"
        " should get gets receive receives give assign assigned need needed as well be will who"
    )
)
"""Words that may stand beside Jhana's own names in the header of who gets it."""
OTHER_ROLES = word_set(
    "individualcontributor individualcontributors individual contributor contributors facilitator"
    " facilitators hr client admin admins administrator ic ファシリテーター 管理者"
)
MANAGERS = word_set("manager managers chef führungskraft responsable gerente マネージャー")
ABOUT_ROLES = (
    AROUND_ALL
    | OTHER_ROLES
    | MANAGERS
    | BLANK
    | BETWEEN
    | word_set(
        "fc franklin covey franklincovey type leave or and one only use choose select pick see key"
        " sheet tab list drop down dropdown value values option options allowed valid either must"
        " be from as on are default otherwise else role roles none im dans le en el nel"
        " i lassen pour laisser dejar oder ou eller portail portale portalen plattform platform"
        " lämna för für siehe voir ver any"
    )
)
"""Words that may stand beside a name of User Role; rights hang on the column."""
OF_ANOTHER_COLUMN = word_set(
    "id ids code codes no nr num number job jobs business work working functional sap start started"
    " starting date dates since end ended until from lead leads leader leaders head manager"
    " managers supervisor owner coach captain size count members member description desc details"
    " level grade band family category history profile mail email phone location region country"
    " city cost centre center headcount budget title previous former old beschreibung beginn datum"
    " leiter leitung debut fecha inicio lider chef responsable responsabile descripcion"
)
"""Words that make a column of an HR system's own of a role or a team: `Team Size`, `Job Role`."""
