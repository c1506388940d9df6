"""Runs: a padded batch is never made."""

from hypothesis import given
from hypothesis import strategies as st

from eddyline.encoders.runs import MAX_TOKENS_PER_RUN, equal_length_runs

lengths_of_texts = st.lists(st.integers(min_value=2, max_value=700), max_size=80)


@given(lengths_of_texts)
def test_every_text_is_in_one_run(lengths: list[int]) -> None:
    assert sorted(index for run in equal_length_runs(lengths) for index in run) == list(range(len(lengths)))


@given(lengths_of_texts)
def test_a_run_has_one_length_so_that_nothing_is_padded(lengths: list[int]) -> None:
    assert all(len({lengths[index] for index in run}) == 1 for run in equal_length_runs(lengths))


@given(lengths_of_texts)
def test_a_run_of_several_texts_stays_within_512_tokens(lengths: list[int]) -> None:
    runs = list(equal_length_runs(lengths))
    assert all(len(run) == 1 or len(run) * lengths[run[0]] <= MAX_TOKENS_PER_RUN for run in runs)


def test_long_texts_go_first_so_that_threads_end_together() -> None:
    assert list(equal_length_runs([2, 256, 2, 256, 256])) == [[1, 3], [4], [0, 2]]
