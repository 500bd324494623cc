-- name: since
-- Calls by service, with failures, times and the busiest minute of one system.
WITH busy AS (
    SELECT service, max(calls) AS most FROM hub_call_minute WHERE minute >= %(since)s GROUP BY service
)
SELECT hub_call.service, count(*)::integer, (count(*) FILTER (WHERE state = 'failed'))::integer,
    (count(*) FILTER (WHERE state = 'withheld'))::integer,
    (percentile_disc(0.95) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE state = 'answered'))::integer,
    coalesce(max(busy.most), 0)::integer
FROM hub_call LEFT JOIN busy ON busy.service = hub_call.service
WHERE begun_at >= %(since)s GROUP BY hub_call.service;
