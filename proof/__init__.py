"""The proof: the suite against a service with one seeded defect at a time."""
