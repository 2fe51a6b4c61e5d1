"""A request for membership proves every key in it; sponsors confirm it by the words that they heard."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from console.applications import Application, read_application, verify_known
from console.home import COSIGN, LOG, SEAL, SIGNING, TLS, open_home
from console.keyring import open_ring
from crypto.certificates import make_member_certificate, sign_as_holder, verify_pair
from crypto.envelope import Envelope, add_signature
from crypto.signing import Signer
from node.directory import REQUEST_TYPE, MembershipRequest
from node.errors import DirectoryError, NodeError, UnreadableError
from node.wire.membership import decode_request, encode_request
from node.wire.records import encode_envelope
from tests.console.command_line import tocsin
from tests.support.mutants import flips
from tests.support.network import CERTIFIED


def asked(home: Path, *words: object) -> Path:
    """A request of a node."""
    file = home.parent / "their.request"
    assert tocsin("peer", *(words or ("request",)), "--out", file, "--home", home).code == 0
    return file


def without_signature(envelope: Envelope, public_key: bytes) -> Envelope:
    """The envelope without the signature of one key."""
    found = Application(decode_request(envelope.payload).member, envelope)
    kept = [one for one in envelope.signatures if not signed_by(found, one, public_key)]
    assert len(kept) == len(envelope.signatures) - 1
    return envelope._replace(signatures=tuple(kept))


def signed_by(found: Application, one: object, public_key: bytes) -> bool:
    """Whether a key made this signature."""
    alone = found._replace(envelope=found.envelope._replace(signatures=(one,)))  # type: ignore[arg-type]
    key = found.member.log_keys[0]._replace(public_key=public_key)
    return alone.signed_by([key])


@pytest.mark.parametrize("use", [SIGNING, LOG, COSIGN, SEAL])
def test_a_request_without_the_signature_of_one_of_its_keys_is_refused(use: str, empty_node: Path) -> None:
    file = asked(empty_node)
    signer = open_ring(open_home(empty_node), None).signers[use]
    file.write_bytes(encode_envelope(without_signature(read_application(file).envelope, signer.public_key)))
    with pytest.raises(DirectoryError, match="not signed with every key"):
        read_application(file)


def with_other(home: Path, file: Path, change: Callable[[MembershipRequest], MembershipRequest]) -> None:
    """Put another request in the place of the one in a file, signed with all keys of the node."""
    envelope = Envelope(
        encode_request(change(decode_request(read_application(file).envelope.payload))), REQUEST_TYPE, ()
    )
    for signer in open_ring(open_home(home), None).signers.values():
        envelope = add_signature(signer, envelope)
    file.write_bytes(encode_envelope(envelope))


def test_a_seal_key_or_a_certificate_of_somebody_else_is_refused(empty_node: Path) -> None:
    file, before = asked(empty_node), asked(empty_node).read_bytes()
    key, certificate = make_member_certificate("beta", *CERTIFIED)

    def seals_to_another(one: MembershipRequest) -> MembershipRequest:
        other = one.member.seal_keys[0]._replace(public_key=Signer.generate().public_key)
        return one._replace(member=one.member._replace(seal_keys=(other,)))

    def shows_another(one: MembershipRequest) -> MembershipRequest:
        return one._replace(member=one.member._replace(tls_certificates=(certificate,)))

    changes: dict[str, Callable[[MembershipRequest], MembershipRequest]] = {
        "seal key": seals_to_another,
        "proof": shows_another,
        "its TLS key": lambda one: one._replace(tls_proofs=()),
        "did not make it": lambda one: one._replace(tls_proofs=(sign_as_holder(key, b"what else"),)),
    }
    for why, change in changes.items():
        file.write_bytes(before)
        with_other(empty_node, file, change)
        with pytest.raises(DirectoryError, match=why):
            read_application(file)


def test_a_request_that_was_changed_on_its_way_is_refused(empty_node: Path) -> None:
    file = asked(empty_node)
    envelope = read_application(file).envelope
    for at, payload in flips(envelope.payload):
        if at % 7 == 0:
            file.write_bytes(encode_envelope(envelope._replace(payload=payload)))
            with pytest.raises(NodeError):
                read_application(file)


def test_the_words_are_twelve_and_the_same_for_who_reads_the_file(network: tuple[Path, Path]) -> None:
    alpha, beta = network
    file = beta.parent / "their.request"
    words = tocsin("peer", "request", "--out", file, "--home", beta).out.split()
    assert len(words) == 12
    told = tocsin("peer", "sponsor", file, "--yes", "--home", alpha)
    assert told.out.split() == words
    admitted = tocsin("peer", "admit", file, "--yes", "--sponsors", "1", "--home", alpha)
    assert " ".join(words) in admitted.err
    assert "Sponsored by alpha." in admitted.err
    changes = tocsin("directory", "diff", alpha / "network" / "network.pb", "--home", beta)
    assert "sponsored by alpha" in changes.out


def test_a_request_needs_as_many_sponsors_as_is_said_and_nobody_sponsors_itself(
    network: tuple[Path, Path],
) -> None:
    alpha, beta = network
    file = asked(beta)
    assert tocsin("peer", "sponsor", file, "--yes", "--home", beta).code == 0
    refused = tocsin("peer", "admit", file, "--yes", "--sponsors", "1", "--home", alpha)
    assert (refused.code, "0 of 1 sponsors" in refused.err) == (1, True)


def test_new_keys_of_a_member_need_one_that_is_known(network: tuple[Path, Path], tmp_path: Path) -> None:
    alpha, beta = network
    file = asked(beta, "rotate", "--all")
    directory = open_home(alpha).directory()
    verify_known(read_application(file), directory)
    stranger = tmp_path / "stranger"
    assert tocsin("init", stranger, "--org", "beta", "--type", "NNGO").code == 0
    forged = asked(stranger)
    refused = tocsin("peer", "admit", forged, "--yes", "--home", alpha)
    assert refused.err.endswith("[DIRECTORY_REFUSED]\n")
    assert "none of the keys that it had" in refused.err
    assert open_home(alpha).directory() == directory
    assert tocsin("peer", "admit", forged, "--yes", "--without-old-key", "--home", alpha).code == 0
    held = open_home(alpha).directory().member("beta")
    assert [len(keys) for keys in (held.signing_keys, held.log_keys, held.tls_certificates)] == [2, 2, 2]


def test_every_key_that_is_rotated_is_in_force_when_the_network_knows_it(network: tuple[Path, Path]) -> None:
    alpha, beta = network
    before = open_ring(open_home(beta), None)
    file = asked(beta, "rotate", "--all")
    assert open_ring(open_home(beta), None).line == before.line
    assert tocsin("peer", "admit", file, "--yes", "--home", alpha).code == 0
    joined = tocsin("peer", "join", alpha / "network" / "network.pb", "--home", beta)
    assert "uses its new signing, log, cosigning, seal, TLS keys from now on" in joined.err
    now = open_ring(open_home(beta), None)
    assert now.line != before.line
    assert all(now.signers[use].public_key != before.signers[use].public_key for use in before.signers)
    member = open_home(alpha).directory().member("beta")
    assert [keys[0].public_key for keys in (member.signing_keys, member.log_keys, member.cosign_keys)] == [
        now.signers[use].public_key for use in (SIGNING, LOG, COSIGN)
    ]
    assert tocsin("check", "--home", beta).code == 0
    rows = tocsin("keys", "show", "--home", beta, "--format", "json").rows
    states = {row["key"]: row["state"] for row in rows}
    assert {states[use] for use in (SIGNING, LOG, COSIGN, SEAL, TLS)} == {"in force"}
    assert [name for name in states if name.startswith("seal-")]


def test_keys_that_the_network_does_not_know_yet_stay_out_of_use(network: tuple[Path, Path]) -> None:
    alpha, beta = network
    asked(beta, "rotate", "--all")
    before = open_ring(open_home(beta), None)
    assert tocsin("peer", "renew", "--home", alpha).code == 0
    joined = tocsin("peer", "join", alpha / "network" / "network.pb", "--home", beta)
    assert (joined.code, "new" in joined.err) == (0, False)
    now = open_ring(open_home(beta), None)
    assert now.line == before.line
    assert [one.seed for one in now.signers.values()] == [one.seed for one in before.signers.values()]
    rows = tocsin("keys", "show", "--home", beta, "--format", "json").rows
    assert {row["state"] for row in rows} == {"in force", "waits: not in the directory"}


@pytest.mark.parametrize("number", range(9))
def test_keys_that_were_swapped_in_part_are_swapped_to_the_end_the_next_time(
    number: int, network: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    alpha, beta = network
    file = asked(beta, "rotate", "--all")
    assert tocsin("peer", "admit", file, "--yes", "--home", alpha).code == 0
    document, left = alpha / "network" / "network.pb", number
    rename, link = Path.replace, Path.hardlink_to

    def cut(write: Callable[..., Any]) -> Callable[..., Any]:
        def perform(path: Path, other: Path) -> Any:
            nonlocal left
            if beta in path.parents and path.parent.name == "keys" and not path.name.startswith("."):
                left -= 1
                if left == -1:
                    raise UnreadableError(f"{path} can not be written: the disk is full")
            return write(path, other)

        return perform

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", cut(rename))
        patched.setattr(Path, "hardlink_to", cut(link))
        cut_short = tocsin("peer", "join", document, "--home", beta)
    assert (cut_short.code == 1) is (left < 0)
    open_ring(open_home(beta), None)  # whatever is in place fits together, and can be used
    assert tocsin("peer", "join", document, "--home", beta).code == 0
    rows = tocsin("keys", "show", "--home", beta, "--format", "json").rows
    assert {row["state"] for row in rows} == {"in force"}
    assert not [row["key"] for row in rows if row["key"].endswith(".next")]
    ring = open_ring(open_home(beta), None)
    verify_pair(*ring.line)
    assert tocsin("check", "--home", beta).code == 0
