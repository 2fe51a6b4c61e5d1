"""Need to know: who was let into which case, with which rights, until when (casework 5.1).

No role reads cases by default. A right that opens sealed fields is a key; `write` and `export` are permissions in the
signed grant. What somebody may not see does not exist for them.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import NamedTuple

from casework.errors import FieldError, RoleError, TamperedError
from casework.officer import NO_CASES, RECOVERY, Officer
from casework.vocabulary import Group, codes

GRANT_TYPE = "application/vnd.tocsin.case-grant.v1+json"
ADVOCATE = "survivor_advocate"
GRANTERS = frozenset({"accountability_officer", "approver", "country_focal_point", ADVOCATE})
ALL_RIGHTS = frozenset({"read", "write", "identity", "medical", "source", "evidence", "export"})
KEY_OF: Mapping[str, Group] = MappingProxyType(
    {
        "read": Group.CASE,
        "identity": Group.IDENTITY,
        "medical": Group.MEDICAL,
        "source": Group.SOURCE,
        "evidence": Group.EVIDENCE,
    }
)


class Grant(NamedTuple):
    """One officer's rights to one case; none means that they were taken back.

    Attributes:
        case: 32 hexadecimal digits.
        officer_id: Who is let in.
        rights: Codes of the list `right`.
        reason: Why they need to know; in words only until it is signed, as words may name somebody.
        expires_on: Last UTC day on which it counts; `None` until it is taken back.
        granted_by: Id of the officer who signed it.
        granted_at: Seconds since 1970, UTC.
        sealed_reason: The reason, sealed with the key of the case.
        is_exclusion: The survivor's advocate has shut them out, as somebody who knows the survivor.
    """

    case: str
    officer_id: str
    rights: frozenset[str]
    reason: str
    expires_on: date | None
    granted_by: str
    granted_at: int
    sealed_reason: bytes = b""
    is_exclusion: bool = False

    @property
    def place(self) -> bytes:
        """Where its sealed reason stands; it can be opened nowhere else."""
        return f"tocsin-case-grant/1 {self.case} {self.officer_id} {self.granted_at}".encode()

    def holds(self, right: str, today: date) -> bool:
        """Whether it gives a right today."""
        return right in self.rights and (self.expires_on is None or today <= self.expires_on)

    @property
    def groups(self) -> frozenset[Group]:
        """Keys that it hands over."""
        return frozenset(KEY_OF[right] for right in self.rights & KEY_OF.keys())


def check_grant(grant: Grant, to: Officer) -> Grant:
    """Return a grant that can be given.

    Raises:
        FieldError: A right does not exist or stands without `read`, there is no reason, the role sees no cases, or
            it would be over before it begins.
    """
    unknown = grant.rights - codes("right").keys()
    if unknown:
        raise FieldError(
            "rights",
            "{unknown!r} is none of {rights}",
            unknown=min(unknown),
            rights=", ".join(codes("right")),
        )
    if grant.rights and "read" not in grant.rights:
        raise FieldError("rights", "whoever may do more may also read: add read")
    if not grant.reason.strip():
        raise FieldError("reason", "say why they need to know")
    if (
        grant.expires_on is not None
        and grant.expires_on < datetime.fromtimestamp(grant.granted_at, UTC).date()
    ):
        raise FieldError("expires_on", "lies in the past")
    if grant.rights and (to.roles & NO_CASES or not to.roles):
        raise FieldError("officer", "{officer_id} has no role that works on cases", officer_id=to.officer_id)
    return grant


def check_granter(by: Officer, held: Grant | None, before: Grant | None, grant: Grant, today: date) -> Grant:
    """Return a grant that this officer may give or take back.

    Args:
        by: Who signs it.
        held: What they hold of the case themselves.
        before: The last grant to the same officer, if any.
        grant: What is to be given; without rights it takes all of them back.
        today: UTC day.

    Raises:
        RoleError: They may not act on the case, give what they do not hold, or let in whom the survivor's advocate
            has shut out.
    """
    shut_out = before is not None and before.is_exclusion
    if RECOVERY in by.roles and grant.rights and not shut_out:
        return grant  # it holds every key, and its use stands in the case
    if held is None or not held.holds("write", today) or not by.roles & GRANTERS:
        raise RoleError(
            "letting somebody in belongs to {roles} who may write", roles=" or ".join(sorted(GRANTERS))
        )
    if grant.rights - held.rights:
        raise RoleError(
            "you do not hold {right}, so you can not give it", right=min(grant.rights - held.rights)
        )
    if shut_out and grant.rights and ADVOCATE not in by.roles:
        raise RoleError("the survivor's advocate has shut them out, and alone can let them in again")
    if grant.is_exclusion and ADVOCATE not in by.roles:
        raise RoleError("shutting somebody out belongs to {advocate}", advocate=ADVOCATE)
    if grant.officer_id == by.officer_id and grant.rights:
        raise RoleError("nobody lets themselves in")
    return grant


def write_grant(grant: Grant) -> bytes:
    """Write what is signed of a grant."""
    fields = {
        "case": grant.case,
        "officer": grant.officer_id,
        "rights": sorted(grant.rights),
        "reason": grant.sealed_reason.hex(),
        "expires_on": str(grant.expires_on or ""),
        "granted_by": grant.granted_by,
        "granted_at": grant.granted_at,
        **({"excluded": True} if grant.is_exclusion else {}),
    }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def read_grant(payload: bytes) -> Grant:
    """Read what `write_grant` wrote.

    Raises:
        TamperedError: It is something else.
    """
    try:
        fields = json.loads(payload)
        return Grant(
            fields["case"],
            fields["officer"],
            frozenset(fields["rights"]),
            "",
            date.fromisoformat(fields["expires_on"]) if fields["expires_on"] else None,
            fields["granted_by"],
            int(fields["granted_at"]),
            bytes.fromhex(fields["reason"]),
            bool(fields.get("excluded")),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise TamperedError("a grant can not be read") from error
