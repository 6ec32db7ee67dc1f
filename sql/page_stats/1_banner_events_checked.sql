-- =====================================================================================================================
-- Page statistics, source: what each message of banner_events is, decided here and nowhere else. It is reported, or
-- late, or rejected, or a punctuation; never two of these and never none.
-- =====================================================================================================================

-- ---------------------------------------------------------------------------------------------------------------------
-- The events that count, nearly all messages. None is late, so no window drops any. Grain: one row per event.
--
-- The condition stands in checked_banner_events once more, word for word (a test compares them): computing it twice is
-- cheaper than copying all columns of every message.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE VIEW reported_events AS
SELECT
    stretch,
    event_time,
    event_type,
    placement_id,
    page_id,
    user_id
FROM banner_events
WHERE
    event_time >= open_since
    AND event_time <= kafka_timestamp + INTERVAL '10' SECOND
    AND `timestamp` >= 0
    AND (event_type = 0 OR event_type = 1)
    AND banner_id <> ''
    AND placement_id <> ''
    AND page_id <> ''
    AND user_id <> ''
    AND decode_error IS NULL;

-- Whether a message is one of them. Grain: one Kafka offset.
CREATE VIEW checked_banner_events AS
SELECT
    `timestamp`,
    event_time,
    event_type,
    banner_id,
    placement_id,
    page_id,
    user_id,
    punctuation,
    decode_error,
    payload,
    message_key,
    headers,
    topic,
    kafka_partition,
    kafka_offset,
    kafka_timestamp,
    previous_offset,
    partition_watermark,
    arrival,
    previous_arrival,
    begins_stretch,
    (
        event_time >= open_since
        AND event_time <= kafka_timestamp + INTERVAL '10' SECOND
        AND `timestamp` >= 0
        AND (event_type = 0 OR event_type = 1)
        AND banner_id <> ''
        AND placement_id <> ''
        AND page_id <> ''
        AND user_id <> ''
        AND decode_error IS NULL
    ) IS TRUE AS is_reported
FROM banner_events;

-- What is more than a reported event: a few messages of many. Grain: one Kafka offset.
-- problem: a code, or code:field; NULL when the message is reported. An empty id is a missing one.
CREATE VIEW noted_messages AS
SELECT
    event_time,
    event_type,
    banner_id,
    placement_id,
    page_id,
    user_id,
    payload,
    message_key,
    headers,
    topic,
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
        WHEN `timestamp` IS NULL AND punctuation <= kafka_timestamp THEN 'punctuation'
        WHEN `timestamp` IS NULL AND punctuation IS NOT NULL THEN 'from_the_future:punctuation'
        WHEN `timestamp` IS NULL THEN 'missing_field:timestamp'
        WHEN event_type IS NULL THEN 'missing_field:event_type'
        WHEN banner_id IS NULL OR banner_id = '' THEN 'missing_field:banner_id'
        WHEN placement_id IS NULL OR placement_id = '' THEN 'missing_field:placement_id'
        WHEN page_id IS NULL OR page_id = '' THEN 'missing_field:page_id'
        WHEN user_id IS NULL OR user_id = '' THEN 'missing_field:user_id'
        WHEN event_type <> 0 AND event_type <> 1 THEN 'unknown_value:event_type'
        WHEN `timestamp` < 0 THEN 'negative:timestamp'
        -- In seconds this would be the year 5138; in milliseconds it is 1973.
        WHEN `timestamp` >= 100000000000 THEN 'milliseconds:timestamp'
        WHEN event_time > kafka_timestamp + INTERVAL '10' SECOND THEN 'from_the_future:timestamp'
        ELSE 'late'
    END AS problem
FROM checked_banner_events
WHERE NOT is_reported OR begins_stretch;

-- For rejected/. Grain: one row per message.
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
WHERE problem NOT IN ('late', 'punctuation');
