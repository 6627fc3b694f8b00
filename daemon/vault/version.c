#include "vault/version.h"

#include <openssl/crypto.h>

#include "net/loop.h"
#include "store/store.h"

json_t *
version_libraries(void)
{
	return json_pack("{s:s, s:s, s:s, s:s}",
	    "openssl", OpenSSL_version(OPENSSL_VERSION_STRING),
	    "libevent", loop_library_version(),
	    "jansson", jansson_version_str(),
	    "sqlite", store_library_version());
}
