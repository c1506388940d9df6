"""The events that leave: one type per topic, its JSON Schema, its identifier."""
