"""Shares of all change."""

import numpy as np
import pytest
from tests.adaptation.studies import study

from eddyline.adaptation.shares import Shares, along
from eddyline.adaptation.study import Study
from eddyline.adaptation.terms import terms


def _shares(found: Study) -> Shares | None:
    made = terms(found)
    assert made is not None
    return along(found, made).shares


def test_shares_add_up_to_one() -> None:
    found = _shares(study(1, effect=0.3, season=0.2, leaving=0.5))
    assert found is not None
    assert sum(found) == pytest.approx(1, abs=1e-12)


def test_an_effect_is_a_share_of_adaptation() -> None:
    found = [_shares(study(seed, effect=0.3)) for seed in range(20)]
    assert np.mean([one.adaptation for one in found if one is not None]) == pytest.approx(1, abs=0.05)


def test_a_season_is_a_share_of_exogenous_change() -> None:
    found = [_shares(study(seed, season=0.3)) for seed in range(20)]
    assert np.mean([one.exogenous for one in found if one is not None]) == pytest.approx(1, abs=0.05)


def test_leaving_because_of_it_is_a_share_of_selection() -> None:
    found = [_shares(study(seed, 2000, leaving=0.9)) for seed in range(20)]
    assert np.mean([one.selection for one in found if one is not None]) == pytest.approx(1, abs=0.1)


def test_what_does_not_stand_out_of_its_noise_has_no_shares() -> None:
    assert np.mean([_shares(study(seed)) is None for seed in range(60)]) > 0.95


def test_users_who_never_change_have_no_shares() -> None:
    found = study(1)
    still = found._replace(after=found.after._replace(styles=found.before.styles))
    assert _shares(still) is None
