-- =====================================================================================================================
-- Page statistics by hour: views, clicks and distinct users per placement and per page.
--
-- Distinct users are counted exactly and without a distinct aggregate: first one row per visitor, then the rows are
-- counted. So a page that gets half of all traffic is spread over all tasks, by its visitors, and the state of an hour
-- is one row per visitor and placement or page.
-- =====================================================================================================================

-- Grain: one row per placement, visitor and hour.
CREATE VIEW placement_visitors_hourly AS
SELECT
    placement_id,
    user_id,
    window_time AS event_time,
    COUNT(*) FILTER (WHERE event_type = 0) AS view_count,
    COUNT(*) FILTER (WHERE event_type = 1) AS click_count
FROM
    TABLE(
        TUMBLE(TABLE reported_events, DESCRIPTOR (event_time), INTERVAL '1' HOUR)
    )
GROUP BY placement_id, user_id, window_start, window_end, window_time;

INSERT INTO placement_stats_hourly
SELECT
    placement_id,
    window_start AS hour_timestamp,
    SUM(view_count) AS view_count,
    SUM(click_count) AS click_count,
    COUNT(*) AS user_count,
    SUM(click_count) / NULLIF(CAST(SUM(view_count) AS DOUBLE), 0e0) AS click_through_rate,
    DATE_FORMAT(window_start, 'yyyy-MM-dd') AS `date`,
    DATE_FORMAT(window_start, 'HH') AS `hour`
FROM
    TABLE(
        TUMBLE(TABLE placement_visitors_hourly, DESCRIPTOR (event_time), INTERVAL '1' HOUR)
    )
GROUP BY placement_id, window_start, window_end;

-- Grain: one row per page, visitor and hour.
CREATE VIEW page_visitors_hourly AS
SELECT
    page_id,
    user_id,
    window_time AS event_time,
    COUNT(*) FILTER (WHERE event_type = 0) AS view_count,
    COUNT(*) FILTER (WHERE event_type = 1) AS click_count
FROM
    TABLE(
        TUMBLE(TABLE reported_events, DESCRIPTOR (event_time), INTERVAL '1' HOUR)
    )
GROUP BY page_id, user_id, window_start, window_end, window_time;

INSERT INTO page_stats_hourly
SELECT
    page_id,
    window_start AS hour_timestamp,
    SUM(view_count) AS view_count,
    SUM(click_count) AS click_count,
    COUNT(*) AS user_count,
    SUM(click_count) / NULLIF(CAST(SUM(view_count) AS DOUBLE), 0e0) AS click_through_rate,
    DATE_FORMAT(window_start, 'yyyy-MM-dd') AS `date`,
    DATE_FORMAT(window_start, 'HH') AS `hour`
FROM
    TABLE(
        TUMBLE(TABLE page_visitors_hourly, DESCRIPTOR (event_time), INTERVAL '1' HOUR)
    )
GROUP BY page_id, window_start, window_end;
