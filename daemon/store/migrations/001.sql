-- Version 1.  Time is an integer in UTC; positions are made by the program.

CREATE TABLE meta (
	name TEXT PRIMARY KEY,
	value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- head: everything but the object itself, packed (record.c).
CREATE TABLE record (
	seq INTEGER PRIMARY KEY,
	head BLOB NOT NULL,
	body BLOB NOT NULL
) STRICT;

-- The keys of records that are in no run yet, one row a transaction.
CREATE TABLE pending (
	seq INTEGER PRIMARY KEY,
	keys BLOB NOT NULL
) STRICT;

-- Sorted runs of (key, seq); run_page.n is run.n * 2^24 + page.
CREATE TABLE run (
	n INTEGER PRIMARY KEY,
	level INTEGER NOT NULL,
	keys INTEGER NOT NULL
) STRICT;

CREATE TABLE run_page (
	n INTEGER PRIMARY KEY,
	keys BLOB NOT NULL
) STRICT;

CREATE TABLE label (
	n INTEGER PRIMARY KEY,
	hash INTEGER NOT NULL,
	bytes BLOB NOT NULL
) STRICT;
CREATE INDEX label_hash ON label (hash);

CREATE TABLE cert (
	n INTEGER PRIMARY KEY,
	hash INTEGER NOT NULL,
	bytes BLOB NOT NULL
) STRICT;
CREATE INDEX cert_hash ON cert (hash);

CREATE TABLE seal (
	n INTEGER PRIMARY KEY,
	seal BLOB NOT NULL,
	proof BLOB NOT NULL
) STRICT;

CREATE TABLE setting (
	space TEXT NOT NULL,
	name TEXT NOT NULL,
	value BLOB NOT NULL,
	PRIMARY KEY (space, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE log (
	n INTEGER PRIMARY KEY,
	type INTEGER NOT NULL,
	entry BLOB NOT NULL,
	leaf BLOB NOT NULL
) STRICT;
