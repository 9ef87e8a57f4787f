"""The command line: one file a verb."""

import os
import sys


def main() -> None:
    """Run the verb; bad input gives one sentence and exit code 2."""
    from vesalius.cli.app import app
    from vesalius.errors import UserError

    try:
        app()
    except UserError as error:
        print(f"vesalius: {error}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:  # the reader of the output, such as head, has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
