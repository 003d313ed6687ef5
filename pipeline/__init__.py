"""From accepted submissions to published figures: the steps that both the command line and the DAGs call."""
