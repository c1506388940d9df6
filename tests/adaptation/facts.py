"""What a verdict depends on where nothing happened: a holdout, enough users, no test that says anything."""

from eddyline.adaptation.verdict import Facts

QUIET = Facts(
    control="holdout",
    treated=800,
    without=200,
    usual=None,
    first_opener=0.5,
    style=0.5,
    embedding=0.5,
    sequential=None,
    settled=False,
    rates=0.5,
    mix=0.5,
    exogenous=0.5,
    mix_leads=True,
)
