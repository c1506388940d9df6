"""How users change because of a deployment: pure functions of the panel's days.

From the panel to the verdict: which days (``looks``), who is in which arm (``arms``), what each user wrote before and
after (``study``), the effect and what the change is made of (``effect``, ``terms``, ``shares``), what chance would make
of it (``rehash``, ``sequential``, ``placebo``, ``first``, ``rates``), how it grows (``exposure``, ``settled``), what
may be said (``verdict``, ``sentence``), all of it of one look (``analysis``) and of one look a day (``course``). The
statistics are in docs/adaptation.md.
"""
