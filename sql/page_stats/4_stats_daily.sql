-- =====================================================================================================================
-- Page statistics by day: views, clicks, distinct users and click-through rate per placement and per page.
-- Runs when PAGE_STATS_DAYS is computed (the default).
-- =====================================================================================================================

INSERT INTO placement_stats_daily
SELECT
    placement_id,
    window_start AS day_timestamp,
    view_count,
    click_count,
    user_count,
    click_count / NULLIF(CAST(view_count AS DOUBLE), 0e0) AS click_through_rate,
    DATE_FORMAT(window_start, 'yyyy-MM-dd') AS `date`
FROM placement_days;

INSERT INTO page_stats_daily
SELECT
    page_id,
    window_start AS day_timestamp,
    view_count,
    click_count,
    user_count,
    click_count / NULLIF(CAST(view_count AS DOUBLE), 0e0) AS click_through_rate,
    DATE_FORMAT(window_start, 'yyyy-MM-dd') AS `date`
FROM page_days;
