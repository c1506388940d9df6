"""The golden texts: short and long, empty, several of equal length, several scripts, emoji, code."""

_PARAGRAPH = (
    "When the parcel did not arrive on Friday I called the shop, waited eleven minutes, and was told that the driver "
    "had left a card; there was no card. Please tell me what happens next, in plain words, and when. "
)

GOLDEN_TEXTS = (
    "",
    "?",
    "hello",
    "where is my order",
    "cancel my membership please",
    "please track my parcel today",
    "what is your return policy",
    "Summarise the text below in three bullet points, each shorter than ten words.",
    "Rewrite the e-mail below in a friendly tone, and keep it under eighty words.",
    "I'm not able to log in \N{FACE WITH TEARS OF JOY}\N{FIRE} since this morning \N{POUTING FACE}",
    "\u8bf7\u5e2e\u6211\u5199\u4e00\u5c01\u6295\u8bc9\u4fe1\uff0c\u8981\u6c42\u9000\u6b3e\u3002",
    "\u00bfD\u00f3nde est\u00e1 mi pedido? Gr\u00fc\u00dfe aus K\u00f6ln, \u043f\u0440\u0438\u0432\u0435\u0442",
    "def mean(xs: list[float]) -> float:\n    return sum(xs) / len(xs)  # fails on []\n",
    '{"error": {"code": 429, "message": "rate limit exceeded"}, "retry_after_s": 12.5}',
    _PARAGRAPH * 2,
    _PARAGRAPH * 12,
    "Q: " + "1234567890 " * 900 + "\nA: none of them",
)
