-- =====================================================================================================================
-- View report, source: banner views from Kafka, decoded by Flink's own json format.
-- Runs when VIEW_LOG_FORMAT is json.
-- =====================================================================================================================

-- ---------------------------------------------------------------------------------------------------------------------
-- One row per message that is a JSON object. Grain: one Kafka offset. Columns as in 1_view_log.guarded-json.sql, but
-- what is not JSON vanishes without a trace, a field of the wrong type is NULL, and the message's bytes are not kept.
-- Of a top-level array each object is a row.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE view_log (
    message_key BYTES,
    campaign_id INT,
    start_timestamp TIMESTAMP(3),
    end_timestamp TIMESTAMP(3),
    decode_error AS CAST(NULL AS STRING),
    payload AS CAST(NULL AS BYTES),
    topic STRING METADATA VIRTUAL,
    kafka_partition INT METADATA FROM 'partition' VIRTUAL,
    kafka_offset BIGINT METADATA FROM 'offset' VIRTUAL,
    kafka_timestamp TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,
    -- A view cannot end after Kafka got it; ten seconds are for clocks that differ.
    from_the_future AS end_timestamp > CAST(kafka_timestamp AS TIMESTAMP(3)) + INTERVAL '10' SECOND,
    -- An event from the future moves no watermark: it would close all minutes up to then, and what really happens in
    -- them would be late.
    WATERMARK FOR end_timestamp AS CASE WHEN NOT from_the_future THEN end_timestamp - INTERVAL '10' SECOND END
) WITH (
    'connector' = 'kafka',
    'topic' = '${VIEW_LOG_TOPIC:-view_log}',
    'properties.bootstrap.servers' = '${KAFKA_BOOTSTRAP_SERVERS}',
    'properties.group.id' = 'view_report',
    'scan.startup.mode' = '${VIEW_LOG_START:-earliest-offset}',
    'scan.watermark.idle-timeout' = '30 s',
    'key.format' = 'raw',
    'key.fields' = 'message_key',
    'value.fields-include' = 'EXCEPT_KEY',
    'value.format' = 'json',
    'value.json.timestamp-format.standard' = 'SQL',
    'value.json.ignore-parse-errors' = 'true'
);
