"""A Synapse server as a process: made from a certificate, a database and a port of loopback."""

import json
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import make_url

from benchmarks.started import answering
from console.demo_nodes import free_ports

HOST = "localhost"
CLIENT = "/_matrix/client/v3"
OFTEN = {"per_second": 10_000, "burst_count": 10_000}  # no limit that would slow it down
CERTIFICATE, KEY = "tls.pem", "tls.key"


class User:
    """Somebody with an account, over one connection."""

    def __init__(self, port: int, context: ssl.SSLContext) -> None:
        self.server = f"{HOST}:{port}"
        self._connection = HTTPSConnection(HOST, port, timeout=120, context=context)
        self._token = ""

    def sign_up(self) -> None:
        """Make the account."""
        wanted = {"username": "one", "password": "one", "auth": {"type": "m.login.dummy"}}
        self._token = self.ask("POST", "/register", wanted)["access_token"]

    def ask(self, method: str, path: str, body: Mapping[str, Any] | str | None = None) -> dict[str, Any]:
        """What the server says.

        Raises:
            ConnectionError: It refuses.
        """
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        self._connection.request(method, CLIENT + path, text, headers)
        answer = self._connection.getresponse()
        read = answer.read()
        if answer.status >= 400:
            raise ConnectionError(f"Synapse answers {answer.status}: {read[:200]!r}")
        said: dict[str, Any] = json.loads(read)
        return said


class Homeserver:
    """A server that runs."""

    def __init__(self, pid: int, port: int, context: ssl.SSLContext) -> None:
        self.pid, self.port = pid, port
        self._context = context

    def register(self) -> User:
        """A new user of it."""
        user = User(self.port, self._context)
        user.sign_up()
        return user


@contextmanager
def serving(program: Path, url: str, folder: Path, name: str) -> Iterator[Homeserver]:
    """Run a server on a new database; all of them show the one certificate that lies above their folders."""
    certificate = folder.parent / CERTIFICATE
    if not certificate.exists():
        _make_certificate(certificate, folder.parent / KEY)
    (port,) = free_ports(1)
    settings = folder / "homeserver.yaml"
    settings.write_text(json.dumps(_settings(url, folder, name, port)))  # JSON is YAML
    (folder / "log.yaml").write_text(json.dumps({"version": 1, "root": {"level": "ERROR"}}))
    command = (
        str(program / "bin" / "python"),
        "-m",
        "synapse.app.homeserver",
        "--config-path",
        str(settings),
    )
    silent = subprocess.DEVNULL
    subprocess.run((*command, "--generate-keys"), check=True, stdout=silent, stderr=silent)  # noqa: S603 - pinned by us
    context = ssl.create_default_context(cafile=str(certificate))
    with (
        (folder / "output").open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=output, cwd=folder) as process,  # noqa: S603 - pinned by us
    ):
        try:
            answering(process, lambda: bool(User(port, context).ask("GET", "/login")))
            yield Homeserver(process.pid, port, context)
        finally:
            process.terminate()


def _settings(url: str, folder: Path, name: str, port: int) -> dict[str, Any]:
    database = make_url(url)
    certificate = str(folder.parent / CERTIFICATE)
    where = {"dbname": database.database, "user": database.username, "host": database.query["host"]}
    return {
        "server_name": f"{HOST}:{port}",
        "listeners": [
            {
                "port": port,
                "type": "http",
                "tls": True,
                "bind_addresses": ["127.0.0.1"],
                "resources": [{"names": ["client", "federation"]}],
            }
        ],
        "tls_certificate_path": certificate,
        "tls_private_key_path": str(folder.parent / KEY),
        "federation_custom_ca_list": [certificate],
        "database": {
            "name": "psycopg2",
            "allow_unsafe_locale": True,
            "args": where | {"cp_min": 2, "cp_max": 10},
        },
        "signing_key_path": str(folder / f"{name}.signing.key"),
        "media_store_path": str(folder / "media"),
        "log_config": str(folder / "log.yaml"),
        "pid_file": str(folder / "pid"),
        "macaroon_secret_key": name,
        "form_secret": name,
        "bcrypt_rounds": 4,
        "enable_registration": True,
        "enable_registration_without_verification": True,
        "filter_timeline_limit": 1_000,
        "report_stats": False,
        "trusted_key_servers": [],
        "ip_range_blacklist": [],
        "presence": {"enabled": False},
        "rc_message": OFTEN,
        "rc_registration": OFTEN,
        "rc_joins": {"local": OFTEN, "remote": OFTEN},
    }


def _make_certificate(certificate: Path, key_file: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
