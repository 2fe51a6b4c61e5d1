"""Everything that can go wrong in a node, by whose fault it is.

Each class carries `reason`, a stable code that the command line, the logs and the wire show; the message is for
people. Cryptographic failures are `crypto.errors.CryptoError` and are turned into one of these where a peer's bytes
enter.
"""


class NodeError(Exception):
    """Root of every error that a node raises on purpose."""

    reason = "NODE_FAILED"


class InputError(NodeError):
    """Somebody gave us something that can not be used; nothing was changed."""

    reason = "INPUT_REFUSED"


class IncidentError(InputError):
    """One field of an incident is out of its range or contradicts another."""

    reason = "INCIDENT_INVALID"

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


class ViewError(InputError):
    """A shared value is not in the form that its ladder schema fixes."""

    reason = "VIEW_INVALID"
