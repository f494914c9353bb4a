"""The diagnosis of a connection to Kafka."""
