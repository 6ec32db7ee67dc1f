-- =====================================================================================================================
-- View report, source: what each message of view_log is, decided here and nowhere else. It is reported, or late, or
-- rejected, or a punctuation; never two of these and never none.
-- =====================================================================================================================

-- ---------------------------------------------------------------------------------------------------------------------
-- What is wrong with a message: a code, or code:field; NULL when it is reported. Grain: one Kafka offset.
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
    topic,
    kafka_partition,
    kafka_offset,
    kafka_timestamp,
    previous_offset,
    partition_watermark,
    arrival_minute,
    previous_arrival_minute,
    CASE
        WHEN decode_error IS NOT NULL THEN decode_error
        WHEN end_timestamp IS NULL AND punctuation <= kafka_timestamp THEN 'punctuation'
        WHEN end_timestamp IS NULL AND punctuation IS NOT NULL THEN 'from_the_future:punctuation'
        WHEN campaign_id IS NULL THEN 'missing_field:campaign_id'
        WHEN start_timestamp IS NULL THEN 'missing_field:start_timestamp'
        WHEN end_timestamp IS NULL THEN 'missing_field:end_timestamp'
        WHEN end_timestamp > kafka_timestamp + INTERVAL '10' SECOND
            THEN 'from_the_future:end_timestamp'
        WHEN start_timestamp > end_timestamp THEN 'ends_before_it_starts:end_timestamp'
        WHEN event_time <> end_timestamp THEN 'late'
    END AS problem
FROM view_log;
