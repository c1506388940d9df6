"""How users change because of a deployment: pure functions of the panel's days.

From the panel to the verdict: who is in which arm (``arms``), what each user wrote before and after (``study``), the
effect and what the change is made of (``effect``, ``terms``, ``shares``), what chance would make of it (``rehash``,
``sequential``, ``placebo``), how it grows (``exposure``), what may be said (``verdict``), all of it of one look
(``analysis``). The statistics are in docs/method.md.
"""
