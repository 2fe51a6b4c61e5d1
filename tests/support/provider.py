"""A provider at which people sign in, on this machine: with real keys; a test breaks it by one attribute."""

import hashlib
import json
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp


@cache
def _usual_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "one", "alg": "RS256"})


@dataclass
class ProviderSimulator:
    """Somebody is signed in there as `subject`."""

    now: float
    subject: str = "person-7"
    issuer: str = ""
    client: str = "tocsin-console"
    claims: dict[str, Any] = field(default_factory=dict)  # instead of what is right
    key: RSAKey = field(default_factory=_usual_key)
    signing: RSAKey | None = None
    fails: bool = False
    asked: list[dict[str, str]] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def agree(self, address: str) -> str:
        """What a browser is sent back to, once its person agreed."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["client_id"] == self.client
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        self.asked.append(asked)
        return f"{asked['redirect_uri']}?code={code}&state={asked['state']}"

    def app(self) -> ASGIApp:
        routes = [
            Route("/.well-known/openid-configuration", self._metadata),
            Route("/keys", self._keys),
            Route("/token", self._token, methods=["POST"]),
        ]
        return Starlette(routes=routes)

    async def _metadata(self, _request: Request) -> Response:
        where = {"authorization_endpoint": "/agree", "token_endpoint": "/token", "jwks_uri": "/keys"}
        told = {name: self.issuer + path for name, path in where.items()}
        return JSONResponse({"issuer": self.issuer, **told}, 500 if self.fails else 200)

    async def _keys(self, _request: Request) -> Response:
        return JSONResponse(KeySet([self.key]).as_dict(private=False))

    async def _token(self, request: Request) -> Response:
        sent = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        asked = self.codes.pop(sent.get("code", ""), None)
        proof = urlsafe_b64encode(hashlib.sha256(sent.get("code_verifier", "").encode()).digest())
        if asked is None or proof.rstrip(b"=").decode() != asked["code_challenge"]:
            return Response(json.dumps({"error": "invalid_grant"}), 400, media_type="application/json")
        claims = {
            "iss": self.issuer, "sub": self.subject, "aud": self.client, "nonce": asked["nonce"],
            "iat": int(self.now), "exp": int(self.now) + 300, **self.claims,
        }  # fmt: skip
        key = self.signing or self.key
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, key)
        return JSONResponse(
            {"access_token": "x", "token_type": "Bearer", "id_token": token, "at": time.time()}
        )
