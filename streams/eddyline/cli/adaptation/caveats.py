"""What a report does not see, in words: only what concerns the comparison at hand. The method's page has more."""

from collections.abc import Iterator

from eddyline.outputs.adaptation import Adaptation


def caveats(found: Adaptation) -> Iterator[str]:
    """Yield sentences on the limits of what is said."""
    yield (
        "Only openers are compared, the first prompts of sessions: what follows in a session answers the model, and "
        "changes with it without any user having learned anything."
    )
    if found.control == "none":
        yield (
            "There is no control: a season, a campaign or the news can make the same change, or hide one. What changed "
            "within users is no upper bound of what the deployment did."
        )
    else:
        yield (
            "Effects are those on users who stayed, weighted by how active they were before. They hold if those who "
            "stay would have changed alike in both arms; where the arms differ in who stays, that is in doubt."
        )
        yield "Users of both arms who talk to one another make the effect look smaller than it is."
        yield "The terms count every user alike, so that their adaptation is not quite the effect among the features."
    if found.arms == "observed":
        yield (
            "Arms are known from what users used, and compared as if users had been drawn at random. A canary of the "
            "keenest users is no control."
        )
    if found.control == "staged":
        yield "The control are users whom the rollout had not reached yet: there is one only until it reaches them."
    if found.terms:
        yield "Who came after the deployment has no before: his own adaptation and who he is cannot be told apart."
    yield "What wears off after weeks looks like adaptation until then: keep a holdout for two half-lives."
    yield "Intervals are 95 %, each for itself: of twenty, one misses by chance."
