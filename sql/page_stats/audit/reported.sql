-- sqlfluff:dialect:duckdb
-- sqlfluff:exclude_rules:AL03,RF04,ST06,ST07
-- =====================================================================================================================
-- Page statistics, for the audit (DuckDB): how many views and clicks the statistics hold, and how many clicks, in an
-- hour. Placements and pages count the same events; where they do not agree neither is right, and both are 0 here.
-- Grain: one row per hour.
-- =====================================================================================================================

WITH placements AS (
    SELECT
        hour_timestamp,
        sum(view_count + click_count) AS events,
        sum(click_count) AS clicks
    FROM placement_stats_hourly
    GROUP BY ALL
),

pages AS (
    SELECT
        hour_timestamp,
        sum(view_count + click_count) AS events,
        sum(click_count) AS clicks
    FROM page_stats_hourly
    GROUP BY ALL
)

SELECT
    hour_timestamp AS minute,
    if(placements.events = pages.events AND placements.clicks = pages.clicks, pages.events, 0) AS events,
    if(placements.events = pages.events AND placements.clicks = pages.clicks, pages.clicks, 0) AS amount
FROM placements
FULL JOIN pages USING (hour_timestamp)
