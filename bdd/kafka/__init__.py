"""Kafka as a client sees it: topics, client settings."""
