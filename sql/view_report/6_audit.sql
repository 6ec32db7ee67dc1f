-- =====================================================================================================================
-- View report, audit: what was reported, so that `python -m jobs.audit view_report` can tell whether every message is
-- there. amount is the sum of all durations in milliseconds.
-- =====================================================================================================================

-- Grain: one row per stretch of offsets and minute of the report.
CREATE VIEW views_per_stretch AS
SELECT
    stretch,
    window_start,
    SUM(view_count) AS view_count,
    SUM(duration_ms) AS duration_ms,
    -- A remainder is negative before 1970.
    MOD(MOD(stretch, 65536) + 65536, 65536) AS kafka_partition
FROM
    TABLE(
        TUMBLE(TABLE views_per_origin, DESCRIPTOR (event_time), INTERVAL '1' MINUTE)
    )
GROUP BY stretch, window_start, window_end;

INSERT INTO audit_reported
SELECT
    '${PIPELINE}' AS pipeline,
    '${VIEW_LOG_TOPIC:-view_log}' AS topic,
    CAST(kafka_partition AS INT) AS kafka_partition,
    window_start AS event_minute,
    CAST(TO_TIMESTAMP_LTZ((stretch - kafka_partition) / 65536, 3) AS TIMESTAMP(3)) AS arrival_minute,
    view_count AS events,
    duration_ms AS amount,
    DATE_FORMAT(CURRENT_TIMESTAMP, 'yyyy-MM-dd') AS `date`
FROM views_per_stretch;
