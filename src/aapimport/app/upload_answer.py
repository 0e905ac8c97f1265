"""What `upload --json` and `resume --json` print: the receipt, and that of e-mails that follow."""

from pydantic import Field

from aapimport.app.send_report import SendPlanReport
from aapimport.run.report import UploadReport


class UploadAnswer(UploadReport):
    """The receipt of a run; with it, where a mail server sent its e-mails, that of the sending."""

    sending: UploadReport | SendPlanReport | None = Field(
        default=None,
        description="the receipt of the welcome e-mails that the same command went on with, by a"
        " mail server; why none were sent where nobody could be mailed; missing where no mail"
        " server was to send any",
    )
