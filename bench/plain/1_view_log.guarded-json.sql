-- =====================================================================================================================
-- The benchmark's plain job, source: messages from Kafka, without what the rejected and late rows and the audit need.
-- Runs when VIEW_LOG_FORMAT is guarded-json (the default).
-- =====================================================================================================================

-- Grain: one Kafka offset. What cannot be decoded has NULL columns.
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
    'format' = 'guarded-json',
    'guarded-json.timestamp-format.standard' = 'SQL'
);
