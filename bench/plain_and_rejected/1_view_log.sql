-- =====================================================================================================================
-- The benchmark's plain job with rejected rows and nothing else, source: what rejected/ needs of each message, too.
-- It runs with 1_sources.sql and 2_sinks.sql of sql/view_report, and 3_report.sql of bench/plain.
-- =====================================================================================================================

-- Grain: one Kafka offset. What cannot be decoded has NULL columns and a decode_error. Kafka's columns are NOT NULL, as
-- the connector has them: otherwise Flink casts them, and copies every row for it. (The linter knows no such columns.)
CREATE TABLE view_log ( -- noqa: PRS
    campaign_id INT,
    start_timestamp TIMESTAMP(3),
    end_timestamp TIMESTAMP(3),
    payload BYTES METADATA FROM 'value.raw' VIRTUAL,
    decode_error STRING METADATA FROM 'value.decode_error' VIRTUAL,
    kafka_partition INT NOT NULL METADATA FROM 'partition' VIRTUAL,
    kafka_offset BIGINT NOT NULL METADATA FROM 'offset' VIRTUAL,
    kafka_timestamp TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'timestamp' VIRTUAL,
    WATERMARK FOR end_timestamp AS end_timestamp - INTERVAL '10' SECOND
) WITH (
    'connector' = 'kafka',
    'topic' = '${VIEW_LOG_TOPIC}',
    'properties.bootstrap.servers' = '${KAFKA_BOOTSTRAP_SERVERS}',
    'scan.startup.mode' = 'earliest-offset',
    'value.format' = 'guarded-json',
    'value.guarded-json.timestamp-format.standard' = 'SQL'
);
