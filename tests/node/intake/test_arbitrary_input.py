"""Whatever bytes come in, out comes a publication or a refusal, and every row is accounted for."""

from hypothesis import example, given
from hypothesis import strategies as st

from node.errors import IntakeError
from node.intake import read_publication, rejects_csv
from tests.node.intake.tables import HEADER, TODAY, csv_text, read, row, workbook

_SOUND = csv_text([row(), row(incident_id="8", year="2014"), row(incident_id="9", day="")]).encode()
_WORKBOOK = workbook([list(HEADER), *([row().get(title, "0") for title in HEADER] for _ in range(3))])
_CELL = st.one_of(
    st.sampled_from(
        ["", "0", "1", "-1", "1.0", "2e3", "NaN", "=1", "Unknown", "KK", "99999999999", "\u0661", "\0"]
    ),
    st.text(max_size=12),
)


def survives(data: bytes, name: str = "table") -> None:
    try:
        publication = read_publication(data, name, None, TODAY)
    except IntakeError:
        return
    numbers = [accepted.number for accepted in publication.rows] + [
        reject.number for reject in publication.rejects
    ]
    assert len(set(numbers)) == len(numbers)
    assert len({one.key for one in publication.rows}) == len(publication.rows)
    assert all(reject.reasons for reject in publication.rejects)
    assert rejects_csv(publication)


@given(st.binary(max_size=400), st.text(max_size=40))
@example(b"\xef\xbb\xbf\xff", "x")
@example(b"PK\x03\x04", "x.xlsx")
def test_arbitrary_bytes_never_surprise(data: bytes, name: str) -> None:
    survives(data, name)


@given(st.text())
def test_arbitrary_text_never_surprises(text: str) -> None:
    survives(text.encode("utf-8", "surrogatepass"))


@given(st.data())
def test_a_table_with_any_bytes_replaced_never_surprises(data: st.DataObject) -> None:
    damaged = bytearray(data.draw(st.sampled_from([_SOUND, _WORKBOOK])))
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    survives(bytes(damaged))


@given(st.lists(st.dictionaries(st.sampled_from(HEADER), _CELL, max_size=8), min_size=1, max_size=6))
def test_every_row_of_a_table_with_any_cells_is_accepted_or_rejected(changes: list[dict[str, str]]) -> None:
    rows = [row() | change for change in changes]
    text = csv_text(rows)
    survives(text.encode("utf-8", "surrogatepass"))
    if "\0" not in text and text.isprintable():
        publication = read(*rows)
        assert len(publication.rows) + len(publication.rejects) == len(rows)


@given(st.permutations(range(4)), st.lists(st.integers(2010, 2013), min_size=4, max_size=4))
def test_keys_do_not_depend_on_the_order_of_rows(order: list[int], years: list[int]) -> None:
    rows = [row(year=str(year)) for year in years]
    keys = {(one.key, one.incident.when) for one in read(*rows).rows}
    assert {(one.key, one.incident.when) for one in read(*(rows[place] for place in order)).rows} == keys
    assert len(keys) == len(set(years))
