"""The watchdog: what stands still with work to do is stuck, what has nothing to do is not."""

from eddyline.watchdog import Place, Sight, Watchdog

PLACE: Place = ("fold", "observations", 3)
OTHER: Place = ("encode", "prompts", 0)


def stalls(watchdog: Watchdog, now_s: float, **seen: tuple[int | None, int]) -> list[Place]:
    """Show ``place`` and ``other``, each as (position, end); return what is stuck."""
    places = {"place": PLACE, "other": OTHER}
    sights = {places[name]: Sight(*sight) for name, sight in seen.items()}
    return [stall.place for stall in watchdog.look(sights, now_s)]


def test_a_partition_that_stands_still_with_records_to_read_is_stuck_after_the_time_and_not_before() -> None:
    watchdog = Watchdog(300)
    assert stalls(watchdog, 1000, place=(5, 9)) == []
    assert stalls(watchdog, 1299, place=(5, 20)) == []
    assert stalls(watchdog, 1300, place=(5, 20)) == [PLACE]


def test_a_partition_that_is_read_to_its_end_may_be_silent_for_ever() -> None:
    watchdog = Watchdog(300)
    assert [stalls(watchdog, at, place=(9, 9)) for at in range(0, 100_000, 1000)] == [[]] * 100


def test_the_time_starts_when_there_is_something_to_read_again() -> None:
    watchdog = Watchdog(300)
    stalls(watchdog, 0, place=(9, 9))
    stalls(watchdog, 1000, place=(9, 9))
    assert stalls(watchdog, 1010, place=(9, 10)) == []
    assert stalls(watchdog, 1299, place=(9, 10)) == []
    assert stalls(watchdog, 1300, place=(9, 10)) == [PLACE]


def test_one_record_of_progress_is_enough() -> None:
    watchdog = Watchdog(300)
    assert [stalls(watchdog, 299 * at, place=(at, 1000)) for at in range(100)] == [[]] * 100


def test_going_back_is_a_move_too() -> None:
    watchdog = Watchdog(300)
    stalls(watchdog, 0, place=(50, 100))
    assert stalls(watchdog, 299, place=(20, 100)) == []
    assert stalls(watchdog, 400, place=(20, 100)) == []


def test_one_stuck_partition_is_found_among_others_that_move() -> None:
    watchdog = Watchdog(300)
    stalls(watchdog, 0, place=(5, 9), other=(0, 50))
    assert stalls(watchdog, 300, place=(5, 9), other=(1, 50)) == [PLACE]


def test_a_partition_that_went_to_another_worker_and_came_back_starts_anew() -> None:
    watchdog = Watchdog(300)
    stalls(watchdog, 0, place=(5, 9))
    stalls(watchdog, 200)
    assert stalls(watchdog, 310, place=(5, 9)) == []
    assert stalls(watchdog, 610, place=(5, 9)) == [PLACE]


def test_a_consumer_that_does_not_answer_counts_as_standing_where_it_was() -> None:
    watchdog = Watchdog(300)
    stalls(watchdog, 0, place=(5, 5))
    assert stalls(watchdog, 400, place=(None, 5)) == []
    assert stalls(watchdog, 699, place=(None, 6)) == []
    assert stalls(watchdog, 700, place=(None, 6)) == [PLACE]


def test_a_consumer_that_never_answered_is_stuck() -> None:
    watchdog = Watchdog(300)
    stalls(watchdog, 0, place=(None, 0))
    assert stalls(watchdog, 300, place=(None, 0)) == [PLACE]


def test_an_outage_in_which_nothing_could_be_seen_is_not_counted() -> None:
    watchdog = Watchdog(300)
    stalls(watchdog, 0, place=(5, 9))
    watchdog.forget()
    assert stalls(watchdog, 1000, place=(5, 9)) == []


def test_a_stall_says_who_stands_where_and_for_how_long() -> None:
    watchdog = Watchdog(300)
    watchdog.look({PLACE: Sight(5, 9)}, 0)
    (stall,) = watchdog.look({PLACE: Sight(5, 9)}, 301)
    assert str(stall) == "fold has stood at offset 5 of observations-3 for 301 s, with records up to 8 to read"


def test_a_partition_whose_circuit_is_open_may_stand_still_and_is_watched_again_when_it_is_closed() -> None:
    watchdog = Watchdog(300)
    for at in range(0, 3000, 100):
        assert watchdog.look({OTHER: Sight(5, 9, paused=True)}, at) == []
    assert stalls(watchdog, 3000, other=(5, 9)) == []
    assert stalls(watchdog, 3300, other=(5, 9)) == [OTHER]
