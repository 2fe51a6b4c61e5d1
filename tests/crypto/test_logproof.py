"""A proof as a file has one form, that of C2SP tlog-proof."""

import base64
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.errors import ProofError
from crypto.logproof import MAX_PROOF_BYTES, LogProof, read_log_proof, write_log_proof

NOTE = b"example.com/log\n3\nroot\n\n\xe2\x80\x94 example.com/log c2ln\n"
PROOF = LogProof(b"entry", 2, (b"a" * 32, b"b" * 32), NOTE)


@given(
    st.builds(
        LogProof,
        st.binary(min_size=1),
        st.integers(0, 2**63 - 1),
        st.lists(st.binary(min_size=1), max_size=5).map(tuple),
        st.binary(min_size=1),
    )
)
def test_what_was_written_is_read_again(proof: LogProof) -> None:
    assert read_log_proof(write_log_proof(proof)) == proof


def test_the_form_is_that_of_the_specification() -> None:
    encoded = [base64.b64encode(one) for one in PROOF.path]
    lines = [b"c2sp.org/tlog-proof@v1", b"extra ZW50cnk=", b"index 2", *encoded, b""]
    assert write_log_proof(PROOF) == b"\n".join(lines) + b"\n" + NOTE


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file[:0],
        lambda file: file[1:],
        lambda file: file.replace(b"@v1", b"@v2"),
        lambda file: file.replace(b"index 2", b"index 02"),
        lambda file: file.replace(b"index 2", b"index x"),
        lambda file: file.replace(b"extra ZW50cnk=", b"extra ZW50cnl="),
        lambda file: file.replace(b"extra ZW50cnk=\n", b""),
        lambda file: file.replace(b"=\n\n", b"=\n"),
        lambda file: file + bytes(MAX_PROOF_BYTES),
    ],
)
def test_another_form_is_refused(change: Callable[[bytes], bytes]) -> None:
    with pytest.raises(ProofError):
        read_log_proof(change(write_log_proof(PROOF)))
