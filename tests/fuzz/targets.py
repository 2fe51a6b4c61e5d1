"""Everything that reads bytes from outside, as functions of any bytes: each answers, or refuses by a name of ours."""

import inspect
import pkgutil
import re
from collections.abc import Callable
from datetime import date
from functools import partial
from importlib import import_module
from io import BytesIO
from typing import Any, TypeAlias

from google.protobuf.message import Message

import node.wire
from casework.access import read_grant
from casework.audit import read_entry
from casework.chain import read_header
from casework.figures.release import read_statistic
from casework.intake.rows import read_rows
from casework.joint import read_joint, read_notice, read_withdrawal
from casework.legal import read_treaties
from casework.mailbox import read_receipt
from casework.officer import read_officer
from casework.signedfile import read_file
from casework.span import parse_range, parse_span
from casework.summary import read_revocation, read_summary
from casework.tombstone import read_tip_tombstone, read_tombstone
from casework.vocabulary.deadlines import read_rules
from console.applications import open_application
from console.areas import read_areas
from console.backup import open_backup
from console.dump import fields_of, shape_in
from crypto.certificates import check_member_certificate, spki_sha256, validity
from crypto.checkpoint import open_note, stated_size, verify_checkpoint
from crypto.cosignature import cosignatures
from crypto.envelope import leaf_keyid
from crypto.keyshare import read_share
from crypto.logproof import read_log_proof
from crypto.sealing import SealKey, open_sealed
from crypto.sentence import ToldError
from node.charter import read_back_fill
from node.cubes.aggregate import read_aggregate
from node.cubes.declaration import read_cube
from node.cubes.document import read_release
from node.document import read_document
from node.intake.profile import read_profile
from node.intake.reading import read_publication
from node.ladders import read_cells, read_target
from node.policy import read_policy
from node.query_text import read_query
from node.totals.declaration import read_payload, read_total
from node.totals.papers import HELD_TYPE, OUTCOME_TYPE, SHARE_TYPE, SUM_TYPE, read_paper
from tests.fuzz import offices
from tocsin.node.v1.sharing_service_pb2 import ListShareRequestsRequest

Target: TypeAlias = Callable[[bytes], object]

TODAY = date(2026, 1, 31)
PAPERS = (SHARE_TYPE, HELD_TYPE, SUM_TYPE, OUTCOME_TYPE)


def as_text(read: Callable[[str], object]) -> Target:
    """A reader of text that comes as bytes."""
    return lambda data: read(data.decode("utf-8", "replace"))


def _sealed(data: bytes) -> object:
    rest = BytesIO(data[72:])
    return list(open_sealed(SealKey(b"k" * 32), data[:72], rest.read))


READERS: dict[str, Target] = {
    "application": lambda data: open_application(data, "a file"),
    "areas": lambda data: read_areas(data, "SSD", TODAY),
    "audit entry": read_entry,
    "back fill": as_text(read_back_fill),
    "backup line": lambda data: shape_in(fields_of(data)),
    "backup of keys": lambda data: open_backup(data, ()),
    "case rows": as_text(lambda text: read_rows(text, TODAY)),
    "cells": as_text(read_cells),
    "certificate": check_member_certificate,
    "certificate key": spki_sha256,
    "certificate validity": validity,
    "checkpoint": lambda data: verify_checkpoint(data, "tocsin.example/log", b"k" * 32),
    "checkpoint size": stated_size,
    "cosignatures": lambda data: cosignatures(data, {"tocsin.example/witness": (b"k" * 32,)}),
    "cube": as_text(read_cube),
    "cube release": read_release,
    "days of deadlines": as_text(read_rules),
    "document": as_text(read_document),
    "grant": read_grant,
    "header of an event": read_header,
    "joint notice": read_notice,
    "joint statement": read_joint,
    "joint withdrawal": read_withdrawal,
    "leaf": leaf_keyid,
    "log proof": read_log_proof,
    "note": lambda data: open_note(data, {}),
    "numbers without records": read_aggregate,
    "officer": read_officer,
    "policy": as_text(read_policy),
    "profile": as_text(read_profile),
    "publication": lambda data: read_publication(data, "security_incidents_2026-01-31.csv", None, TODAY),
    "query": as_text(lambda text: read_query(text, TODAY)),
    "range": as_text(lambda text: parse_range(text, "when")),
    "receipt of a report": as_text(read_receipt),
    "revocation": read_revocation,
    "sealed stream": _sealed,
    "share of keys": as_text(read_share),
    "signed file": read_file,
    "span": as_text(parse_span),
    "statistic": read_statistic,
    "summary": read_summary,
    "target": as_text(read_target),
    "tombstone": read_tombstone,
    "tombstone of a report": read_tip_tombstone,
    "total": read_payload,
    "total in a file": as_text(read_total),
    "treaties": as_text(lambda text: read_treaties(text, "2026-01-31")),
    **{f"paper {kind.split('.')[-2]}": partial(read_paper, kind) for kind in PAPERS},
    **offices.READERS,
}


def _messages() -> dict[str, Target]:
    """Every message of a line between nodes or in an office: whatever reads one from nothing but bytes."""
    found: dict[str, Target] = {}
    for module in pkgutil.iter_modules(node.wire.__path__):
        for name, decode in inspect.getmembers(import_module(f"node.wire.{module.name}"), inspect.isfunction):
            here = decode.__module__ == f"node.wire.{module.name}" and name.startswith("decode_")
            if here and list(inspect.signature(decode).parameters) in (["wire"], ["payload"]):
                found[f"{module.name} {name.removeprefix('decode_').replace('_', ' ')}"] = decode
    return found | offices.MESSAGES


MESSAGES = _messages()
SHARED: dict[str, type[Message]] = {"sharing request id": ListShareRequestsRequest}
TARGETS: dict[str, Target] = dict(sorted((READERS | MESSAGES).items()))


def kind_of(name: str) -> type[Message]:
    """The type of the message that a target of `MESSAGES` reads."""
    if name in offices.KINDS:
        return offices.KINDS[name]
    decode: Any = MESSAGES[name]
    said = re.search(r"parse(?:_exactly)?\(\s*(\w+)\.(\w+)\(\)", inspect.getsource(decode))
    if said is None:  # of several calls that are alike
        return SHARED[name]
    kind: type[Message] = getattr(decode.__globals__[said[1]], said[2])
    return kind


def attack(name: str, data: bytes) -> bool:
    """Whether a target takes these bytes; it refuses them otherwise, and whatever else it raises is a fault."""
    try:
        TARGETS[name](data)
    except ToldError:
        return False
    return True
