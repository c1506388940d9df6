"""What an analysis hands on to the next."""

import numpy as np

from eddyline.adaptation.carried import fresh, pack, unpack
from eddyline.adaptation.rehash import Families, Family

LARGE = Families(Family(9.0, np.linspace(0.1, 1, 99)), Family(9.0, np.linspace(0.1, 1, 99)))


def test_before_the_first_look_there_is_no_probability() -> None:
    assert fresh(99).p is None


def test_an_old_look_adds_nothing() -> None:
    carried = fresh(99).after(20, LARGE)
    assert carried.after(7, LARGE) is carried
    assert (carried.looks, carried.p) == (20, 0.02)


def test_a_look_that_could_not_compare_anything_adds_nothing() -> None:
    assert fresh(99).after(3, None).looks == 0


def test_what_was_stored_is_what_was_carried() -> None:
    carried = fresh(99).after(20, LARGE)
    again = unpack(pack(carried))
    assert (again.looks, again.draws, again.p) == (20, 99, carried.p)
    assert np.array_equal(again.alive.rejected, carried.alive.rejected)
