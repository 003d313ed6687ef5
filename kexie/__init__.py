"""The command line and the local stack: embedded PostgreSQL, Airflow, the demo."""
