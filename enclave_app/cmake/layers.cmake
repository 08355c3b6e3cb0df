# add_layer(<name> ROOT <root> SOURCES ... [DEPENDS ...] [LINKS ...])    one folder, one library
# add_program(<name> ROOT <root> SOURCES ... [DEPENDS ...] [LINKS ...])  one main
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
    target_compile_options(${name} PRIVATE -fno-exceptions)
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
