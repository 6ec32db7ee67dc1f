-- =====================================================================================================================
-- View report: average view duration and number of views per campaign and minute.
-- Grain of the result: one row per campaign and minute in which it was viewed.
-- =====================================================================================================================

-- An event counts in the minute [start, start + 1 min) that holds its end_timestamp. Durations are summed as whole
-- milliseconds and divided last, so the average is exact. (TIMESTAMPDIFF would cut the milliseconds off.)
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
        TUMBLE(TABLE view_log, DESCRIPTOR (end_timestamp), INTERVAL '1' MINUTE)
    )
WHERE
    campaign_id IS NOT NULL
    AND start_timestamp IS NOT NULL
    AND end_timestamp IS NOT NULL
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
