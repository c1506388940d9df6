"""The demonstration: a made-up company's traffic, and the servers that carry it, on one machine."""
