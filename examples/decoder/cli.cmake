# SPDX-License-Identifier: MIT
# moesaic_decoder_text      tokenizer: text to ids and back (tokenizer/)
# moesaic_decoder_drafters  what proposes tokens (drafters/)
# moesaic_decoder_program   what the program is made of (program/)
# moesaic-decode            the program itself (decode.cpp)

file(GLOB text_sources CONFIGURE_DEPENDS tokenizer/*.cpp)
add_library(moesaic_decoder_text STATIC ${text_sources})
target_link_libraries(moesaic_decoder_text PUBLIC moesaic_decoder_engine)

if(NOT CLI11_FOUND OR NOT nlohmann_json_FOUND OR NOT TARGET moesaic::file_transport)
  message(STATUS "moesaic: CLI11 and nlohmann-json not both found, or no POSIX files here, so moesaic-decode is left out (Debian: libcli11-dev nlohmann-json3-dev)")
  return()
endif()

file(GLOB drafter_sources CONFIGURE_DEPENDS drafters/*.cpp)
add_library(moesaic_decoder_drafters STATIC ${drafter_sources})
target_link_libraries(moesaic_decoder_drafters PUBLIC moesaic_decoder_engine moesaic_command_line)

file(GLOB program_sources CONFIGURE_DEPENDS program/*.cpp)
add_library(moesaic_decoder_program STATIC ${program_sources})
target_link_libraries(moesaic_decoder_program PUBLIC moesaic_decoder_text moesaic_decoder_drafters moesaic_command_line moesaic::file_transport nlohmann_json::nlohmann_json PRIVATE CLI11::CLI11)
if(TARGET moesaic::uring)
  target_link_libraries(moesaic_decoder_program PUBLIC moesaic::uring)
  target_compile_definitions(moesaic_decoder_program PUBLIC MOESAIC_DECODER_HAS_URING)
endif()

add_executable(moesaic-decode decode.cpp)
target_link_libraries(moesaic-decode PRIVATE moesaic_decoder_program)
