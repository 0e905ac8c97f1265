"""Headers of columns that say who isn't meant, and the words that stand in them.

Those of English, French, German, Spanish, Italian, Dutch, Portuguese, Swedish and Japanese lists,
as `header_form` writes them.
"""

from aapimport.check.column_names import header_form
from aapimport.check.header_words import OTHER_PEOPLE, word_set


def _forms(words: str) -> frozenset[str]:
    return frozenset(map(header_form, words.split()))


OF_A_PERSON = _forms(
    "employment hr employee worker user account record lifecycle active inactive a i t"
)
"""Words beside `status` that leave it the state of the person as a whole."""
OTHERS = frozenset(map(header_form, OTHER_PEOPLE))
"""Words of columns about somebody else, as the manager."""
REMARKS = _forms(
    "remark remarks note notes comment comments hrnote hrnotes hrcomment hrcomments info"
    " instruction instructions bemerkung bemerkungen anmerkung anmerkungen kommentar kommentare"
    " hinweis hinweise commentaire commentaires remarque remarques observacion observaciones"
    " observacao observacoes comentario comentarios notas nota opmerking opmerkingen commento"
    " commenti osservazioni anteckning anteckningar kommentarer 備考 コメント メモ"
)
"""Headers of what anybody may write."""
ACTIONS = _forms(
    "action actions operation operations transaction aktion accion azione acao actie atgard"
    " addremove adddelete changetype typeofchange updatetype typeofupdate änderungsart 操作"
    " 処理区分"
)
"""Headers of what is to be done with the row."""
BESIDE = _forms(
    "is it be been was has still currently now to in from for should shall will must this the of y"
    " n yes no x true false flag status employee employees user users person people worker staff"
    " member account list aap portal pass here and or please franklin covey fc as at hr hris needed"
    " required requested"
)
"""Words beside the one that matters: `Is the user active? (Y/N)`."""
TO_LOAD = _forms(
    "send sendtoportal upload toupload uploaduser uploadthis include included toinclude import"
    " toimport load toload invite toinvite enrol enroll toenrol toenroll inscope hochladen"
    " importieren charger importer cargar subir importar caricare importare carregar uploaden"
    " laden importeren laddaupp アップロード"
)
"""Headers of columns that are ticked for those who are meant."""
HAS_BEEN_LOADED = _forms("uploaded loaded imported invited enrolled registered added created")
"""`Uploaded?` may ask what has been done; `To be uploaded` says what is meant."""
IF_NO = TO_LOAD | _forms(
    "active isactive isitactive currentlyactive activeemployee activeuser enabled isenabled"
    " accountenabled current currentemployee employed stillemployed stillhere register keep"
    " participating participates participate approved needslicense needslicence needsseat"
    " eligible aap allaccesspass seat licence license access aktiv aktive actif activo activa"
    " attivo attiva actief ativo ativa 有効 在籍"
)
"""Headers of columns in which a no says that somebody isn't meant."""
IF_YES = _forms(
    "terminated isterminated left hasleft leaver isleaver inactive isinactive disabled"
    " isdisabled deactivated suspended issuspended archived isarchived deleted isdeleted removed"
    " remove delete termination leftcompany leftthecompany hasleftthecompany skip exclude"
    " excluded retired isretired exit exited departed baja former formeremployee"
    " nolongeremployed nolongerwithus optout optedout ignore donotupload dontupload donotimport"
    " donotload blocked resigned offboarded inaktiv inactif inactivo inattivo inactief inativo"
    " parti sorti loschen entfernen supprimer ausgeschieden ausgetreten 退職 削除 除外"
)
"""Headers of columns in which a yes, or a past day, says so."""
NOT = word_set("do not dont don t nicht ne pas non nao niet inte ej")
"""Words that make the opposite of what stands beside them."""
_LAST_DAYS = (
    "Term Date|End Date|Employment End|Contract End|Leave Date|Date Left|Left On|Last Day"
    "|Last Day of Work|Last Day Worked|Last Working Day|Last Work Day|Last Day of Employment"
    "|Last Day Employed|Last Working Date|Enddatum|Date fin|Fecha fin|Data fine|Data fim"
    "|Austrittsdatum|Austritt|Austritt am|Kündigungsdatum|Vertragsende"
    "|Letzter Arbeitstag|Letzter Tag|Date de fin|Dernier jour|Dernier jour travaillé"
    "|Dernier jour de travail|Último día|Último día de trabajo|Ultimo giorno"
    "|Ultimo giorno di lavoro|Último dia|Último dia de trabalho|Laatste werkdag|Laatste dag"
    "|Einddatum|Uitdiensttreding|Uitdienstdatum|Datum uit dienst|Slutdatum|Sista arbetsdag"
    "|Sista dag|退職日|退職年月日|退社日|退社年月日|離職日"
)
IF_PAST = frozenset(map(header_form, _LAST_DAYS.split("|")))
"""Headers of columns in which a past day says so."""
LEAVING = _forms(
    "termination terminated left retired deactivated inactive ausgeschieden ausgetreten"
    " separation resignation offboarding leaver leaving exit departure"
    " austritt austrittsdatum austritts kündigung sortie départ démission licenciement baja egreso"
    " cese terminación despido cessazione dimissioni uscita desligamento demissão rescisão saída"
    " uitdiensttreding avgång"
)
"""Words that beside one of `DAYS` make a header of such a column."""
DAYS = _forms(
    "date day dt on since am zum seit datum fecha data dag dia giorno jour eintritts austrittsdatum"
)
"""Words for a day."""
ENDS = _forms("end ends fin fine fim einde ende slut")
"""Words that do the same beside one of `OF_WORK`."""
OF_WORK = _forms(
    "employment contract contrat emploi contrato empleo empleo rapporto contratto emprego dienst"
    " dienstverband arbeitsverhältnis vertrag anställning"
)
"""Words for a contract."""
NOT_A_LAST_DAY = word_set("notice reason type probation previous prior former") | OTHERS
"""Words that make another day of it."""
