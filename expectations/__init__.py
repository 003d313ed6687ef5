"""What a candidate must look like before it is published, as suites, and the audit that runs them."""
