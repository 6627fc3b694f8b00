#include "format/export.h"

#include <string.h>

#include "format/export_private.h"

const struct export_format *const export_formats[] = {
	&export_stix, &export_jsonl, &export_misp, &export_csv, &export_list,
	&export_rpz, &export_hosts, &export_nftables,
	&export_suricata, &export_suricata_domains, &export_suricata_ips,
	&export_suricata_md5, &export_suricata_sha256, &export_zeek,
};
const size_t export_nformats = NELEM(export_formats);

const struct export_format *
export_format_find(const char *name)
{
	for (size_t i = 0; i < export_nformats; i++)
		if (strcmp(export_formats[i]->name, name) == 0)
			return export_formats[i];
	return NULL;
}

const char *
export_why_name(enum export_why why)
{
	static const char *const names[EXPORT_WHYS] = {
		[EXPORT_WHY_INVALID] = "invalid",
		[EXPORT_WHY_NO_INDICATOR] = "no-indicator",
		[EXPORT_WHY_BENIGN] = "benign",
		[EXPORT_WHY_PATTERN] = "pattern",
		[EXPORT_WHY_CONDITIONS] = "conditions",
		[EXPORT_WHY_FORMAT] = "not-expressible",
		[EXPORT_WHY_UNSAFE] = "unsafe",
	};

	return names[why];
}

void
export_set_write(const struct export_set *s, const struct export_options *o,
    struct buf *out)
{
	s->format->write(s, o, out);
}

const char *
export_plain(char *dst, size_t size, struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n && n + 1 < size; i++) {
		char c = s.p[i];
		bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '.' || c == '-' ||
		    c == ' ';

		dst[n++] = fine ? c : '_';
	}
	dst[n] = '\0';
	return dst;
}

bool
export_url_read(struct str url, struct export_url *out)
{
	struct export_url u = { 0 };
	const char *p = url.n == 0 ? NULL : memmem(url.p, url.n, "://", 3);
	const char *end = url.p + url.n, *close, *colon;
	uint64_t port;

	if (p == NULL)
		return false;
	u.scheme = (struct str){ url.p, (size_t)(p - url.p) };
	p += 3;
	u.host.p = p;
	while (p < end && *p != '/' && *p != '?' && *p != '#')
		p++;
	u.host.n = (size_t)(p - u.host.p);
	u.path = (struct str){ p, (size_t)(end - p) };
	if (u.host.n == 0 || memchr(u.host.p, '@', u.host.n) != NULL)
		return false;
	close = u.host.p[0] == '[' ? memchr(u.host.p, ']', u.host.n) : NULL;
	colon = memrchr(u.host.p, ':', u.host.n);
	if (colon != NULL && (close == NULL || colon > close)) {
		if (str_to_u64((struct str){ colon + 1, (size_t)(u.host.p +
		    u.host.n - colon - 1) }, &port) < 0 || port == 0 ||
		    port > 65535)
			return false;
		u.port = (unsigned)port;
		u.host.n = (size_t)(colon - u.host.p);
	}
	if (close != NULL) {
		u.host.p++;
		u.host.n = (size_t)(close - u.host.p);
	}
	p = u.path.n == 0 ? NULL : memchr(u.path.p, '#', u.path.n);
	if (p != NULL)
		u.path.n = (size_t)(p - u.path.p);
	*out = u;
	return true;
}
