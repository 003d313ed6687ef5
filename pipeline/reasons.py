"""Why a step failed, as the one sentence that ends its log: what happened and what to do."""

from __future__ import annotations

import traceback
from pathlib import Path

from kexie.errors import UnreachableError, UserError
from kexie.home import PROJECT

KILLED = (
    "The process ended without saying why: it was killed, or the machine stopped. Nothing is half done: "
    "run the step again."
)


class StepError(Exception):
    """A step ended without its result; the message says in one sentence what happened and what to do."""


def is_the_database(error: BaseException) -> bool:
    """Whether the database did not answer or could not go on, which is no mistake of the program."""
    from psycopg import OperationalError as DriverError
    from sqlalchemy.exc import OperationalError

    return isinstance(error, (OperationalError, DriverError))


def sentence(error: BaseException) -> str:
    """One line for whoever finds the step red, whatever went wrong."""
    if isinstance(error, UnreachableError):
        return (
            f"{_one_line(str(error)).rstrip('.')}. Nothing is half done: see that it runs and can be reached, "
            "then run the step again."
        )
    if isinstance(error, (StepError, UserError)):
        return _one_line(str(error))
    if is_the_database(error):
        return _database(getattr(error, "orig", None) or error)
    if isinstance(error, OSError):
        return _storage(error)
    if not isinstance(error, Exception):
        return f"The step was stopped from outside ({type(error).__name__}). Nothing is half done: run it again."
    return (
        f"The program failed {_where(error)}: {type(error).__name__}: {_one_line(str(error))} "
        "This is a mistake in the program, or data that it does not foresee. What was committed stays and nothing is "
        "half published: report this log, and run the step again once it is mended."
    )


def _database(error: BaseException) -> str:
    return (
        f"The database did not answer or could not go on ({_one_line(str(error)).rstrip('.')}). Nothing is half done: "
        "see that PostgreSQL runs (`kexie up` starts the one of this instance) and run the step again."
    )


def _storage(error: OSError) -> str:
    what = f"{error.filename}: " if error.filename else ""
    reason = _one_line(error.strerror or str(error) or type(error).__name__).rstrip(".")
    if isinstance(error, PermissionError):
        return f"{what}{reason}. Let the user that runs the warehouse read and write there, then run the step again."
    return (
        f"A file or a storage did not answer ({what}{reason}). Nothing is half done: see that the inbox, the outbox "
        "and the instance folder can be reached and have room, then run the step again."
    )


def _where(error: BaseException) -> str:
    """The last line of this project that the error went through."""
    ours = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if (path := Path(frame.filename)).is_relative_to(PROJECT) and "site-packages" not in path.parts
    ]
    if not ours:
        return "outside its own code"
    return f"in {Path(ours[-1].filename).relative_to(PROJECT)}, line {ours[-1].lineno}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
