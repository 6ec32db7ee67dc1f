-- =====================================================================================================================
-- View report, source: banner views from Kafka, decoded by this project's format; what cannot be decoded is a row, too.
-- Runs when VIEW_LOG_FORMAT is guarded-json (the default).
-- =====================================================================================================================

-- ---------------------------------------------------------------------------------------------------------------------
-- One row per message of the topic, whatever it holds. Grain: one Kafka offset.
--
-- Event time is end_timestamp, UTC; a message may be up to 10 seconds out of order. A message that cannot be decoded
-- has NULL columns and a decode_error, and moves no watermark.
--
-- Messages also carry view_id and banner_id. They are not declared because nothing here uses them: only what is
-- declared is read.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE view_log (
    message_key BYTES,
    campaign_id INT,
    start_timestamp TIMESTAMP(3),
    end_timestamp TIMESTAMP(3),
    decode_error STRING METADATA FROM 'value.decode_error' VIRTUAL COMMENT 'code, or code:field; NULL when decoded',
    payload BYTES METADATA FROM 'value.raw' VIRTUAL COMMENT 'the message unchanged',
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
    -- Where a first start begins; a restored job goes on at the offsets of its checkpoint.
    'scan.startup.mode' = '${VIEW_LOG_START:-earliest-offset}',
    -- A partition without traffic stops holding the watermark back after this long. Shorter is not better: what then
    -- comes from a partition that was merely slow may be late.
    'scan.watermark.idle-timeout' = '30 s',
    'key.format' = 'raw',
    'key.fields' = 'message_key',
    'value.fields-include' = 'EXCEPT_KEY',
    'value.format' = 'guarded-json',
    'value.guarded-json.required-fields' = 'campaign_id;start_timestamp;end_timestamp',
    'value.guarded-json.timestamp-format.standard' = 'SQL'
);
