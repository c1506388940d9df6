"""The classical metrics: each sees a planted change, none does without one, and a PSI of 0.3 at n = 200 is no drift."""

import numpy as np
import pytest
from numpy.typing import NDArray
from tests import observed

from eddyline.classical import METRICS, Measured, Metric, Pooled, domain_classifier, kolmogorov_smirnov, measure
from eddyline.classical.metric import Labels, shares
from eddyline.classical.permutation import null
from eddyline.classical.regions import REGIONS, regions
from eddyline.detectors.whitening import SCALE, Whitening
from eddyline.errors import Incomparable

EVERY = pytest.mark.parametrize("name", [metric.name for metric in METRICS])
Ints = NDArray[np.int8]


def whitening(first: NDArray[np.float64] | None = None) -> Whitening:
    """Return one whose components are the coordinates, but for the first if it is given."""
    matrix = np.eye(384, 64) * SCALE
    if first is not None:
        matrix[:, 0] = first / np.linalg.norm(first) * SCALE
    return Whitening(matrix.astype(np.int16))


def novel_direction() -> NDArray[np.float64]:
    """Return the way to the topic that is new."""
    rng = np.random.default_rng(0)
    new, old = observed.around_topics(500, rng, 1.0), observed.around_topics(500, rng)
    direction: NDArray[np.float64] = new.mean(axis=0) - old.mean(axis=0)
    return direction


def samples(n: int, m: int, seed: int, novel: float = 0.0) -> tuple[Ints, Ints]:
    """Return a reference of ``m`` prompts and a window of ``n``, a share of them of a new topic."""
    rng = np.random.default_rng(seed)
    return observed.around_topics(m, rng), observed.around_topics(n, rng, novel)


@pytest.fixture(scope="module")
def unchanged() -> list[dict[str, Measured]]:
    """Measure a hundred windows without a change."""
    fixed = whitening(novel_direction())
    return [measure(*samples(60, 90, seed), fixed, permutations=60, seed=seed) for seed in range(100)]


def test_a_psi_of_03_at_200_prompts_is_what_chance_makes() -> None:
    found = measure(*samples(200, 1000, 1), whitening())["psi"]
    assert found.null.mean > 0.2, "the threshold that people act on"
    assert found.null.upper > 0.3
    assert found.value < found.null.upper


@EVERY
def test_one_window_in_twenty_is_above_the_95_percent_point_without_a_change(
    unchanged: list[dict[str, Measured]], name: str
) -> None:
    """Of 100 windows a binomial count with p = .05 is above 12 once in a thousand; p is .066 with 60 permutations."""
    above = sum(found[name].value > found[name].null.upper for found in unchanged)
    assert above <= 13


def test_a_look_at_all_of_them_finds_something_in_every_fourth_quiet_window(
    unchanged: list[dict[str, Measured]],
) -> None:
    found = sum(any(one.value > one.null.upper for one in window.values()) for window in unchanged)
    assert 15 <= found <= 40


@EVERY
def test_the_null_is_the_mean_without_a_change(unchanged: list[dict[str, Measured]], name: str) -> None:
    differences = np.array([found[name].value - found[name].null.mean for found in unchanged])
    assert abs(differences.mean()) < 4 * differences.std(ddof=1) / np.sqrt(len(differences))


@pytest.mark.parametrize(
    "name", [metric.name for metric in METRICS if metric.name not in {"ks_component_2", "ks_component_3"}]
)
def test_a_planted_topic_is_seen(name: str) -> None:
    """Half of the window is new; the first component points there, for others see the test below."""
    found = measure(*samples(200, 400, 2, novel=0.5), whitening(novel_direction()), permutations=60)[name]
    assert found.value > found.null.upper
    assert found.value > 1.15 * found.null.mean


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_shift_along_a_component_is_seen_on_that_component_alone(number: int) -> None:
    reference, window = samples(200, 400, 3)
    window[:, number - 1] += 15
    found = measure(reference, window, whitening(), permutations=60)
    seen = {name for name, one in found.items() if name.startswith("ks_comp") and one.value > one.null.upper}
    assert seen == {f"ks_component_{number}"}


def test_the_null_falls_with_more_prompts() -> None:
    """So one threshold for all n says nothing."""
    few, many = (measure(*samples(n, n, 4), whitening(), permutations=30) for n in (50, 400))
    smaller = [name for name in few if many[name].null.upper < few[name].null.upper]
    assert smaller == list(few)


def test_the_same_seed_gives_the_same_numbers_and_another_one_others() -> None:
    given = samples(40, 60, 5)
    first, again, other = (measure(*given, whitening(), permutations=30, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert all(first[name].value == other[name].value for name in first)
    assert all(first[name].null != other[name].null for name in first)


@pytest.mark.parametrize(("n", "m"), [(9, 100), (100, 9), (0, 0)])
def test_a_sample_of_fewer_than_ten_prompts_is_refused(n: int, m: int) -> None:
    with pytest.raises(Incomparable, match="each needs 10"):
        measure(*samples(n, m, 6), whitening())


@pytest.mark.parametrize("row", [0, 40])
def test_prompts_that_are_all_the_same_give_numbers(row: int) -> None:
    same = np.full((20, 384), row, np.int8)
    for name, found in measure(same, same, whitening(), permutations=10).items():
        assert np.isfinite([found.value, *found.null]).all(), name
        assert found.value == pytest.approx(0.5 if name == "domain_classifier_auc" else 0.0, abs=1e-6)


def test_every_metric_has_a_name_of_its_own() -> None:
    assert len({metric.name for metric in METRICS}) == len(METRICS)


def test_the_95_percent_point_has_a_twentieth_of_the_permutations_above_it() -> None:
    def first(labels: Labels) -> float:
        return float(np.flatnonzero(labels)[0])

    labels = np.arange(200) >= 100
    rng = np.random.default_rng(1)
    drawn = [first(rng.permutation(labels)) for _ in range(100)]
    found = null(first, labels, 100, 1)
    assert found.mean == np.mean(drawn)
    assert found.upper == sorted(drawn)[95]


# Each against its definition


@pytest.fixture(scope="module")
def pooled() -> Pooled:
    return Pooled(*samples(17, 31, 7, novel=0.3), whitening())


def value(name: str, pooled: Pooled) -> float:
    return metric_of(name).prepare(pooled)(pooled.labels)


def metric_of(name: str) -> Metric:
    return next(metric for metric in METRICS if metric.name == name)


def apart(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float(np.mean([np.linalg.norm(x - y) for x in a for y in b]))


def test_the_energy_distance_is_that_of_all_pairs(pooled: Pooled) -> None:
    ours, theirs = pooled.vectors[pooled.labels], pooled.vectors[~pooled.labels]
    expected = 2 * apart(ours, theirs) - apart(ours, ours) - apart(theirs, theirs)
    assert value("energy", pooled) == pytest.approx(expected, rel=1e-6)


def test_the_distance_to_the_mean_is_that_to_the_mean_of_the_reference(pooled: Pooled) -> None:
    distances = np.linalg.norm(pooled.vectors - pooled.vectors[~pooled.labels].mean(axis=0), axis=1)
    expected = kolmogorov_smirnov.difference(distances, pooled.labels)
    assert value("ks_distance_to_mean", pooled) == pytest.approx(expected)


def test_the_greatest_difference_is_that_of_the_distribution_functions() -> None:
    rng = np.random.default_rng(8)
    for _ in range(50):
        values, labels = rng.integers(0, 12, 40).astype(np.float64), rng.random(40) < 0.4
        gaps = [(values[labels] <= at).mean() - (values[~labels] <= at).mean() for at in values]
        assert kolmogorov_smirnov.difference(values, labels) == pytest.approx(np.abs(gaps).max())


def test_the_area_is_the_share_of_pairs_in_order() -> None:
    rng = np.random.default_rng(9)
    for _ in range(50):
        scores, labels = rng.integers(0, 12, 40).astype(np.float64), rng.random(40) < 0.4
        signs = np.sign(scores[labels][:, None] - scores[~labels][None, :])
        assert domain_classifier.area(scores, labels) == pytest.approx((signs.mean() + 1) / 2)


def test_a_prompt_is_predicted_by_the_regression_on_the_other_folds(pooled: Pooled) -> None:
    labels = pooled.labels
    rows, targets = np.column_stack([pooled.vectors, np.ones(len(labels))]), np.where(labels, 1.0, -1.0)
    folds = np.where(labels, np.cumsum(labels), np.cumsum(~labels)) % 5
    predicted = np.empty(len(labels))
    for fold in range(5):
        known = rows[folds != fold]
        ridge = known.T @ known + domain_classifier.RIDGE * np.eye(rows.shape[1])
        predicted[folds == fold] = rows[folds == fold] @ np.linalg.solve(ridge, known.T @ targets[folds != fold])
    assert value("domain_classifier_auc", pooled) == pytest.approx(domain_classifier.area(predicted, labels))


def counted(regions_of: list[int], labels: list[int], name: str) -> float:
    """Return a metric of prompts in given regions."""
    found = Pooled(*samples(10, 10, 10), whitening())
    found.__dict__.update(regions=np.array(regions_of), labels=np.array(labels, bool))
    return metric_of(name).prepare(found)(found.labels)


def test_the_index_is_that_of_the_book_with_half_a_prompt_more() -> None:
    found = counted([0, 0, 0, 1, 0, 1, 1, 1], [1, 1, 1, 1, 0, 0, 0, 0], "psi")
    p, q = 3.5 / 5, 1.5 / 5
    assert found == pytest.approx((p - q) * np.log(p / q) + (q - p) * np.log(q / p))


def test_the_jensen_shannon_distance_is_zero_of_equal_shares_and_one_of_none_in_common() -> None:
    assert counted([0, 1, 0, 1], [1, 1, 0, 0], "jensen_shannon") == 0.0
    assert counted([0, 0, 1, 1], [1, 1, 0, 0], "jensen_shannon") == 1.0
    assert counted([0, 0, 0, 1], [1, 1, 0, 0], "jensen_shannon") == pytest.approx(0.557924, abs=1e-5)


def test_shares_are_of_each_sample() -> None:
    ours, theirs = shares(np.array([0, 2, 2, 0]), np.array([True, True, True, False]))
    assert (ours.tolist(), theirs.tolist()) == ([1 / 3, 0, 2 / 3], [1, 0, 0])


def test_there_are_fifty_regions_of_what_is_alike() -> None:
    rng = np.random.default_rng(11)
    topics = np.repeat(np.eye(384)[:10] * 50, 60, axis=0)
    found = regions(topics + rng.normal(size=topics.shape))
    assert len(set(found.tolist())) <= REGIONS
    assert all(len({place // 60 for place in np.flatnonzero(found == region)}) == 1 for region in set(found.tolist()))
    assert found.max() > 10
