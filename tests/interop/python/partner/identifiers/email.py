"""E-mail addresses: docs/identifiers.md, section 7.9."""

from __future__ import annotations

import unicodedata

import idna
import regex

from ..errors import Refused
from .text import INVISIBLE, PLACEHOLDERS, QUOTES, Text, check_size, is_alphanumeric, is_space, nfkc, placed

LOCAL_MARKS = frozenset("!#$%&'*+-/=?^_`{|}~.")
MOST_LOCAL, MOST_DOMAIN = 64, 253


def _ends(text: Text) -> Text:
    start, stop = 0, len(text)
    while start < stop and is_space(text[start].c):
        start += 1
    while stop > start and is_space(text[stop - 1].c):
        stop -= 1
    if stop - start >= 2 and text[start].c in QUOTES and text[stop - 1].c in QUOTES:
        return _ends(text.from_index(start + 1, stop - 1))
    return text.from_index(start, stop)


def _unwrapped(value: str) -> Text:
    text = _ends(Text(char for char in nfkc(placed(value)) if char.c not in INVISIBLE))
    if str(text)[:7].lower() == "mailto:":
        text = _ends(text.from_index(7))
    if len(text) >= 2 and text[0].c == "<" and text[-1].c == ">":
        text = _ends(text.from_index(1, -1))
    return text


def _bad(text: Text, allowed: str, extra: str = "") -> None:
    for char in text:
        if not regex.match(allowed, char.c) and char.c not in extra:
            reason = "more_than_one_value" if char.c in ",;" else "character_not_allowed"
            raise Refused(reason, position=char.at)


def _local(text: Text) -> str:
    if len(text) >= 2 and text[0].c == text[-1].c == '"':
        text = text.from_index(1, -1)
    if not text:
        raise Refused("malformed")
    if text[0].c == ".":
        raise Refused("malformed", position=text[0].at)
    _bad(text, r"[A-Za-z0-9]|(?![\x00-\x7f])[\p{Alphabetic}\p{N}\p{M}]", "".join(LOCAL_MARKS))
    local = str(text)
    for _ in range(4):
        lower = unicodedata.normalize("NFKC", local.lower())
        if lower == local:
            break
        local = lower
    if len(local.encode()) > MOST_LOCAL:
        raise Refused("too_long")
    return local


def _domain(text: Text, at: int) -> str:
    if text and text[-1].c == ".":
        text = text.from_index(0, -1)
    _bad(text, r"[A-Za-z0-9]|[^\x00-\x7f]", ".-")
    position = text[0].at if text else at
    try:
        domain = idna.encode(str(text), uts46=True, std3_rules=True, transitional=False).decode()
    except (idna.IDNAError, UnicodeError) as error:
        raise Refused("domain", position=position) from error
    last = domain.rpartition(".")[2]
    good = regex.fullmatch(r"[a-z]{2,}|xn--.+", last) is not None
    if len(domain) > MOST_DOMAIN or "." not in domain or not good:
        raise Refused("domain", position=position)
    return domain


def email(value: str) -> tuple[str, str]:
    check_size(value)
    text = _unwrapped(value)
    if not text:
        raise Refused("empty")
    letters = "".join(char.c for char in text if is_alphanumeric(char.c))
    if letters.upper() in PLACEHOLDERS:
        raise Refused("placeholder")
    signs = [i for i, char in enumerate(text) if char.c == "@"]
    if not signs:
        raise Refused("malformed")
    if len(signs) > 1:
        raise Refused("more_than_one_value", position=text[signs[1]].at)
    at = signs[0]
    canonical = f"{_local(text.from_index(0, at))}@{_domain(text.from_index(at + 1), text[at].at)}"
    return canonical, canonical
