"""How fast, as ratios to a yardstick measured in the same run; nothing here is a test."""
