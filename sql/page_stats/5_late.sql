-- =====================================================================================================================
-- Page statistics, late: each event whose hour was closed when it came. Not in the statistics, which are final.
-- Grain: one row per late event.
-- Runs when RUNTIME_MODE is streaming (the default).
-- =====================================================================================================================

INSERT INTO late
SELECT
    '${PIPELINE}' AS pipeline,
    event_time,
    event_type,
    banner_id,
    placement_id,
    page_id,
    user_id,
    partition_watermark,
    topic,
    kafka_partition,
    kafka_offset,
    kafka_timestamp,
    DATE_FORMAT(CURRENT_TIMESTAMP, 'yyyy-MM-dd') AS `date`,
    DATE_FORMAT(CURRENT_TIMESTAMP, 'HH') AS `hour`
FROM noted_messages
WHERE problem = 'late';
