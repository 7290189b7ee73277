# Generated code stays in the build tree: build/<preset>/gen/gen/<name>/, included as "gen/<name>/types.h".
set(TERRARIUM_GEN_DIR "${PROJECT_BINARY_DIR}/gen/gen")
file(GLOB TERRARIUM_GENERATOR CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/codegen/*.py")

function(terrarium_generate kind name source)
  cmake_parse_arguments(G "PORTS" "" "USES" ${ARGN})
  set(out "${TERRARIUM_GEN_DIR}/${name}")
  set(files "${out}/tables.cc" "${out}/types.h")
  if(G_PORTS)
    list(APPEND files "${out}/ports.h" "${out}/ports.cc")
  endif()
  add_custom_command(OUTPUT ${files}
    COMMAND python3 "${PROJECT_SOURCE_DIR}/codegen/generate.py" ${kind} ${name} "${source}" "${TERRARIUM_GEN_DIR}"
    DEPENDS "${source}" ${TERRARIUM_GENERATOR} COMMENT "gen ${name}")
  set(compiled ${files})
  list(FILTER compiled INCLUDE REGEX "\\.cc$")
  add_library(gen_${name} STATIC ${files})
  target_include_directories(gen_${name} PUBLIC "${PROJECT_SOURCE_DIR}/src" "${PROJECT_BINARY_DIR}/gen")
  target_link_libraries(gen_${name} PUBLIC codec ${G_USES})
  target_compile_options(gen_${name} PRIVATE -Wno-overlength-strings)
endfunction()

# API messages of one service: codegen/models/<name>.json.
function(add_api name)
  terrarium_generate(api ${name} "${PROJECT_SOURCE_DIR}/codegen/models/${name}.json")
endfunction()

# Rows of a service, or messages of our own: a *.model file. Included as "gen/<name>/types.h".
function(add_rows name source)
  terrarium_generate(rows ${name} "${CMAKE_CURRENT_SOURCE_DIR}/${source}")
endfunction()

# A port and its messages: src/host/<source>. Included as "gen/<name>/ports.h".
function(add_port name source)
  terrarium_generate(rows ${name} "${CMAKE_CURRENT_SOURCE_DIR}/${source}" PORTS USES host)
endfunction()

# The models of a file of protocol suites, as a part of the target that reads them.
function(terrarium_generate_suites target name source)
  set(out "${TERRARIUM_GEN_DIR}/suites/${name}/tables.cc")
  add_custom_command(OUTPUT "${out}"
    COMMAND python3 "${PROJECT_SOURCE_DIR}/codegen/generate.py" suites ${name} "${source}" "${TERRARIUM_GEN_DIR}/suites"
    DEPENDS "${source}" ${TERRARIUM_GENERATOR} COMMENT "gen suites ${name}")
  target_sources(${target} PRIVATE "${out}")
  set_source_files_properties("${out}" PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)
endfunction()
