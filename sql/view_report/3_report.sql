-- =====================================================================================================================
-- View report: average view duration and number of views per campaign and minute.
-- Every message of the topic ends in exactly one place: counted in view_report, or a row in rejected. (Except late
-- events, whose minute is closed already: the window drops them.)
-- =====================================================================================================================

-- ---------------------------------------------------------------------------------------------------------------------
-- What is wrong with a message: a code, or code:field; NULL when it can be used. Decided here and nowhere else.
-- Grain: one row per message.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE VIEW checked_view_log AS
SELECT
    campaign_id,
    start_timestamp,
    end_timestamp,
    payload,
    message_key,
    topic,
    kafka_partition,
    kafka_offset,
    kafka_timestamp,
    CASE
        WHEN decode_error IS NOT NULL THEN decode_error
        WHEN campaign_id IS NULL THEN 'missing_field:campaign_id'
        WHEN start_timestamp IS NULL THEN 'missing_field:start_timestamp'
        WHEN end_timestamp IS NULL THEN 'missing_field:end_timestamp'
        WHEN from_the_future THEN 'from_the_future:end_timestamp'
        WHEN start_timestamp > end_timestamp THEN 'ends_before_it_starts:end_timestamp'
    END AS problem
FROM view_log;

-- The messages that can be used. Filtered before the window, where it costs least. Grain: one row per view.
CREATE VIEW usable_views AS
SELECT
    campaign_id,
    start_timestamp,
    end_timestamp
FROM checked_view_log
WHERE problem IS NULL;

-- ---------------------------------------------------------------------------------------------------------------------
-- Sums and counts. Grain: one row per campaign and minute [start, start + 1 min) that holds an event's end_timestamp.
-- Durations are summed as whole milliseconds and divided last, so the average is exact. (TIMESTAMPDIFF would cut the
-- milliseconds off.)
-- ---------------------------------------------------------------------------------------------------------------------
CREATE VIEW views_per_minute AS
SELECT
    campaign_id,
    window_start,
    window_time,
    SUM(
        (EXTRACT(EPOCH FROM end_timestamp) - EXTRACT(EPOCH FROM start_timestamp)) * 1000
        + EXTRACT(MILLISECOND FROM end_timestamp) - EXTRACT(MILLISECOND FROM start_timestamp)
    ) AS duration_ms,
    COUNT(*) AS view_count
FROM
    TABLE(
        TUMBLE(TABLE usable_views, DESCRIPTOR (end_timestamp), INTERVAL '1' MINUTE)
    )
GROUP BY campaign_id, window_start, window_end, window_time;

-- The campaign joins after the window: joined before it, the window would become an ordinary, updating aggregate.
-- Each row gets the network that was in force in its minute.
INSERT INTO view_report
SELECT
    views_per_minute.campaign_id,
    campaigns.network_id,
    DATE_FORMAT(views_per_minute.window_start, 'yyyy-MM-dd HH:mm:ss') AS minute_timestamp,
    views_per_minute.duration_ms / (1000e0 * views_per_minute.view_count) AS avg_duration,
    CAST(views_per_minute.view_count AS INT) AS total_count
FROM views_per_minute
LEFT JOIN campaigns FOR SYSTEM_TIME AS OF views_per_minute.window_time
    ON views_per_minute.campaign_id = campaigns.campaign_id;
