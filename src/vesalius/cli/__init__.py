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
    except KeyboardInterrupt:
        print("vesalius: stopped; nothing that was finished is lost.", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:  # the reader of the output, such as head, has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        print(f"vesalius: {error.filename or 'a file'}: {error.strerror}; free space or name another folder.", file=sys.stderr)
        sys.exit(2)
