#include "supervisor/lists.h"

#include "config/file_set.h"
#include "config/list_files.h"
#include "config/settings.h"
#include "host/log.h"
#include "net/channel.h"
#include "wire/message.h"

#define PATH_BYTES 4200

void
lists_send(struct channel *vault, const char *dir, struct str config)
{
	struct err e = { 0 };
	AUTO(file_set_free) struct file_set *files = file_set_decode(config,
	    &e);
	char path[PATH_BYTES];
	struct settings s;
	struct str text;
	int fd;

	if (files == NULL ||
	    file_set_get(files, STR(SETTINGS_FILE), &text) != 0 ||
	    settings_parse(SETTINGS_FILE, text, &s, &e) != 0 ||
	    s.warning_lists[0] == '\0' ||
	    settings_path(path, sizeof(path), dir, s.warning_lists) != 0)
		return;
	fd = list_files_pack(path, &e);
	if (fd < 0)
		log_error("warning-lists", "error=\"%s\"", e.text);
	else
		channel_send_fd(vault, MESSAGE_LISTS, STR(""), fd);
}
