"""What the scanner finds in four scripts, and what it must leave alone; every example is made up."""

import csv
from pathlib import Path

import pytest

from node.scan import NO_NAMES, Kind, scan

FOUND = {
    Kind.EMAIL: [
        "write to focal.point+x@example.org, please",
        "FOCAL@EXAMPLE.ORG",
        "focal@example.org.",
        "<focal_point@mail.example.org>",
        "focal (at) example (dot) org",
        "focal[at]example.org",
        "focal＠example．org",
        "fоcal@exаmple.org",  # with two Cyrillic letters
        "foc\u200bal@exam\u00adple.org",
        "имя@пример.рф",
        "البريد: name@example.org",
        "邮箱名@例子.公司",
    ],
    Kind.ACCOUNT: ["he is @alpha_name there", "t.me/alphaname", "https://www.facebook.com/alpha.name"],
    Kind.PHONE: [
        "call +000 00 000 0001 now",
        "+00000000001",
        "+(000) 000-0001",
        "(000) 000-0001",
        "000-000-0001",
        "0000 000 001",
        "00000000001",
        "00000 000 000 001",
        "tel. 00001",
        "phone: 555 0001",
        "phone no. 5550001",
        "mobiles 5550001",
        "whatsapp 55-500-01",
        "on 2024-03-14 he called 0100 000 001",
        "in 2024 0100 000 001",
        "100 000 001",
        "+٠٠٠ ٠٠ ٠٠٠ ٠٠٠١",
        "هاتف: ٥٥٥٠٠٠١",
        "وهاتفه ٥٥٥٠٠٠١",
        "شماره تماس ۵۵۵۰۰۰۱",
        "\u202b+٠٠٠٠٠٠٠٠٠٠١\u202c",
        "телефон 555-00-01",
        "его телефоном: 5550001",
        "тел.: 5550001",
        "+०००००००००१",
        "＋００００００００００１",
        "电话：５５５０００１",
        "手机号码5550001",
        "一三〇〇〇〇〇〇〇〇一",
        "+0\u200b0\u200b0\u200b0000001",
    ],
    Kind.PLATE: [
        "a car, plate XXX 000",
        "number plate: X000XX",
        "registration no. XX 00 XXX",
        "KXX 000X",
        "XX-000-XX",
        "XX00 XXX",
        "А000ВС 00",
        "машина А000ВС00",
        "АА 0000 ВВ",
        "госномер 0000 АВ",
        "لوحة رقم ٠٠٠٠٠",
        "أ ب ج ٠٠٠٠",
        "۰۰ ب ۰۰۰",
        "پلاک ۰۰۰۰۰",
        "京A·00000",
        "车牌 00000",
    ],
    Kind.COORDINATE: [
        "at 8.30012, 30.14567",
        "8.30012,30.14567",
        "-8.30012 / -30.14567",
        "(8.301; 30.145)",
        "8,30012 30,14567",
        "8.30012N 30.14567E",
        "lat 8.30 lon 30.14",
        "GPS: 8.30, 30.14",
        "8.30° N, 30.14° E",
        "8°18'00\" N 30°08'24\" E",
        "8° 18.00' N",
        "N 8.30, E 30.14",
        "36N XX 00000 00000".replace("XX", "PT"),
        "36NPT0000000000",
        "36 N 000000 0000000",
        "6GCRPR6C+2F".replace("1", "2"),
        "///one.two.three",
        "٨٫٣٠٠١٢، ٣٠٫١٤٥٦٧",
        "8,30° с.ш.",
        "北纬8.30度 8.30°北",
        "8.30° شمال",
    ],
    Kind.IDENTITY: [
        "passport A0000001",
        "AB0000001",
        "his ID card no. 0000-1",
        "staff number 000123",
        "000-00-0001",
        "0000 0000 0001",
        "123456789012",
        "12345678901234567X",
        "XX00XXXX00000000000001",
        "паспорт 0000 000001".replace(" 000001", "000001"),
        "паспортом № 0000001",
        "رقم الهوية ٠٠٠٠٠٠١",
        "جواز سفره رقم ٠٠٠٠٠٠١",
        "身份证号000000000000000001",
        "护照：E00000001",
    ],
    Kind.BIRTH: [
        "born 14 March".replace("14 March", "14.03.1990"),
        "DOB: 1990-03-14",
        "date of birth 14/03/1990",
        "born in 1990",
        "дата рождения 14.03.1990",
        "1990 г.р.",
        "родился в 1990",
        "من مواليد ١٩٩٠",
        "متولد ۱۹۹۰",
        "出生于1990",
        "1990年出生",
    ],
    Kind.AGE: [
        "a 34-year-old driver",
        "34 years old",
        "aged 34",
        "aged 34-36",
        "age: 34",
        "34 y/o",
        "34-летний водитель",
        "в возрасте 34 лет",
        "يبلغ من العمر ٣٤ عاما",
        "عمرها ٣٤",
        "۳۴ ساله",
        "34岁",
    ],
}

NOTHING = [
    "",
    "3 killed, 2 injured",
    "On 14 March 2024 at 09:30 two staff were abducted; 12 were released on 2024-03-20.",
    "2024-03-14",
    "14.03.2024",
    "14/03/24",
    "20240314",
    "2024-03-14 12:30",
    "2015 2016 2017 2018",
    "2015-2016, 2016-2017",
    "1998-2004",
    "SS0101, SY020304, AF1001, UA0500000000, ET010101, KE001",
    "12 345 678 people",
    "1,234,567",
    "1.234.567",
    "120 000 000",
    "USD 120 000 000",
    "USD 500M",
    "USD 500 000 in 2024",
    "10 000-12 000 displaced",
    "10 000 - 12 000",
    "3-5 000 000",
    "100 to 200 shelters",
    "about 1500-2000 persons",
    "12.50, 13.75 and 14.00",
    "3.5 km",
    "0.123456789",
    "35°C, 40° heat",
    "turned 180°",
    "AK-47, BM-21, S-300, T-72, RPG-7, UH-60, Il-76, PM 2.5",
    "COVID-19, H5N1, B12",
    "S/RES/2286 (2016), A/RES/79/138, UNSCR 2730",
    "convoy of 14 trucks, km 120 of the A1 road",
    "children under 5",
    "under the age of 18",
    "aged under 18",
    "aged 30-34",
    "18-25 years old",
    "over 60 years old",
    "a 3-year project, in its 34 years",
    "Camp 4, Block B, Sector 7",
    "plates of food for 12 families",
    "plates on 2 cars",
    "registration of 120 families",
    "the passport office in 2024",
    "call 3 witnesses",
    "1 2 3 4 5 6 7 8 9 10",
    "12 15 18 20 22",
    "on the road at 3 @ noon",
    "١٤ مارس ٢٠٢٤",
    "قتل ٣ وجرح ٢ في عام ٢٠٢٤",
    "١٢٬٣٤٥ نازح",
    "۱۴۰۲",
    "14 марта 2024 года, 3 убиты, 2 ранены",
    "10 000 человек за 34 года",
    "до 18 лет, старше 60 лет",
    "٢٠٢٤/٠٣/١٤",
    "2024年3月14日，3人死亡，2人受伤",
    "5岁以下儿童",
    "二〇二四年三月",
    "１２人",
    "2 कर्मचारी, २०२४",
    "Bahr el Ghazal", "Deir-ez-Zor", "Al-Hasakah", "Nord-Kivu", "Cabo Delgado", "Донецька", "حلب", "喀布尔",
    "District 9", "Zone 3 (North)", "Kakuma 1", "Hagadera IFO 2", "Wau/Raja",
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in FOUND.items() for text in texts])
def test_what_points_at_a_person_is_found(kind: Kind, text: str) -> None:
    assert kind in {one.kind for one in scan(text, NO_NAMES)}


@pytest.mark.parametrize("text", NOTHING)
def test_figures_dates_codes_and_places_are_left_alone(text: str) -> None:
    assert scan(text, NO_NAMES) == ()


@pytest.mark.parametrize("text", [text for texts in FOUND.values() for text in texts])
def test_what_is_found_is_found_between_other_words_in_capitals_and_right_to_left(text: str) -> None:
    kinds = {one.kind for one in scan(text, NO_NAMES)}

    for changed in (f"\u2067{text}\u2069", f"3 killed.\n{text}\nOn 14 March 2024.", f"\ufeff{text}\u200f"):
        assert kinds <= {one.kind for one in scan(changed, NO_NAMES)}


def test_a_finding_says_where_it_stands_in_the_text_as_it_was_given() -> None:
    text = "Büro\u200b, e-mail: foc\u200bal@example.org; +٠٠٠٠٠٠٠٠٠٠١."

    shown = {one.kind: text[one.start : one.end] for one in scan(text, NO_NAMES)}

    assert shown == {Kind.EMAIL: "foc\u200bal@example.org", Kind.PHONE: "+٠٠٠٠٠٠٠٠٠٠١"}


def test_no_name_of_a_place_or_an_actor_that_was_ever_published_is_taken_for_anything(shared: Path) -> None:
    with (shared / "data" / "incidents" / "awsd_security_incidents_2025-12-18.csv").open(
        encoding="utf-8-sig"
    ) as text:
        rows = list(csv.DictReader(text))[1:]  # the first row holds HXL tags
    names = {row[column] for row in rows for column in ("Region", "District", "City", "Actor name")}

    assert len(names) == 3681
    assert {name for name in names if scan(name, NO_NAMES)} == set()
