"""How sparse a selection is: how many of its records stand alone at the levels that an audience sees.

Records that look alike protect each other; one that stands alone can be recognized by whoever knows of the event. The
figures say how recognizable events are, not who reported them, and promise nothing: an audience may know more than it
was shown.
"""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from node.ladders import DIMENSIONS, Chain, Chains, Dimension

DEFAULT_K = 5
ENOUGH_SHARE = 0.05  # of unique records, at which a coarsening is taken to have helped


class Rarity(NamedTuple):
    """How a selection falls into groups of records that look alike.

    Attributes:
        records: All records.
        groups: Groups of records with equal values.
        unique: Records that are alone in their group.
        rare: Records in groups of fewer than k, the unique ones among them.
    """

    records: int
    groups: int
    unique: int
    rare: int

    @property
    def risk(self) -> float:
        """Share of records that somebody would pick rightly who knows of each event: the global risk of sdcMicro."""
        return self.groups / self.records if self.records else 0.0

    @property
    def unique_share(self) -> float:
        """Share of records that are alone in their group."""
        return self.unique / self.records if self.records else 0.0


class Step(NamedTuple):
    """One dimension, one level coarser: the level that would be the finest then, or nothing for a closed one."""

    dimension: str
    level: str


class Coarser(NamedTuple):
    """What the selection would be with one or two dimensions one level coarser."""

    steps: tuple[Step, ...]
    rarity: Rarity


class Uniqueness(NamedTuple):
    """How sparse a selection is, and what would help.

    Attributes:
        k: Groups of fewer records are rare.
        rarity: As the audience would see the selection.
        coarser: Each dimension one level coarser, the most helpful first; last the two most helpful together.
        helpful: The step that loses least among those that leave few records alone; else that which leaves fewest;
            nothing where nobody stands alone or no step helps.
    """

    k: int
    rarity: Rarity
    coarser: tuple[Coarser, ...]
    helpful: Coarser | None


class Views:
    """Views of a selection, each value kept once: a record costs eight bytes a dimension, whatever it says."""

    def __init__(self) -> None:
        self._values: dict[tuple[int, Chain], int] = {}
        self._finest: list[list[int]] = [[] for _ in DIMENSIONS]  # the number of each record's value
        self._depths = [0] * len(DIMENSIONS)

    def add(self, view: Chains) -> None:
        """Add what an audience sees of one record; a closed dimension is empty."""
        for dimension, chain in zip(DIMENSIONS, view, strict=True):
            number = dimension.number
            self._finest[number].append(self._values.setdefault((number, chain), len(self._values)))
            self._depths[number] = max(self._depths[number], len(chain))

    def rarity(self, k: int = DEFAULT_K) -> Rarity:
        """Count the groups of records that look alike."""
        return self._rarity(k, {})

    def uniqueness(self, k: int = DEFAULT_K, enough: float = ENOUGH_SHARE) -> Uniqueness:
        """Count as it is and one level coarser in each dimension.

        Args:
            k: Groups of fewer records are rare; at least 2.
            enough: Share of unique records at which a coarsening is taken to have helped.
        """
        found = self.rarity(k)
        coarse = {
            dimension.number: self._coarse(dimension) for dimension in DIMENSIONS if self._open(dimension)
        }
        singles = [
            Coarser((self._step(DIMENSIONS[number]),), self._rarity(k, {number: column}))
            for number, column in coarse.items()
        ]
        numbers = {self._step(DIMENSIONS[number]): number for number in coarse}
        singles.sort(key=lambda one: (one.rarity.unique, one.rarity.rare, -one.rarity.groups))
        pairs = []
        if len(singles) > 1:
            steps = (*singles[0].steps, *singles[1].steps)
            columns = {numbers[step]: coarse[numbers[step]] for step in steps}
            pairs.append(Coarser(steps, self._rarity(k, columns)))
        coarser = (*singles, *pairs)
        return Uniqueness(k, found, coarser, _helpful(found, coarser, enough))

    def _open(self, dimension: Dimension) -> bool:
        return self._depths[dimension.number] > 0

    def _step(self, dimension: Dimension) -> Step:
        depth = self._depths[dimension.number]
        return Step(dimension.name, dimension.levels[depth - 2] if depth > 1 else "")

    def _coarse(self, dimension: Dimension) -> list[int]:
        """The column of a dimension with its finest level cut off."""
        depth = self._depths[dimension.number] - 1
        cut = {
            number: self._values.setdefault((dimension.number, chain[:depth]), len(self._values))
            for (of, chain), number in tuple(self._values.items())
            if of == dimension.number
        }
        return [cut[number] for number in self._finest[dimension.number]]

    def _rarity(self, k: int, instead: dict[int, list[int]]) -> Rarity:
        columns = [instead.get(number, column) for number, column in enumerate(self._finest)]
        sizes = Counter(Counter(map(hash, zip(*columns, strict=True))).values())
        return Rarity(
            sum(size * groups for size, groups in sizes.items()),
            sizes.total(),
            sizes[1],
            sum(size * groups for size, groups in sizes.items() if size < k),
        )


def uniqueness(views: Iterable[Chains], k: int = DEFAULT_K, enough: float = ENOUGH_SHARE) -> Uniqueness:
    """Say how sparse a selection is and what would help; see `Views`."""
    collected = Views()
    for view in views:
        collected.add(view)
    return collected.uniqueness(k, enough)


def _helpful(found: Rarity, coarser: tuple[Coarser, ...], enough: float) -> Coarser | None:
    """The single step that keeps most groups apart among those that help enough, else whatever helps best."""
    if not found.unique:
        return None
    helping = [one for one in coarser if one.rarity.unique < found.unique]
    reaching = [one for one in helping if len(one.steps) == 1 and one.rarity.unique_share < enough]
    if reaching:
        return max(reaching, key=lambda one: one.rarity.groups)
    return min(helping, key=lambda one: (one.rarity.unique, len(one.steps)), default=None)
