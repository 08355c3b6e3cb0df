# cmake -DPROGRAM=... -P check_portable.cmake: fails unless the program runs on every system from glibc 2.34 on
# (Amazon Linux 2023, Debian 12) with nothing else installed.
cmake_minimum_required(VERSION 3.25)
set(glibc_newest 2.34)
set(libraries_allowed libc.so.6 libm.so.6 libgcc_s.so.1 ld-linux-x86-64.so.2)

execute_process(COMMAND objdump --private-headers --dynamic-syms ${PROGRAM} OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)

string(REGEX MATCHALL "GLIBC_[0-9.]+" symbol_versions "${text}")
if(NOT symbol_versions)
  message(FATAL_ERROR "${PROGRAM}: no glibc symbol was found; is it linked dynamically?")
endif()
list(REMOVE_DUPLICATES symbol_versions)
foreach(symbol_version IN LISTS symbol_versions)
  string(REPLACE "GLIBC_" "" number ${symbol_version})
  if(number VERSION_GREATER glibc_newest)
    message(FATAL_ERROR "${PROGRAM} needs ${symbol_version}: objdump --dynamic-syms shows for which symbol")
  endif()
endforeach()

string(REGEX MATCHALL "NEEDED +[^\n]+" needed "${text}")
foreach(line IN LISTS needed)
  string(REGEX REPLACE "NEEDED +" "" library ${line})
  if(NOT library IN_LIST libraries_allowed)
    message(FATAL_ERROR "${PROGRAM} needs ${library}: link it statically")
  endif()
endforeach()
