/*
 * What an attribute of a MISP event says that STIX has no word for: custom
 * properties of the object it became, so that it comes back the same.
 */
#ifndef FORMAT_MISP_H
#define FORMAT_MISP_H

#define MISP_TYPE "x_misp_type"		/* "ip-src", "filename|sha256" */
#define MISP_CATEGORY "x_misp_category"	/* "Network activity" */
#define MISP_COMMENT "x_misp_comment"
#define MISP_TO_IDS "x_misp_to_ids"	/* boolean */
/*
 * The value as it stood there, where the pattern does not state it alone or
 * not in the same letters.  Needs MISP_TYPE.
 */
#define MISP_VALUE "x_misp_value"
/* What it is within an object of MISP: "sha256" of a file. */
#define MISP_RELATION "x_misp_object_relation"

#endif
