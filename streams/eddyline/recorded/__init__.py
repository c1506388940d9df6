"""Recorded history: events that are there already, as records in the order in which they are read.

A history is files (:mod:`eddyline.recorded.files`: JSON lines, Parquet) or the input topics of Kafka
(:mod:`eddyline.recorded.topics`). Both end: what comes while they are read is no part of them.
"""
