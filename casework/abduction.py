"""Abduction of persons affected: claims, proof of life, outcome and days held. What may have been paid is never asked.

While somebody is held, nothing goes out by default (casework 5.4): `lifecycle.is_quiet` asks here.
"""

from dataclasses import dataclass

from casework.captivity import Episode, Words, episodes
from casework.casefile import CaseFile, moment
from casework.event import Event

WORDS = Words("abduction_started", "abduction_ended", "abduction", frozenset({"missing"}))


@dataclass(frozen=True, slots=True)
class Abduction:
    """One abduction with all who were taken.

    Attributes:
        id: As the events name it.
        episodes: One per person.
        claims: Who claimed it, in order of time.
        proofs_of_life: Likewise.
    """

    id: str
    episodes: tuple[Episode, ...]
    claims: tuple[Event, ...]
    proofs_of_life: tuple[Event, ...]

    @property
    def ongoing(self) -> bool:
        """Whether anybody is still held, or missing."""
        return any(one.ongoing for one in self.episodes)


def abductions(case: CaseFile) -> tuple[Abduction, ...]:
    """Every abduction of a case, by its first day."""
    held = episodes(case, WORDS)
    return tuple(
        Abduction(
            subject,
            tuple(one for one in held if one.subject == subject),
            _about(case, "abduction_claimed", subject),
            _about(case, "proof_of_life", subject),
        )
        for subject in dict.fromkeys(one.subject for one in held)
    )


def _about(case: CaseFile, kind: str, subject: str) -> tuple[Event, ...]:
    return tuple(sorted((one for one in case.of(kind) if one.text("abduction") == subject), key=moment))
