-- =====================================================================================================================
-- The benchmark's plain job, source: as in 1_view_log.guarded-json.sql, but with nothing that is not Flink's own.
-- Runs when VIEW_LOG_FORMAT is json.
-- =====================================================================================================================

-- Grain: one Kafka offset. What is not JSON vanishes.
CREATE TABLE view_log (
    campaign_id INT,
    start_timestamp TIMESTAMP(3),
    end_timestamp TIMESTAMP(3),
    WATERMARK FOR end_timestamp AS end_timestamp - INTERVAL '10' SECOND
) WITH (
    'connector' = 'kafka',
    'topic' = '${VIEW_LOG_TOPIC}',
    'properties.bootstrap.servers' = '${KAFKA_BOOTSTRAP_SERVERS}',
    'scan.startup.mode' = 'earliest-offset',
    'format' = 'json',
    'json.timestamp-format.standard' = 'SQL',
    'json.ignore-parse-errors' = 'true'
);
