"""The one error that a user is meant to read."""


class UserError(Exception):
    """Bad input, told in one sentence that names the file, the field and the remedy.

    The command line prints the sentence and exits with code 2; nothing is written.

    >>> raise UserError("notes.csv, column 'answer': missing; add it or name another with --answer.")
    Traceback (most recent call last):
    ...
    vesalius.errors.UserError: notes.csv, column 'answer': missing; add it or name another with --answer.
    """
