# Outside libraries, as imported targets. docs/decisions/ says why each is here.

set(OPENSSL_USE_STATIC_LIBS TRUE)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto SSL)
find_package(Threads REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(Boost 1.81 REQUIRED)  # Asio and Beast, headers only
find_package(CLI11 2.1 REQUIRED)   # headers only
find_path(spdlog_include spdlog/spdlog.h REQUIRED)  # header-only as is fmt: Debian's targets of both link a .so
find_library(SQLite3_LIBRARY libsqlite3.a)
find_package(SQLite3 3.40 REQUIRED)
find_library(ZLIB_LIBRARY libz.a)
find_package(ZLIB 1.2.13 REQUIRED)

# libsecp256k1 0.7 or newer: scripts/install unpacks it into the cache folder; a system that has it works too.
if(DEFINED ENV{XDG_CACHE_HOME})
  set(ben_cache "$ENV{XDG_CACHE_HOME}/bitcoin-enclave-node")
else()
  set(ben_cache "$ENV{HOME}/.cache/bitcoin-enclave-node")
endif()
set(BEN_SECP256K1_PREFIX "${ben_cache}/secp256k1" CACHE PATH "Where libsecp256k1 >= 0.7 is")
find_path(secp256k1_include secp256k1_musig.h HINTS ${BEN_SECP256K1_PREFIX}/usr/include ${BEN_SECP256K1_PREFIX}/include)
find_library(secp256k1_archive libsecp256k1.a
  HINTS ${BEN_SECP256K1_PREFIX}/usr/lib ${BEN_SECP256K1_PREFIX}/lib PATH_SUFFIXES ${CMAKE_LIBRARY_ARCHITECTURE})
if(NOT secp256k1_include OR NOT secp256k1_archive)
  message(FATAL_ERROR "libsecp256k1 >= 0.7 was not found: run scripts/install, or set BEN_SECP256K1_PREFIX")
endif()
add_library(secp256k1::secp256k1 STATIC IMPORTED)
set_target_properties(secp256k1::secp256k1 PROPERTIES
  IMPORTED_LOCATION ${secp256k1_archive} INTERFACE_INCLUDE_DIRECTORIES ${secp256k1_include})
