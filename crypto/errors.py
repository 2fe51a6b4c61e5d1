"""Everything that the cryptographic floor refuses.

Each class carries `reason`, a stable code for the wire, the logs and the command line. Bad bytes from outside
end in one of these; a caller's own mistake is a `RuntimeError`.
"""

from crypto.sentence import ToldError


class CryptoError(ToldError):
    """Root of every error that this package raises on purpose."""

    reason = "CRYPTO_FAILED"


class SignatureError(CryptoError):
    """No acceptable key made this signature over these bytes."""

    reason = "SIGNATURE_INVALID"


class EnvelopeError(CryptoError):
    """An envelope does not have the form, the type or the number of signatures that its place asks for."""

    reason = "ENVELOPE_MALFORMED"


class OpeningError(CryptoError):
    """An opening does not lead to the ladder head that was signed."""

    reason = "OPENING_INVALID"


class ProofError(CryptoError):
    """Hashes of a Merkle tree do not prove what they should."""

    reason = "PROOF_INVALID"


class CheckpointError(CryptoError):
    """A checkpoint is malformed, of another log, or not signed by that log's key."""

    reason = "CHECKPOINT_INVALID"


class KeyFileError(CryptoError):
    """A stored key is missing, damaged, readable by others, or not of the kind asked for."""

    reason = "KEY_FILE_INVALID"


class PassphraseError(KeyFileError):
    """The passphrase does not fit the key file."""

    reason = "PASSPHRASE_WRONG"


class CertificateError(CryptoError):
    """A TLS certificate is not of the one kind that members may use."""

    reason = "CERTIFICATE_REFUSED"


class SealError(CryptoError):
    """A sealed file is damaged, put together in another order, or sealed to another key."""

    reason = "SEAL_BROKEN"


class SealCutError(SealError):
    """A sealed file ends too early."""

    reason = "SEAL_CUT_SHORT"


class SealExtendedError(SealError):
    """A sealed file goes on behind its end."""

    reason = "SEAL_EXTENDED"


class SealKeyError(CryptoError):
    """A key to which one should seal is none that keeps a secret."""

    reason = "SEAL_KEY_INVALID"


class KeySharesError(CryptoError):
    """Shares of a key do not give it."""

    reason = "KEY_SHARES_REFUSED"


class KeyShareDamagedError(KeySharesError):
    """A share is mistyped, or is none."""

    reason = "KEY_SHARE_DAMAGED"


class KeySharesMixedError(KeySharesError):
    """Shares are not of one set, or one was put in twice."""

    reason = "KEY_SHARES_MIXED"


class KeySharesTooFewError(KeySharesError):
    """Fewer shares than are needed."""

    reason = "KEY_SHARES_TOO_FEW"
