-- =====================================================================================================================
-- Page statistics by hour: views, clicks, distinct users and click-through rate per placement and per page.
-- 3_visitors.*.sql say how users are counted.
-- =====================================================================================================================

INSERT INTO placement_stats_hourly
SELECT
    placement_id,
    window_start AS hour_timestamp,
    view_count,
    click_count,
    user_count,
    click_count / NULLIF(CAST(view_count AS DOUBLE), 0e0) AS click_through_rate,
    DATE_FORMAT(window_start, 'yyyy-MM-dd') AS `date`,
    DATE_FORMAT(window_start, 'HH') AS `hour`
FROM placement_hours;

INSERT INTO page_stats_hourly
SELECT
    page_id,
    window_start AS hour_timestamp,
    view_count,
    click_count,
    user_count,
    click_count / NULLIF(CAST(view_count AS DOUBLE), 0e0) AS click_through_rate,
    DATE_FORMAT(window_start, 'yyyy-MM-dd') AS `date`,
    DATE_FORMAT(window_start, 'HH') AS `hour`
FROM page_hours;
