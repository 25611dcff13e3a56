# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# nissl-docs: a page per dialect and per room of passes in build/docs, from their descriptions.
set(nissl_docs_folder "${PROJECT_BINARY_DIR}/docs")
set(nissl_pages "")

# nissl_page(NAME TD ARGUMENT...): NAME.md from mlir-tblgen ARGUMENT... on TD.
function(nissl_page name td)
  set(page "${nissl_docs_folder}/${name}.md")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/dialects/*.td" "${PROJECT_SOURCE_DIR}/compiler/*.td"
    "${PROJECT_SOURCE_DIR}/targets/*.td")
  add_custom_command(OUTPUT "${page}"
    COMMAND ${MLIR_TABLEGEN_EXE} ${ARGN} -I "${PROJECT_SOURCE_DIR}" -I "${MLIR_INCLUDE_DIRS}" "${td}" -o "${page}"
    DEPENDS ${sources} VERBATIM)
  set(nissl_pages ${nissl_pages} "${page}" PARENT_SCOPE)
endfunction()

file(MAKE_DIRECTORY "${nissl_docs_folder}")
# <d>/<D>Ops.td holds or includes every op of the dialect.
file(GLOB nissl_dialects CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/dialects/*/*Dialect.td")
foreach(td IN LISTS nissl_dialects)
  get_filename_component(folder "${td}" DIRECTORY)
  get_filename_component(dialect "${folder}" NAME)
  string(REPLACE "Dialect.td" "Ops.td" ops "${td}")
  nissl_page(dialect-${dialect} "${ops}" -gen-dialect-doc "-dialect=${dialect}")
endforeach()
file(GLOB_RECURSE nissl_passes CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/compiler/*Passes.td" "${PROJECT_SOURCE_DIR}/targets/*Passes.td")
foreach(td IN LISTS nissl_passes)
  get_filename_component(folder "${td}" DIRECTORY)
  file(RELATIVE_PATH room "${PROJECT_SOURCE_DIR}" "${folder}")
  string(REPLACE "/" "-" room "${room}")
  nissl_page(passes-${room} "${td}" -gen-pass-doc)
endforeach()
add_custom_target(nissl-docs DEPENDS ${nissl_pages})
