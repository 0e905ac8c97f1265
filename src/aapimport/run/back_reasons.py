"""Why something of an account is not taken back: words of the journal, which name nobody."""

NOT_RECORDED = "not recorded by the earlier version of aapimport that began the upload"
NOT_THEIRS = "the account isn't certainly this person's any more"
OTHER_NAME = "the portal shows another name: look whose account it is"
OTHER_NAME_THERE = "Jhana shows another name: look whose account it is"
NAME_NOT_RECORDED = (
    "can't be taken back by itself: nobody can tell by the name whose account it is, as what it was"
    f" called is {NOT_RECORDED}"
)
ADMIN_UNKNOWN = (
    "the former role, which may have administration rights: nobody can tell by the name whose"
    " account it is, so look on the service, and give it back there if it is theirs"
)
BY_HAND = "look on the service whose it is: if it is theirs, take it back there by hand"
OWN_ROLE_GONE = "a role of the service's own that is gone"
NOT_APPROVED = (
    "the former role, which may have administration rights: nobody approved it when the undo was"
    " begun, so look on the service, and give it back there if it is meant"
)
ROLE_NOT_RECORDED = f"the former role, which is {NOT_RECORDED}"
ERASED = "the former name, which is erased from the journal"
ROLE_ERASED = "the former role, one of the service's own, which is erased from the journal"
AS_BEFORE = "as before: the service has accepted it, and it hasn't shown since"
NOT_SHOWN = "not shown by the service, so that it isn't known whether it is as the upload left it"
ROLE_GONE = "the role that the upload set is gone, and the former one isn't there"
OFF_ALREADY = "deactivated already"
GONE_BUT_LISTED = "the portal shows no such account any more, and shows it in the team"
MAY_BE_BACK = (
    "an earlier undo may have taken it back, and what became of that isn't known, so that somebody"
    " may have set it again since"
)
MAY_BE_PUT_IN = (
    "the team shows them, and whether the upload or somebody else put them in isn't known: look,"
    " and take them out on the portal unless they belong in it"
)
NOT_READ = "the account on the portal can't be read"
IMPOSSIBLE = "impossible: "
"""Begins the words of what can't be taken back whatever somebody does."""
CHANGED = "changed since: "
"""Begins those of what somebody has changed since."""
NAMED = "named before"
"""Begins those of what an earlier undo has named, and of which nothing is as the run left it."""
LEFT = "left: "
"""Begins the words, in the journal, of what is left to a later run."""
