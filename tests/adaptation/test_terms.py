"""What the change of a deployment's users is made of."""

import numpy as np
import pytest
from tests.adaptation.studies import study, subset

from eddyline.adaptation.study import Study
from eddyline.adaptation.terms import Term, Terms, arm_terms, terms


def _terms(found: Study) -> Terms:
    made = terms(found)
    assert made is not None
    return made


def test_the_four_terms_add_up_to_the_total() -> None:
    found = _terms(study(1, effect=0.2, season=0.1, leaving=0.5))
    four = [found.adaptation, found.selection, found.exogenous, found.mix]
    total = found.treated.total
    np.testing.assert_allclose(sum(term.value for term in four), total.value, atol=1e-12)
    np.testing.assert_allclose(sum(term.influence for term in four), total.influence, atol=1e-12)


def test_the_four_terms_add_up_where_users_who_left_are_in_both_arms() -> None:
    every = study(1, effect=0.2, leaving=0.5)
    left = ~every.after.active
    found = _terms(every._replace(treated=every.treated | left, control=every.control | left))
    four = [found.adaptation, found.selection, found.exogenous, found.mix]
    np.testing.assert_allclose(sum(term.value for term in four), found.treated.total.value, atol=1e-12)


def test_who_left_and_who_came_make_up_what_is_between_users() -> None:
    arm = _terms(study(1, leaving=0.5)).treated
    np.testing.assert_allclose(arm.left.value + arm.came.value, arm.between.value, atol=1e-12)


def test_without_comers_and_leavers_all_change_is_within_users() -> None:
    found = study(1, effect=0.2)
    arm = _terms(subset(found, found.stayed)).treated
    assert np.abs(arm.between.value).max() < 1e-12
    assert arm.between.error.max() < 1e-12


def test_the_error_within_users_is_that_of_the_mean_of_their_changes() -> None:
    found = study(1)
    arm = _terms(found).treated
    changes = found.changes()
    own = changes.styles[~changes.control]
    np.testing.assert_allclose(arm.within.value, own.mean(0), atol=1e-12)
    np.testing.assert_allclose(arm.within.error, own.std(0, ddof=1) / np.sqrt(len(own)), rtol=1e-9)


def test_influences_add_up_to_nothing() -> None:
    found = _terms(study(1))
    assert np.abs(found.mix.influence.sum(0)).max() < 1e-12


def test_errors_cover_what_chance_does_to_each_term() -> None:
    """The season is the same for everybody, and nobody leaves because of anything: selection is 0."""
    z = np.array([_scaled(_terms(study(seed, 200, season=0.1)).selection) for seed in range(300)])
    assert (np.abs(z) < 1.96).mean() == pytest.approx(0.95, abs=0.015)


def _scaled(term: Term) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return term.value / term.error


def test_who_leaves_because_of_the_deployment_is_selection_and_not_adaptation() -> None:
    found = [_terms(study(seed, leaving=0.7)) for seed in range(40)]
    assert np.mean([one.selection.value[0] for one in found]) > 0.03
    assert np.mean([one.adaptation.value[0] for one in found]) == pytest.approx(0, abs=0.01)


def test_an_arm_of_one_user_who_stayed_has_no_terms() -> None:
    found = study(1, 50)
    one = np.zeros(50, np.bool_)
    one[np.flatnonzero(found.stayed)[0]] = True
    assert arm_terms(found, one) is None
    assert terms(found._replace(control=one)) is None
