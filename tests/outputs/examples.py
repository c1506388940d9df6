"""Events as they leave, made by hand: one of each kind that a reader meets."""

from eddyline.outputs import adaptation
from eddyline.outputs.adaptation import (
    Adaptation,
    Curve,
    CurvePoint,
    Estimate,
    FeatureChange,
    Placebo,
    Shares,
    Terms,
    UserCounts,
    adaptation_output,
)
from eddyline.outputs.cloudevent import Output, rfc3339
from eddyline.outputs.drift import (
    BaselineFacts,
    Drift,
    EvalSetFacts,
    MeanScore,
    MetricValue,
    MovedFacts,
    ReferenceFacts,
    RegionFacts,
    StyleMove,
    StyleShift,
    WatchFacts,
    drift_output,
    window,
)
from eddyline.outputs.score import Score, score_id, score_output

START, END = 1_795_248_000_000, 1_795_248_300_000


def learning() -> Output:
    drift = Drift(
        app="chat/production",
        deployment=None,
        deployment_source="mixed",
        window=window(START, END),
        n=0,
        gated_n=0,
        unnamed=0,
        late=0,
        truncated=0,
        tools=0,
        completeness=0.5,
        space_id="minilm:1",
        reference=None,
        metrics={},
        styles={},
        watch=None,
        eval_set=None,
        scores={},
        state="learning",
        reason="there is no eval set, and not enough history yet",
        flags=["mixed_spaces"],
    )
    return drift_output("drift", drift, START, END)


def quiet() -> Output:
    drift = Drift(
        app="chat/production",
        deployment="v1",
        deployment_source="attribute",
        window=window(START, END),
        n=40,
        gated_n=12,
        unnamed=0,
        late=0,
        truncated=1,
        tools=2,
        completeness=1.0,
        space_id="minilm:1",
        reference=ReferenceFacts("evalset", "a", 300),
        metrics={"centroid_distance": MetricValue(0.04, 0.005), "centroid_cosine": MetricValue(None, None)},
        styles={"asks_for_json": StyleShift(0.25, 0.03, 0.04)},
        watch=WatchFacts(
            state="alarm",
            reason="Prompts moved by more than the tolerance of 0.060 standard deviations.",
            log_wealth=8.3,
            log_limit=8.202482,
            false_alarms_a_year=0.1,
            leading="embedding",
            effective_n=7.5,
            baseline=BaselineFacts("2026-10-17", "2026-11-13", 2000.5, 0.06),
            moved=MovedFacts(
                styles=[StyleMove("json", 0.03, 0.19)],
                region=RegionFacts(share=0.12, before=0.001, null=0.002, examples=["p1", "p2"]),
            ),
        ),
        eval_set=EvalSetFacts(
            id="a",
            state="watching",
            reason="Compared with the 14 days before the renewal on 2026-11-14.",
            since="2026-11-14",
            day="2026-11-20",
            users=990,
            distance=0.0123,
            null=0.0021,
            unchanged=0.0119,
            z=0.7,
            style_shift=0.0031,
            style_null=0.0029,
            style=StyleMove("json", 0.03, 0.04),
            log_wealth=-0.3,
            log_limit=9.81192,
        ),
        scores={"relevance": MeanScore(0.6, None, 3), "relevance@next": MeanScore(0.5, 0.1, 30)},
        state="quiet",
        reason=None,
        flags=[],
    )
    return drift_output("drift", drift, START, END)


def score_of(candidate: str | None = None, request_id: str = "r1") -> Output:
    score = Score(
        app="chat/production",
        deployment=None,
        candidate=candidate,
        request_id=request_id,
        ts=rfc3339(START),
        scorer="relevance",
        scorer_version="1",
        value=-0.71,
        sample_rate=1.0,
        space_id="minilm:1",
    )
    return score_output("scores", score_id(request_id, "relevance", "1", candidate), START, score)


CHANGE = START - 14 * 86_400_000
"""When the deployment of the adaptation events took effect."""


def changed_users() -> Adaptation:
    """Return what is known of users who adapted, all of it."""
    return Adaptation(
        app="chat/production",
        deployment="v2",
        previous="v1",
        source="announced",
        effective=rfc3339(CHANGE),
        day="2026-11-20",
        days=13,
        verdict="adapted",
        sentence="Users of v2 now ask for a format in 31 % of conversations; without it they would in 22 %: +9 points "
        "(5 to 13).",
        flags=["staying rates differ between the arms (p = 0.004)"],
        not_identified=["how newcomers would have written without it: they have no before"],
        control="holdout",
        arms="assigned",
        users=UserCounts(
            treated=812,
            control=203,
            effective_treated=611.5,
            effective_control=152.25,
            entered=57,
            left=41,
            crossed=2,
        ),
        features=[
            FeatureChange("format_instruction", 0.21, Estimate(0.09, 0.05, 0.13)),
            FeatureChange("question", 0.55, Estimate(-0.04, -0.075, -0.005)),
        ],
        excluded=0.13,
        tests=adaptation.Tests(
            style=0.001,
            embedding=0.014,
            sequential=0.02,
            first_opener=0.41,
            staying=0.004,
            exogenous=None,
            mix=0.62,
        ),
        terms=Terms(
            feature="format_instruction",
            total=Estimate(0.118, 0.08, 0.156),
            adaptation=Estimate(0.085, 0.045, 0.125),
            selection=Estimate(0.012, -0.004, 0.028),
            exogenous=Estimate(0.015, -0.012, 0.042),
            mix=Estimate(0.006, -0.008, 0.02),
            within=Estimate(0.1, 0.07, 0.13),
            between=Estimate(0.018, 0.002, 0.034),
        ),
        shares=Shares(adaptation=0.78, selection=0.09, exogenous=0.17, mix=-0.04),
        curve=Curve(
            feature="format_instruction",
            points=[
                CurvePoint(0, 0, 300, Estimate(0.004, -0.02, 0.028)),
                CurvePoint(1, 2, 290, Estimate(0.03, 0.006, 0.054)),
                CurvePoint(11, 20, 210, Estimate(0.085, 0.055, 0.115)),
            ],
            plateau=Estimate(0.094, 0.062, 0.126),
            half_life=Estimate(4.6, 2.4, 9.1),
        ),
        placebo=Placebo(days=72, half_width=0.021, inside=False),
        examples=["req-17", "req-18"],
    )


def adapted() -> Output:
    return adaptation_output("adaptation", changed_users(), END)


def few_users() -> Adaptation:
    """Return what is known where nothing could be estimated."""
    return Adaptation(
        app="chat/production",
        deployment="v2",
        previous=None,
        source="inferred",
        effective=rfc3339(CHANGE),
        day="2026-11-20",
        days=13,
        verdict="insufficient data",
        sentence="5 users of v2 wrote before it and after: too few to say anything.",
        flags=[],
        not_identified=["everything: there are fewer than 100 users"],
        control="none",
        arms="none",
        users=None,
        features=[],
        excluded=None,
        tests=None,
        terms=None,
        shares=None,
        curve=None,
        placebo=None,
        examples=[],
    )


def unknown() -> Output:
    return adaptation_output("adaptation", few_users(), END)
