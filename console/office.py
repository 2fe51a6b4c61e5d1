"""The office of a node: where officers work on cases. Plugs the node's database and key files into casework.

officers/ID.key    one officer's secret, under a passphrase of their own; whoever runs the node can not open it
evidence/          sealed files
keys/epoch-*.key   the key of a month, under which all keys of cases lie; not to be copied into any backup
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from casework.auditing import Verdict, verdict
from casework.check import CaseFault, Trusted, check_office
from casework.custody import sweep
from casework.desk import Desk
from casework.enrol import admit, found_office, officers, working
from casework.erasing import turn
from casework.errors import CaseStoreError, FieldError, OfficerError
from casework.keyholder import Epochs
from casework.keyring import Epoch
from casework.letting_in import take_expired
from casework.officer import Officer, Unlocked
from casework.publishing import Us
from casework.reporting import Intake
from casework.vault import Vault
from casework.vocabulary.deadlines import read_rules
from casework.workplace import Surroundings, Tables, Workplace
from console.erased import note_erased
from console.for_cases import CaseDatabase, case_errors
from console.home import Home
from console.joint import us_of
from console.surroundings import set_page, tables_in, witnesses_of
from crypto.cell import new_cell_key
from crypto.errors import CryptoError, KeyFileError
from crypto.keyfile import MODERATE, SALT_BYTES, Cost, destroy_file, load_key, save_key
from node.config import ORG_ID

OFFICER, EPOCH = "officer", "epoch"
SWEEP_AFTER_SECONDS = 86_400  # nobody takes so long to add a file
DOOMED = ".doomed-"  # begins the name of a key file that is being destroyed
Clock = Callable[[], datetime]


class Office:
    """Officers and their desks, in one node's folder."""

    def __init__(
        self, home: Home, clock: Clock = lambda: datetime.now(UTC), passphrase: str | None = None
    ) -> None:
        """Open the office of a node.

        Args:
            home: The node.
            clock: The time as aware UTC.
            passphrase: Of the node's own keys, for what is said at a desk in the name of the organization.
        """
        self.home = home
        self.passphrase = passphrase
        self.clock = clock
        self.database = CaseDatabase(home.store())
        self.vault = Vault(home.path / "evidence")

    def officers(self) -> dict[str, Officer]:
        """Every officer by id.

        Raises:
            TamperedError: An entry was not signed by who may admit.
        """
        with self.database.read() as connection:
            return officers(connection)

    def first_key(self) -> bytes:
        """Public signing key of the first officer, to whom every signature leads back.

        Raises:
            OfficerError: There is no officer.
            TamperedError: An entry was not signed by who may admit.
        """
        for one in self.officers().values():
            if one.admitted_by == one.officer_id:
                return one.signing_key
        raise OfficerError("there is no officer yet")

    def intake(self, cost: Cost = MODERATE) -> Intake:
        """Where anonymous reports are taken in; receipts are stretched with a salt that is this office's for ever.

        Raises:
            OfficerError: There is no officer.
        """
        salt = sha256(b"tocsin-mailbox/1" + self.first_key()).digest()[:SALT_BYTES]
        return Intake(self.database, self.epochs, salt, self.clock, cost)

    def enrol(self, officer_id: str, passphrase: str | None) -> Unlocked:
        """Make the key file of an officer; it is of use once somebody admits them.

        Raises:
            FieldError: The id has another form.
            CryptoError: There is such a file, or it can not be written.
        """
        check_officer_id(officer_id)
        secret = os.urandom(32)
        file = self._key_file(officer_id)
        file.parent.mkdir(mode=0o700, exist_ok=True)
        save_key(file, OFFICER, secret, passphrase)
        return Unlocked(secret)

    def found(self, officer_id: str, roles: frozenset[str], unlocked: Unlocked) -> None:
        """Admit the first officer.

        Raises:
            OfficerError: There is one already.
            FieldError: A role does not exist.
        """
        keys = (unlocked.signer.public_key, unlocked.seal.public_key)
        found_office(self.database, self._described(officer_id, roles, keys, officer_id), unlocked)

    def admit(self, by: Desk, officer_id: str, roles: frozenset[str], keys: tuple[bytes, bytes]) -> Officer:
        """Let an approver admit an officer with these public keys, for signing and for sealing.

        Raises:
            CaseworkError: They may not, or the keys are not those of before.
        """
        wanted = self._described(officer_id, roles, keys, by.officer.officer_id)
        return admit(self.database, by.officer, by.unlocked, wanted)

    def _described(
        self, officer_id: str, roles: frozenset[str], keys: tuple[bytes, bytes], by: str
    ) -> Officer:
        return Officer(officer_id, 1, roles, *keys, by, int(self.clock().timestamp()))

    def desk(self, officer_id: str, passphrase: str | None) -> Workplace:
        """Sign an officer in.

        Raises:
            FieldError: The file `deadlines.toml` names something that there is not, or a value out of its range.
            OfficerError: Nobody of that name works on cases here, or has no role any more.
            CryptoError: The key file is missing or damaged, or the passphrase is wrong.
        """
        self.turn()
        officer = working(self.officers(), officer_id)
        unlocked = Unlocked(load_key(self._key_file(officer_id), OFFICER, passphrase))
        if unlocked.signer.public_key != officer.signing_key:
            raise OfficerError(
                "the key file of {officer_id} is not the one that was admitted", officer_id=officer_id
            )
        return self.seat(officer, unlocked)

    def seat(self, officer: Officer, unlocked: Unlocked) -> Workplace:
        """The desk of an officer whose keys are in memory."""
        rules = read_rules(self.tables().deadlines)
        return Workplace(
            self.database, officer, unlocked, self.epochs, self.clock, rules, around=self._around()
        )

    def tables(self) -> Tables:
        """The tables of the organization.

        Raises:
            FieldError: One can not be read as text.
            CaseStoreError: A file can not be read.
        """
        with case_errors():
            return tables_in(self.home.path)

    def verdict(self) -> Verdict:
        """Verify the audit log and all that it tells of, with the witnesses of the directory.

        Raises:
            CaseStoreError: The database, or a file of the node, can not be read.
            CryptoError: A key of a month can not be read.
        """
        with case_errors():
            witnesses, why = witnesses_of(self.home)
            return verdict(self.database, self._trusted(witnesses), why)

    def _around(self) -> Surroundings:
        return Surroundings(
            self.home.settings.org_id,
            self.vault,
            self.first_key,
            self.tables,
            self.verdict,
            set_page,
            lambda: note_erased(self.home, self.database.store),
            self.us,
        )

    def us(self) -> Us:
        """The organization as it signs.

        Raises:
            CaseStoreError: Its signing key can not be used.
        """
        try:
            return us_of(self.home, self.passphrase)
        except CryptoError as error:
            raise CaseStoreError(str(error)) from error

    def check(
        self,
        witnesses: Mapping[str, tuple[bytes, ...]],
        signers: Mapping[str, tuple[bytes, ...]] = MappingProxyType({}),
    ) -> Iterator[CaseFault | int]:
        """Verify everything that can be verified without a key of a case.

        Args:
            witnesses: Public keys of members who cosign the audit log, by key name.
            signers: Public signing keys of members, by id.

        Raises:
            CaseStoreError: The database can not be read.
            CryptoError: A key of a month can not be read.
        """
        return check_office(self.database, self._trusted(witnesses, signers))

    def _trusted(
        self,
        witnesses: Mapping[str, tuple[bytes, ...]],
        signers: Mapping[str, tuple[bytes, ...]] = MappingProxyType({}),
    ) -> Trusted:
        origin = self.home.origin()
        months = self.epochs()
        ours = {origin.org_id: (*signers.get(origin.org_id, ()), *origin.signing_keys)}
        return Trusted(
            origin.org_id,
            origin.log_keys,
            witnesses,
            months.keys,
            self.vault.digest_of,
            self.clock().astimezone(UTC).date(),
            {**signers, **ours},
        )

    def epochs(self) -> Epochs:
        """The keys of the months, making this month's where there is none.

        Raises:
            CryptoError: A key file can not be read or written.
        """
        name = self.clock().astimezone(UTC).strftime("%Y-%m")
        if not self._epoch_file(name).exists():
            try:
                save_key(self._epoch_file(name), EPOCH, new_cell_key(), None)
            except KeyFileError:
                if not self._epoch_file(name).exists():  # else another process was quicker
                    raise
        keys = {}
        for file in sorted(self._epoch_file(name).parent.glob("epoch-*.key")):
            try:
                keys[file.stem.removeprefix("epoch-")] = load_key(file, EPOCH, None)
            except KeyFileError:
                if file.exists():  # else it was destroyed meanwhile, and nothing lies under it
                    raise
        return Epochs(Epoch(name, keys[name]), keys)

    def turn(self) -> tuple[str, ...]:
        """Let time do what it does: keys of grants that are over go, and those of past months once the rest was moved.

        Raises:
            CaseworkError: A key is damaged, or the database refused; nothing is lost.
            KeyFileError: A key file can not be destroyed.
        """
        take_expired(self.database, self.clock())
        months = self.epochs()
        folder = self.home.path / "keys"
        drafts = [one for one in folder.glob(".epoch-*") if f"-{months.current.name}." not in one.name]
        if self.vault.folder.is_dir():
            sweep(self.database, self.vault, self.clock().timestamp() - SWEEP_AFTER_SECONDS)
        for rest in (*folder.glob(f"{DOOMED}*"), *drafts):  # left by a process that was killed
            destroy_file(rest)
        return turn(self.database, months, self._destroy_epoch)

    def _destroy_epoch(self, name: str) -> None:
        file = self._epoch_file(name)
        doomed = file.with_name(DOOMED + file.name)
        try:
            file.rename(doomed)  # first of all nobody finds it any more, whatever happens next
        except OSError as error:
            raise KeyFileError(
                "{file}: can not be destroyed ({why})", file=file, why=error.strerror
            ) from error
        destroy_file(doomed)

    def _epoch_file(self, name: str) -> Path:
        return self.home.path / "keys" / f"epoch-{name}.key"

    def _key_file(self, officer_id: str) -> Path:
        return self.home.path / "officers" / f"{officer_id}.key"


def check_officer_id(officer_id: str) -> None:
    """See whether an officer can have this id.

    Raises:
        FieldError: It has another form.
    """
    if not re.fullmatch(ORG_ID, officer_id):
        raise FieldError("officer", "use 2 to 63 of the lower-case letters a to z, digits and hyphens")
