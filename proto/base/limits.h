/*
 * Every limit on what comes from outside, in one place.  Those that an
 * administrator may change are options of comityd.yaml; these are the
 * ceilings that the formats themselves have.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#define RECORD_BYTES_MAX	(256 << 10)	/* one STIX object */
#define BATCH_RECORDS_MAX	256		/* records under one seal */
#define FRAME_RECORDS_MAX	(1 << 20)	/* RECORDS and CTL_DATA frames */
#define FRAME_CONTROL_MAX	(16 << 10)	/* every other frame of a peer */
#define JSON_DEPTH_MAX		32
#define JSON_NODES_MAX		200000
#define JSON_STRING_MAX		(1 << 20)
#define JSON_KEY_MAX		256
#define JSON_MEMBERS_MAX	1024
#define PATTERN_DEPTH_MAX	64
#define PATTERN_KEYS_MAX	1024		/* observables keyed per record */
#define YAML_DEPTH_MAX		32
#define YAML_BYTES_MAX		(2 << 20)	/* one file */
#define YAML_NODES_MAX		400000
#define CARD_BYTES_MAX		(64 << 10)
#define CERT_ID_MAX		253		/* a DNS name */
#define NAME_MAX_BYTES		64		/* desk, kind, purpose, rule id */
#define LABEL_BYTES_MAX		4096		/* canonical label text */
#define CLOCK_SKEW_MAX_MS	(5 * 60 * 1000)

#endif
