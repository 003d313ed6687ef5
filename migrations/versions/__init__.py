"""One file a revision, in one line of descent: 0001, 0002, …"""
