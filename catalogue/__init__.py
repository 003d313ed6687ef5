"""What is counted, as data: one YAML per form, the report's lines, the findings, and their loader."""
