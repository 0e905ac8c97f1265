"""Serves Canaille's SCIM interface on loopback; run by the Python of Canaille's own environment.

    python serve.py PORT TOKEN DATABASE

Canaille takes a bearer token that it has issued to an OAuth client, so both are put into its
database here. A token without a person behind it has every right (`scim/endpoints.py` of 0.3.6).
"""

import datetime as dt
import sys
from pathlib import Path

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from werkzeug.serving import make_server


def main() -> None:
    """Create the tables and the token, then serve until the process is ended."""
    port, token, database = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    app = create_app(
        {
            "SECRET_KEY": token,
            "SERVER_NAME": f"127.0.0.1:{port}",
            "PREFERRED_URL_SCHEME": "http",
            "CANAILLE": {
                "DATABASE": "sql",
                "LOGGING": {"version": 1, "disable_existing_loggers": True},
            },
            "CANAILLE_SQL": {"DATABASE_URI": f"sqlite:///{database}"},
            "CANAILLE_OIDC": {},
            "CANAILLE_SCIM": {"ENABLE_SERVER": True},
        },
        init_backend=True,
    )
    with app.app_context(), Backend.instance.session():
        now = dt.datetime.now(dt.UTC)
        client = models.Client(client_id="aapimport", client_name="aapimport", client_secret=token)
        Backend.instance.save(client)
        issued = models.Token(
            token_id="aapimport",
            access_token=token,
            type="access_token",
            client=client,
            issue_date=now,
            lifetime=86400,
            scope=[],
        )
        Backend.instance.save(issued)
    server = make_server("127.0.0.1", port, app, threaded=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
