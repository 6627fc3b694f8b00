#include "vault/version.h"

#include "base/crypto.h"
#include "net/loop.h"
#include "store/store.h"

json_t *
version_libraries(void)
{
	return json_pack("{s:s, s:s, s:s, s:s}",
	    "openssl", crypto_library_version(),
	    "libevent", loop_library_version(),
	    "jansson", jansson_version_str(),
	    "sqlite", store_library_version());
}
