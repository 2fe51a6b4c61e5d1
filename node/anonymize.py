"""The shareable form of an incident: broad types instead of organizations, counts instead of persons, no text.

`node.ladders` already leaves out narrative, source text and every organization's name. What remains are choices that
depend on consent, and they only ever narrow.
"""

from node.codes import code_list
from node.ladders import ACTOR, TARGET, Chain, Chains, chains_of, read_target, write_target
from node.model import Incident

# Whoever is none of these may be a person, and persons are never named (R8).
_NAMED_GROUPS = frozenset({"state", "non_state"})
_MOVEMENT = {"RCRC": "OTHER", "NNGO_OR_RCRC": "OTHER"}


def anonymize(incident: Incident, *, rcrc_named: bool) -> Chains:
    """Give the values that may be shared at all, coarse to fine; tiers then cut them shorter.

    Args:
        incident: As the organization holds it.
        rcrc_named: Whether the Red Cross and Red Crescent Movement consents to be named as a class (R7).
    """
    chains = list(chains_of(incident))
    if code_list("actor_type").codes[incident.actor_type].group not in _NAMED_GROUPS:
        chains[ACTOR.number] = chains[ACTOR.number][: ACTOR.levels.index("name")]
    if not rcrc_named:
        chains[TARGET.number] = _without_movement(chains[TARGET.number])
    return tuple(chains)


def _without_movement(chain: Chain) -> Chain:
    numbers: dict[str, int] = {}
    for broad, number in read_target(chain[-1]):
        shown = _MOVEMENT.get(broad, broad)
        numbers[shown] = numbers.get(shown, 0) + number
    value = write_target(numbers)
    return (TARGET.generalize(value), value)
