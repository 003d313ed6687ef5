"""What only Airflow needs: the tasks that the DAGs are composed of, and the watcher that wakes one of them."""
