-- sqlfluff:dialect:duckdb
-- =====================================================================================================================
-- View report, what is wrong with the files that people put into ${DATA_DIR}/campaigns (DuckDB, run by jobs.submit and
-- jobs.audit): a campaign that one file puts into two networks. Flink takes the last of its lines.
-- Grain: one row, a sentence, per campaign and file.
-- =====================================================================================================================

WITH campaign_lines AS (
    SELECT
        parse_filename(filename) AS file_name,
        -- Whole numbers only: a cast alone would make 2 of 1.5.
        try_cast(regexp_extract(replace(split_part(line, ',', 1), '"', ''), '^ *([+-]?[0-9]+) *$', 1) AS INTEGER)
            AS campaign_id,
        try_cast(regexp_extract(replace(split_part(line, ',', 2), '"', ''), '^ *([+-]?[0-9]+) *$', 1) AS INTEGER)
            AS network_id
    FROM
        -- Lines as they are: no quotes, no columns, and what is not UTF-8 left out.
        read_csv(
            '${DATA_DIR}/campaigns/*',
            columns = { 'line': 'VARCHAR' },
            auto_detect = FALSE,
            header = FALSE,
            delim = '\x01',
            quote = '',
            escape = '',
            strict_mode = FALSE,
            null_padding = TRUE,
            ignore_errors = TRUE,
            filename = TRUE
        )
    WHERE NOT starts_with(parse_filename(filename), '.') AND NOT starts_with(parse_filename(filename), '_')
)

SELECT
    'File ' || file_name || ' puts campaign ' || campaign_id || ' into networks '
    || string_agg(DISTINCT network_id, ', ' ORDER BY network_id) || '; keep one of its lines.'
FROM campaign_lines
WHERE campaign_id IS NOT NULL AND network_id IS NOT NULL
GROUP BY file_name, campaign_id
HAVING count(DISTINCT network_id) > 1
ORDER BY file_name, campaign_id
