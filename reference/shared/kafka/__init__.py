"""What the platform's services have in common when they talk over Kafka."""
