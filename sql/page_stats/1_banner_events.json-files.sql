-- =====================================================================================================================
-- Page statistics, source: banner views and clicks from files of JSON lines, compressed or not.
-- Runs when INPUT is json-files.
-- =====================================================================================================================

-- ---------------------------------------------------------------------------------------------------------------------
-- One row per event of the files in ${BATCH_INPUT}, whatever it holds. Columns as in 1_banner_events.kafka.sql, as far
-- as a file can have them: its name stands for the topic, and when it was last changed for Kafka's timestamp, because
-- nothing in it can have happened later. Nothing in a file is late.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE banner_events (
    `timestamp` BIGINT COMMENT 'seconds since 1970, UTC',
    event_type INT COMMENT '0 = impression, 1 = click',
    banner_id STRING,
    placement_id STRING,
    page_id STRING,
    user_id STRING,
    payload BYTES COMMENT 'the line unchanged',
    decode_error STRING COMMENT 'code, or code:field; NULL when decoded',
    topic STRING METADATA FROM 'file.name' VIRTUAL,
    changed_at TIMESTAMP_LTZ(3) METADATA FROM 'file.modification-time' VIRTUAL,
    punctuation AS CAST(NULL AS TIMESTAMP(3)),
    message_key AS CAST(NULL AS BYTES),
    headers AS CAST(NULL AS MAP <STRING, BYTES>),
    kafka_timestamp AS CAST(changed_at AS TIMESTAMP(3)),
    kafka_partition AS CAST(NULL AS INT),
    kafka_offset AS CAST(NULL AS BIGINT),
    previous_offset AS CAST(NULL AS BIGINT),
    partition_watermark AS CAST(NULL AS TIMESTAMP(3)),
    arrival AS CAST(NULL AS TIMESTAMP(3)),
    previous_arrival AS CAST(NULL AS TIMESTAMP(3)),
    open_since AS TIMESTAMP '1970-01-01 00:00:00.000',
    stretch AS CAST(0 AS BIGINT),
    begins_stretch AS FALSE,
    event_time AS CAST(TO_TIMESTAMP_LTZ(`timestamp`, 0) AS TIMESTAMP(3)),
    WATERMARK FOR event_time AS event_time
) WITH (
    'connector' = 'filesystem',
    'path' = '${BATCH_INPUT}',
    'format' = 'guarded-json',
    'guarded-json.raw-column' = 'payload',
    'guarded-json.decode-error-column' = 'decode_error'
);
