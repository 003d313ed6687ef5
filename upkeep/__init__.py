"""Keeping the warehouse for years: backups and their proof, what is thrown away when, whether the archive is whole."""
