-- =====================================================================================================================
-- View report, source: messages from Kafka, decoded by this project's format; what cannot be decoded is a row, too.
-- Runs when VIEW_LOG_FORMAT is guarded-json (the default).
-- =====================================================================================================================

-- ---------------------------------------------------------------------------------------------------------------------
-- One row per message of the topic, whatever it holds. Grain: one Kafka offset. A message that cannot be decoded has
-- NULL columns and a decode_error. 1_view_log_checked.sql says what is made of it.
--
-- Messages also carry view_id and banner_id. They are not declared because nothing here uses them: only what is
-- declared is read. The metadata columns stand in the connector's order: otherwise Flink copies every row into another
-- that has this order.
--
-- Times are UTC; a view counts in the minute of its end_timestamp and may be up to 10 seconds out of order.
--
-- A partition closes a minute when its watermark reaches the minute's last millisecond, as Flink's windows do.
-- partition_watermark is that of this message's partition alone, and part of the checkpoint: the same topic gives the
-- same late events, whatever fails and however many tasks read it. Arrival is told by it, too, because it only goes
-- forward: the messages of one minute of arrival are one stretch of offsets, which has a number because grouping by one
-- number is cheaper than by partition and time.
--
-- A view cannot end after Kafka got it; ten seconds are for clocks that differ. An event from the future moves no
-- watermark: it would close all minutes up to then, and what really happens in them would be late.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE view_log (
    campaign_id INT,
    start_timestamp TIMESTAMP(3),
    end_timestamp TIMESTAMP(3),
    punctuation TIMESTAMP(3) COMMENT 'in a message that is no event: none older is to be expected in this partition',
    payload BYTES METADATA FROM 'value.raw' VIRTUAL COMMENT 'the message unchanged',
    decode_error STRING METADATA FROM 'value.decode_error' VIRTUAL COMMENT 'code, or code:field; NULL when decoded',
    message_key BYTES METADATA FROM 'key' VIRTUAL,
    headers MAP <STRING, BYTES> METADATA VIRTUAL,
    kafka_timestamp TIMESTAMP(3) METADATA FROM 'timestamp-utc' VIRTUAL,
    kafka_partition INT METADATA FROM 'partition' VIRTUAL,
    kafka_offset BIGINT METADATA FROM 'offset' VIRTUAL,
    previous_offset BIGINT METADATA FROM 'previous-offset' VIRTUAL COMMENT 'of the message before, in its partition',
    partition_watermark TIMESTAMP(3) METADATA FROM 'partition-watermark' VIRTUAL COMMENT 'up to this message',
    arrival TIMESTAMP(3) METADATA VIRTUAL COMMENT 'start of the minute that it is in',
    previous_arrival TIMESTAMP(3) METADATA FROM 'previous-arrival' VIRTUAL COMMENT 'of the message before',
    open_since TIMESTAMP(3) METADATA FROM 'open-since' VIRTUAL COMMENT 'start of the oldest minute not closed by it',
    stretch BIGINT METADATA VIRTUAL COMMENT 'arrival in milliseconds since 1970 * 65536 + kafka_partition',
    begins_stretch BOOLEAN METADATA FROM 'begins-stretch' VIRTUAL COMMENT 'first of its stretch, or behind a gap',
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
    -- Passwords and keys, where Kafka wants any: each client reads them from this file where it runs.
    'properties-file' = '${KAFKA_CLIENT_PROPERTIES:-}',
    -- Where a first start begins; a restored job goes on at the offsets of its checkpoint.
    'scan.startup.mode' = '${VIEW_LOG_START:-earliest-offset}',
    -- A partition without traffic holds the watermark back until a punctuation tells that it is quiet. Flink's idle
    -- timeout would not wait for that: it cannot tell silence from an outage, and when the broker comes back, the
    -- partition that is read first would close the minutes of all others.
    'scan.watermark.idle-timeout' = '0 s',
    -- The report's windows: what open_since and arrival are about.
    'history.interval' = '1 min',
    'silence.punctuation-field' = 'punctuation',
    'silence.after' = '${VIEW_LOG_SILENCE_AFTER:-30 s}',
    'value.format' = 'guarded-json',
    'value.guarded-json.timestamp-format.standard' = 'SQL'
);
