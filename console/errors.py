"""What can go wrong in the console alone; everything else that it shows is an error of the package below."""

from crypto.sentence import Sentence, ToldError, told


class ConsoleError(ToldError):
    """Root of every error that the console raises on purpose."""

    reason = "CONSOLE_FAILED"


class AccountError(ConsoleError):
    """An account can not be made or changed like this; nothing was changed."""

    reason = "ACCOUNT_REFUSED"


class WebAddressError(ConsoleError):
    """The console can not listen there."""

    reason = "WEB_ADDRESS_REFUSED"


class TracesError(ConsoleError):
    """Spans can not be sent to the collector that the environment names."""

    reason = "TRACES_NOT_POSSIBLE"


class NoPageError(ConsoleError):
    """There is no such page for whoever asks: it does not exist, or is not for them."""

    reason = "PAGE_NOT_FOUND"


class MethodError(ConsoleError):
    """A page can not be asked for like this."""

    reason = "METHOD_REFUSED"


class ForeignFormError(ConsoleError):
    """A form did not come from a page of this console."""

    reason = "FORM_REFUSED"


class LargeFormError(ConsoleError):
    """A form is larger than any that this console has."""

    reason = "FORM_TOO_LARGE"


class SignInError(ConsoleError):
    """Name, passphrase and code do not go together; which of them is not told."""

    reason = "CONSOLE_SIGN_IN_REFUSED"


class TooManyTriesError(ConsoleError):
    """Somebody tried to sign in too often."""

    reason = "CONSOLE_SIGN_IN_TOO_OFTEN"


class EntryError(ConsoleError):
    """Fields of a form can not be used; each is named, and what was typed is kept."""

    reason = "ENTRY_REFUSED"

    def __init__(self, faults: dict[str, str]) -> None:
        said = ""
        for field, why in reversed(faults.items()):
            one = Sentence("{field}: {why}", field=field, why=told(why)) if field else told(why)
            said = Sentence("{one}; {more}", one=one, more=said) if said else one
        super().__init__(said)
        self.faults = faults


class ApiTokenError(ConsoleError):
    """A program shows no token, or one that does not count."""

    reason = "API_TOKEN_REFUSED"


class ApiBodyError(ConsoleError):
    """A request of a program is not of the form of its message; `status` is that of HTTP."""

    reason = "API_REQUEST_REFUSED"

    def __init__(self, status: int, why: str, /, **values: object) -> None:
        super().__init__(why, **values)
        self.status = status


class ProviderError(ConsoleError):
    """The provider at which people sign in does not answer as it should."""

    reason = "PROVIDER_FAILED"


class ConfigProviderError(ConsoleError):
    """The provider at which people sign in is not set up whole."""

    reason = "PROVIDER_NOT_SET_UP"


class ChangedError(ConsoleError):
    """What somebody looked at has changed meanwhile; nothing was done."""

    reason = "CHANGED_MEANWHILE"


class BackupError(ConsoleError):
    """A backup can not be made, read or put back like this; nothing was changed."""

    reason = "BACKUP_REFUSED"


class BackupDamagedError(BackupError):
    """A backup is not whole, or not as it was written."""

    reason = "BACKUP_DAMAGED"


class BackupKeyError(BackupError):
    """Passphrase or key do not open the backup."""

    reason = "BACKUP_KEY_WRONG"


class BackupNewerError(BackupError):
    """A backup was made by a newer version of Tocsin."""

    reason = "BACKUP_NEWER"


class BackupForeignError(BackupError):
    """A backup is of another organization, or signed by a key that is not this node's."""

    reason = "BACKUP_FOREIGN"


class ErasedUnknownError(BackupError):
    """Nothing says what was erased after a backup, so putting it back could bring that back."""

    reason = "BACKUP_ERASED_UNKNOWN"


class AreasError(ConsoleError):
    """A file of boundaries is none of first-level areas of its country."""

    reason = "AREAS_INVALID"
