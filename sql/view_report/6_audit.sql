-- =====================================================================================================================
-- View report, audit: what was read and what was reported, so that `python -m jobs.audit view_report` can tell whether
-- every message is there.
-- =====================================================================================================================

INSERT INTO audit_reported
SELECT
    'view_report' AS pipeline,
    '${VIEW_LOG_TOPIC:-view_log}' AS topic,
    kafka_partition,
    window_start AS event_minute,
    arrival_minute,
    SUM(view_count) AS events,
    SUM(duration_ms) AS amount,
    DATE_FORMAT(CURRENT_TIMESTAMP, 'yyyy-MM-dd') AS `date`
FROM
    TABLE(
        TUMBLE(TABLE views_per_origin, DESCRIPTOR (event_time), INTERVAL '1' MINUTE)
    )
GROUP BY kafka_partition, arrival_minute, window_start, window_end;

INSERT INTO audit_offsets
SELECT
    'view_report' AS pipeline,
    '${VIEW_LOG_TOPIC:-view_log}' AS topic,
    kafka_partition,
    kafka_offset,
    previous_offset,
    arrival_minute,
    previous_arrival_minute,
    problem IS NOT NULL AND problem = 'punctuation' AS is_punctuation,
    CAST(CURRENT_TIMESTAMP AS TIMESTAMP(3)) AS read_at,
    DATE_FORMAT(CURRENT_TIMESTAMP, 'yyyy-MM-dd') AS `date`
FROM noted_view_log
WHERE begins_stretch OR problem = 'punctuation';
