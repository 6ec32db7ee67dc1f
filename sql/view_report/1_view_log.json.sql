-- =====================================================================================================================
-- View report, source: messages from Kafka, decoded by Flink's own json format.
-- Runs when VIEW_LOG_FORMAT is json.
-- =====================================================================================================================

-- ---------------------------------------------------------------------------------------------------------------------
-- One row per message that is a JSON object. Grain: one Kafka offset. Columns as in 1_view_log.guarded-json.sql, but
-- what is not JSON vanishes (the audit counts it as lost), a field of the wrong type is NULL, and the message's bytes
-- are not kept. Of a top-level array each object is a row.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE view_log (
    campaign_id INT,
    start_timestamp TIMESTAMP(3),
    end_timestamp TIMESTAMP(3),
    punctuation TIMESTAMP(3),
    payload AS CAST(NULL AS BYTES),
    decode_error AS CAST(NULL AS STRING),
    message_key BYTES METADATA FROM 'key' VIRTUAL,
    headers MAP <STRING, BYTES> METADATA VIRTUAL,
    kafka_timestamp TIMESTAMP(3) METADATA FROM 'timestamp-utc' VIRTUAL,
    kafka_partition INT METADATA FROM 'partition' VIRTUAL,
    kafka_offset BIGINT METADATA FROM 'offset' VIRTUAL,
    previous_offset BIGINT METADATA FROM 'previous-offset' VIRTUAL,
    partition_watermark TIMESTAMP(3) METADATA FROM 'partition-watermark' VIRTUAL,
    arrival TIMESTAMP(3) METADATA VIRTUAL,
    previous_arrival TIMESTAMP(3) METADATA FROM 'previous-arrival' VIRTUAL,
    open_since TIMESTAMP(3) METADATA FROM 'open-since' VIRTUAL,
    stretch BIGINT METADATA VIRTUAL,
    begins_stretch BOOLEAN METADATA FROM 'begins-stretch' VIRTUAL,
    WATERMARK FOR end_timestamp AS CASE
        WHEN end_timestamp <= kafka_timestamp + INTERVAL '10' SECOND
            THEN end_timestamp - INTERVAL '10' SECOND
        WHEN end_timestamp IS NULL AND punctuation <= kafka_timestamp
            THEN punctuation
    END
) WITH (
    'connector' = 'audited-kafka',
    'topic' = '${VIEW_LOG_TOPIC:-view_log}',
    'properties.bootstrap.servers' = '${KAFKA_BOOTSTRAP_SERVERS}',
    'properties.group.id' = 'view_report',
    'properties-file' = '${KAFKA_CLIENT_PROPERTIES:-}',
    'scan.startup.mode' = '${VIEW_LOG_START:-earliest-offset}',
    'scan.watermark.idle-timeout' = '0 s',
    'history.interval' = '1 min',
    'silence.punctuation-field' = 'punctuation',
    'silence.after' = '${VIEW_LOG_SILENCE_AFTER:-30 s}',
    'value.format' = 'json',
    'value.json.timestamp-format.standard' = 'SQL',
    'value.json.ignore-parse-errors' = 'true'
);
