"""How words reach people outside the warehouse: mail and the bots of chats. Knows nothing of what is said."""
