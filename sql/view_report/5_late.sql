-- =====================================================================================================================
-- View report, late: each view whose minute was closed when it came. Not in the report, which is final.
-- Grain: one row per late view.
-- =====================================================================================================================

INSERT INTO late
SELECT
    '${PIPELINE}' AS pipeline,
    campaign_id,
    start_timestamp,
    end_timestamp,
    partition_watermark,
    topic,
    kafka_partition,
    kafka_offset,
    kafka_timestamp,
    DATE_FORMAT(CURRENT_TIMESTAMP, 'yyyy-MM-dd') AS `date`,
    DATE_FORMAT(CURRENT_TIMESTAMP, 'HH') AS `hour`
FROM noted_messages
WHERE problem = 'late';
