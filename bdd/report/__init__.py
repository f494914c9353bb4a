"""What people and tools read afterwards."""
