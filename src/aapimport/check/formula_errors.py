"""How an error of a formula reads where it was saved as text, which is each Excel's own language.

Source: Microsoft's help pages on the error values, in each language; LibreOffice's on its codes;
Google's on Sheets.
"""

_BY_ORIGIN = {
    "English": "#N/A #DIV/0! #NAME? #NULL! #NUM! #REF! #VALUE! #CALC! #SPILL! #FIELD! #BLOCKED!"
    " #CONNECT! #UNKNOWN! #BUSY! #PYTHON! #GETTING_DATA #EXTERNAL!",
    "Google Sheets": "#ERROR! LOADING...",
    "German": "#NV #BEZUG! #WERT! #ZAHL! #ÜBERLAUF! #KALK! #FELD!",
    "French": "#VALEUR! #NOM? #NOMBRE! #NUL! #PROPAGATION! #EPARS! #CHAMP!",
    "Spanish": "#N/D #¡REF! #¡VALOR! #¿NOMBRE? #¡NUM! #¡NULO! #¡DIV/0! #¡CALC! #¡DESBORDAMIENTO!",
    "Italian": "#N/D #RIF! #VALORE! #NOME? #NULLO! #CALC! #ESPANSIONE!",
    "Portuguese": "#N/D #VALOR! #NOME? #NÚM! #NULO! #DESPEJAR! #DESPEJO!",
    "Dutch": "#N/B #VERW! #WAARDE! #NAAM? #GETAL! #LEEG! #DEEL/0! #OVERLOOP!",
    "Swedish": "#SAKNAS! #REFERENS! #VÄRDEFEL! #NAMN? #OGILTIGT! #SKÄRNING! #DIVISION/0! #SPILL!",
    "Danish": "#I/T #REFERENCE! #VÆRDI! #NAVN? #NUL! #DIVISION/0! #OVERLØB!",
    "Norwegian": "#I/T #VERDI! #NAVN? #TALL! #OVERFLYT!",
    "Finnish": "#PUUTTUU! #VIITTAUS! #ARVO! #NIMI? #LUKU! #TYHJÄ! #JAKO/0!",
    "Polish": "#N/D! #ADR! #ARG! #NAZWA? #LICZBA! #ZERO! #DZIEL/0!",
    "Czech": "#NENÍ_K_DISPOZICI #ODKAZ! #HODNOTA! #NÁZEV? #ČÍSLO! #DĚLENÍ_NULOU!",
    "Hungarian": "#HIÁNYZIK #HIV! #ÉRTÉK! #NÉV? #SZÁM! #NULLA! #ZÉRÓOSZTÓ!",
    "Turkish": "#YOK #BAŞV! #DEĞER! #AD? #SAYI! #BOŞ! #SAYI/0!",
    "Russian": "#Н/Д #ССЫЛКА! #ЗНАЧ! #ИМЯ? #ЧИСЛО! #ПУСТО! #ДЕЛ/0!",
}

FORMULA_ERRORS = frozenset(" ".join(_BY_ORIGIN.values()).split())
"""Every error value, in capital letters, and what Google Sheets shows until a formula is done."""
