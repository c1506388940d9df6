"""Events as they leave, made by hand: one of each kind that a reader meets."""

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
