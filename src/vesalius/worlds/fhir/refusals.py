"""What a record system answers when it does not do what was asked."""

from typing import Any

from vesalius.errors import UserError

_CODES = {
    400: "invalid",
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    406: "not-supported",
    409: "conflict",
    410: "deleted",
    412: "conflict",
    413: "too-long",
    415: "not-supported",
    422: "processing",
    503: "transient",
}


class Refusal(UserError):
    """A call that was refused and changed nothing.

    Attributes:
        status: HTTP status.
        code: of FHIR's IssueType.

    >>> refusal = Refusal(404, "Patient/7: not known; search for its id.")
    >>> refusal.outcome()["issue"][0]["code"]
    'not-found'
    """

    def __init__(self, status: int, text: str, *, code: str | None = None) -> None:
        """Args: the HTTP status, one sentence without content of any record, and the IssueType where not the status's usual."""
        super().__init__(text)
        self.status = status
        self.code = code or _CODES[status]

    def outcome(self) -> dict[str, Any]:
        """The refusal as an OperationOutcome."""
        return operation_outcome(self.code, str(self))


def unforeseen(error: Exception) -> Refusal:
    """A refusal for an error that nobody thought of.

    >>> str(unforeseen(KeyError("secret"))), unforeseen(KeyError()).code
    ('KeyError: not foreseen, and nothing was done; change the call.', 'exception')
    """
    return Refusal(400, f"{type(error).__name__}: not foreseen, and nothing was done; change the call.", code="exception")


def operation_outcome(code: str, text: str, *, severity: str = "error") -> dict[str, Any]:
    """An OperationOutcome of one issue (FHIR R4, 2.37)."""
    return {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": code, "diagnostics": text}]}


def shown(text: str) -> str:
    r"""A name that the caller wrote, short and in ASCII, for a sentence about it.

    >>> shown("naïve")
    "'na\\xefve'"
    """
    quoted = ascii(text)
    return quoted if len(quoted) <= 60 else f"{quoted[:57]}..."
