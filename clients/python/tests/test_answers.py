"""No answer is never no hit, and nothing secret is shown."""

import pytest
from symbolon import Answer, CheckReport, Item, ItemResult, Outcome, Rejection, Retry, Source
from symbolon.errors import NoAnswer, QuotaExhausted, Unreachable

SOURCE = Source("BOR", "Borealia", "list", "List", "vin", 1, None, None)
ITEM = Item("vin", "WVWZZZ1JZXW000001")


def result(*outcomes: Outcome) -> ItemResult:
    return ItemResult(ITEM, tuple(Answer(outcome, SOURCE) for outcome in outcomes))


@pytest.mark.parametrize(
    "thing",
    [*Outcome, Answer(Outcome.HIT, SOURCE), result(Outcome.HIT), result(), CheckReport(b"", ())],
    ids=str,
)
def test_nothing_that_came_of_a_question_is_true_or_false(thing: object) -> None:
    with pytest.raises(TypeError):
        bool(thing)
    with pytest.raises(TypeError):
        assert not thing


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([Outcome.NO_HIT, Outcome.NO_HIT], Outcome.NO_HIT),
        ([Outcome.NO_HIT, Outcome.HIT, Outcome.NO_ANSWER], Outcome.HIT),
        ([Outcome.NO_HIT, Outcome.NO_ANSWER], Outcome.NO_ANSWER),
        ([Outcome.NOT_PERMITTED, Outcome.NO_ANSWER], Outcome.NO_ANSWER),
        ([Outcome.NO_HIT, Outcome.NOT_PERMITTED], Outcome.NOT_PERMITTED),
        ([], Outcome.NO_ANSWER),
    ],
)
def test_no_hit_is_said_only_if_every_list_says_so(answers: list[Outcome], expected: Outcome) -> None:
    assert result(*answers).outcome is expected


def test_a_value_that_was_not_read_is_neither() -> None:
    rejected = ItemResult(ITEM, rejection=Rejection("check_digit", "wrong"))
    assert rejected.outcome is Outcome.REJECTED
    with pytest.raises(TypeError, match="is not None"):
        bool(rejected.rejection)
    report = CheckReport(b"", (rejected, result(Outcome.NO_HIT)))
    assert not report.is_complete
    assert report.rejected == (rejected,)


def test_no_identifier_is_shown_by_repr() -> None:
    report = CheckReport(b"", (result(Outcome.HIT),))
    assert ITEM.value not in repr(report)
    assert ITEM.value not in str(report)


def test_an_exception_says_whether_trying_again_helps() -> None:
    from datetime import timedelta

    assert NoAnswer("try_again", "").retry is Retry.SOON
    # It renews at midnight, not in a moment.
    assert QuotaExhausted("quota_exhausted", "").retry is Retry.AFTER
    assert NoAnswer("proof_invalid", "").retry is Retry.NEVER
    waiting = QuotaExhausted("quota_exhausted", "", retry_after=timedelta(hours=3))
    assert waiting.retry is Retry.AFTER
    assert Unreachable("unreachable", "", in_doubt=True).retry is Retry.LOOK
