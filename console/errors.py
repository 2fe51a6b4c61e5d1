"""What can go wrong in the console alone; everything else that it shows is an error of the package below."""


class ConsoleError(Exception):
    """Root of every error that the console raises on purpose."""

    reason = "CONSOLE_FAILED"


class AccountError(ConsoleError):
    """An account can not be made or changed like this; nothing was changed."""

    reason = "ACCOUNT_REFUSED"


class WebAddressError(ConsoleError):
    """The console can not listen there."""

    reason = "WEB_ADDRESS_REFUSED"


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
        super().__init__("; ".join(f"{field}: {why}" for field, why in faults.items()))
        self.faults = faults


class ChangedError(ConsoleError):
    """What somebody looked at has changed meanwhile; nothing was done."""

    reason = "CHANGED_MEANWHILE"
