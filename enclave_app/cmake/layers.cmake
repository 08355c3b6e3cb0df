# add_layer(<name> ROOT <root> SOURCES ... [DEPENDS ...] [LINKS ...])    one folder, one library
# add_program(<name> ROOT <root> SOURCES ... [DEPENDS ...] [LINKS ...])  one main
#
# make_portable(<program>)                       runs on every system from glibc 2.34 on
#
# ROOT (core, enclave, host, emulator) decides which folders of src/ the code can include and
# which layers it may depend on. LINKS names outside libraries; what is measured may link only
# those in measured_links.

set(core_sees core)
set(enclave_sees core enclave)
set(host_sees core host)
set(emulator_sees core enclave host emulator)

set(measured_roots core enclave)
set(measured_links secp256k1::secp256k1 OpenSSL::Crypto nlohmann_json::nlohmann_json)

macro(parse_layer)
  cmake_parse_arguments(layer "" "ROOT" "SOURCES;DEPENDS;LINKS" ${ARGN})
endmacro()

function(join_layers name root depends links)
  foreach(dependency IN LISTS depends)
    get_target_property(dependency_root ${dependency} LAYER_ROOT)
    if(NOT dependency_root IN_LIST ${root}_sees)
      message(FATAL_ERROR "${name} (${root}) may not depend on ${dependency} (${dependency_root})")
    endif()
  endforeach()
  foreach(library IN LISTS links)
    if(root IN_LIST measured_roots AND NOT library IN_LIST measured_links)
      message(FATAL_ERROR "${name} is measured: give ${library} a decision in docs/decisions first")
    endif()
  endforeach()

  if(root IN_LIST measured_roots)
    target_compile_options(${name} PRIVATE -fno-exceptions $<$<BOOL:${BEN_STATIC_ENCLAVE}>:-fcf-protection=full>)
  endif()
  set_target_properties(${name} PROPERTIES LAYER_ROOT ${root})
  foreach(seen IN LISTS ${root}_sees)
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR}/src/${seen})
  endforeach()
  target_link_libraries(${name} PUBLIC project_options ${depends} ${links})
endfunction()

function(add_layer name)
  parse_layer(${ARGN})
  add_library(${name} STATIC ${layer_SOURCES})
  join_layers(${name} ${layer_ROOT} "${layer_DEPENDS}" "${layer_LINKS}")
endfunction()

function(add_program name)
  parse_layer(${ARGN})
  add_executable(${name} ${layer_SOURCES})
  join_layers(${name} ${layer_ROOT} "${layer_DEPENDS}" "${layer_LINKS}")
endfunction()

# A program that is shipped needs glibc and nothing else of the system it runs on: cmake/check_portable.cmake looks.
function(make_portable program)
  if(NOT BEN_STATIC_ENCLAVE)  # sanitizers need their own libstdc++
    return()
  endif()
  # libgcc_s stays dynamic: linked statically it asks for a symbol of glibc 2.35. --gc-sections drops
  # std::random_device, which nobody uses and which asks for one of 2.36.
  target_link_options(${program} PRIVATE -static-libstdc++ -Wl,--gc-sections)
  add_custom_command(TARGET ${program} POST_BUILD VERBATIM
    COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:${program}> -P ${PROJECT_SOURCE_DIR}/cmake/check_portable.cmake)
endfunction()
