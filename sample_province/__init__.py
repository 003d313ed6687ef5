"""The sample province 示例省: a fictitious tree, two years of its figures, and each mistake a clerk can make, once."""
