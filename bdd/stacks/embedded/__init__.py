"""The embedded stack: the reference service and a real Apache Kafka as local processes, without Docker."""
