"""What beat rings for. Every one of these may be missed or run twice: PostgreSQL knows what is due."""

SCHEDULE = {
    "count segments afresh": {"task": "housekeeping.recount", "schedule": 60.0, "options": {"expires": 60.0}},
    "ring for what is due": {"task": "housekeeping.sweep", "schedule": 2.0, "options": {"expires": 2.0}},
    "read what came back": {"task": "housekeeping.read_returned", "schedule": 60.0, "options": {"expires": 60.0}},
    "forget who never confirmed": {"task": "housekeeping.forget", "schedule": 3600.0, "options": {"expires": 3600.0}},
}
