"""Who may say who belongs: roots follow each other by enough of the old and enough of the new keys, or not at all."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.signer._crypto_signer import CryptoSigner
from tuf.api._payload import Root as TufRoot
from tuf.api.metadata import Metadata
from tuf.ngclient._internal.trusted_metadata_set import TrustedMetadataSet
from tuf.ngclient.config import EnvelopeType

from crypto.envelope import Envelope, add_signature
from crypto.signing import Signer
from node.directory import DIRECTORY_TYPE, LIFETIME, Directory, Retirement, RetirementReason, Status
from node.errors import DirectoryError, MemberError, NodeError, RootError
from node.trust import (
    ROOT_LIFETIME,
    ROOT_TYPE,
    Document,
    Role,
    Root,
    Trusted,
    fingerprint_of,
    make_role,
    trust_first,
)
from node.wire import network
from node.wire.membership import encode_directory
from node.wire.network import decode_document, encode_document, encode_root
from tests.support.mutants import flips
from tests.support.network import NOW, make_credentials, make_identity, member_of

SIGNERS = [Signer(bytes([number]) * 32) for number in range(1, 12)]
KEEPER = 10  # of the directory, where a test is about roots
ALPHA = member_of(make_identity("alpha"), make_credentials("alpha"))
LATER = timedelta(days=1)


class Step(NamedTuple):
    """A version of the root by the numbers of keys: those that it names, how many are needed, those that signed."""

    keys: Sequence[int]
    threshold: int
    signed: Sequence[int]


def by(envelope: Envelope, signers: Sequence[int]) -> Envelope:
    """An envelope with more signatures."""
    for number in signers:
        envelope = add_signature(SIGNERS[number], envelope)
    return envelope


def role(keys: Sequence[int], threshold: int) -> Role:
    """Keys by their numbers."""
    return make_role((SIGNERS[number].public_key for number in keys), threshold)


def root(step: Step, version: int, *, directory: Role | None = None, name: str = "testnet") -> Envelope:
    """A root as it goes round."""
    names = role(step.keys, step.threshold)
    made = Root(name, version, NOW, NOW + ROOT_LIFETIME, names, directory or names)
    return by(Envelope(encode_root(made), ROOT_TYPE, ()), step.signed)


def directory(signed: Sequence[int], version: int = 1, **changes: Any) -> Envelope:
    """A directory with one member."""
    made = replace(Directory("testnet", version, NOW, NOW + LIFETIME, (ALPHA,)), **changes)
    return by(Envelope(encode_directory(made), DIRECTORY_TYPE, ()), signed)


ONE = Step([0], 1, [0])
FIRST = root(ONE, 1)
HELD = trust_first(Document((FIRST,), directory([0])), fingerprint_of(FIRST), network)


def follows(envelope: Envelope, signed: Sequence[int], version: int = 2, **changes: Any) -> Trusted:
    """Believe a second root with a directory, or raise."""
    return HELD.after(Document((FIRST, envelope), directory(signed, version, **changes)), network)


# --- the rules --------------------------------------------------------------------------------------------------------


def test_a_root_that_old_and_new_keys_signed_is_followed() -> None:
    trusted = follows(root(Step([1, 2], 2, [0, 1, 2]), 2), [1, 2], root_version=2)
    assert trusted.root.version == 2
    assert trusted.directory is not None
    assert trusted.directory.root_expires == NOW + ROOT_LIFETIME


@pytest.mark.parametrize(
    ("envelope", "why"),
    [
        pytest.param(root(Step([1], 1, [1]), 2), "version 1 of the root", id="no old key"),
        pytest.param(root(Step([1], 1, [0]), 2), "that root itself", id="no new key"),
        pytest.param(root(Step([1, 2], 2, [0, 1]), 2), "that root itself", id="too few new keys"),
        pytest.param(root(Step([1, 2], 2, [0, 1, 1]), 2), "that root itself", id="one new key twice"),
        pytest.param(root(ONE, 3), "does not follow", id="a version left out"),
        pytest.param(
            root(Step([0, 1], 1, [0]), 1), "does not follow", id="the same version, another content"
        ),
        pytest.param(root(ONE, 2, name="othernet"), "of the network othernet", id="another network"),
        pytest.param(
            by(Envelope(root(ONE, 2).payload, DIRECTORY_TYPE, ()), [0]),
            "not signed",
            id="signed as something else",
        ),
    ],
)
def test_a_root_is_refused_for(envelope: Envelope, why: str) -> None:
    with pytest.raises(RootError, match=why):
        follows(envelope, [0])


@pytest.mark.parametrize(
    ("signed", "changes", "why"),
    [
        ([1], {}, "not signed by enough"),
        ([], {}, "not signed by enough"),
        ([0], {"root_version": 2}, "needs version 2 of the root"),
        ([0], {"network": "othernet"}, "of the network othernet"),
        ([0], {"members": ()}, "alpha is gone"),
        ([0], {"version": 1, "expires": NOW + 2 * LIFETIME}, "differs from version 1"),
    ],
)
def test_a_directory_is_refused_for(signed: Sequence[int], changes: dict[str, Any], why: str) -> None:
    changes = {"version": 2} | changes
    with pytest.raises(DirectoryError, match=why):
        HELD.after(Document((), directory(signed, **changes)), network)


def test_the_same_document_again_changes_nothing() -> None:
    assert HELD.after(HELD.document, network) == HELD


def test_a_document_without_a_directory_is_refused() -> None:
    with pytest.raises(DirectoryError, match="no directory"):
        HELD.after(Document((FIRST,), None), network)


def test_another_fingerprint_is_another_network() -> None:
    with pytest.raises(RootError, match="fingerprint"):
        trust_first(HELD.document, bytes(32), network)


def test_who_joins_late_begins_at_the_root_that_it_was_told() -> None:
    second = root(Step([1], 1, [0, 1]), 2)
    document = Document((FIRST, second), directory([1], 2, root_version=2))
    late = trust_first(document, fingerprint_of(second), network)
    assert late.root == trust_first(document, fingerprint_of(FIRST), network).root
    assert late.document.roots == (second,)


def test_an_expired_root_lets_nobody_in() -> None:
    long = NOW + 2 * ROOT_LIFETIME
    trusted = HELD.after(Document((), directory([0], 2, expires=long)), network)
    assert trusted.directory is not None
    trusted.directory.verify_current(NOW + ROOT_LIFETIME - LATER)
    with pytest.raises(MemberError, match="root of the network expired"):
        trusted.directory.verify_current(NOW + ROOT_LIFETIME)


def test_an_expired_root_can_still_be_followed() -> None:
    """Otherwise a network that slept through its last day could never wake up."""
    old = Root("testnet", 1, NOW - 2 * ROOT_LIFETIME, NOW - ROOT_LIFETIME, role([0], 1), role([0], 1))
    first = by(Envelope(encode_root(old), ROOT_TYPE, ()), [0])
    held = trust_first(Document((first,), directory([0])), fingerprint_of(first), network)
    assert held.after(Document((root(ONE, 2),), directory([0], 2)), network).root.version == 2


def test_a_version_that_a_stolen_key_ran_ahead_with_is_forgotten_with_the_key() -> None:
    ahead = HELD.after(Document((), directory([0], 2**60)), network)
    with pytest.raises(DirectoryError, match="older"):
        ahead.after(Document((), directory([0], 2)), network)
    rotated = root(Step([0], 1, [0]), 2, directory=role([1], 1))
    after = ahead.after(Document((rotated,), directory([1], 2, members=(), root_version=2)), network)
    assert after.directory is not None
    assert after.directory.version == 2


RETIRED = Retirement(RetirementReason.COMPROMISED, 5)


def keyed(retirement: Retirement | None, status: Status = Status.ACTIVE) -> dict[str, Any]:
    """A directory in which the key of alpha is retired so."""
    (key,) = ALPHA.signing_keys
    return {"members": (ALPHA._replace(signing_keys=(key._replace(retirement=retirement),), status=status),)}


@pytest.mark.parametrize("again", [None, Retirement(RetirementReason.ROTATED, 6)])
def test_a_retired_key_never_counts_again_or_for_longer(again: Retirement | None) -> None:
    held = HELD.after(Document((), directory([0], 2, **keyed(RETIRED))), network)
    with pytest.raises(DirectoryError, match="retired key"):
        held.after(Document((), directory([0], 3, **keyed(again))), network)
    shorter = Retirement(RetirementReason.COMPROMISED, 4)
    after = held.after(Document((), directory([0], 3, **keyed(shorter))), network).directory
    assert after is not None
    assert after.members[0].signing_keys[0].retirement == shorter


def test_who_has_left_does_not_come_back_under_that_name() -> None:
    held = HELD.after(Document((), directory([0], 2, **keyed(None, Status.LEFT))), network)
    with pytest.raises(DirectoryError, match="left for good"):
        held.after(Document((), directory([0], 3, **keyed(None))), network)


def test_a_file_of_very_many_roots_is_not_looked_at() -> None:
    with pytest.raises(DirectoryError, match="at most"):
        decode_document(encode_document(HELD.document._replace(roots=(FIRST,) * 1_001)))


@pytest.mark.parametrize(("keys", "threshold"), [([], 0), ([], 1), ([0], 0), ([0], 2), ([0, 1], 3)])
def test_a_role_that_nobody_can_fill_is_refused(keys: Sequence[int], threshold: int) -> None:
    with pytest.raises(RootError):
        role(keys, threshold)
    made = Root("testnet", 2, NOW, NOW + ROOT_LIFETIME, role([0], 1), role([0], 1))
    held = tuple(SIGNERS[number].public_key for number in keys)
    bent = encode_root(made._replace(directory=Role(held, threshold)))
    with pytest.raises(RootError):
        follows(by(Envelope(bent, ROOT_TYPE, ()), [0]), [0])


def test_a_key_named_twice_does_not_make_two() -> None:
    twice = Role((SIGNERS[0].public_key,) * 2, 2)
    payload = encode_root(Root("testnet", 2, NOW, NOW + ROOT_LIFETIME, twice, twice))
    with pytest.raises(RootError, match="each once"):
        follows(by(Envelope(payload, ROOT_TYPE, ()), [0]), [0])


def test_a_flipped_bit_in_the_file_of_a_network_never_becomes_another_network() -> None:
    sound = encode_document(HELD.document)
    for _at, wire in flips(sound):
        try:
            trusted = trust_first(decode_document(wire), fingerprint_of(FIRST), network)
        except NodeError:
            continue
        assert (trusted.root, trusted.directory) == (
            HELD.root,
            HELD.directory,
        )  # a hint, or a signature too many


# --- the same as others decide ----------------------------------------------------------------------------------------


def accepted(steps: Sequence[Step]) -> list[bool]:
    """Which of these versions of the root we follow, one after the other, up to the first that we do not."""
    first = root(steps[0], 1)
    found: list[bool] = []
    trusted: Trusted | None = None
    for version, step in enumerate(steps, 1):
        envelope = root(step, version, directory=role([KEEPER], 1))
        document = Document((envelope,), directory([KEEPER], version))
        try:
            if trusted is None:
                first = envelope
                trusted = trust_first(document, fingerprint_of(first), network)
            else:
                trusted = trusted.after(document, network)
        except RootError:
            return [*found, False]
        found.append(True)
    return found


def cases(shared: Path) -> Iterator[tuple[str, list[Step], list[bool]]]:
    """Root chains of the conformance suite of The Update Framework."""
    for name, chain in json.loads((shared / "vectors/tuf/rotation_cases.json").read_text())["root"].items():
        steps = [Step(one["keys"], one["threshold"], one["sigs"]) for one in chain]
        yield name, steps, [one["res"] for one in chain]


def test_the_rotation_cases_of_the_update_framework(shared: Path) -> None:
    found = list(cases(shared))
    assert len(found) == 15
    for name, steps, expected in found:
        assert accepted(steps) == expected, name


def test_the_cases_of_a_single_role_of_the_update_framework(shared: Path) -> None:
    singles = json.loads((shared / "vectors/tuf/rotation_cases.json").read_text())["non_root"]
    assert len(singles) == 10
    for name, case in singles.items():
        names = role(case["keys"], case["threshold"])
        first = root(ONE, 1, directory=names)
        try:
            trust_first(Document((first,), directory(case["sigs"])), fingerprint_of(first), network)
        except DirectoryError:
            assert not case["res"], name
        else:
            assert case["res"], name


TUF_SIGNERS = [CryptoSigner.generate_ed25519() for _ in range(6)]
TUF_NOW = datetime.now(UTC).replace(microsecond=0)


def tuf_root(step: Step, version: int) -> bytes:
    """The same version as python-tuf writes it."""
    made = TufRoot(version=version, expires=TUF_NOW + timedelta(days=365), consistent_snapshot=True)
    for number in step.keys:
        made.add_key(TUF_SIGNERS[number].public_key, "root")
    for kind in ("timestamp", "snapshot", "targets"):
        made.add_key(TUF_SIGNERS[0].public_key, kind)
    made.roles["root"].threshold = step.threshold
    metadata = Metadata(made)
    for number in step.signed:
        metadata.sign(TUF_SIGNERS[number], append=True)
    return metadata.to_bytes()


def accepted_by_tuf(steps: Sequence[Step]) -> list[bool]:
    """Which of these versions python-tuf follows, up to the first that it does not."""
    found: list[bool] = []
    trusted: TrustedMetadataSet | None = None
    for version, step in enumerate(steps, 1):
        wire = tuf_root(step, version)
        try:
            if trusted is None:
                trusted = TrustedMetadataSet(wire, EnvelopeType.METADATA)
            else:
                trusted.update_root(wire)
        except Exception:  # noqa: BLE001 - its errors have no common root but this one
            return [*found, False]
        found.append(True)
    return found


@st.composite
def histories(draw: st.DrawFn) -> list[Step]:
    """Roots with any keys, thresholds that can be filled, and any signatures, also by keys of nobody and twice."""
    numbers = st.integers(0, 5)
    steps = []
    for _ in range(draw(st.integers(1, 4))):
        keys = draw(st.lists(numbers, min_size=1, max_size=4, unique=True))
        threshold = draw(st.integers(1, len(keys)))
        steps.append(Step(keys, threshold, draw(st.lists(numbers, max_size=7))))
    return steps


@given(histories())
def test_any_history_of_roots_is_followed_as_far_as_python_tuf_follows_it(steps: list[Step]) -> None:
    assert accepted(steps) == accepted_by_tuf(steps)
