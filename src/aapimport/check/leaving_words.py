"""The words that say of somebody that they have left, or are to be left out.

Those of English, French, German, Spanish, Italian, Dutch, Portuguese and Swedish lists and HR
systems, without accents and in small letters.
"""

import re

from aapimport.check.header_words import word_set

_VERBS = (
    "(?:(?:upload|load|import|includ|invit|enroll?|register|creat)(?:e?d|e|ed)?|add(?:ed)?(?! to))"
    "(?! to (?:the )?(?!portal|pass|aap|jhana|platform|training|course|list|upload))"
)
GONE_WORDS = word_set(
    "terminated resigned dismissed deceased offboarded ausgeschieden ausgetreten gekundigt"
    " demissionne licencie licenciee despedido despedida licenziato licenziata desligado desligada"
    " demitido demitida cessato cessata ontslagen slutat"
)
GONE = (
    *sorted(GONE_WORDS),
    *("ex[- ]employee", "former (?:employee|staff)"),
    "no longer (?:employed|here|with (?:us|the|our)|works?(?! from))",
    *("left (?:the )?(?:company|firm|business|organi[sz]ation|us)", "has left(?= ?(?:$|[,;.(]))"),
    *(f"{no} {_VERBS}" for no in ("do not", "don't", "dont", "not to be", "never")),
    *(f"{no} {_VERBS}" for no in ("should not be", "must not be")),
    "nicht (?:mehr (?:da|im unternehmen|bei uns)|anlegen|einladen|aufnehmen|hinzufugen)",
    "nicht (?:hochladen|laden|importieren)",
    *(
        "unternehmen verlassen",
        "firma verlassen",
        "quitte (?:l'entreprise|la societe)",
        "n'est plus",
        "firma lamnat",
    ),
    "ne (?:pas|plus) (?:charger|importer|inscrire|inclure|inviter|ajouter|creer)",
    "no (?:subir|cargar|importar|incluir|invitar|anadir|agregar|crear|dar de alta)",
    *("dado de baja", "dada de baja", "dar de baja", "ya no (?:trabaja|esta)", "non lavora piu"),
    "non (?:caricare|importare|inserire|includere|invitare|aggiungere|creare)",
    "nao (?:carregar|importar|incluir|convidar|adicionar|criar|trabalha mais)",
    *("ja nao trabalha", "uit dienst", "werkt (?:hier )?niet meer"),
    "niet (?:uploaden|laden|importeren|toevoegen|uitnodigen|aanmaken|opnemen)",
    *(f"{no} (?:laddas|importeras|laggas till|bjudas in)" for no in ("inte", "ej")),
)
"""Phrases, each with its first word written out."""
ASKED_FOR = (
    *("remove", "removed", "delete", "deleted", "skip", "ignore", "ignored", "exclude", "excluded"),
    *("cancelled", "canceled", "loschen", "entfernen", "supprimer", "eliminar", "verwijderen"),
    "ta bort",
)
INACTIVE = (
    "inactive|term(?= ?$)|termed|separated|not active|non[- ]active|not employed"
    "|left(?! probation)|leaving|retired|departed"
    "|disabled|deactivated?|suspended|archived?|ended|former|quit|exited|deleted?|removed?|blocked"
    "|withdrawn|redundant|skip|excluded?|ignored?|terminate|disable|cancell?ed|cancel|drop(?:ped)?"
    "|revoked?|offboard|fired|laid off|gone|ex|closed|inaktiv|inactif|parti|partie|sorti|sortie"
    "|demission|retraite|supprimer?|desactiver?|retirer|loschen|geloscht|entfernen|entfernt"
    "|deaktivier(?:t|en)"
    "|nicht (?:mehr )?aktiv|im ruhestand|verlassen|no activ[oa]|cesad[oa]|jubilad[oa]"
    "|demissionnaire|non (?:piu )?attiv[oa]|in pensione|aposentad[oa]|gepensioneerd"
    "|niet (?:meer )?actief"
    "|inactiv[oa]|inattiv[oa]|inativ[oa]|inactief|disattivat[oa]|eliminare|rimuovere"
    "|dimess[oa]|baja(?! california)|de baja|eliminar|borrar|quitar|desactivad[oa]|eliminad[oa]"
    "|remover|excluir|desativar|desativad[oa]|verwijderen|verwijderd|vertrokken|avslutad|ta bort"
    "|radera|uppsagd"
)
LEFT = word_set(
    "leaver leavers left gone inactive retired departed disabled deactivated fired quit"
)
CROSSES = "†‡✝☠❌❎✗✘✕✖×🚫⛔"
"""Signs beside a name that say the same, and that it is somebody's who has died."""
WORDS = re.compile(r"[^\W_]+")
FIRST_WORDS = frozenset(WORDS.findall(phrase)[0] for phrase in (*GONE, *ASKED_FOR, *LEFT))
"""Most remarks have none of them, and then need no closer look."""
STATES = frozenset(
    WORDS.findall(word.replace("[oa]", ending))[0]
    for word in INACTIVE.split("|")
    for ending in "oa"
)
"""How the words of a state begin."""
