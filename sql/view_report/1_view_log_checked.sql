-- =====================================================================================================================
-- View report, source: what each message of view_log is, decided here and nowhere else. It is reported, or late, or
-- rejected, or a punctuation; never two of these and never none.
-- =====================================================================================================================

-- ---------------------------------------------------------------------------------------------------------------------
-- What is wrong with a message: a code, or code:field; NULL when it is reported. Grain: one Kafka offset.
-- begins_stretch: what the audit has to know of, because arrival goes on from here in another minute or behind a gap.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE VIEW checked_view_log AS
SELECT
    event_time,
    campaign_id,
    start_timestamp,
    end_timestamp,
    payload,
    message_key,
    headers,
    kafka_partition,
    kafka_offset,
    kafka_timestamp,
    previous_offset,
    partition_watermark,
    arrival_minute,
    previous_arrival_minute,
    previous_offset IS NULL
    OR kafka_offset > previous_offset + 1
    OR arrival_minute IS DISTINCT FROM previous_arrival_minute AS begins_stretch,
    CASE
        -- Nearly all messages, so they are asked nothing more.
        WHEN
            end_timestamp >= open_since
            AND end_timestamp <= kafka_timestamp + INTERVAL '10' SECOND
            AND start_timestamp <= end_timestamp
            AND campaign_id IS NOT NULL
            AND decode_error IS NULL
            THEN CAST(NULL AS STRING)
        WHEN decode_error IS NOT NULL THEN decode_error
        WHEN end_timestamp IS NULL AND punctuation <= kafka_timestamp THEN 'punctuation'
        WHEN end_timestamp IS NULL AND punctuation IS NOT NULL THEN 'from_the_future:punctuation'
        WHEN campaign_id IS NULL THEN 'missing_field:campaign_id'
        WHEN start_timestamp IS NULL THEN 'missing_field:start_timestamp'
        WHEN end_timestamp IS NULL THEN 'missing_field:end_timestamp'
        WHEN end_timestamp > kafka_timestamp + INTERVAL '10' SECOND
            THEN 'from_the_future:end_timestamp'
        WHEN start_timestamp > end_timestamp THEN 'ends_before_it_starts:end_timestamp'
        ELSE 'late'
    END AS problem
FROM view_log;

-- What is more than a reported view: a few messages of many, so that the others are handed on once and not to each
-- statement that looks for these. Grain: one Kafka offset.
CREATE VIEW noted_view_log AS
SELECT
    campaign_id,
    start_timestamp,
    end_timestamp,
    payload,
    message_key,
    headers,
    kafka_partition,
    kafka_offset,
    kafka_timestamp,
    previous_offset,
    partition_watermark,
    arrival_minute,
    previous_arrival_minute,
    begins_stretch,
    problem
FROM checked_view_log
WHERE problem IS NOT NULL OR begins_stretch;
