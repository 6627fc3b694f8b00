-- Version 2.  Lists of records in the order in which they were added, each
-- with its date: microseconds since 1970, each once in a list.

CREATE TABLE feed (
	list INTEGER NOT NULL,
	added INTEGER NOT NULL,
	seq INTEGER NOT NULL,
	PRIMARY KEY (list, added)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX feed_seq ON feed (list, seq);
