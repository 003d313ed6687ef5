"""Versioned schema of `landing`, `ops` and `published`; what dbt builds is not here."""
