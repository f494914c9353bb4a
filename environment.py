"""The hooks of behave: it runs every function in this file that has the name of a hook."""

from bdd.run.loading import loading

with loading():
    from bdd.domain.step_types import register_parameter_types
    from bdd.run.hooks import after_all, after_scenario, after_step, before_all, before_scenario, before_step

    register_parameter_types()

__all__ = ["after_all", "after_scenario", "after_step", "before_all", "before_scenario", "before_step"]
