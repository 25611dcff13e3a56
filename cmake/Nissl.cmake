# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# nissl_library, nissl_tool and nissl_test: the only ways a room declares what it builds.

add_library(nissl-options INTERFACE)
target_compile_options(nissl-options INTERFACE
  -Wall -Wextra -Werror -Wno-unused-parameter -ffp-contract=off
  $<$<CXX_COMPILER_ID:Clang>:-Xclang -fno-pch-timestamp>)
target_include_directories(nissl-options INTERFACE "${PROJECT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}")
target_link_options(nissl-options INTERFACE -Wl,--build-id) # tells compiled kernels of one build from another's
if(NISSL_SANITIZE)
  target_compile_options(nissl-options INTERFACE -fsanitize=${NISSL_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(nissl-options INTERFACE -fsanitize=${NISSL_SANITIZE})
endif()

add_library(nissl-mlir-options INTERFACE)
target_include_directories(nissl-mlir-options SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
target_link_libraries(nissl-mlir-options INTERFACE nissl-options MLIR LLVM)

# One precompiled header for everything that includes MLIR: headers are most of the compile time.
if(NOT EXISTS "${PROJECT_BINARY_DIR}/cmake/pch-mlir.cpp")
  file(WRITE "${PROJECT_BINARY_DIR}/cmake/pch-mlir.cpp" "")
endif()
add_library(nissl-pch-mlir OBJECT "${PROJECT_BINARY_DIR}/cmake/pch-mlir.cpp")
target_link_libraries(nissl-pch-mlir PRIVATE nissl-mlir-options)
target_precompile_headers(nissl-pch-mlir PRIVATE "${PROJECT_SOURCE_DIR}/cmake/pch-mlir.h")

# nissl_library(name [MLIR] SOURCES file... [DEPS target...])
# MLIR: this library includes mlir/ and llvm/ headers, uses the shared precompiled header and waits
# for the generated dialect headers.
function(nissl_library name)
  cmake_parse_arguments(ARG "MLIR" "" "SOURCES;DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC ${ARG_DEPS})
  if(ARG_MLIR)
    target_link_libraries(${name} PUBLIC nissl-mlir-options)
    target_precompile_headers(${name} REUSE_FROM nissl-pch-mlir)
    add_dependencies(${name} nissl-generated)
  else()
    target_link_libraries(${name} PUBLIC nissl-options)
  endif()
endfunction()

# nissl_tool(name [MLIR] SOURCES file... [DEPS target...]): an executable in build/bin.
function(nissl_tool name)
  cmake_parse_arguments(ARG "MLIR" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  # Same code generation as the libraries, so that they share the precompiled header.
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${name} PRIVATE -fPIC)
  target_link_libraries(${name} PRIVATE ${ARG_DEPS})
  if(ARG_MLIR)
    target_link_libraries(${name} PRIVATE nissl-mlir-options)
    target_precompile_headers(${name} REUSE_FROM nissl-pch-mlir)
    add_dependencies(${name} nissl-generated)
  else()
    target_link_libraries(${name} PRIVATE nissl-options)
  endif()
endfunction()

# nissl_test(name [MLIR] [LABEL fast|slow|external] SOURCES file... [DEPS target...] [TAGS tag...]):
# a Catch2 executable in build/bin and a ctest of the same name; with TAGS one ctest per tag of its cases, side
# by side. Without MLIR it also bears the label
# 'runtime' and belongs to the target nissl-runtime-tests: what tools/dev/sanitize builds.
add_custom_target(nissl-runtime-tests)
function(nissl_test name)
  cmake_parse_arguments(ARG "MLIR" "LABEL" "SOURCES;DEPS;TAGS" ${ARGN})
  if(NOT ARG_LABEL)
    set(ARG_LABEL fast)
  endif()
  set(mlir_flag "")
  if(ARG_MLIR)
    set(mlir_flag MLIR)
  endif()
  nissl_tool(${name} ${mlir_flag} SOURCES ${ARG_SOURCES} DEPS ${ARG_DEPS} nissl-catch-main)
  target_compile_definitions(${name} PRIVATE "NISSL_SOURCE_DIR=\"${PROJECT_SOURCE_DIR}\"" "NISSL_BIN_DIR=\"${PROJECT_BINARY_DIR}/bin\"")
  set(tests ${name})
  if(ARG_TAGS)
    set(tests "")
    foreach(tag ${ARG_TAGS})
      add_test(NAME ${name}-${tag} COMMAND ${name} "[${tag}]")
      list(APPEND tests ${name}-${tag})
    endforeach()
  else()
    add_test(NAME ${name} COMMAND ${name})
  endif()
  if(NOT ARG_MLIR)
    list(APPEND ARG_LABEL runtime)
    add_dependencies(nissl-runtime-tests ${name})
  endif()
  # A test sees what this build compiles, and leaves nothing in the home folder.
  set_tests_properties(${tests} PROPERTIES LABELS "${ARG_LABEL}" ENVIRONMENT NISSL_CACHE=off)
  if(ARG_LABEL STREQUAL slow)
    set_tests_properties(${tests} PROPERTIES COST 1000) # first, so that the fast ones fill the other core
  endif()
endfunction()

# Depends on every tablegen and flatc output; dialect rooms add to it.
add_custom_target(nissl-generated)
