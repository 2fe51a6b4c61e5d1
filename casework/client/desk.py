"""The desk of an officer at the office's server: the same calls as `casework.workplace.Workplace`, over a line."""

from casework.client.access import AccessCalls
from casework.client.cases import CaseCalls
from casework.client.evidence import EvidenceCalls
from casework.client.intake import IntakeCalls
from casework.client.portfolio import PortfolioCalls


class RemoteDesk(CaseCalls, AccessCalls, EvidenceCalls, IntakeCalls, PortfolioCalls):
    """Everything that an officer does at their desk, from another machine; to be closed."""
