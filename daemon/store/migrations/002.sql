-- Version 2.  Lists of records in the order in which they were added, each
-- with its date: microseconds since 1970, each once in a list.

-- Runs of (date, seq), packed (feed.c); first is the first date.
CREATE TABLE feed (
	list INTEGER NOT NULL,
	first INTEGER NOT NULL,
	rows BLOB NOT NULL,
	PRIMARY KEY (list, first)
) STRICT, WITHOUT ROWID;

-- The same by sequence: (seq, date) of those with that part of it.
CREATE TABLE feed_seq (
	list INTEGER NOT NULL,
	part INTEGER NOT NULL,
	rows BLOB NOT NULL,
	PRIMARY KEY (list, part)
) STRICT, WITHOUT ROWID;
