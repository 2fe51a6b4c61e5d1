"""A policy is checked as a whole, and what is wrong is told with its line."""

from datetime import date, timedelta

import pytest

from node.audience import ALL_CLOSED, CLOSED, FINEST, Purpose, Tier
from node.errors import PolicyError
from node.ladders import ACTOR, WHEN, WHERE
from node.policy import MAX_POLICY_BYTES, baseline, read_policy

TEXT = baseline().text
AGREEMENT = """
[[agreement]]
member = "alpha"
countries = ["SSD"]
until = 2027-12-31
[agreement.levels]
where = "point"

[[agreement]]
member = "beta"
[agreement.levels]
actor = "name"
"""


def test_the_baseline_is_careful() -> None:
    policy = baseline()

    assert (policy.name, policy.version) == ("SLT baseline", 1)
    assert policy.levels[Tier.PUBLIC][ACTOR.number] == CLOSED
    assert policy.levels[Tier.COORDINATOR][WHERE.number] < FINEST[WHERE.number]
    assert policy.embargo == {
        Tier.PUBLIC: timedelta(days=30),
        Tier.PEER: timedelta(0),
        Tier.COORDINATOR: timedelta(0),
    }
    assert Purpose.ADVOCACY not in policy.purposes[Tier.PEER]
    assert policy.captivity_presumed_over == timedelta(days=365)
    assert not policy.rcrc_named
    assert not policy.agreements


def test_agreements_name_a_member_countries_and_a_last_day() -> None:
    policy = read_policy(TEXT + AGREEMENT)
    alpha, beta = policy.agreements

    assert policy.agreed_members == {"alpha", "beta"}
    assert alpha.levels[WHERE.number] == FINEST[WHERE.number]
    assert alpha.levels[WHEN.number] == CLOSED
    assert alpha.applies("SSD", date(2027, 12, 31))
    assert not alpha.applies("SSD", date(2028, 1, 1))
    assert not alpha.applies("KEN", date(2027, 1, 1))
    assert beta.applies("KEN", date(2099, 1, 1))


def test_what_is_compared_beyond_what_was_shown_is_nothing_but_what_the_policy_names() -> None:
    named = read_policy(TEXT + '\n[matching]\nwhere = "admin1"\nwhen = "month"\n').matching

    assert baseline().matching == ALL_CLOSED
    assert named == tuple(1 if at in {WHEN.number, WHERE.number} else CLOSED for at in range(len(FINEST)))
    with pytest.raises(PolicyError, match=r"matching\.where"):
        read_policy(TEXT + '\n[matching]\nwhere = "street"\n')


def test_another_text_is_another_version() -> None:
    assert read_policy(TEXT).digest == baseline().digest
    assert read_policy(TEXT + "\n# a remark\n").digest != baseline().digest


def test_a_country_that_is_not_named_is_at_the_level_of_the_default() -> None:
    careful = read_policy(TEXT.replace('default = "enhanced"', 'default = "regular"\nKEN = "enhanced"'))

    assert careful.is_regular("SSD")
    assert not careful.is_regular("KEN")
    assert not baseline().is_regular("SSD")


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'where = "admin1"\nwhat',
            'where = "street"\nwhat',
            "levels.peer.where: 'street' is none of country",
        ),
        ('name = "SLT baseline"', 'nome = "SLT baseline"', "nome: extra inputs are not permitted"),
        ("version = 1", 'version = "1"', "version: input should be a valid integer"),
        ("version = 1", "version = 0", "version: input should be greater than or equal to 1"),
        ("public = 30", "public = -1", "embargo.public: input should be greater than or equal to 0"),
        ("public = 30", "guests = 30", "embargo.guests: extra inputs are not permitted"),
        ('peer = ["staff', 'peer = ["gossip", "staff', "purposes.peer: 'gossip' is none of staff_safety"),
        ('default = "enhanced"', 'default = "high"', "countries.default: input should be"),
        ('default = "enhanced"', 'default = "enhanced"\nXQX = "regular"', "'XQX' is not a code"),
        ("presumed_over_days = 365", "presumed_over_days = true", "captivity.presumed_over_days"),
        ("rcrc_named = false", 'rcrc_named = "no"', "consent.rcrc_named: input should be a valid boolean"),
        ('[regular]\nwhere = "admin1"', '[regular]\nwhere = "street"', "regular.where: 'street' is none of"),
        (
            'when = "month"\nwhere = "admin1"\nwhat',
            'when = "month"\nwhat',
            "levels.peer: shows less than public does",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(old: str, new: str, said: str) -> None:
    text = TEXT.replace(old, new, 1)
    assert text != TEXT

    with pytest.raises(PolicyError) as caught:
        read_policy(text)

    assert said in str(caught.value)
    line = int(str(caught.value).removeprefix("line ").partition(":")[0])
    place = caught.value.args[0].partition(": ")[2].partition(":")[0].rpartition(".")[2]
    assert place in text.splitlines()[line - 1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = ", "not TOML: Invalid value"),
        ("", "name: field required"),
        (TEXT.replace("[embargo]", "[delay]"), "delay: extra inputs"),
        (TEXT.replace('default = "enhanced"', 'KEN = "regular"'), "says nothing of the default"),
        ("#" * (MAX_POLICY_BYTES + 1), "longer than"),
        (TEXT + AGREEMENT.replace('"SSD"', '"Juba"'), "agreement.0.countries: 'Juba' is not a code"),
        (TEXT + AGREEMENT.replace('actor = "name"', 'actor = "face"'), "agreement.1.levels.actor: 'face'"),
        (TEXT + AGREEMENT.replace("2027-12-31", '"soon"'), "agreement.0.until"),
    ],
)
def test_a_policy_that_can_not_be_meant_is_refused(text: str, said: str) -> None:
    with pytest.raises(PolicyError) as caught:
        read_policy(text)

    assert said in str(caught.value)


def test_all_that_is_wrong_is_told_at_once() -> None:
    text = TEXT + AGREEMENT
    for old, new in (
        ('name = "SLT baseline"', 'nome = "SLT baseline"'),
        ('when = "month"\nwhere = "admin1"\nwhat', 'when = "month"\nwhat'),
        ("public = 30", "public = -1"),
        ('peer = ["staff', 'peer = ["gossip", "rumour", "staff'),
        ('default = "enhanced"', 'XQX = "regular"'),
        ('["SSD"]\nuntil', '["Juba"]\nuntil'),
        ('actor = "name"', 'actor = "face"'),
    ):
        assert old in text
        text = text.replace(old, new, 1)

    with pytest.raises(PolicyError) as caught:
        read_policy(text)

    told = str(caught.value).splitlines()
    assert [line.partition(": ")[2].partition(":")[0] for line in told] == [
        "levels.peer",
        "embargo.public",
        "purposes.peer",
        "countries.XQX",
        "agreement.0.countries",
        "agreement.1.levels.actor",
        "nome",
        "field required",
        "countries",
    ]
    assert "'gossip', 'rumour' is none of staff_safety" in told[2]
    numbers = [int(line[5 : line.index(":")]) for line in told if line.startswith("line ")]
    assert [text.splitlines()[number - 1][:4] for number in numbers] == [
        "[lev",
        "publ",
        "peer",
        "XQX ",
        "coun",
        "acto",
        "nome",
        "[cou",
    ]


def test_bounds_are_inclusive() -> None:
    agreement = AGREEMENT.replace('"alpha"', '"{}"')
    name = 'name = "SLT baseline"'

    for fits in ("ab", "a" * 63):
        assert fits in read_policy(TEXT + agreement.format(fits)).agreed_members
    for does_not in ("a", "a" * 64):
        with pytest.raises(PolicyError, match=r"agreement\.0\.member"):
            read_policy(TEXT + agreement.format(does_not))
    for fits in ("a", "a" * 100):
        assert read_policy(TEXT.replace(name, f'name = "{fits}"')).name == fits
    for does_not in ("", "a" * 101):
        with pytest.raises(PolicyError, match="name: string should have at"):
            read_policy(TEXT.replace(name, f'name = "{does_not}"'))
    assert read_policy(TEXT + "#" * (MAX_POLICY_BYTES - len(TEXT.encode()))) is not None


def test_the_line_of_the_second_agreement_is_the_one_that_is_named() -> None:
    wrong = 'actor = "face"'
    text = TEXT + AGREEMENT.replace('actor = "name"', wrong)

    with pytest.raises(PolicyError) as caught:
        read_policy(text)

    assert str(caught.value).startswith(f"line {line_of(text, wrong)}:")
