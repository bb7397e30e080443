-- How many members there are, those who are only invited included.
SELECT count(*) AS members FROM team_members
