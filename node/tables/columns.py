"""What tables of a node have in common: names of what holds them together, and columns that many have."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, MetaData, text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite counts rows by INTEGER alone; PostgreSQL needs room for more than two billion of them.
Key = BigInteger().with_variant(Integer(), "sqlite")


def key() -> Column[int]:
    """The key of a row: it grows with time."""
    return Column("id", Key, primary_key=True, autoincrement=False)


def partial_index(column: str, *more: str) -> Index:
    """An index of the rows in which its first column holds something; a fact is in one such index and not the other."""
    held = text(f"{column} IS NOT NULL")
    return Index(None, column, *more, sqlite_where=held, postgresql_where=held)


def reference(name: str, table: str, *, nullable: bool = False) -> Column[int]:
    """The key of a row of another table."""
    return Column(name, Key, ForeignKey(f"{table}.id"), nullable=nullable)


def log_id(*, primary_key: bool = False, nullable: bool = False) -> Column[int]:
    """Of whose log a row is."""
    return Column(
        "log_id", Key, ForeignKey("log.id"), primary_key=primary_key, autoincrement=False, nullable=nullable
    )
