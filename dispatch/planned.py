"""The deliveries of a dispatch as they are planned: one statement writes them all, one more draws the sample."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, QuerySet

from dispatch.claim import database_now
from dispatch.models import Delivery, Dispatch
from dispatch.moments import local_instants
from dispatch.options import LocalTime, Options, quotas
from subscribers.time_zones import country_zones

_INSERT = """
INSERT INTO dispatch_delivery
       (dispatch_id, subscriber_id, locale, mask, domain, wave, state, reason, attempts, due_at, changed_at)
SELECT %s, a.pk, a.locale, a.mask, lower(split_part(a.email, '@', 2)), %s,
       CASE WHEN a.suppressed OR a.resting THEN 'excluded' ELSE 'planned' END,
       CASE WHEN a.suppressed THEN 'suppressed' WHEN a.resting THEN 'frequency' ELSE '' END, 0,
       CASE WHEN a.suppressed OR a.resting THEN NULL ELSE {due} END, clock_timestamp()
  FROM ({people}) AS a {places}
"""

# Who is in the sample hangs on nothing but the dispatch and the subscriber. It is dealt out along the variants, so that
# each variant has its share of the sample, and each arm its share of each variant. It is due before all others, so that
# whoever claims finds it first.
_SAMPLE = """
WITH quota (locale, mask, size) AS (VALUES {quotas}),
ranked AS (
    SELECT d.id, d.locale, d.mask,
           row_number() OVER (PARTITION BY d.locale, d.mask
                              ORDER BY hashint8extended(d.subscriber_id, d.dispatch_id), d.id) AS place
      FROM dispatch_delivery AS d WHERE d.dispatch_id = %s AND d.state = 'planned'
), drawn AS (
    SELECT r.id, row_number() OVER (ORDER BY r.locale, r.mask, r.place) AS turn
      FROM ranked AS r JOIN quota AS q ON q.locale = r.locale AND q.mask = r.mask AND r.place <= q.size
)
UPDATE dispatch_delivery AS d
   SET wave = 0, due_at = CASE WHEN %s THEN s.planned_at ELSE d.due_at END,
       arm = CASE WHEN %s THEN '' WHEN drawn.turn %% 2 = 1 THEN 'a' ELSE 'b' END
  FROM drawn, dispatch_dispatch AS s WHERE d.id = drawn.id AND s.id = d.dispatch_id
"""


def insert_deliveries(dispatch: Dispatch, people: QuerySet[Any], options: Options) -> int:
    """Write a delivery for each of `people`; returns how many. Where a sample is asked for, all stand in wave 1."""
    columns = ["pk", "locale", "mask", "suppressed", "resting", "email", *(["country"] if options.local else [])]
    sql, params = people.order_by().values(*columns).query.sql_with_params()
    due, places = "clock_timestamp()", ""
    due_params: list[Any] = []
    place_params: list[Any] = []
    if options.local:
        default, by_country = _due_by_country(options.local)
        values = ", ".join(["(%s, %s::timestamptz)"] * len(by_country))
        due, due_params = "coalesce(z.due_at, %s::timestamptz)", [default]
        places = f"LEFT JOIN (VALUES {values}) AS z (country, due_at) ON z.country = a.country"
        place_params = [value for pair in by_country.items() for value in pair]
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT.format(due=due, people=sql, places=places),
            [dispatch.pk, 1 if options.sample else 0, *due_params, *params, *place_params],
        )
        return int(cursor.rowcount)


def draw_sample(dispatch: Dispatch, options: Options) -> None:
    """Put the sample's deliveries into wave 0 and deal out the arms; if it is all of them, there is no other wave."""
    if options.sample is None:
        return
    rows = Delivery.objects.filter(dispatch=dispatch, state=Delivery.State.PLANNED).order_by()
    sizes = {
        (locale, mask): count for locale, mask, count in rows.values_list("locale", "mask").annotate(n=Count("pk"))
    }
    total = sum(sizes.values())
    letters = options.sampled(total)
    row = "(%s::text, %s::bigint, %s::bigint)"
    flat = [value for (locale, mask), share in quotas(sizes, letters).items() for value in (locale, mask, share)]
    with connection.cursor() as cursor:
        cursor.execute(
            _SAMPLE.format(quotas=", ".join([row] * len(sizes))),
            [*flat, dispatch.pk, not options.local, not options.arms],
        )
    if letters == total:
        return
    by_clicks = options.arms and options.decide_after is not None
    dispatch.next_wave = Dispatch.NextWave.CLICKS if by_clicks else Dispatch.NextWave.PERSON
    dispatch.next_wave_at = database_now() + options.decide_after if by_clicks and options.decide_after else None
    dispatch.save(update_fields=["next_wave", "next_wave_at"])


def _due_by_country(local: LocalTime) -> tuple[datetime, dict[str, datetime]]:
    """When a letter is due for those whose country isn't known, and for each country."""
    zones = country_zones()
    instants = local_instants(local.at, [*zones.values(), local.zone], now=database_now(), late=local.late)
    return instants[local.zone], {country: instants[zone] for country, zone in zones.items()}
