-- =====================================================================================================================
-- View report, rejected: each message, and each line of a campaigns file, that has a problem, unchanged, with where it
-- came from and what is wrong with it. Grain: one row per rejected message or line.
-- =====================================================================================================================

INSERT INTO rejected
SELECT
    payload,
    message_key,
    headers,
    '${VIEW_LOG_TOPIC:-view_log}' AS topic,
    kafka_partition,
    kafka_offset,
    kafka_timestamp,
    CAST(CURRENT_TIMESTAMP AS TIMESTAMP(3)) AS rejected_at,
    'view_report' AS pipeline,
    '${PIPELINE_VERSION}' AS pipeline_version,
    SPLIT_INDEX(problem, ':', 0) AS reason,
    CASE SPLIT_INDEX(problem, ':', 0)
        WHEN 'null_message' THEN 'The message has no value.'
        WHEN 'empty_message' THEN 'The message is empty.'
        WHEN 'not_json' THEN 'The message is not JSON.'
        WHEN 'not_an_object' THEN 'The message is JSON, but not an object.'
        WHEN 'missing_field' THEN CONCAT('Field ', SPLIT_INDEX(problem, ':', 1), ' is missing or null.')
        WHEN 'wrong_type' THEN CONCAT('Field ', SPLIT_INDEX(problem, ':', 1), ' has a value of the wrong type or form.')
        WHEN 'out_of_range' THEN CONCAT('Field ', SPLIT_INDEX(problem, ':', 1), ' is a number too large for its type.')
        WHEN 'from_the_future'
            THEN
                CONCAT(
                    'Field ', SPLIT_INDEX(problem, ':', 1), ' is ahead of the time at which Kafka got the message.'
                )
        WHEN 'ends_before_it_starts' THEN 'The view ends before it starts: end_timestamp is before start_timestamp.'
    END AS detail,
    DATE_FORMAT(CURRENT_TIMESTAMP, 'yyyy-MM-dd') AS `date`,
    DATE_FORMAT(CURRENT_TIMESTAMP, 'HH') AS `hour`
FROM noted_view_log
WHERE problem NOT IN ('late', 'punctuation')
UNION ALL
SELECT
    CAST(line AS BYTES) AS payload,
    CAST(NULL AS BYTES) AS message_key,
    CAST(NULL AS MAP <STRING, BYTES>) AS headers,
    CAST(NULL AS STRING) AS topic,
    CAST(NULL AS INT) AS kafka_partition,
    CAST(NULL AS BIGINT) AS kafka_offset,
    CAST(NULL AS TIMESTAMP(3)) AS kafka_timestamp,
    CAST(CURRENT_TIMESTAMP AS TIMESTAMP(3)) AS rejected_at,
    'view_report' AS pipeline,
    '${PIPELINE_VERSION}' AS pipeline_version,
    'bad_campaign' AS reason,
    CONCAT('A line of file ', file_name, ' is not campaign_id,network_id, two whole numbers.') AS detail,
    DATE_FORMAT(CURRENT_TIMESTAMP, 'yyyy-MM-dd') AS `date`,
    DATE_FORMAT(CURRENT_TIMESTAMP, 'HH') AS `hour`
FROM campaign_lines
WHERE campaign_id IS NULL OR network_id IS NULL;
