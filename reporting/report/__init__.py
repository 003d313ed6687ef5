"""The full-committee report: published figures as true sentences, tables and notes, in Word and Excel."""
