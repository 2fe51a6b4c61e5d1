"""The folder of one node: settings, keys, the network's directory, and the database by default.

tocsin.toml               settings
policy.toml               what leaves, to whom and how finely
names.txt                 names that never leave, one a line; there may be none
keys/*.key                one secret each, readable by the owner alone; whoever has them speaks for the organization
keys/*.pub.hex            their public halves; of those that sign the past ones too, a line each, the newest first
keys/tls.der              the certificate that peers pin
keys/*.next.*             keys that were made to follow, until the network knows them (`console.keyring`)
network/network.pb        who belongs to the network, and who may say so, signed; anybody may read it
network/root.sha256       the fingerprint of the root that this node believed first
log.size                  how long our log was, by which a copy is known (`console.place`)
node.db                   everything the node knows (SQLite), unless `database_url` says otherwise
columns/                  what queries count of many records, in columns; made again from the database
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from console.database import open_store
from console.place import note_opened
from console.unfinished import FILE as UNFINISHED
from crypto.certificates import make_member_certificate
from crypto.keyfile import load_key, save_key
from crypto.sealing import seal_key_from
from crypto.signing import Signer
from node.bounds import Bounds
from node.config import FILE_NAME, Settings, load_settings
from node.directory import Directory, SltLevel, Status
from node.errors import ConfigError, DirectoryError, NamesError, PolicyError, UnreadableError
from node.logbook import Identity, Pace, start_log
from node.peer_line import Credentials
from node.policy import FILE_NAME as POLICY_FILE
from node.policy import Policy, baseline, read_policy
from node.scan import NO_NAMES, Names, read_names
from node.store.database import Store
from node.trust import Trusted, read_trusted, trust_first
from node.verify import Origin
from node.wire import network as network_codec
from node.wire.network import decode_document, encode_document

KEY_LIFETIME = timedelta(days=3 * 365)
NAMES_FILE = "names.txt"
SIGNING, LOG, TLS, NETWORK, SEAL, COSIGN = "signing", "log", "tls", "network", "seal", "cosign"
USES = (SIGNING, LOG, COSIGN, SEAL, TLS)  # of the keys of a member


@dataclass(frozen=True, slots=True)
class Home:
    """An opened node folder."""

    path: Path
    settings: Settings

    def store(self) -> Store:
        """Open the database.

        Raises:
            NodeError: It can not be used.
        """
        store = open_store(self.database_url, self.path.resolve() / "columns", self.settings.database_replica)
        note_opened(self.path, store, self.settings.org_id, in_network=self.network_file.exists())
        return store

    @property
    def database_url(self) -> str:
        """Where the database is."""
        return self.settings.database_url or f"sqlite:///{self.path.resolve() / 'node.db'}"

    def identity(self, passphrase: str | None) -> Identity:
        """Load the keys that sign records and checkpoints.

        Raises:
            CryptoError: A key file is missing or damaged, or the passphrase is wrong.
        """
        cosign = self.key_file(COSIGN)
        return Identity(
            self.settings.org_id,
            Signer(load_key(self.key_file(SIGNING), SIGNING, passphrase)),
            Signer(load_key(self.key_file(LOG), LOG, passphrase)),
            Pace(self.settings.log_slot_seconds, self.settings.log_padding),
            Signer(load_key(cosign, COSIGN, passphrase)) if cosign.exists() else None,
        )

    def credentials(self, passphrase: str | None) -> Credentials:
        """Load the TLS key and certificate.

        Raises:
            CryptoError: A key file is missing or damaged, or the passphrase is wrong.
        """
        return Credentials(load_key(self.key_file(TLS), TLS, passphrase), read_file(self.certificate_file))

    def origin(self) -> Origin:
        """Public keys of this node, which need no passphrase.

        Raises:
            ConfigError: They can not be read.
        """
        return Origin(self.settings.org_id, self.public_keys(SIGNING), self.public_keys(LOG))

    def public_keys(self, name: str) -> tuple[bytes, ...]:
        """Public halves of the keys for one use, the newest first.

        Raises:
            ConfigError: They can not be read.
        """
        try:
            lines = read_file(self.path / "keys" / f"{name}.pub.hex").decode().split()
            return tuple(bytes.fromhex(line) for line in lines)
        except ValueError as error:
            raise ConfigError("keys/{name}.pub.hex is not a key", name=name) from error

    def policy(self) -> Policy:
        """Read and check what this organization lets out; without a file it is the baseline.

        Raises:
            PolicyError: The file says something that it can not mean.
            UnreadableError: It can not be read.
        """
        path = self.path / POLICY_FILE
        if not path.exists():
            return baseline()
        return read_policy_file(path)

    def names(self) -> Names:
        """Read the names that never leave; none where there is no list.

        Raises:
            NamesError: A line of the list is no name.
            UnreadableError: The list can not be read.
        """
        path = self.path / NAMES_FILE
        if not path.exists():
            return NO_NAMES
        try:
            return read_names(read_file(path).decode().splitlines())
        except UnicodeDecodeError as error:
            raise NamesError("{names_file} is not UTF-8 text", names_file=NAMES_FILE) from error

    def bounds(self) -> Bounds:
        """By what this organization decides what leaves; the network is its active members, none before there is one.

        Raises:
            PolicyError: The policy can not be meant.
            NamesError: The list of names can not be used.
            UnreadableError: A file can not be read.
        """
        members = self.directory().members if self.network_file.exists() else ()
        others = [
            one for one in members if one.org_id != self.settings.org_id and one.status is Status.ACTIVE
        ]
        network = {one.org_id: one.tier for one in others}
        enhanced = {
            one.org_id: frozenset(it.country for it in one.clearances if it.level is SltLevel.ENHANCED)
            for one in others
            if one.clearances
        }
        return Bounds(self.policy(), self.names(), network, enhanced)

    def directory(self) -> Directory:
        """Read and verify the network's directory.

        Raises:
            DirectoryError: This node belongs to no network yet, or the file does not hold.
        """
        directory = self.network().directory
        assert directory is not None, "what is trusted has a directory"
        return directory

    def network(self) -> Trusted:
        """Read and verify all that this node believes of its network.

        Raises:
            DirectoryError: This node belongs to no network yet, or the file does not hold.
        """
        fingerprint = self.fingerprint()
        return read_trusted(decode_document(read_file(self.network_file)), fingerprint, network_codec)

    def fingerprint(self) -> bytes:
        """SHA-256 of the root that this node believed first.

        Raises:
            DirectoryError: This node belongs to no network yet.
        """
        try:
            return bytes.fromhex((self.path / "network" / "root.sha256").read_text())
        except FileNotFoundError as error:
            raise DirectoryError("this node belongs to no network yet; see `tocsin peer --help`") from error
        except ValueError as error:
            raise DirectoryError("network/root.sha256 is not a fingerprint") from error

    def verify_network(self, document: bytes, fingerprint: bytes) -> Trusted:
        """Check the file of a network against what is held.

        Raises:
            DirectoryError: It does not hold, or is older than the one held.
        """
        received = decode_document(document)
        if not self.network_file.exists():
            return trust_first(received, fingerprint, network_codec)
        held = self.network()
        if self.fingerprint() != fingerprint:
            raise DirectoryError(
                "this node belongs to {other}, whose fingerprint is another", other=held.root.network
            )
        return held.after(received, network_codec)

    def keep_network(self, trusted: Trusted, fingerprint: bytes) -> None:
        """Keep a network that was verified instead of the one held."""
        self.network_file.parent.mkdir(exist_ok=True)
        write_file(self.path / "network" / "root.sha256", fingerprint.hex().encode())
        write_file(self.network_file, encode_document(trusted.document))

    def key_file(self, purpose: str) -> Path:
        """Where the key for one purpose lies."""
        return key_file(self.path, purpose)

    @property
    def certificate_file(self) -> Path:
        """Where our own certificate lies."""
        return self.path / "keys" / "tls.der"

    @property
    def network_file(self) -> Path:
        """Where roots and directory lie."""
        return self.path / "network" / "network.pb"


def key_file(home: Path, purpose: str) -> Path:
    """Where the key for one purpose lies in a node's folder."""
    return home / "keys" / f"{purpose}.key"


def open_home(path: Path) -> Home:
    """Open the folder of a node.

    Raises:
        ConfigError: There is no node in it, or a setting is wrong.
    """
    return Home(path, load_settings(path))


def make_home(path: Path, settings: Settings, passphrase: str | None) -> Home:
    """Make the folder of a new node with all its keys, its database and its empty log.

    Raises:
        ConfigError: The folder holds something already.
        UnreadableError: It can not be written.
    """
    if path.exists() and (not path.is_dir() or any(one.name != UNFINISHED for one in path.iterdir())):
        raise ConfigError("{path} is not empty; choose a new folder", path=path)
    now = datetime.now(UTC).replace(microsecond=0)
    try:
        path.mkdir(parents=True, mode=0o700, exist_ok=True)
        path.chmod(0o700)  # what lies here could cost lives
        (path / "keys").mkdir(mode=0o700)
        home = Home(path, settings)
        for use in USES:
            make_key(home, use, use, passphrase)
        store = home.store()
        start_log(store, home.identity(passphrase), now)
        store.close()
        write_file(path / POLICY_FILE, baseline().text.encode())
        # Last, so that a folder with settings is always a whole node.
        write_file(path / FILE_NAME, _toml(settings).encode())
    except OSError as error:
        raise UnreadableError("{path} can not be written: {why}", path=path, why=error.strerror) from error
    return home


def make_key(home: Home, use: str, name: str, passphrase: str | None) -> None:
    """Make a key for one use, as `name`, with its public half or certificate; one that was made before stays.

    Raises:
        CryptoError: It can not be written.
        UnreadableError: Likewise its public half.
    """
    if home.key_file(name).exists():
        return
    folder = home.path / "keys"
    # The public half first: cut short, another key is made with another one.
    if use == TLS:
        start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
        secret, certificate = make_member_certificate(
            home.settings.org_id, start, start + timedelta(days=1) + KEY_LIFETIME
        )
        write_file(folder / f"{name}.der", certificate)
    else:
        secret = os.urandom(32)
        signer = Signer(secret)
        public = seal_key_from(signer).public_key if use == SEAL else signer.public_key
        write_file(folder / f"{name}.pub.hex", public.hex().encode())
    save_key(home.key_file(name), use, secret, passphrase, beside=home.key_file(SIGNING))


def read_policy_file(path: Path) -> Policy:
    """Read and check a policy.

    Raises:
        PolicyError: It says something that it can not mean.
        UnreadableError: It can not be read.
    """
    try:
        return read_policy(read_file(path).decode())
    except UnicodeDecodeError as error:
        raise PolicyError("{name} is not UTF-8 text", name=path.name) from error
    except PolicyError as error:
        lines = "\n".join(f"{path.name}, {line}" for line in str(error).splitlines())
        raise PolicyError("{lines}", lines=lines) from error


def read_file(path: Path) -> bytes:
    """Read a file that somebody named.

    Raises:
        UnreadableError: It can not be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableError("{path} can not be read: {why}", path=path, why=error.strerror) from error


def write_file(path: Path, content: bytes) -> None:
    """Replace a file, complete or not at all.

    Raises:
        UnreadableError: It can not be written.
    """
    draft = path.with_name(f".{path.name}.new")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise UnreadableError("{path} can not be written: {why}", path=path, why=error.strerror) from error


def _toml(settings: Settings) -> str:
    lines = ["# Settings of this Tocsin node; docs/settings.md explains each.\n"]
    for name, value in settings.model_dump().items():
        text = (
            str(value).lower()
            if isinstance(value, bool)
            else '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
        )
        lines.append(f"{name} = {text}\n")
    return "".join(lines)
