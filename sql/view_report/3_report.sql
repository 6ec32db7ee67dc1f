-- =====================================================================================================================
-- View report: average view duration and number of views per campaign and minute.
-- =====================================================================================================================

-- ---------------------------------------------------------------------------------------------------------------------
-- Sums and counts by where the views came from, for the report and for the audit. Grain: one row per campaign, minute
-- [start, start + 1 min) that holds the views' end_timestamp, and stretch of offsets: Kafka partition and arrival.
-- Durations are summed as whole milliseconds and divided last, so the average is exact. (TIMESTAMPDIFF would cut the
-- milliseconds off.)
-- ---------------------------------------------------------------------------------------------------------------------
CREATE VIEW views_per_origin AS
SELECT
    stretch,
    campaign_id,
    window_time AS event_time,
    SUM(
        (EXTRACT(EPOCH FROM end_timestamp) - EXTRACT(EPOCH FROM start_timestamp)) * 1000
        + EXTRACT(MILLISECOND FROM end_timestamp) - EXTRACT(MILLISECOND FROM start_timestamp)
    ) AS duration_ms,
    COUNT(*) AS view_count
FROM
    TABLE(
        TUMBLE(TABLE reported_views, DESCRIPTOR (end_timestamp), INTERVAL '1' MINUTE)
    )
GROUP BY stretch, campaign_id, window_start, window_end, window_time;

-- Grain: one row per campaign and minute.
CREATE VIEW views_per_minute AS
SELECT
    campaign_id,
    window_start,
    window_time,
    SUM(duration_ms) AS duration_ms,
    SUM(view_count) AS view_count
FROM
    TABLE(
        TUMBLE(TABLE views_per_origin, DESCRIPTOR (event_time), INTERVAL '1' MINUTE)
    )
GROUP BY campaign_id, window_start, window_end, window_time;

-- The campaign joins after the window: joined before it, the window would become an ordinary, updating aggregate.
-- Each row gets the network that was in force in its minute. Grain: one row per campaign and minute.
CREATE VIEW views_per_network AS
SELECT
    views_per_minute.campaign_id,
    campaigns.network_id,
    views_per_minute.window_start,
    views_per_minute.window_time AS event_time,
    views_per_minute.duration_ms,
    views_per_minute.view_count
FROM views_per_minute
LEFT JOIN campaigns FOR SYSTEM_TIME AS OF views_per_minute.window_time
    ON views_per_minute.campaign_id = campaigns.campaign_id;

INSERT INTO view_report
SELECT
    campaign_id,
    network_id,
    DATE_FORMAT(window_start, 'yyyy-MM-dd HH:mm:ss') AS minute_timestamp,
    duration_ms / (1000e0 * view_count) AS avg_duration,
    CAST(view_count AS INT) AS total_count
FROM views_per_network;
