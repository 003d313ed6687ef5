"""Words in: the quantities of a work report, each with its words, its bounds and the indicator it belongs to."""
