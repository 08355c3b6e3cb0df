// KeyHandle: an asymmetric key of libcrypto.
#pragma once

#include <openssl/evp.h>

#include "base/owned.hpp"

namespace ben {

using KeyHandle = Owned<EVP_PKEY, EVP_PKEY_free>;

}  // namespace ben
