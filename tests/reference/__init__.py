"""The rollup once more, slowly and in plain Python, to check the warehouse against: imports nothing of the project."""
