"""Checkpoints: signed notes that other tools read too, and that say exactly one thing."""

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.checkpoint import (
    MAX_NOTE_BYTES,
    MAX_SIGNATURES,
    MAX_SIZE,
    Checkpoint,
    note_key_id,
    open_note,
    sign_checkpoint,
    verify_checkpoint,
)
from crypto.errors import CheckpointError
from crypto.signing import Signer

ORIGIN = "tocsin/example-org"
SIGNER, WITNESS = Signer(b"a" * 32), Signer(b"b" * 32)
ROOT = bytes(range(224, 256))
CHECKPOINT = Checkpoint(ORIGIN, 1234, ROOT)
NOTE = sign_checkpoint(CHECKPOINT, ORIGIN, SIGNER)


def _signed(text: str) -> bytes:
    """Sign any text as a note, as a careless or hostile log would."""
    signature = note_key_id(ORIGIN, SIGNER.public_key) + SIGNER.sign(text.encode())
    return f"{text}\n— {ORIGIN} {base64.b64encode(signature).decode()}\n".encode()


def _signature_line(name: str, signature: bytes) -> bytes:
    return f"— {name} {base64.b64encode(signature).decode()}\n".encode()


def _verifiers(vkeys: list[str]) -> dict[tuple[str, bytes], bytes]:
    """Read verifier keys as the Go tools print them: name+id+base64(type || key)."""
    parsed = {}
    for vkey in vkeys:
        name, key_id, encoded = vkey.split("+", 2)
        key = base64.b64decode(encoded)[1:]
        assert note_key_id(name, key) == bytes.fromhex(key_id.rjust(8, "0"))
        parsed[name, note_key_id(name, key)] = key
    return parsed


def test_the_published_notes_are_judged_as_marked(shared: Path) -> None:
    cases = json.loads((shared / "vectors/note/signed_note.json").read_text())["cases"]
    assert len(cases) == 14
    for case in cases:
        note, keys = base64.b64decode(case["note_b64"]), _verifiers(case["vkeys"])
        try:
            opened = open_note(note, keys)
        except CheckpointError:
            assert not case["ok"], case["name"]
        else:
            assert list(opened.signers) == case["verified"], case["name"]
            assert note.startswith(opened.text.encode() + b"\n")


@given(st.integers(0, MAX_SIZE), st.binary(min_size=32, max_size=32))
def test_a_signed_checkpoint_comes_back_as_it_was(size: int, root: bytes) -> None:
    checkpoint = Checkpoint(ORIGIN, size, root)
    note = sign_checkpoint(checkpoint, ORIGIN, SIGNER)

    assert verify_checkpoint(note, ORIGIN, SIGNER.public_key) == checkpoint


def test_the_text_is_the_one_that_other_tools_expect() -> None:
    text, _, signatures = NOTE.decode().partition("\n\n")

    assert text == "tocsin/example-org\n1234\n4OHi4+Tl5ufo6err7O3u7/Dx8vP09fb3+Pn6+/z9/v8="
    assert signatures.startswith("— tocsin/example-org ")
    assert signatures.count("\n") == 1


def test_signatures_of_witnesses_may_stand_before_and_behind() -> None:
    body, own = NOTE.split(b"\n\n")
    cosignature = _signature_line("witness.example", b"\4\3\2\1" + bytes(72))
    note = body + b"\n\n" + cosignature + own + cosignature

    assert verify_checkpoint(note, ORIGIN, SIGNER.public_key) == CHECKPOINT


def test_a_witness_alone_does_not_make_a_checkpoint_of_the_log() -> None:
    note = sign_checkpoint(CHECKPOINT, "witness.example", WITNESS)

    with pytest.raises(CheckpointError, match="none of a known key"):
        verify_checkpoint(note, ORIGIN, SIGNER.public_key)
    assert open_note(
        note, {("witness.example", note_key_id("witness.example", WITNESS.public_key)): WITNESS.public_key}
    ).signers == ("witness.example",)


def test_a_wrong_signature_in_the_name_of_the_log_is_refused_beside_a_right_one() -> None:
    forged = _signature_line(ORIGIN, note_key_id(ORIGIN, SIGNER.public_key) + bytes(64))
    body, own = NOTE.split(b"\n\n")

    with pytest.raises(CheckpointError, match="did not make it"):
        verify_checkpoint(body + b"\n\n" + forged + own, ORIGIN, SIGNER.public_key)


def test_a_checkpoint_of_another_log_is_refused_even_with_the_right_signature() -> None:
    other = _signed(f"tocsin/other-org\n1234\n{base64.b64encode(ROOT).decode()}\n")

    with pytest.raises(CheckpointError, match="another log"):
        verify_checkpoint(other, ORIGIN, SIGNER.public_key)


def test_a_flipped_bit_anywhere_is_refused() -> None:
    for bit in range(len(NOTE) * 8):
        flipped = (int.from_bytes(NOTE, "big") ^ 1 << bit).to_bytes(len(NOTE), "big")
        with pytest.raises(CheckpointError):
            verify_checkpoint(flipped, ORIGIN, SIGNER.public_key)


ROOT_TEXT = base64.b64encode(ROOT).decode()


@pytest.mark.parametrize(
    "size", ["", "01", "+1", "-1", "1_0", " 1", "1 ", "0x1", "1.0", "\u0661", str(MAX_SIZE + 1), "9" * 5000]
)
def test_a_size_has_one_spelling(size: str) -> None:
    with pytest.raises(CheckpointError):
        verify_checkpoint(_signed(f"{ORIGIN}\n{size}\n{ROOT_TEXT}\n"), ORIGIN, SIGNER.public_key)


@pytest.mark.parametrize(
    "root",
    [
        "",
        ROOT_TEXT[:-1],
        ROOT_TEXT[:-2] + "9=",
        ROOT_TEXT + "=",
        " " + ROOT_TEXT,
        ROOT_TEXT[4:],
        ROOT_TEXT + "AAAA",
    ],
)
def test_a_root_has_one_spelling(root: str) -> None:
    with pytest.raises(CheckpointError):
        verify_checkpoint(_signed(f"{ORIGIN}\n1\n{root}\n"), ORIGIN, SIGNER.public_key)


@pytest.mark.parametrize(
    "text", ["\n", f"{ORIGIN}\n", f"{ORIGIN}\n1\n", f"\n1\n{ROOT_TEXT}\n", f"{ORIGIN}\n1\n{ROOT_TEXT}\n\nx\n"]
)
def test_a_checkpoint_has_all_its_lines_and_no_empty_one(text: str) -> None:
    with pytest.raises(CheckpointError):
        verify_checkpoint(_signed(text), ORIGIN, SIGNER.public_key)


def test_extension_lines_are_covered_by_the_signature_and_passed_over() -> None:
    text = f"{ORIGIN}\n1234\n{ROOT_TEXT}\nsomething else\n"

    assert verify_checkpoint(_signed(text), ORIGIN, SIGNER.public_key) == CHECKPOINT


JUNK_LINES = [
    "junk",
    "",
    "— name",
    "— name AAAA AAAA",
    "— name AAAAAA==",
    "— name AAAAAAAA\r",
    "—  AAAAAAAA",
    "— na+me AAAAAAAA",
    "— na\u00a0me AAAAAAAA",
    "- name AAAAAAAA",
    "—name AAAAAAAA",
]


@pytest.mark.parametrize("line", JUNK_LINES)
@pytest.mark.parametrize("behind", [True, False])
def test_no_junk_line_is_skipped(line: str, *, behind: bool) -> None:
    body, own = NOTE.split(b"\n\n")
    junk = f"{line}\n".encode()
    note = body + b"\n\n" + (own + junk if behind else junk + own)

    with pytest.raises(CheckpointError):
        verify_checkpoint(note, ORIGIN, SIGNER.public_key)


def test_a_note_is_bounded_before_it_is_read() -> None:
    spare = MAX_NOTE_BYTES - len(_signed(f"{ORIGIN}\n1234\n{ROOT_TEXT}\nx\n"))
    largest = _signed(f"{ORIGIN}\n1234\n{ROOT_TEXT}\n{'x' * (spare + 1)}\n")
    assert len(largest) == MAX_NOTE_BYTES
    assert verify_checkpoint(largest, ORIGIN, SIGNER.public_key) == CHECKPOINT

    with pytest.raises(CheckpointError, match="65537 bytes"):
        verify_checkpoint(largest.replace(b"xx", b"xxx", 1), ORIGIN, SIGNER.public_key)


def test_signatures_are_bounded_before_they_are_checked() -> None:
    others = _signature_line("witness.example", bytes(76))

    verify_checkpoint(NOTE + others * (MAX_SIGNATURES - 1), ORIGIN, SIGNER.public_key)
    with pytest.raises(CheckpointError, match="101 signatures"):
        verify_checkpoint(NOTE + others * MAX_SIGNATURES, ORIGIN, SIGNER.public_key)


@pytest.mark.parametrize(
    "checkpoint",
    [
        CHECKPOINT._replace(origin=""),
        CHECKPOINT._replace(origin="a\n1\nb"),
        CHECKPOINT._replace(origin="a\tb"),
        CHECKPOINT._replace(size=-1),
        CHECKPOINT._replace(size=MAX_SIZE + 1),
        CHECKPOINT._replace(root=bytes(31)),
        CHECKPOINT._replace(root=bytes(33)),
    ],
)
def test_what_nobody_could_open_is_never_signed(checkpoint: Checkpoint) -> None:
    with pytest.raises(CheckpointError):
        sign_checkpoint(checkpoint, ORIGIN, SIGNER)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "a\nb"])
def test_a_key_name_that_breaks_the_line_is_refused(name: str) -> None:
    with pytest.raises(CheckpointError):
        sign_checkpoint(CHECKPOINT, name, SIGNER)


@given(
    st.one_of(st.binary(), st.text().map(_signed), st.text().map(lambda text: text.encode() + b"\n\n" + NOTE))
)
def test_whatever_a_note_holds_only_our_errors_come_out(note: bytes) -> None:
    with pytest.raises(CheckpointError):
        verify_checkpoint(note, ORIGIN, SIGNER.public_key)
