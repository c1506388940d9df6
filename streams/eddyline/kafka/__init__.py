"""Kafka: topics, the output producer, and the thin Faust apps around the stages."""
