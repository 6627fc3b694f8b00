/*
 * The options of comityd.yaml as YAML, for the check that each has its
 * paragraph in comityd.yaml(5) and its line in the shipped example.
 */
#include "config/settings.h"

#include <stdio.h>

int
main(void)
{
	AUTO_BUF struct buf out = { 0 };
	struct settings s;

	settings_defaults(&s);
	settings_print(&s, false, &out);
	fputs(out.p, stdout);
	return 0;
}
