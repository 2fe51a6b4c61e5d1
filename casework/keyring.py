"""Keys of cases on their way to officers: closed for one officer, and once more with the key of the month.

A key reaches an officer sealed to their public key. When they work for the first time with it, it is put on their ring:
closed with a key that only they have, which opens a hundred times faster. Either form lies under the key of the month;
when the month turns, what is still needed is closed anew and the old key destroyed, so that what was erased can not be
read from any older backup (trust 8).
"""

from collections.abc import Mapping
from typing import NamedTuple

from casework.errors import ErasedError, TamperedError
from casework.officer import Unlocked
from casework.vocabulary import Group
from crypto.cell import open_cell, seal_cell
from crypto.errors import CryptoError
from crypto.sealing import seal_box


class WrappedKey(NamedTuple):
    """A key of a case, closed for everybody but one officer, and once more with the key of a month.

    Attributes:
        case: 32 hexadecimal digits.
        group: Which of the keys of the case.
        officer_id: Who can open it.
        epoch: Name of the month under whose key it lies, such as 2026-11.
        on_ring: Whether it is closed with the officer's ring key instead of being sealed to their public key.
        wrapped: Sealed bytes.
    """

    case: str
    group: Group
    officer_id: str
    epoch: str
    on_ring: bool
    wrapped: bytes


class Epoch(NamedTuple):
    """The key of a month."""

    name: str
    key: bytes


def close_for(
    epoch: Epoch, officer_id: str, seal_key: bytes, case: str, group: Group, key: bytes
) -> WrappedKey:
    """Seal a key of a case to an officer's public key.

    Raises:
        CryptoError: Nothing can be sealed to that key.
    """
    wrapped = WrappedKey(case, group, officer_id, epoch.name, False, b"")
    return _under(epoch, wrapped, seal_box(seal_key, key))


def put_on_ring(epoch: Epoch, holder: Unlocked, wrapped: WrappedKey, key: bytes) -> WrappedKey:
    """Close a key anew with the ring key of the officer who holds it."""
    ringed = wrapped._replace(epoch=epoch.name, on_ring=True)
    return _under(epoch, ringed, seal_cell(holder.ring_key, key, _place(ringed)))


def move_to_epoch(old: Mapping[str, bytes], new: Epoch, wrapped: WrappedKey) -> WrappedKey:
    """Put a wrapped key under the key of another month, without opening it.

    Raises:
        ErasedError: The key of its month was destroyed.
        TamperedError: It is damaged.
    """
    return _under(new, wrapped._replace(epoch=new.name), open_outer(old, wrapped))


def open_key(epochs: Mapping[str, bytes], holder: Unlocked, wrapped: WrappedKey) -> bytes:
    """Open a key of a case.

    Raises:
        ErasedError: The key of its month was destroyed.
        TamperedError: It is damaged, or not this officer's.
    """
    inner = open_outer(epochs, wrapped)
    try:
        if wrapped.on_ring:
            return open_cell(holder.ring_key, inner, _place(wrapped))
        return holder.seal.open_box(inner)
    except CryptoError as error:
        raise TamperedError("the key of case {case} does not open", case=wrapped.case[:8]) from error


def open_outer(epochs: Mapping[str, bytes], wrapped: WrappedKey) -> bytes:
    """Take off the key of the month, which opens nothing yet.

    Raises:
        ErasedError: The key of its month was destroyed.
        TamperedError: It is damaged.
    """
    key = epochs.get(wrapped.epoch)
    if key is None:
        raise ErasedError("the key of {epoch}, under which this lies, was destroyed", epoch=wrapped.epoch)
    try:
        return open_cell(key, wrapped.wrapped, _place(wrapped))
    except CryptoError as error:
        raise TamperedError("the key of case {case} is damaged", case=wrapped.case[:8]) from error


def _under(epoch: Epoch, wrapped: WrappedKey, inner: bytes) -> WrappedKey:
    return wrapped._replace(wrapped=seal_cell(epoch.key, inner, _place(wrapped)))


def _place(wrapped: WrappedKey) -> bytes:
    ring = "ring" if wrapped.on_ring else "box"
    return f"tocsin-case-key/1 {wrapped.case} {wrapped.group} {wrapped.officer_id} {ring}".encode()
