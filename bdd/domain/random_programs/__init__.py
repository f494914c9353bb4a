"""Random lifecycles of patients and therapists, and a model that says which events each of them must leave."""
