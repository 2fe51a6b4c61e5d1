"""Saving Lives Together as rules: whether a record may leave, to whom, and how finely (R1 to R24).

Each rule is a small function of a `Case`: one record, one audience, one day, and the organization's policy. All of them
are asked and the narrowest wins. The one thing that widens is a bilateral agreement which the organization itself wrote
into its policy (P2): it stands in the place of the tier's levels, and everything else narrows after it.

Rules that are no matter of a single record are in the table with the place that keeps them.
"""

from node.rules.case import Case, Hold, Override
from node.rules.choosing import Choice, Decision, decide, label
from node.rules.table import RULES, Rule

__all__ = ["RULES", "Case", "Choice", "Decision", "Hold", "Override", "Rule", "decide", "label"]
