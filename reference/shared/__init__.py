"""What the platform's services have in common."""
