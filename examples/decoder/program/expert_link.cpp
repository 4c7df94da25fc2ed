// SPDX-License-Identifier: MIT
#include "expert_link.hpp"

namespace moesaic::decoder {

result<expert_link> expert_link::open(const ggml_model& model, const options& o) {
  const model_shape& shape = model.shape();
  std::vector<file::part_in_file> parts;
  parts.reserve(std::size_t{3} * shape.expert_count());
  for (std::uint32_t l = 0; l < shape.layers(); ++l)
    for (std::uint32_t e = 0; e < shape.experts(static_cast<layer_index>(l)); ++e) {
      const expert_id id = make_expert(l, e);
      std::uint32_t number = 0;
      for (const file_range& part : model.parts(id)) parts.push_back({id, number++, part.file, part.offset, {part.bytes}});
    }
  const transports::slow_options limit{.rate = o.throttle.value_or(bytes_per_second{})};
  const auto limited = [&](auto reader) {
    using reader_type = decltype(reader);
    return expert_link(o.throttle ? readers(transports::slow<reader_type>(std::move(reader), limit)) : readers(std::move(reader)));
  };

  if (o.io == io_kind::mapped) {
    auto mapped = mapped_files::open(model.files());
    if (!mapped) return mapped.error();
    auto layout = file::expert_layout::create(shape, parts, {1});
    if (!layout) return layout.error();
    return limited(mapped_reader(std::make_shared<const mapped_files>(std::move(*mapped)), std::move(*layout)));
  }
  const file::direct_reads direct = !o.direct ? file::direct_reads::automatic : *o.direct ? file::direct_reads::yes : file::direct_reads::no;
  auto source = file::expert_source::open(shape, model.files(), parts, direct);
  if (!source) return source.error();
  file::file_transport_options how;
  how.by = o.io == io_kind::uring ? file::backend::uring : o.io == io_kind::pread ? file::backend::pread : file::backend::automatic;
  auto opened = file_reader::open(std::move(*source), how);
  if (!opened) return opened.error();
  return limited(std::move(*opened));
}

}  // namespace moesaic::decoder
