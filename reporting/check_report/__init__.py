"""The check-up (体检) of the office's draft: each figure of it held against what is published."""
