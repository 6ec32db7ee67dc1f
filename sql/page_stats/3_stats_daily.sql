-- =====================================================================================================================
-- Page statistics by day: views, clicks and distinct users per placement and per page, made of the hours' visitors.
-- Runs when PAGE_STATS_DAYS is computed (the default).
-- =====================================================================================================================

-- Grain: one row per placement, visitor and day.
CREATE VIEW placement_visitors_daily AS
SELECT
    placement_id,
    user_id,
    window_time AS event_time,
    SUM(view_count) AS view_count,
    SUM(click_count) AS click_count
FROM
    TABLE(
        TUMBLE(TABLE placement_visitors_hourly, DESCRIPTOR (event_time), INTERVAL '1' DAY)
    )
GROUP BY placement_id, user_id, window_start, window_end, window_time;

INSERT INTO placement_stats_daily
SELECT
    placement_id,
    window_start AS day_timestamp,
    SUM(view_count) AS view_count,
    SUM(click_count) AS click_count,
    COUNT(*) AS user_count,
    SUM(click_count) / NULLIF(CAST(SUM(view_count) AS DOUBLE), 0e0) AS click_through_rate,
    DATE_FORMAT(window_start, 'yyyy-MM-dd') AS `date`
FROM
    TABLE(
        TUMBLE(TABLE placement_visitors_daily, DESCRIPTOR (event_time), INTERVAL '1' DAY)
    )
GROUP BY placement_id, window_start, window_end;

-- Grain: one row per page, visitor and day.
CREATE VIEW page_visitors_daily AS
SELECT
    page_id,
    user_id,
    window_time AS event_time,
    SUM(view_count) AS view_count,
    SUM(click_count) AS click_count
FROM
    TABLE(
        TUMBLE(TABLE page_visitors_hourly, DESCRIPTOR (event_time), INTERVAL '1' DAY)
    )
GROUP BY page_id, user_id, window_start, window_end, window_time;

INSERT INTO page_stats_daily
SELECT
    page_id,
    window_start AS day_timestamp,
    SUM(view_count) AS view_count,
    SUM(click_count) AS click_count,
    COUNT(*) AS user_count,
    SUM(click_count) / NULLIF(CAST(SUM(view_count) AS DOUBLE), 0e0) AS click_through_rate,
    DATE_FORMAT(window_start, 'yyyy-MM-dd') AS `date`
FROM
    TABLE(
        TUMBLE(TABLE page_visitors_daily, DESCRIPTOR (event_time), INTERVAL '1' DAY)
    )
GROUP BY page_id, window_start, window_end;
