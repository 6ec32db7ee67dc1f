-- =====================================================================================================================
-- Page statistics, source: banner views and clicks from Kafka.
-- Runs when INPUT is kafka (the default).
-- =====================================================================================================================

-- ---------------------------------------------------------------------------------------------------------------------
-- One row per message of the topic, whatever it holds. Grain: one Kafka offset. A message that cannot be decoded has
-- NULL columns and a decode_error. 1_banner_events_checked.sql says what is made of it.
--
-- Events may be up to 10 seconds out of order. How a partition closes an hour, and what arrival and a stretch are, is
-- told in sql/view_report/1_view_log.guarded-json.sql, there of minutes.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE banner_events (
    `timestamp` BIGINT COMMENT 'seconds since 1970, UTC',
    event_type INT COMMENT '0 = impression, 1 = click',
    banner_id STRING,
    placement_id STRING,
    page_id STRING,
    user_id STRING COMMENT 'the cookie of the visitor, the same for all that this visitor sees and clicks',
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
    arrival TIMESTAMP(3) METADATA VIRTUAL COMMENT 'start of the hour that it is in',
    previous_arrival TIMESTAMP(3) METADATA FROM 'previous-arrival' VIRTUAL COMMENT 'of the message before',
    open_since TIMESTAMP(3) METADATA FROM 'open-since' VIRTUAL COMMENT 'start of the oldest hour not closed by it',
    stretch BIGINT METADATA VIRTUAL COMMENT 'arrival in milliseconds since 1970 * 65536 + kafka_partition',
    begins_stretch BOOLEAN METADATA FROM 'begins-stretch' VIRTUAL COMMENT 'first of its stretch, or behind a gap',
    topic AS '${BANNER_EVENTS_TOPIC:-banner_events}',
    event_time AS CAST(TO_TIMESTAMP_LTZ(`timestamp`, 0) AS TIMESTAMP(3)),
    WATERMARK FOR event_time AS CASE
        WHEN event_time <= kafka_timestamp + INTERVAL '10' SECOND
            THEN event_time - INTERVAL '10' SECOND
        WHEN `timestamp` IS NULL AND punctuation <= kafka_timestamp
            THEN punctuation
    END
) WITH (
    'connector' = 'audited-kafka',
    'topic' = '${BANNER_EVENTS_TOPIC:-banner_events}',
    'properties.bootstrap.servers' = '${KAFKA_BOOTSTRAP_SERVERS}',
    'properties.group.id' = 'page_stats',
    -- Passwords and keys, where Kafka wants any: each client reads them from this file where it runs.
    'properties-file' = '${KAFKA_CLIENT_PROPERTIES:-}',
    -- Where a first start begins; a restored job goes on at the offsets of its checkpoint.
    'scan.startup.mode' = '${BANNER_EVENTS_START:-earliest-offset}',
    -- A partition without traffic holds the watermark back until a punctuation tells that it is quiet.
    'scan.watermark.idle-timeout' = '0 s',
    -- The windows: what open_since and arrival are about.
    'history.interval' = '1 h',
    'silence.punctuation-field' = 'punctuation',
    'silence.after' = '${BANNER_EVENTS_SILENCE_AFTER:-30 s}',
    'value.format' = 'guarded-json',
    'value.guarded-json.timestamp-format.standard' = 'SQL'
);
