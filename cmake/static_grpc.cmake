# gRPC, protobuf, OpenSSL and pugixml inside the program: it then needs only libc and libm, and starts in a third of the time.
find_package(PkgConfig REQUIRED)
pkg_check_modules(GRPC REQUIRED grpc++ protobuf openssl zlib)

add_library(static_grpc INTERFACE)
target_include_directories(static_grpc SYSTEM INTERFACE ${GRPC_STATIC_INCLUDE_DIRS})
set(archives ${GRPC_STATIC_LIBRARIES} address_sorting upb)
list(REMOVE_ITEM archives dl pthread rt m c atomic)  # of libc: stay dynamic
list(REMOVE_DUPLICATES archives)
# By their path: CMake drops what looks like a repeated -Bstatic.
set(static_archives "")
foreach(archive ${archives} pugixml)
  find_library(STATIC_${archive} NAMES lib${archive}.a REQUIRED)
  list(APPEND static_archives ${STATIC_${archive}})
endforeach()
target_link_libraries(static_grpc INTERFACE -static-libstdc++ -static-libgcc
  -Wl,--start-group ${static_archives} -Wl,--end-group -Wl,--gc-sections)

find_program(PROTOC protoc REQUIRED)
find_program(GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)

# Generated C++ stays in the build tree.
function(add_proto_library name)
  set(gen ${PROJECT_BINARY_DIR}/gen/proto)
  file(MAKE_DIRECTORY ${gen})
  foreach(proto ${ARGN})
    cmake_path(GET proto STEM stem)
    cmake_path(GET proto PARENT_PATH dir)
    set(made ${gen}/${stem}.pb.cc ${gen}/${stem}.pb.h ${gen}/${stem}.grpc.pb.cc ${gen}/${stem}.grpc.pb.h)
    add_custom_command(OUTPUT ${made} DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${proto} VERBATIM
      COMMAND ${PROTOC} -I ${CMAKE_CURRENT_SOURCE_DIR}/${dir} --cpp_out=${gen} --grpc_out=${gen}
              --plugin=protoc-gen-grpc=${GRPC_CPP_PLUGIN} ${CMAKE_CURRENT_SOURCE_DIR}/${proto})
    list(APPEND all ${made})
  endforeach()
  add_library(${name} STATIC EXCLUDE_FROM_ALL ${all})
  target_include_directories(${name} SYSTEM PUBLIC ${gen})
  target_link_libraries(${name} PUBLIC static_grpc)
  target_compile_options(${name} PRIVATE -w)
endfunction()
