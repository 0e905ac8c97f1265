"""What scripts are told of an error: a part of the one JSON object that a command prints."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from aapimport.errors import AapimportError


class ErrorReport(BaseModel):
    """Why a command didn't do what it was asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern="^[a-z]+(-[a-z]+)*$", description="the kind of error; see docs/json.md")
    message: str = Field(description="what is wrong, in one sentence")
    hint: str = Field(description="what to do next; may be empty")
    state: str = Field(description="the state of the world after the error")


class Failure(BaseModel):
    """What a command prints that has no result."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="a command that failed")

    error: ErrorReport
    target: Literal["practice", "live"] | None = Field(
        description="null where the settings were not read, or can't be"
    )
    address: str | None = Field(description="where both services are; null likewise")


def error_report(error: AapimportError) -> ErrorReport:
    """An error in the shape in which scripts get it."""
    message, hint, state = map(_as_unicode, (error.message, error.hint, error.state))
    return ErrorReport(id=error.id, message=message, hint=hint, state=state)


def _as_unicode(text: str) -> str:
    """A text in which bytes of file names that are no UTF-8 are written out."""
    return text.encode(errors="backslashreplace").decode()
