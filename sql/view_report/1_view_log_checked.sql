-- =====================================================================================================================
-- View report, source: what each message of view_log is, decided here and nowhere else. It is reported, or late, or
-- rejected, or a punctuation; never two of these and never none.
-- =====================================================================================================================

-- ---------------------------------------------------------------------------------------------------------------------
-- The views that count, nearly all messages. None is late, so the report's window drops none. Grain: one row per view.
--
-- The condition stands in checked_view_log once more, word for word (a test compares them), and is computed twice. As a
-- column of one view for both it would be computed once, but Flink would copy all columns of every message for that.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE VIEW reported_views AS
SELECT
    stretch,
    campaign_id,
    start_timestamp,
    end_timestamp
FROM view_log
WHERE
    end_timestamp >= open_since
    AND end_timestamp <= kafka_timestamp + INTERVAL '10' SECOND
    AND start_timestamp <= end_timestamp
    AND campaign_id IS NOT NULL
    AND decode_error IS NULL;

-- Whether a message is one of them. Grain: one Kafka offset.
CREATE VIEW checked_view_log AS
SELECT
    campaign_id,
    start_timestamp,
    end_timestamp,
    punctuation,
    decode_error,
    payload,
    message_key,
    headers,
    kafka_partition,
    kafka_offset,
    kafka_timestamp,
    previous_offset,
    partition_watermark,
    arrival,
    previous_arrival,
    begins_stretch,
    (
        end_timestamp >= open_since
        AND end_timestamp <= kafka_timestamp + INTERVAL '10' SECOND
        AND start_timestamp <= end_timestamp
        AND campaign_id IS NOT NULL
        AND decode_error IS NULL
    ) IS TRUE AS is_reported
FROM view_log;

-- What is more than a reported view: a few messages of many. Grain: one Kafka offset.
-- problem: a code, or code:field; NULL when the message is reported.
CREATE VIEW noted_messages AS
SELECT
    campaign_id,
    start_timestamp,
    end_timestamp,
    payload,
    message_key,
    headers,
    '${VIEW_LOG_TOPIC:-view_log}' AS topic,
    kafka_partition,
    kafka_offset,
    kafka_timestamp,
    previous_offset,
    partition_watermark,
    arrival,
    previous_arrival,
    begins_stretch,
    CASE
        WHEN is_reported THEN CAST(NULL AS STRING)
        WHEN decode_error IS NOT NULL THEN decode_error
        WHEN end_timestamp IS NULL AND punctuation <= kafka_timestamp THEN 'punctuation'
        WHEN end_timestamp IS NULL AND punctuation IS NOT NULL THEN 'from_the_future:punctuation'
        WHEN campaign_id IS NULL THEN 'missing_field:campaign_id'
        WHEN start_timestamp IS NULL THEN 'missing_field:start_timestamp'
        WHEN end_timestamp IS NULL THEN 'missing_field:end_timestamp'
        WHEN end_timestamp > kafka_timestamp + INTERVAL '10' SECOND
            THEN 'from_the_future:end_timestamp'
        WHEN start_timestamp > end_timestamp THEN 'ends_before_it_starts:end_timestamp'
        ELSE 'late'
    END AS problem
FROM checked_view_log
WHERE NOT is_reported OR begins_stretch;

-- For rejected/, and the lines of campaigns files that are none. Grain: one row per message or line.
CREATE VIEW problems AS
SELECT
    payload,
    message_key,
    headers,
    topic,
    kafka_partition,
    kafka_offset,
    kafka_timestamp,
    problem
FROM noted_messages
WHERE problem NOT IN ('late', 'punctuation')
UNION ALL
SELECT
    CAST(line AS BYTES) AS payload,
    CAST(NULL AS BYTES) AS message_key,
    CAST(NULL AS MAP <STRING, BYTES>) AS headers,
    CAST(NULL AS STRING) AS topic,
    CAST(NULL AS INT) AS kafka_partition,
    CAST(NULL AS BIGINT) AS kafka_offset,
    CAST(NULL AS TIMESTAMP(3)) AS kafka_timestamp,
    CONCAT('bad_campaign:', file_name) AS problem
FROM campaign_lines
WHERE campaign_id IS NULL OR network_id IS NULL;
