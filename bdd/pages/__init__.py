"""The pages that people read: the report of a run. It is made from the results of runs alone."""
