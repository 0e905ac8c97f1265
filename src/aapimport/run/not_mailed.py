"""Whom a welcome e-mail would be wrong for, as the steps of their run stand."""

from aapimport.run.records import State, Task, lacks_pass
from aapimport.services.many import TWO_ACCOUNTS


def not_to_be_mailed(account: Task | None, on_the_pass: Task | None = None) -> str:
    """Why a welcome would be wrong; empty when it is right."""
    if account is None or account.state is not State.DONE:
        return "no account"
    if TWO_ACCOUNTS in account.but:
        return "there are two accounts"
    if account.adopted:
        return "the account was there already"
    if on_the_pass and on_the_pass.state is State.NEEDS_PERSON:
        return "not known to be on the pass"
    if lacks_pass(account.but) or (on_the_pass and on_the_pass.state is not State.DONE):
        return "not on the pass"
    return ""
