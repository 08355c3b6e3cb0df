#include "broker/enclave_address.hpp"

#include <charconv>
#include <optional>

namespace ben::broker {
namespace {

std::optional<std::uint32_t> parse_number(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string fill_in(std::string_view address_template, std::uint32_t cid) {
  constexpr std::string_view placeholder = "{cid}";
  std::string address(address_template);
  const std::string number = std::to_string(cid);
  for (std::size_t at = address.find(placeholder); at != std::string::npos;
       at = address.find(placeholder, at)) {
    address.replace(at, placeholder.size(), number);
  }
  return address;
}

}  // namespace

Result<EnclaveAddress> parse_enclave_address(std::string_view address_template, std::uint32_t cid) {
  constexpr Error bad_form{ErrorCode::malformed, "broker-address",
                           "the enclave's address has to be vsock:CID:PORT or unix:PATH:PORT"};
  const std::string text = fill_in(address_template, cid);
  const std::string_view address = text;
  const std::size_t first = address.find(':');
  const std::size_t last = address.rfind(':');
  if (first == std::string_view::npos || first == last) return bad_form;

  const std::string_view scheme = address.substr(0, first);
  const std::string_view host = address.substr(first + 1, last - first - 1);
  const auto port = parse_number(address.substr(last + 1));
  if (!port) return bad_form;
  if (scheme == "vsock") {
    const auto number = parse_number(host);
    if (!number) return bad_form;
    return EnclaveAddress{VsockAddress{.cid = *number, .port = *port}};
  }
  if (scheme != "unix" || host.empty()) return bad_form;
  if (host.size() > unix_path_bytes_max) {
    return Error{ErrorCode::malformed, "broker-address",
                 "the path of the enclave's socket is over 107 bytes"};
  }
  return EnclaveAddress{UnixAddress{.path = std::string(host), .port = *port}};
}

}  // namespace ben::broker
