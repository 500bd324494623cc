-- name: rows_behind
-- How many rows stand behind each value of a split.
SELECT bucket, key, rows FROM insight_value
WHERE indicator = %(indicator)s AND grain = %(grain)s AND split = %(split)s
    AND (%(first)s::timestamptz IS NULL OR bucket >= %(first)s)
    AND (%(until)s::timestamptz IS NULL OR bucket <= %(until)s);
