# SPDX-License-Identifier: MIT
# moesaic_decoder_text   tokenizer: text to ids and back (tokenizer/)

file(GLOB text_sources CONFIGURE_DEPENDS tokenizer/*.cpp)
add_library(moesaic_decoder_text STATIC ${text_sources})
target_link_libraries(moesaic_decoder_text PUBLIC moesaic_decoder_engine)
