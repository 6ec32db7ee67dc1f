-- =====================================================================================================================
-- Page statistics, audit: what was reported, counted beside the statistics and not from them, so that
-- `python -m jobs.audit page_stats` can tell whether every message is there. amount is the number of clicks.
-- Runs when RUNTIME_MODE is streaming (the default).
-- =====================================================================================================================

-- Grain: one row per stretch of offsets and hour.
CREATE VIEW events_per_stretch AS
SELECT
    stretch,
    window_start,
    COUNT(*) AS event_count,
    COUNT(*) FILTER (WHERE event_type = 1) AS click_count,
    -- A remainder is negative before 1970.
    MOD(MOD(stretch, 65536) + 65536, 65536) AS kafka_partition
FROM
    TABLE(
        TUMBLE(TABLE reported_events, DESCRIPTOR (event_time), INTERVAL '1' HOUR)
    )
GROUP BY stretch, window_start, window_end;

INSERT INTO audit_reported
SELECT
    '${PIPELINE}' AS pipeline,
    '${BANNER_EVENTS_TOPIC:-banner_events}' AS topic,
    CAST(kafka_partition AS INT) AS kafka_partition,
    window_start AS event_minute,
    CAST(TO_TIMESTAMP_LTZ((stretch - kafka_partition) / 65536, 3) AS TIMESTAMP(3)) AS arrival_minute,
    event_count AS events,
    click_count AS amount,
    DATE_FORMAT(CURRENT_TIMESTAMP, 'yyyy-MM-dd') AS `date`
FROM events_per_stretch;
