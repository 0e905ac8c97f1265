"""The pages that the program writes, through the checker of the W3C's (vnu)."""

import json
import os
import shutil
import subprocess

import pytest

from aapimport.mail.message import EXAMPLE, LANGUAGES, Texts
from aapimport.screens.receipt_page import receipt_page
from aapimport.services.values import EmailKind
from real_servers.install import HERE, VNU, is_installed
from screens.test_receipt_page import ODD, PEOPLE, report
from support.mailing import mail_for

_JAR = VNU / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"


@pytest.mark.browser
def test_every_page_is_right(tmp_path) -> None:
    """Each e-mail in each language, and the receipt with and without people: not one error."""
    java = shutil.which("java")
    if java is None or not is_installed(VNU, HERE / "vnu" / "package-lock.json"):
        said = "vnu is not installed; run: python tests/real_servers/install.py (it needs Java)"
        assert os.environ.get("REAL_SERVERS") != "required", said
        pytest.skip(said)
    bare = report(named=False, failed=3)
    pages = {
        "receipt": receipt_page(bare, bare, ()),
        "with-people": receipt_page(report(named=True, odd=ODD, failed=3), bare, PEOPLE),
    } | {
        f"{kind.value}-{language}-{sign_in}": Texts(mail_for(25, sign_in=sign_in))
        .rendered(kind, EXAMPLE, language)
        .page
        for kind in EmailKind
        for language in LANGUAGES
        for sign_in in ("sso", "set-password")
    }
    paths = [tmp_path / f"{name}.html" for name in pages]
    for path, page in zip(paths, pages.values(), strict=True):
        path.write_text(page, encoding="utf-8")
    done = subprocess.run(
        [java, "-jar", _JAR, "--format", "json", "--exit-zero-always", "--stdout", *paths],
        check=True,
        capture_output=True,
        timeout=300,
    )
    found = json.loads(done.stdout)["messages"]
    errors = [(one["url"], one["message"]) for one in found if one["type"] != "info"]
    assert errors == []
    assert len(pages) == 2 + len(EmailKind) * len(LANGUAGES) * 2
    # What is wrong is found.
    paths[0].write_text("<!DOCTYPE html><title>x</title><p><div></p>", encoding="utf-8")
    done = subprocess.run([java, "-jar", _JAR, paths[0]], check=False, capture_output=True)
    assert done.returncode == 1
