"""From the candidate to what readers see: publishing, tracing."""
