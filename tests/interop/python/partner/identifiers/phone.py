"""Telephone numbers: docs/identifiers.md, section 7.8, and docs/tables/phone-plans-v1.json."""

from __future__ import annotations

import json
from dataclasses import dataclass

import regex

from ..errors import Refused
from . import country as countries
from .text import (
    PLACEHOLDERS,
    QUOTES,
    Char,
    Text,
    check_decimal,
    check_size,
    digit,
    is_alphanumeric,
    is_separator,
    nfkc,
    placed,
    refuse_repeated,
)

_TABLE = json.loads((countries.TABLES / "phone-plans-v1.json").read_text(encoding="utf-8"))
MOST_DIGITS, LEAST_WITHOUT_PLUS = 15, 10
FORMER_TRUNKS = {"52": ["1", "01", "044", "045"], "375": ["80"]} | dict.fromkeys(
    ("370", "371", "373", "374", "992", "994", "996", "998"), ["8"]
)
EXIT_CODES = {"1": "011", "61": "0011", "7": "810", "375": "810", "993": "810", "81": "010"}
_EXTENSION = regex.compile(r"[;,]*(?:extension|extn|ext|x|#|доб)[=:]?[0-9]{1,7}")


@dataclass(frozen=True)
class Plan:
    """How the numbers of one calling code look."""

    code: str
    regions: tuple[str, ...]
    usual: tuple[int, ...]
    possible: tuple[int, ...]
    trunk: str | None
    leading_zero: bool

    def fits(self, number: str) -> bool:
        zero = number.startswith("0") and not self.leading_zero
        return len(number) in self.possible and len(self.code) + len(number) <= MOST_DIGITS and not zero

    def is_usual(self, number: str) -> bool:
        return len(number) in self.usual

    def prefixes(self) -> list[str]:
        """Step 4, in its order."""
        own = [self.trunk] if self.trunk else []
        return own + FORMER_TRUNKS.get(self.code, []) + ([] if self.leading_zero else ["0"])

    def national(self, digits: str) -> str | None:
        special = self._special(digits)
        if special is not None:
            return special if self.fits(special) else None
        without = [digits[len(prefix) :] for prefix in self.prefixes() if digits.startswith(prefix)]
        if not self.is_usual(digits):
            for shorter in without:
                if self.fits(shorter) and self.is_usual(shorter):
                    return shorter
        if self.fits(digits):
            return digits
        return next((shorter for shorter in without if self.fits(shorter)), None)

    def _special(self, digits: str) -> str | None:
        """Step 1."""
        if self.code == "54":
            rest = digits.removeprefix("0")
            if len(rest) != 12:
                return None
            three = _TABLE["argentine_area_codes_of_three_digits"]
            length = 2 if rest.startswith("11") else 3 if rest[:3] in three else 4
            if rest[length:].startswith("15"):
                return "9" + rest[:length] + rest[length + 2 :]
        if self.code == "55" and digits.startswith("0") and len(digits) - 1 in (12, 13):
            return digits[3:]
        return None


PLANS = [
    Plan(
        row["code"],
        tuple(row["regions"]),
        tuple(row["usual"]),
        tuple(row["possible"]),
        row.get("trunk"),
        row["leading_zero"],
    )
    for row in _TABLE["plans"]
]


def _reading(value: str) -> tuple[bool, str, int]:
    """Whether a plus stood first, the digits, and where the first digit is."""
    check_size(value)
    check_decimal(value)
    text = _without_scheme(nfkc(placed(value)))
    plus, digits = False, Text()
    for i, char in enumerate(text):
        found = digit(char.c)
        if found is not None:
            digits.append(Char(found, char.at))
        elif digits and _is_extension(text.from_index(i)):
            break
        elif char.c == "+" and not digits and not plus:
            plus = True
        elif not (is_separator(char.c) or char.c in QUOTES or char.c == "~"):
            raise _bad(char, text)
    if not digits:
        raise Refused("empty")
    refuse_repeated(digits)
    return plus, str(digits), digits[0].at


def _without_scheme(text: Text) -> Text:
    form = regex.match(r"(?i)\p{White_Space}*tel\p{White_Space}*:", str(text))
    return text.from_index(form.end()) if form else text


def _is_extension(rest: Text) -> bool:
    words = "".join(digit(char.c) or char.c for char in rest if not is_separator(char.c))
    return _EXTENSION.fullmatch(words.lower()) is not None


def _bad(char: Char, text: Text) -> Refused:
    if "".join(char.c for char in text if is_alphanumeric(char.c)).upper() in PLACEHOLDERS:
        return Refused("placeholder")
    reason = "more_than_one_value" if char.c in ",;|+" else "character_not_allowed"
    return Refused(reason, position=char.at)


Number = tuple[str, str]


def _international(digits: str, usual_only: bool = False) -> Number | None:
    for plan in PLANS:
        if digits.startswith(plan.code):
            national = plan.national(digits[len(plan.code) :])
            if national is None or (usual_only and not plan.is_usual(national)):
                return None
            return plan.code, national
    return None


def _home(country: str | None) -> Plan | None:
    if countries.is_blank(country):
        return None
    alpha2 = countries.ISSUERS[countries.resolve(country)].get("alpha2")
    return next((plan for plan in PLANS if alpha2 in plan.regions), None)


def _at_home(plan: Plan, digits: str) -> Number | None:
    """Steps 4 and 5."""
    longest = max(plan.usual)
    dialled = (
        plan.trunk is None
        or digits.startswith((plan.trunk, "0"))
        or len(digits) == longest
        or (len(digits) == longest - 1 and len(digits) >= 9)
    )
    national = plan.national(digits) if dialled else None
    if national is None and digits.startswith(plan.code):
        national = plan.national(digits[len(plan.code) :])
    return None if national is None else (plan.code, national)


def _number(plus: bool, digits: str, home: Plan | None) -> Number | None:
    if plus:
        return _international(digits)
    exit_code = EXIT_CODES.get(home.code) if home else None
    if exit_code and digits.startswith(exit_code):
        found = _international(digits[len(exit_code) :])
        if found:
            return found
    if digits.startswith("00"):
        return _international(digits[2:])
    if home:
        found = _at_home(home, digits)
        if found:
            return found
    if len(digits) >= LEAST_WITHOUT_PLUS and digits[0] != "0":
        return _international(digits, usual_only=True)
    return None


def phone(value: str, country: str | None) -> tuple[str, str]:
    plus, digits, first = _reading(value)
    home = None if plus else _home(country)
    found = _number(plus, digits, home)
    if found is None:
        known = plus or digits.startswith("00") or home is not None
        raise Refused("number_not_possible" if known else "country_required", position=first)
    code, national = found
    return f"+{code}{national}", f"+{code} {national}"
