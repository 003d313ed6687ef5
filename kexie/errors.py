"""Errors that are shown to a person as one sentence, without a traceback."""


class UserError(Exception):
    """Something the person at the keyboard can put right; its message says what, where, and what would be right."""


class UnreachableError(UserError):
    """A server or a storage did not answer, which may mend itself: DAGs try again."""
