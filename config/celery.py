"""The Celery application. The reasons of its settings are in docs/decisions/, measured on Redis."""

from celery import Celery
from django.conf import settings

from workers.queues import DISPATCH, HOUSEKEEPING
from workers.schedule import SCHEDULE

LONGEST_BATCH = 60  # seconds

app = Celery("circular", set_as_current=True)
app.conf.update(
    broker_url=settings.REDIS_URL or "redis://127.0.0.1:1/0",
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": 3 * LONGEST_BATCH,
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 1,
        "socket_connect_timeout": 2,
        "socket_timeout": 5,
        "socket_keepalive": True,
    },
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    worker_soft_shutdown_timeout=LONGEST_BATCH,
    worker_enable_remote_control=True,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    task_default_queue=HOUSEKEEPING,
    task_routes={"dispatch.*": {"queue": DISPATCH}},
    task_publish_retry=False,
    beat_schedule=SCHEDULE,
    beat_max_loop_interval=2,
    timezone="UTC",
)
app.autodiscover_tasks(["workers"])
