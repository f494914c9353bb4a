"""The patient service: patients over HTTP, and an event in Kafka for every change."""
