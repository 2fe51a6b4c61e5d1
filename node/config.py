"""Settings of one node: `tocsin.toml` in its folder, each overridable by an environment variable `TOCSIN_...`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from node.errors import ConfigError

FILE_NAME = "tocsin.toml"
_WANTED = {
    "org_id": "use 2 to 63 of the lower-case letters a to z, digits and hyphens, with no hyphen at an end",
    "org_type": "use one of UN, INGO, NNGO, RCRC, IO",
    "alert_countries": "use country codes with commas between them, like SSD,SDN",
    "alert_means": "use codes of means of attack with commas between them, like shooting,kidnapping",
    "alert_near": "use LAT,LON in degrees, like 8.3,30.1",
}
_CODES = r"^([A-Za-z_]+(,[A-Za-z_]+)*)?$"
ORG_ID = r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])$"


class Settings(BaseSettings):
    """What an operator may set.

    Attributes:
        org_id: Lower-case letters, digits and hyphens, 2 to 63; the node's name in the network for good.
        org_type: Broad type of the organization, all that others learn of it from a record.
        database_url: SQLAlchemy URL; empty means SQLite in the node's folder.
        database_replica: URL of a PostgreSQL server that follows it and is asked questions; empty asks none.
        listen: host:port that `tocsin serve` listens on; port 0 takes a free one.
        endpoint: host:port under which peers reach this node; several with commas between them are tried in turn.
        alert_countries: Country codes with commas between them, of which alerts are wanted; empty means all.
        alert_means: Codes of means of attack, likewise.
        alert_near: LAT,LON in degrees from which the distance of alerts counts; told to nobody.
        alert_within_km: How far from there an alert is near: 25, 50, 100 or 250.
        log_slot_seconds: Between two checkpoints of our log; 0 signs one with each release.
        relay: Whether this node passes on what its label lets go to other members.
        write_unasked: Whether records may enter our log when no member could be asked what it holds of it.
        log_padding: Each checkpoint adds a multiple of so many entries, padding among them; 0 adds none.
        web_origin: Address under which browsers reach the console; empty where that is the one it listens on.
        oidc_issuer: Address of the provider at which people may sign in to the console too; empty where there is none.
        oidc_client: Name by which that provider knows this console.
        submissions_listen: host:port of this machine alone on which `tocsin serve` takes submissions; empty takes none.
        submissions_profile: File in the node's folder that says which answer of the form is what.
        backup_folder: Where `tocsin backup` writes by itself, and the list of what was erased; empty where nowhere.
        backup_key: Public key, 64 hexadecimal digits, to which it seals; empty asks for a passphrase.
        member_calls_per_second: So many calls a second one member may make in the long run, ten seconds' worth at once.
        member_calls_at_once: So many of its calls may be under way at the same time, open streams included.
    """

    model_config = SettingsConfigDict(env_prefix="TOCSIN_", extra="forbid", frozen=True)

    org_id: str = Field(pattern=ORG_ID)
    org_type: Literal["UN", "INGO", "NNGO", "RCRC", "IO"]
    database_url: str = ""
    database_replica: str = ""
    listen: str = "127.0.0.1:7443"
    endpoint: str = "127.0.0.1:7443"
    alert_countries: str = Field(default="", pattern=_CODES)
    alert_means: str = Field(default="", pattern=_CODES)
    alert_near: str = Field(default="", pattern=r"^(-?[0-9]{1,2}(\.[0-9]+)?,-?[0-9]{1,3}(\.[0-9]+)?)?$")
    alert_within_km: int = 250
    log_slot_seconds: int = Field(default=60, ge=0, le=86_400)
    write_unasked: bool = True
    log_padding: int = Field(default=0, ge=0, le=256)
    relay: bool = False
    web_origin: str = ""
    oidc_issuer: str = ""
    oidc_client: str = ""
    submissions_listen: str = ""
    submissions_profile: str = "submissions.toml"
    backup_folder: str = ""
    backup_key: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    member_calls_per_second: int = Field(default=50, ge=1, le=10_000)
    member_calls_at_once: int = Field(default=16, ge=8, le=1_000)

    @property
    def endpoints(self) -> tuple[str, ...]:
        """Where peers reach this node, in the order in which they try."""
        return endpoints_in(self.endpoint)


def endpoints_in(text: str) -> tuple[str, ...]:
    """The addresses in a list with commas between them."""
    return tuple(one.strip() for one in text.split(",") if one.strip())


def load_settings(home: Path) -> Settings:
    """Read the settings of the node in `home`.

    Raises:
        ConfigError: There is no node in that folder, or a setting is missing, unknown or out of its range.
    """
    path = home / FILE_NAME
    if not path.is_file():
        raise ConfigError("there is no node in {home}: run `tocsin init {home}` first", home=home)

    class FromFile(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            del init_settings, dotenv_settings, file_secret_settings
            return env_settings, TomlConfigSettingsSource(settings_cls, path)

    with _our_errors(path.name):
        return FromFile.model_validate({})


def new_settings(**values: str | int) -> Settings:
    """Check the settings of a new node.

    Raises:
        ConfigError: One is missing, unknown or out of its range.
    """
    with _our_errors("settings"):
        return Settings.model_validate(values)


@contextmanager
def _our_errors(where: str) -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        if not field:  # the file as a whole
            raise ConfigError(
                "{where} is not TOML: {msg}", where=where, msg=first["msg"].removeprefix("Value error, ")
            ) from error
        raise ConfigError(
            "{where}: {field}: {why}", where=where, field=field, why=_WANTED.get(field, first["msg"])
        ) from error
    except ValueError as error:
        raise ConfigError("{where} is not TOML: {error}", where=where, error=error) from error
