-- =====================================================================================================================
-- The benchmark's plain job with rejected rows and nothing else. Grain: one row per message that cannot be used.
-- =====================================================================================================================

INSERT INTO rejected
SELECT
    payload,
    CAST(NULL AS BYTES) AS message_key,
    CAST(NULL AS MAP <STRING, BYTES>) AS headers,
    '${VIEW_LOG_TOPIC}' AS topic,
    kafka_partition,
    kafka_offset,
    CAST(kafka_timestamp AS TIMESTAMP(3)) AS kafka_timestamp,
    CAST(CURRENT_TIMESTAMP AS TIMESTAMP(3)) AS rejected_at,
    'view_report' AS pipeline,
    '${PIPELINE_VERSION}' AS pipeline_version,
    COALESCE(decode_error, 'wrong_value') AS reason,
    CAST(NULL AS STRING) AS detail,
    DATE_FORMAT(CURRENT_TIMESTAMP, 'yyyy-MM-dd') AS `date`,
    DATE_FORMAT(CURRENT_TIMESTAMP, 'HH') AS `hour`
FROM view_log
WHERE decode_error IS NOT NULL OR campaign_id IS NULL OR (start_timestamp <= end_timestamp) IS NOT TRUE;
