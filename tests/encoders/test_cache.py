"""The cache remembers what was used last, and no text."""

from eddyline.encoders.cache import Row, RowCache, digest

ROW = Row(b"v", b"p", truncated=False)


def rows(*texts: str) -> dict[bytes, Row]:
    """Give each text the same row."""
    return {digest(text): ROW for text in texts}


def test_what_was_remembered_is_known() -> None:
    cache = RowCache(2)
    cache.remember(rows("a", "b"))
    assert cache.known([digest("a"), digest("c")]) == rows("a")


def test_what_was_used_longest_ago_is_forgotten_first() -> None:
    cache = RowCache(2)
    cache.remember(rows("a", "b"))
    cache.known([digest("a")])
    cache.remember(rows("c"))
    assert cache.known(rows("a", "b", "c")) == rows("a", "c")


def test_a_cache_of_size_zero_remembers_nothing() -> None:
    cache = RowCache(0)
    cache.remember(rows("a", "b"))
    assert len(cache) == 0


def test_more_than_fits_leaves_the_last() -> None:
    cache = RowCache(3)
    cache.remember(rows(*"abcdefg"))
    assert set(cache.known(rows(*"abcdefg"))) == set(rows(*"efg"))


def test_a_text_is_named_by_sixteen_bytes() -> None:
    assert len(digest("a" * 100_000)) == 16
    assert digest("a") != digest("A")


def test_every_text_has_a_digest_even_with_a_lone_surrogate() -> None:
    assert digest("\ud800") != digest("?")
