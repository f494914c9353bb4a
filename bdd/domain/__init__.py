"""What the suite knows of the things that services keep."""
