"""What beat rings for. Every one of these may be missed or run twice: PostgreSQL knows what is due."""

SCHEDULE = {
    "ring for what is due": {"task": "housekeeping.sweep", "schedule": 2.0, "options": {"expires": 2.0}},
}
