"""Where state is kept: Redis, or memory for a replay and for tests. Both pass the same contract tests."""
