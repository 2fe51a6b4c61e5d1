"""Messages at random: well-formed ones of any type, with values that somebody might choose to do harm."""

from collections.abc import Callable, Iterable
from random import Random
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

WORDS = (
    "",
    "alpha",
    "beta",
    "SSD",
    "a" * 300,
    "00000000-0000-4000-8000-000000000001",
    "by=year&measure=incidents",
    "tocsin.example/log",
    "2026-02-30",
    "\0",
    "e\u0301\u202e",
    "127.0.0.1:7443",
)
SIZES = (0, 1, 12, 16, 32, 33, 64, 128, 1_000)
NUMBERS = (0, 1, 2, 7, 255, 2**31 - 1, 2**32 - 1, 2**63 - 1)
DEEPEST = 5

_MAKERS: dict[int, Callable[[Random, FieldDescriptor], Any]] = {
    FieldDescriptor.TYPE_BOOL: lambda chance, _: chance.random() < 0.5,
    FieldDescriptor.TYPE_BYTES: lambda chance, _: chance.randbytes(chance.choice(SIZES)),
    FieldDescriptor.TYPE_STRING: lambda chance, _: chance.choice(WORDS),
    FieldDescriptor.TYPE_ENUM: lambda chance, field: chance.choice((*_numbers_of(field), 99)),
    FieldDescriptor.TYPE_DOUBLE: lambda chance, _: chance.choice(
        (0.0, -1.5, 1e300, float("nan"), float("inf"))
    ),
}


def any_message(kind: type[Message], chance: Random, depth: int = 0) -> Message:
    """A message of a type: about two thirds of its fields set, lists of up to three."""
    message = kind()
    for field in kind.DESCRIPTOR.fields:
        if chance.random() < 0.35 or depth > DEEPEST:
            continue
        if field.message_type and field.message_type.GetOptions().map_entry:
            key = field.message_type.fields_by_name["key"]
            for _ in range(chance.randrange(3)):  # all maps of the contract hold messages
                one = getattr(message, field.name)[_value(key, chance)]
                one.MergeFrom(any_message(type(one), chance, depth + 1))
        elif field.message_type:
            of = type(getattr(message, field.name)) if not field.is_repeated else None
            if of is None:
                for _ in range(chance.randrange(3)):
                    one = getattr(message, field.name).add()
                    one.MergeFrom(any_message(type(one), chance, depth + 1))
            else:
                getattr(message, field.name).CopyFrom(any_message(of, chance, depth + 1))
        elif field.is_repeated:
            getattr(message, field.name).extend(_value(field, chance) for _ in range(chance.randrange(4)))
        else:
            setattr(message, field.name, _value(field, chance))
    return message


def changed(wire: bytes, chance: Random) -> bytes:
    """The bytes with one thing changed, as a line or a hostile hand would: a bit, a cut, a piece twice, more."""
    if not wire:
        return chance.randbytes(3)
    at = chance.randrange(len(wire))
    return chance.choice(
        (
            wire[:at] + bytes([wire[at] ^ 1 << chance.randrange(8)]) + wire[at + 1 :],
            wire[:at],
            wire[:at] + wire[at // 2 :],
            wire[:at] + chance.randbytes(4) + wire[at:],
        )
    )


def _numbers_of(field: Any) -> Iterable[int]:
    return tuple(field.enum_type.values_by_number)


def _value(field: Any, chance: Random) -> Any:
    if field.type in _MAKERS:
        return _MAKERS[field.type](chance, field)
    number = chance.choice(NUMBERS)
    small = field.cpp_type in {FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_UINT32}
    most = 2**31 - 1 if field.cpp_type == FieldDescriptor.CPPTYPE_INT32 else 2**32 - 1
    return min(number, most) if small else number
