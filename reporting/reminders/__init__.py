"""Reminders (催报): who has not filed, what each superior is told of it, and that nobody is told the same twice."""
