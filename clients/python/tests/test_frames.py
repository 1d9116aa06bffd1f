"""Frames go in and frames of the same kind come out."""

import asyncio

import pandas as pd
import polars as pl
import pytest
from symbolon import (
    AsyncBureau,
    Bureau,
    Profile,
    check_frame,
    check_frame_async,
    check_series,
)

GROUNDS = {"purpose": "border_check", "case": "python/4"}
ROWS = {
    "kind": ["container", "phone", "container", None, "vin"],
    "number": ["DMOU.038046.0", "+44 7400 123456", None, "x", "not a vin"],
    "seen": [1, 2, 3, 4, 5],
}
OUTCOMES = ["hit", "no_hit", "rejected", "rejected", "rejected"]
REASONS = [None, None, "missing", "missing"]


@pytest.fixture
def bureau(profile: Profile):
    with Bureau.connect(profile) as connected:
        yield connected


def test_a_pandas_frame_keeps_index_rows_and_columns(bureau: Bureau) -> None:
    frame = pd.DataFrame(ROWS, index=["a", "b", "b", "c", "d"])
    before = frame.copy()
    out = check_frame(bureau, frame, type="kind", value="number", bureaus=["BOR"], **GROUNDS)
    assert isinstance(out, pd.DataFrame)
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_frame_equal(out[list(ROWS)], before)
    assert out["symbolon_outcome"].tolist() == OUTCOMES
    assert out["symbolon_outcome"].dtype == "category"
    assert out["symbolon_hits"].tolist()[0] >= 1
    assert out["symbolon_bureaus"].tolist()[0] == "BOR"
    reasons = [None if pd.isna(r) else r for r in out["symbolon_reason"]]
    assert reasons[:4] == REASONS
    assert reasons[4]
    assert out["symbolon_sentence"].notna().tolist() == [False, False, True, True, True]


def test_a_polars_frame_keeps_rows_and_columns(bureau: Bureau) -> None:
    frame = pl.DataFrame(ROWS)
    out = check_frame(bureau, frame, type="kind", value="number", bureaus=["BOR"], **GROUNDS)
    assert isinstance(out, pl.DataFrame)
    assert out.select(list(ROWS)).equals(frame)
    assert out["symbolon_outcome"].to_list() == OUTCOMES
    assert out["symbolon_reason"].to_list()[:4] == REASONS


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_a_row_a_list_names_every_list(bureau: Bureau, make: type) -> None:
    frame = make(ROWS)
    out = check_frame(bureau, frame, type="container", value="number", per="list", **GROUNDS)
    assert type(out) is type(frame)
    first = [
        (bureau_, outcome)
        for seen, bureau_, outcome in zip(
            out["seen"], out["symbolon_bureau"], out["symbolon_outcome"], strict=True
        )
        if seen == 1
    ]
    assert {code for code, _ in first} == {"BOR", "CTG"}
    assert ("BOR", "hit") in first
    assert ("CTG", "no_hit") in first
    assert set(out["seen"]) == set(ROWS["seen"])


def test_asyncio_and_series_work_alike(bureau: Bureau, profile: Profile) -> None:
    async def ask() -> pl.DataFrame:
        async with AsyncBureau.connect(profile) as connected:
            frame = pl.DataFrame(ROWS)
            return await check_frame_async(connected, frame, type="kind", value="number", **GROUNDS)

    assert asyncio.run(ask())["symbolon_outcome"].to_list()[0] == "hit"
    series = pd.Series(["DMOU.038046.0", "junk"], index=[7, 9], name="box")
    out = check_series(bureau, series, type="container", **GROUNDS)
    assert out.index.tolist() == [7, 9]
    assert out["symbolon_outcome"].tolist() == ["hit", "rejected"]
    polars = check_series(bureau, pl.Series("box", ["DMOU.038046.0"]), type="container", **GROUNDS)
    assert polars["symbolon_outcome"].to_list() == ["hit"]


def test_numbers_are_read_as_written_or_not_at_all(bureau: Bureau) -> None:
    whole = check_series(bureau, pd.Series([447400123456]), type="phone", country="GBR", **GROUNDS)
    assert whole["symbolon_outcome"].tolist() != ["rejected"]
    broken = pd.Series([447400123456.0, None])
    out = check_series(bureau, broken, type="phone", country="GBR", **GROUNDS)
    assert out["symbolon_reason"].tolist() == ["not_text", "missing"]


def test_a_column_that_is_not_there_is_an_error_before_anything_is_asked(bureau: Bureau) -> None:
    frame = pd.DataFrame(ROWS)
    with pytest.raises(KeyError):
        check_frame(bureau, frame, type="vin", value="nowhere", **GROUNDS)
    with pytest.raises(KeyError):
        check_frame(bureau, frame, type="passports", value="number", **GROUNDS)
    with pytest.raises(TypeError, match="collect"):
        check_frame(bureau, pl.LazyFrame(ROWS), type="vin", value="number", **GROUNDS)
    with pytest.raises(TypeError, match="purpose"):
        check_frame(bureau, frame, type="vin", value="number")


def test_a_frame_in_which_nothing_can_be_asked_comes_back_all_the_same(bureau: Bureau) -> None:
    out = check_frame(bureau, pd.DataFrame({"n": [None, None]}), type="vin", value="n", **GROUNDS)
    assert out["symbolon_outcome"].tolist() == ["rejected", "rejected"]
