"""From a received file to accepted observations; plain Python that knows nothing of Airflow, dbt or the audit."""
