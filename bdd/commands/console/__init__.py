"""Kafka's own tool, in the platform's network."""
