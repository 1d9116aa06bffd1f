"""Checks of whole pandas or Polars frames.

A frame goes in and a frame of the same kind comes out, with its rows, index and columns, and with the
answers in columns of their own. A row that cannot be asked stays, with the reason.

pandas and Polars are needed only by whoever passes their frames: ``pip install symbolon[pandas]``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar

from symbolon import _core, _given
from symbolon.answers import CheckReport, Item, ItemResult, Outcome, Rejection

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    from symbolon.bureau_face import AsyncBureau, Bureau
    from symbolon.partner_face import AsyncPartner, Partner

    Checks: TypeAlias = Bureau | Partner
    AsyncChecks: TypeAlias = AsyncBureau | AsyncPartner
    Per: TypeAlias = Literal["row", "list"]

__all__ = ["check_frame", "check_frame_async", "check_series", "check_series_async"]

F = TypeVar("F")

_TYPES = frozenset(name for name, *_ in _core.identifier_types()) | {"mrz"}
_OUTCOMES = [outcome.value for outcome in Outcome]
_PREFIX = "symbolon_"


def check_frame(
    checks: Checks,
    frame: F,
    *,
    type: str,  # noqa: A002 - what it is
    value: str,
    country: str | None = None,
    per: Per = "row",
    **grounds: Any,
) -> F:
    """Check each row of a frame.

    ``checks`` is a :class:`~symbolon.Bureau` or :class:`~symbolon.Partner`. ``type`` is the name of an
    identifier type, or of a column with such names. ``value`` is the column of identifiers: text, or
    whole numbers. ``country`` is a column, or where there is no such column the country itself.
    ``grounds`` are those of :meth:`~symbolon.Bureau.check_many`.

    With ``per="row"`` each row comes back once, with the columns ``symbolon_outcome``, ``_hits`` (how
    many lists hit), ``_bureaus`` (which bureaus' lists), ``_reason``, ``_sentence`` and ``_check_id``.
    With ``per="list"`` each row comes back once for each list that was asked, with ``_outcome``,
    ``_bureau``, ``_dataset``, ``_label``, ``_reason``, ``_sentence``, ``_set_version``, ``_updated_at``
    and ``_check_id``.
    """
    rows = _Rows(_kind(frame), frame, type, value, country, per)
    answered: F = rows.answered(checks.check_many(rows.items, **grounds))
    return answered


async def check_frame_async(
    checks: AsyncChecks,
    frame: F,
    *,
    type: str,  # noqa: A002 - what it is
    value: str,
    country: str | None = None,
    per: Per = "row",
    **grounds: Any,
) -> F:
    """Check each row of a frame, as :func:`check_frame`."""
    rows = _Rows(_kind(frame), frame, type, value, country, per)
    answered: F = rows.answered(await checks.check_many(rows.items, **grounds))
    return answered


def check_series(
    checks: Checks,
    series: Any,
    *,
    type: str,  # noqa: A002 - what it is
    country: str | None = None,
    per: Per = "row",
    **grounds: Any,
) -> Any:
    """Check each value of a series; gives a frame with the values, and the columns of ``check_frame``."""
    frame, name = _frame_of(series)
    return check_frame(checks, frame, type=type, value=name, country=country, per=per, **grounds)


async def check_series_async(
    checks: AsyncChecks,
    series: Any,
    *,
    type: str,  # noqa: A002 - what it is
    country: str | None = None,
    per: Per = "row",
    **grounds: Any,
) -> Any:
    """Check each value of a series, as :func:`check_series`."""
    frame, name = _frame_of(series)
    return await check_frame_async(
        checks, frame, type=type, value=name, country=country, per=per, **grounds
    )


class _Pandas:
    """What differs in pandas."""

    @staticmethod
    def column(frame: Any, name: str) -> list[Any]:
        values = frame[name]
        return [None if gap else v for v, gap in zip(values.tolist(), values.isna(), strict=True)]

    @staticmethod
    def joined(frame: Any, places: Sequence[int] | None, columns: dict[str, list[Any]]) -> Any:
        import pandas as pd  # noqa: PLC0415 - optional

        out = frame.copy() if places is None else frame.iloc[places].copy()
        for name, values in columns.items():
            if name.endswith("_outcome"):
                out[name] = pd.Categorical(values, categories=_OUTCOMES)
            elif name.endswith("_updated_at"):
                out[name] = pd.array(pd.to_datetime(values, utc=True))
            elif name.endswith(("_hits", "_set_version")):
                out[name] = pd.array(values, dtype="Int64")
            else:
                out[name] = pd.array(values, dtype="string")
        return out


class _Polars:
    """What differs in Polars."""

    @staticmethod
    def column(frame: Any, name: str) -> list[Any]:
        values: list[Any] = frame[name].to_list()
        return values

    @staticmethod
    def joined(frame: Any, places: Sequence[int] | None, columns: dict[str, list[Any]]) -> Any:
        import polars as pl  # noqa: PLC0415 - optional

        kinds: dict[str, Any] = {
            "outcome": pl.Enum(_OUTCOMES),
            "hits": pl.Int64,
            "set_version": pl.Int64,
            "updated_at": pl.Datetime("us", "UTC"),
        }
        out = frame if places is None else frame[list(places)]
        return out.with_columns(
            pl.Series(name, values, dtype=kinds.get(name.removeprefix(_PREFIX), pl.String))
            for name, values in columns.items()
        )


def _kind(frame: object) -> type[_Pandas | _Polars]:
    library, name = type(frame).__module__.split(".", 1)[0], type(frame).__name__
    if library == "pandas" and name == "DataFrame":
        return _Pandas
    if library == "polars" and name == "DataFrame":
        return _Polars
    hint = "; collect it first" if name == "LazyFrame" else ""
    raise TypeError(f"expected a DataFrame of pandas or Polars, not {library}.{name}{hint}")


def _frame_of(series: Any) -> tuple[Any, str]:
    if type(series).__name__ != "Series":
        raise TypeError("expected a Series of pandas or Polars")
    name = str(series.name) if series.name not in {None, ""} else "value"
    return series.to_frame(name), name


class _Rows:
    """The rows of a frame on their way."""

    def __init__(
        self,
        kind: type[_Pandas | _Polars],
        frame: Any,
        type_: str,
        value: str,
        country: str | None,
        per: Per,
    ) -> None:
        names = set(frame.columns)
        taken = sorted(n for n in names if isinstance(n, str) and n.startswith(_PREFIX))
        if taken:
            raise ValueError(f"the frame has answers already: {', '.join(taken)}")
        if value not in names:
            raise KeyError(value)
        if type_ not in _TYPES and type_ not in names:
            raise KeyError(f"{type_} is neither an identifier type nor a column")
        if per not in {"row", "list"}:
            raise ValueError("per is 'row' or 'list'")
        self._kind, self._frame, self._per = kind, frame, per
        values = kind.column(frame, value)
        count = len(values)
        types = [type_] * count if type_ in _TYPES else kind.column(frame, type_)
        if country is None or country not in names:
            countries: list[Any] = [country or ""] * count
        else:
            countries = kind.column(frame, country)
        self.items: list[Item] = []
        self._rows: list[int | ItemResult] = []
        for read in zip(types, values, countries, strict=True):
            item, rejection = _item(*read)
            if rejection is None:
                self._rows.append(len(self.items))
                self.items.append(item)
            else:
                self._rows.append(ItemResult(item, rejection=rejection))

    def answered(self, report: CheckReport) -> Any:
        """Join the answers to the rows."""
        results = [report.results[row] if isinstance(row, int) else row for row in self._rows]
        check = report.check_id.hex()
        if self._per == "row":
            columns = _columns([_row(result, check) for result in results], _ROW)
            return self._kind.joined(self._frame, None, columns)
        places: list[int] = []
        lines: list[tuple[Any, ...]] = []
        for place, result in enumerate(results):
            of_row = _lines(result, check)
            places += [place] * len(of_row)
            lines += of_row
        return self._kind.joined(self._frame, places, _columns(lines, _LIST))


_ROW = ("outcome", "hits", "bureaus", "reason", "sentence", "check_id")
_LIST = (
    *("outcome", "bureau", "dataset", "label", "reason", "sentence"),
    *("set_version", "updated_at", "check_id"),
)


def _columns(lines: list[tuple[Any, ...]], names: tuple[str, ...]) -> dict[str, list[Any]]:
    return {_PREFIX + name: [line[i] for line in lines] for i, name in enumerate(names)}


def _row(result: ItemResult, check: str) -> tuple[Any, ...]:
    hits = result.hits
    bureaus = ", ".join(sorted({hit.source.bureau for hit in hits})) or None
    why: Any = result.rejection
    if why is None:
        outcome = result.outcome
        why = next((a for a in result if a.outcome is outcome and a.reason), None)
    reason, sentence = (None, None) if why is None else (why.reason, why.sentence)
    return result.outcome.value, len(hits), bureaus, reason, sentence, check


def _lines(result: ItemResult, check: str) -> list[tuple[Any, ...]]:
    lines: list[tuple[Any, ...]] = []
    for answer in result:
        source, label = answer.source, answer.label
        line = (
            answer.outcome.value,
            source.bureau,
            source.dataset or None,
            None if label is None else label.text or None,
            answer.reason or None,
            answer.sentence or None,
            source.set_version or None,
            source.updated_at,
            check,
        )
        lines.append(line)
    if not lines:
        why = result.rejection
        reason, sentence = (None, None) if why is None else (why.reason, why.sentence)
        blank = (None, None)
        lines.append((result.outcome.value, *blank, None, reason, sentence, *blank, check))
    return lines


def _item(type_: Any, value: Any, country: Any) -> tuple[Item, Rejection | None]:
    texts = [_text(type_), _text(value), "" if country is None else _text(country)]
    read = Item(*(text or "" for text in texts))
    if value is None or type_ is None:
        return read, Rejection("missing", "the row has no value or no type; fill it in")
    if None in texts:
        sentence = (
            "the row holds something that is neither text nor a whole number, or half a character; read "
            "the columns as text, since numbers lose digits and leading zeros"
        )
        return read, Rejection("not_text", sentence)
    return read, None


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value if _given.is_text(value) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None
