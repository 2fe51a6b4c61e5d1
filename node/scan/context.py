"""Words beside a number that say what it is, in the languages in which reports are written."""

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache

from node.scan.folded import fold_text, is_unspaced

WINDOW = 40  # characters before or after a number that are looked at


class Context(StrEnum):
    """What the words beside a number are about."""

    PHONE = "phone"
    IDENTITY = "identity"
    PLATE = "plate"
    BIRTH = "birth"
    AGE = "age"
    LIMIT = "limit"  # an age that is only a bound names nobody's age


_BEFORE = {
    Context.PHONE: (
        "tel|telephone|phone|mobile|cell|call|whatsapp|signal|viber|telegram|telefono|telefone|telephoner|portable|"
        "телефон|тел|моб|вотсап|ватсап|"
        "هاتف|هواتف|جوال|تلفون|تليفون|موبايل|واتساب|واتس|تلفن|موبایل|شماره تماس|"
        "电话|電話|手机|手機|微信|联系方式"
    ),
    Context.IDENTITY: (
        "passport|passport no|id card|id no|id number|identity card|identity number|national id|national number|"
        "staff no|staff id|staff number|employee no|employee id|employee number|payroll|payroll number|iban|account no|"
        "account number|social security|social security number|driving licence|driving license|carte d'identite|"
        "passeport|pasaporte|cedula|matricule|"
        "паспорт|удостоверени|инн|снилс|табельн|"
        "رقم الهوية|هوية|جواز|جواز سفر|الرقم الوطني|رقم وظيفي|کد ملی|تذکره|تذكرة|پاسپورت|گذرنامه|"
        "身份证|身份證|护照|護照|工号|工號|证件"
    ),
    Context.PLATE: (
        "plate|plate no|plate number|number plate|license plate|licence plate|registration|registration no|"
        "registration number|reg|reg no|immatriculation|plaque|matricula|placa|"
        "госномер|гос номер|номерной знак|автомобиль номер|"
        "لوحة|لوحة رقم|نمبر پلیت|نمره پلیت|پلاک|پلیت|"
        "车牌|車牌|车号|牌照"
    ),
    Context.BIRTH: (
        "born|dob|d.o.b|date of birth|birth date|birthdate|birthday|ne le|nee le|nacido|nacida|"
        "дата рождения|родил|рожд|народи|"
        "مواليد|من مواليد|تاريخ الميلاد|تاريخ الولادة|ولد|ولدت|متولد|تاریخ تولد|"
        "出生|生于|生於|生日"
    ),
    Context.AGE: (
        "aged|age|age of|agee de|age de|edad|"
        "возраст|в возрасте|віком|"
        "عمره|عمرها|العمر|يبلغ من العمر|البالغ من العمر|سن|"
        "年龄|年齡|年仅|现年"
    ),
    Context.LIMIT: (
        "under|over|below|above|than|least|minimum|maximum|most|up to|moins de|plus de|"
        "до|старше|младше|более|менее|"
        "دون|فوق|تحت|اقل من|اكثر من|زیر|بالای|"
        "不满|未满|超过|不足"
    ),
}
_AFTER = {
    Context.BIRTH: "г.р|года рождения|г. рожд|年出生|年生|月生|日生|日出生",
    Context.AGE: (
        "years old|year old|year-old|yrs old|yr old|years of age|yo|y/o|y.o|years-old|"
        "ans d'age|anos de edad|anos de idade|"
        "летн|-летн|лет от роду|-річн|річн|"
        "ساله|سنة من العمر|عاما من العمر|سنوات من العمر|"
        "岁|歲|周岁"
    ),
    Context.LIMIT: (
        "and over|and under|and older|and younger|or older|or younger|岁以下|岁以上|歲以下|歲以上|岁及以下|岁及以上"
    ),
}
# What may stand between the word and the number.
_NUMBER = r"(?:(?:no|nr|num|number|numbers|is|was|card|رقم|номер|号码|号|為|为|是){then}){{0,2}}"
_PREPOSITION = r"(?:(?:of|in|on|at|him|her|them|us|me|в|на|по|في|عام|سنة|در|سال|于|於){then})?"
_THEN = r"(?![^\W\d_])[^\w\n]{0,4}"


@lru_cache(maxsize=len(Context))
def _before(context: Context) -> re.Pattern[str]:
    return re.compile(rf"(?:{_words(_BEFORE[context])})[^\w\n]{{0,5}}{_filler()}[+(\[]{{0,2}}\Z")


@lru_cache(maxsize=len(Context))
def _after(context: Context) -> re.Pattern[str]:
    return re.compile(rf"[ -]{{0,2}}(?:{_words(_AFTER[context])})")


@lru_cache(maxsize=len(Context))
def _mention(context: Context) -> re.Pattern[str]:
    return re.compile(rf"(?:{_words(_BEFORE[context])})[^\w\n]{{0,5}}{_fold(_NUMBER).format(then=_THEN)}")


def mentions(text: str, context: Context) -> Iterator[int]:
    """Where words about this end in a folded text."""
    return (one.end() for one in _mention(context).finditer(text))


def before(text: str, at: int, context: Context) -> bool:
    """Whether words about this stand right before a place of a folded text."""
    return _before(context).search(text[max(0, at - WINDOW) : at]) is not None


def after(text: str, at: int, context: Context) -> bool:
    """Whether words about this stand right behind a place of a folded text."""
    return context in _AFTER and _after(context).match(text[at : at + WINDOW]) is not None


def _words(listed: str) -> str:
    return "|".join(_word(_fold(word)) for word in sorted(listed.split("|"), key=len, reverse=True))


def _word(folded: str) -> str:
    """English stands alone; other languages put endings, and Arabic also beginnings, to their words."""
    text = re.escape(folded)
    if folded.isascii() and not folded.startswith("-"):
        return rf"(?<![^\W_]){text}s?\.?(?![^\W\d_])"
    if any(map(is_unspaced, folded)):
        return text
    return rf"(?<![^\W_])[^\W\d_]{{0,3}}{text}[^\W\d_]{{0,5}}"


def _filler() -> str:
    return (_fold(_NUMBER) + _fold(_PREPOSITION)).format(then=_THEN)


def _fold(words: str) -> str:
    return fold_text(words).text
