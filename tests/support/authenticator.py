"""An authenticator in software: makes passkeys and signs with them, as the W3C's Web Authentication says."""

import json
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, MADE = 0x01, 0x04, 0x40


def text(held: bytes) -> str:
    return urlsafe_b64encode(held).rstrip(b"=").decode()


@dataclass
class Authenticator:
    """One passkey; a test breaks it by one attribute."""

    origin: str
    site: str = "localhost"
    verifies: bool = True
    uses: int = 0
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def make(self, asked: dict[str, Any]) -> str:
        """What a browser tells of a passkey that was made."""
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        made = bytes(16) + len(self.credential).to_bytes(2, "big") + self.credential + cbor2.dumps(public)
        attested = {"fmt": "none", "attStmt": {}, "authData": self._data(MADE) + made}
        said = self._said("webauthn.create", asked)
        return self._told({"clientDataJSON": text(said), "attestationObject": text(cbor2.dumps(attested))})

    def show(self, asked: dict[str, Any]) -> str:
        """What a browser tells of a passkey that was used."""
        self.uses += 1
        said, data = self._said("webauthn.get", asked), self._data(0)
        signature = self.key.sign(data + sha256(said).digest(), ec.ECDSA(SHA256()))
        return self._told(
            {"clientDataJSON": text(said), "authenticatorData": text(data), "signature": text(signature)}
        )

    def _said(self, kind: str, asked: dict[str, Any]) -> bytes:
        return json.dumps({"type": kind, "challenge": asked["challenge"], "origin": self.origin}).encode()

    def _data(self, flags: int) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        return sha256(self.site.encode()).digest() + bytes((flags,)) + self.uses.to_bytes(4, "big")

    def _told(self, response: dict[str, str]) -> str:
        name = text(self.credential)
        told = {"id": name, "rawId": name, "type": "public-key", "response": response}
        return json.dumps({**told, "clientExtensionResults": {}})
