"""From the bytes of a document to its text; every document is treated as hostile."""
