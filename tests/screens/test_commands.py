"""Commands in messages, as they have to be typed."""

from aapimport.screens.commands import with_flags


def test_commands_repeat_what_was_typed_about_where_to_work() -> None:
    """Once each; what says so already, or works anywhere, stays as it is."""
    said = "next: aapimport resume 7K3QX9\nor: aapimport plan --profile x; aapimport login"
    assert with_flags(said, " --profile acme") == (
        "next: aapimport resume --profile acme 7K3QX9\n"
        "or: aapimport plan --profile x; aapimport login"
    )
    assert with_flags(said, "") == said
    listed = "aapimport resume 7K3QX9 --profile acme"
    assert with_flags(listed, " --profile acme") == listed
    without = "aapimport undo --live 7K3QX9"
    assert with_flags(without, " --profile acme") == without
    by_pass = "aapimport send-emails --pass x"
    assert with_flags(by_pass, " --practice") == "aapimport send-emails --practice --pass x"
