"""The therapist service: therapists over HTTP, and an event in Kafka for every change except a deletion."""
