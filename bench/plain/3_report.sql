-- =====================================================================================================================
-- The benchmark's plain job: the view report as one writes it who does not account for every message. Late views are
-- dropped by the window, bad ones by the filter. It runs with 1_sources.sql and 2_sinks.sql of sql/view_report.
-- =====================================================================================================================

-- Grain: one row per view that has all it needs.
CREATE VIEW usable_views AS
SELECT
    campaign_id,
    start_timestamp,
    end_timestamp
FROM view_log
WHERE campaign_id IS NOT NULL AND start_timestamp <= end_timestamp;

-- Grain: one row per campaign and minute.
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
