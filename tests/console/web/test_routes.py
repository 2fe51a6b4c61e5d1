"""Who reaches which page: one table, tried page by page and role by role over HTTP."""

import re
from collections.abc import Callable

import pytest

from console.network import found_network
from console.selection import one_revision
from console.web.edge import MAX_BODY_BYTES
from console.web.roles import ANYBODY, Role
from console.web.routes import ROUTES
from console.web.visit import Works
from node.alert import Order, send_alert
from node.alert_life import Sender
from node.audience import ALL_CLOSED, Purpose, Tier
from node.audiences import Author, Scope, new_audience
from node.share_request import ShareRequest, Wish
from node.store.own_log import released
from node.store.records import record_ids_by_key
from node.store.requests import add_request
from node.wire import charters, records
from tests.support.browser import Browser, Shown

REQUEST = "00000000-0000-4000-8000-000000000001"
NOBODY: frozenset[Role] = frozenset()
FOCAL = frozenset({Role.FOCAL_POINT})
READERS = FOCAL | {Role.COORDINATOR}
OPERATORS = frozenset({Role.OPERATOR})
CARRIERS = FOCAL | OPERATORS
LOOKERS = FOCAL | {Role.AUDITOR}
REPORTERS = FOCAL | {Role.REPORTER}
OFFICERS = FOCAL | {Role.ACCOUNTABILITY_OFFICER, Role.APPROVER, Role.LEGAL_ADVISER, Role.SURVIVOR_ADVOCATE}
MAPPERS = frozenset({Role.COORDINATOR, Role.OPERATOR})
PLANNERS = frozenset({Role.COORDINATOR})
RELEASERS = PLANNERS | {Role.APPROVER}
WITH_KEYS = OFFICERS | {Role.AUDITOR}
# By hand, so that a page that is let out by mistake differs from it: who sees what, and who may send.
MAY: dict[str, tuple[frozenset[Role], frozenset[Role]]] = {
    "/": (ANYBODY, NOBODY),
    "/account": (ANYBODY, NOBODY),
    "/account/keys": (ANYBODY, NOBODY),
    "/account/language": (NOBODY, ANYBODY),
    "/account/passkey": (ANYBODY, ANYBODY),
    "/account/passkey/end": (NOBODY, ANYBODY),
    "/account/session": (NOBODY, ANYBODY),
    "/account/token": (NOBODY, ANYBODY),
    "/account/token/end": (NOBODY, ANYBODY),
    "/alert": (READERS, NOBODY),
    "/alert/cancel": (NOBODY, FOCAL),
    "/alert/new": (FOCAL, FOCAL),
    "/alert/note": (NOBODY, READERS),
    "/alert/send": (NOBODY, FOCAL),
    "/alerts": (READERS, NOBODY),
    "/audience": (FOCAL, NOBODY),
    "/audience/change": (NOBODY, FOCAL),
    "/audience/new": (FOCAL, FOCAL),
    "/audience/preview": (NOBODY, FOCAL),
    "/audiences": (FOCAL, NOBODY),
    "/areas": (MAPPERS, MAPPERS),
    "/blank": (ANYBODY, NOBODY),
    "/bundle": (CARRIERS, CARRIERS),
    "/bundle/write": (NOBODY, CARRIERS),
    "/explore": (READERS, NOBODY),
    "/explore/changes": (READERS, NOBODY),
    "/case": (OFFICERS, NOBODY),
    "/case/access": (OFFICERS, OFFICERS),
    "/case/do": (OFFICERS, OFFICERS),
    "/case/evidence": (OFFICERS, OFFICERS),
    "/case/evidence/content": (NOBODY, OFFICERS),
    "/case/joint": (OFFICERS, OFFICERS),
    **{f"/case/dossier{kind}": (OFFICERS, NOBODY) for kind in ("", ".html", ".pdf", ".csv")},
    **{f"/cases/state{kind}": (OFFICERS, NOBODY) for kind in ("", ".html", ".pdf", ".csv")},
    "/cases/yearly": (OFFICERS, OFFICERS),
    "/cases": (OFFICERS, NOBODY),
    "/cases/due": (OFFICERS, NOBODY),
    "/cases/lock": (NOBODY, WITH_KEYS),
    "/cases/log": (WITH_KEYS, NOBODY),
    "/cases/open": (OFFICERS, OFFICERS),
    "/match": (READERS, NOBODY),
    "/match/decide": (NOBODY, READERS),
    "/match/compare": (READERS, READERS),
    "/match/stop": (NOBODY, READERS),
    "/matches": (READERS, NOBODY),
    "/matches/look": (NOBODY, READERS),
    "/outlook": (READERS, NOBODY),
    "/release": (RELEASERS | {Role.AUDITOR}, NOBODY),
    "/release/audit": (RELEASERS | {Role.AUDITOR}, NOBODY),
    "/release/build": (NOBODY, PLANNERS),
    "/release/correct": (NOBODY, RELEASERS),
    "/release/declare": (NOBODY, PLANNERS),
    "/release/diff": (RELEASERS | {Role.AUDITOR}, NOBODY),
    "/release/numbers": (PLANNERS, PLANNERS),
    "/release/plan": (PLANNERS, NOBODY),
    "/release/publish": (NOBODY, RELEASERS),
    "/releases": (RELEASERS | {Role.AUDITOR}, NOBODY),
    "/ceremonies": (OPERATORS, OPERATORS),
    "/ceremonies/cancel": (NOBODY, OPERATORS),
    "/ceremonies/file": (OPERATORS, NOBODY),
    "/ceremonies/join": (NOBODY, OPERATORS),
    "/ceremonies/sponsor": (NOBODY, OPERATORS),
    "/health": (OPERATORS, NOBODY),
    "/cases/papers": (OFFICERS, OFFICERS),
    "/cases/figures": (OFFICERS, NOBODY),
    "/cases/import": (OFFICERS, OFFICERS),
    "/cases/import/cancel": (NOBODY, OFFICERS),
    "/cases/import/preview": (OFFICERS, NOBODY),
    "/cases/import/progress": (OFFICERS, NOBODY),
    "/cases/import/start": (NOBODY, OFFICERS),
    "/cases/import/template.csv": (OFFICERS, NOBODY),
    "/cases/keeping": (WITH_KEYS, NOBODY),
    "/cases/keeping/erase": (NOBODY, OFFICERS),
    "/cases/report": (OFFICERS, OFFICERS),
    "/cases/report/case": (OFFICERS, OFFICERS),
    "/cases/report/erase": (NOBODY, OFFICERS),
    "/cases/report/file": (NOBODY, OFFICERS),
    "/cases/reports": (OFFICERS, NOBODY),
    "/cases/unlock": (WITH_KEYS, WITH_KEYS),
    "/held": (READERS, NOBODY),
    "/disclosures": (LOOKERS, NOBODY),
    "/holders": (READERS, NOBODY),
    "/import": (FOCAL, FOCAL),
    "/import/cancel": (NOBODY, FOCAL),
    "/import/confirm": (NOBODY, FOCAL),
    "/import/preview": (FOCAL, NOBODY),
    "/import/refused.xlsx": (FOCAL, NOBODY),
    "/import/template.xlsx": (FOCAL, NOBODY),
    "/incident": (READERS, NOBODY),
    "/incident/complete": (FOCAL, FOCAL),
    "/incidents": (READERS, NOBODY),
    "/member": (ANYBODY - {Role.REPORTER}, NOBODY),
    "/leave": (NOBODY, ANYBODY),
    "/link": (ANYBODY, ANYBODY),
    "/network": (ANYBODY - {Role.REPORTER}, NOBODY),
    "/numbers": (FOCAL, NOBODY),
    "/numbers/asked": (FOCAL, NOBODY),
    "/numbers/preview": (NOBODY, FOCAL),
    "/numbers/send": (NOBODY, FOCAL),
    "/outcomes": (READERS, NOBODY),
    "/recall": (FOCAL, NOBODY),
    "/recall/preview": (FOCAL, NOBODY),
    "/recall/send": (NOBODY, FOCAL),
    "/records": (READERS, NOBODY),
    "/report": (REPORTERS, REPORTERS),
    "/passkey": (ANYBODY, ANYBODY),
    "/provider": (NOBODY, NOBODY),
    "/provider/back": (NOBODY, NOBODY),
    "/reported": (REPORTERS, NOBODY),
    "/request": (FOCAL, NOBODY),
    "/request/cancel": (NOBODY, FOCAL),
    "/request/decide": (NOBODY, FOCAL),
    "/request/new": (FOCAL, FOCAL),
    "/requests": (FOCAL, NOBODY),
    "/requests/sent": (FOCAL, NOBODY),
    "/second-step": (ANYBODY, ANYBODY),
    "/share": (FOCAL, NOBODY),
    "/share/preview": (FOCAL, NOBODY),
    "/share/send": (NOBODY, FOCAL),
    "/sign-in": (ANYBODY, ANYBODY),
    "/sign-out": (NOBODY, ANYBODY),
    "/total": (READERS, NOBODY),
    "/total/agree": (NOBODY, PLANNERS),
    "/total/declaration": (READERS, NOBODY),
    "/total/declare": (NOBODY, PLANNERS),
    "/total/fetch": (NOBODY, READERS),
    "/total/give": (NOBODY, FOCAL),
    "/total/numbers": (FOCAL, FOCAL),
    "/total/share": (FOCAL, NOBODY),
    "/total/sum": (NOBODY, PLANNERS),
    "/total/take": (NOBODY, READERS),
    "/totals": (READERS, NOBODY),
}
LISTS = (  # taken away as files
    "/alerts",
    "/areas",
    "/audiences",
    "/case/access",
    "/case/evidence",
    "/cases",
    "/cases/due",
    "/cases/figures",
    "/cases/import/preview",
    "/cases/import/progress",
    "/cases/keeping",
    "/cases/log",
    "/cases/reports",
    "/cases/yearly",
    "/disclosures",
    "/explore",
    "/explore/changes",
    "/health",
    "/held",
    "/holders",
    "/incidents",
    "/matches",
    "/network",
    "/numbers",
    "/outcomes",
    "/records",
    "/requests",
    "/requests/sent",
    "/outlook",
    "/release",
    "/release/diff",
    "/release/numbers",
    "/release/plan",
    "/releases",
    "/total",
    "/totals",
)
MAY |= {
    f"{path}.{kind}": (MAY[path][0], NOBODY) for path in LISTS for kind in ("csv", "xlsx", "json", "print")
}
KINDS = ("", ".csv", ".xlsx", ".json", ".print")
QUERIES = {
    "/alert/new": "?id=awsd:a",
    "/audience": "?name=corridor",
    "/member": "?id=alpha",
    "/request": f"?id={REQUEST}",
    **{
        f"{path}{kind}": "?cube=yearly%2F1"
        for path in ("/release", "/release/diff", "/release/plan")
        for kind in KINDS
    },
    **{f"/total{kind}": "?id=killed-2025" for kind in KINDS},
    "/recall": "?id=awsd:a",
    "/recall/preview": "?id=awsd:a&because=withdrawn",
    **dict.fromkeys(
        (f"/explore/changes{kind}" for kind in KINDS),
        "?compare=2026-01-01",
    ),
    "/share/preview": "?id=awsd:a&tier=peer",
    "/incident": "?id=awsd:a",
    "/incident/complete": "?id=own:x&group=place",
}
REFUSED = {404, 405}
NOWHERE = "/no/such/page"
FILE = [("file", "a.csv", b"a,b\n1,2\n")]
TOO_LARGE = "x" * (MAX_BODY_BYTES + 1)


@pytest.fixture(scope="module", autouse=True)
def things(works: Works) -> None:
    """What pages of one thing are about: a member, an alert, an audience and a request."""
    found_network(works.home, "testnet", None)
    home, identity, now = works.home, works.identity, works.clock()
    who = Author("kb", identity, home.bounds(), now, records, charters)
    new_audience(works.store, "corridor", frozenset(), Scope(), who)
    revision_id = one_revision(works.store, "awsd:b")
    order = Order(now, home.bounds(), frozenset({Tier.PEER}))
    sent = send_alert(works.store, revision_id, order, Sender(identity, records))
    QUERIES["/alert"] = f"?id={sent.uid.hex()}"
    with works.store.write() as connection:
        (record_id,) = record_ids_by_key(connection, "awsd", ["b"]).values()
        past = released(connection, [record_id])[record_id]
        wish = Wish(
            REQUEST, past.uid, past.log_index, Purpose.STAFF_SAFETY, ALL_CLOSED, "", note_reviewed=False
        )
        add_request(connection, record_id, ShareRequest("beta", wish, 1))


def without_keys(text: str) -> str:
    """A page without what is written anew each time."""
    return re.sub(r'name="form_key" value="[^"]*"', "", text)


def told(shown: Shown) -> tuple[int, dict[str, str], str]:
    """All that an answer tells: its status, its headers without their time and length, and its page."""
    headers = {name.lower(): value for name, value in shown.headers}
    for name in ("date", "content-length"):
        headers.pop(name, None)
    return shown.status, headers, without_keys(shown.text)


def sendings(browser: Browser, key: str, path: str) -> dict[str, Shown]:
    """What answers whoever sends something to a page, in every way in which it can be right or wrong."""
    form = {"form_key": key}
    return {
        "a form of ours": browser.post(path + QUERIES.get(path, ""), form),
        "without its key": browser.post(path, {"a": "b"}),
        "from elsewhere": browser.post(path, form, Origin="https://elsewhere.example"),
        "a file": browser.upload(path, form, FILE),
        "a file from elsewhere": browser.upload(path, form, FILE, Origin="https://elsewhere.example"),
        "too large": browser.post(path, {**form, "a": TOO_LARGE}),
    }


def test_the_table_names_every_page() -> None:
    assert sorted(MAY) == sorted(ROUTES)


@pytest.mark.slow
@pytest.mark.parametrize("role", Role)
def test_a_role_reaches_its_pages_and_no_others(role: Role, signed_in: Callable[[Role], Browser]) -> None:
    browser = signed_in(role)
    nowhere = browser.get(NOWHERE)
    assert nowhere.status == 404
    key = nowhere.form("/sign-out")["form_key"]
    refusals = sendings(browser, key, NOWHERE)
    assert refusals["a form of ours"].status == 404
    for path, (sees, sends) in MAY.items():
        shown = browser.get(path + QUERIES.get(path, ""))
        assert (shown.status not in REFUSED) == (role in sees), path
        if role not in sees | sends:
            assert shown.status == 404
            assert told(shown) == told(nowhere), path
            if ROUTES[path].takes is not None:
                for way, answer in sendings(browser, key, path).items():
                    assert told(answer) == told(refusals[way]), (path, way)
        if path in {"/sign-out", "/leave"}:
            continue  # they end the session; below
        sent = browser.post(path + QUERIES.get(path, ""), {"form_key": key})
        assert (sent.status not in REFUSED) == (role in sends), path
    assert signed_in(role).post("/leave", {"form_key": key}).status == 403


def test_who_is_not_signed_in_learns_of_no_page(browser: Browser) -> None:
    refusals = sendings(browser, "", NOWHERE)
    for path in (*ROUTES, NOWHERE):
        if ROUTES.get(path) is not None and ROUTES[path].roles is None:
            continue
        asked, sent = browser.get(path), browser.post(path, {"a": "b"})
        for shown in (asked, sent):
            assert shown.status == 303
            assert shown.header("location") == "/sign-in?next=" + path.replace("/", "%2F")
            assert shown.text == ""
        if ROUTES.get(path) is not None and ROUTES[path].takes is not None:
            for way, answer in sendings(browser, "", path).items():
                status, headers, text = told(answer)
                headers["location"] = headers.get("location", "").partition("?")[0]
                ours = told(refusals[way])
                there = ours[1] | {"location": ours[1].get("location", "").partition("?")[0]}
                assert (status, headers, text) == (ours[0], there, ours[2]), (path, way)
