"""The sample every newcomer sees first: an invented network, its segments and one issue of its bulletin.

All of it is made up, deterministic and plain data; whoever imports it puts it into the database.
"""
