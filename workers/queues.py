"""The names of the queues: who sends letters never waits behind who cleans up."""

DISPATCH = "dispatch"
HOUSEKEEPING = "housekeeping"
