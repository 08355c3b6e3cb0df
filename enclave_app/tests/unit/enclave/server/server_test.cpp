// The server over socket pairs: order, limits, and peers that do not behave.
#include "server/server.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include "core/wire/frame_bytes.hpp"
#include "enclave/signer/node_fixture.hpp"

namespace ben::test {
namespace {

void set_nonblocking(int descriptor) {
  REQUIRE(::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK) == 0);
}

// Hands out the far ends of socket pairs; a pipe says how many wait.
class PairListener final : public server::Listener {
 public:
  PairListener() {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    read_end_ = server::Descriptor(ends[0]);
    write_end_ = server::Descriptor(ends[1]);
    set_nonblocking(ends[0]);
  }

  server::Descriptor connect() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    set_nonblocking(ends[0]);
    set_nonblocking(ends[1]);
    REQUIRE(::write(write_end_.get(), &ends[1], sizeof ends[1]) == sizeof ends[1]);
    return server::Descriptor(ends[0]);
  }

  [[nodiscard]] int poll_descriptor() const noexcept override { return read_end_.get(); }
  Result<server::Descriptor> accept() override {
    int descriptor = -1;
    if (::read(read_end_.get(), &descriptor, sizeof descriptor) != sizeof descriptor) {
      return Error{ErrorCode::unavailable, "wire-accept", ""};
    }
    return server::Descriptor(descriptor);
  }

 private:
  server::Descriptor read_end_;
  server::Descriptor write_end_;
};

struct Frame {
  wire::FrameType type;
  std::string body;
};

struct Bench {
  Node node;
  PairListener listener;
  server::Server server{listener, node.machine()};

  // A client that has exchanged HELLO.
  struct Client {
    Bench& bench;
    server::Descriptor socket;
    std::string received;
    bool closed = false;

    void send_raw(ByteView bytes) {
      while (!bytes.empty()) {
        const ssize_t sent = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent > 0) bytes = bytes.subspan(static_cast<std::size_t>(sent));
        if (sent < 0 && errno != EAGAIN) return;
        bench.turn();
      }
    }
    void send(wire::FrameType type, std::string_view body) {
      send_raw(wire::test::encode_frame(type, as_bytes(body)));
    }

    void receive() {
      char buffer[65536];
      for (;;) {
        const ssize_t count = ::recv(socket.get(), buffer, sizeof buffer, 0);
        if (count == 0 || (count < 0 && errno != EAGAIN)) closed = true;
        if (count <= 0) return;
        received.append(buffer, static_cast<std::size_t>(count));
      }
    }
    // The next frame, serving until it is there; nothing when the server closed the connection.
    std::optional<Frame> next() {
      for (int i = 0; i < 10'000; ++i) {
        if (received.size() >= 5) {
          const auto header = wire::parse_frame_header(as_bytes(received).first<wire::frame_header_bytes>());
          REQUIRE(header.has_value());
          if (received.size() >= 5 + header->body_bytes) {
            Frame frame{.type = header->type, .body = received.substr(5, header->body_bytes)};
            received.erase(0, 5 + header->body_bytes);
            return frame;
          }
        }
        if (closed) return std::nullopt;
        bench.turn();
        receive();
      }
      FAIL("the server said nothing");
      return std::nullopt;
    }
    bool is_closed() {
      for (int i = 0; i < 20 && !closed; ++i) {
        bench.turn();
        receive();
      }
      return closed;
    }
    std::string ask(std::string_view request) {
      send(wire::FrameType::request, request);
      const auto frame = next();
      return frame ? frame->body : "closed";
    }
  };

  void turn() { REQUIRE(server.serve_once(0).has_value()); }

  Client connect() {
    Client client{.bench = *this, .socket = listener.connect(), .received = {}};
    const auto hello = client.next();
    REQUIRE(hello.has_value());
    CHECK(hello->type == wire::FrameType::hello);
    client.send(wire::FrameType::hello, wire::encode_hello());
    return client;
  }
};

const std::string info_request = R"({"jsonrpc":"2.0","id":1,"method":"get_info"})";

std::string info_with_id(int id) {
  return R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"method":"get_info"})";
}

TEST_CASE("pipelined requests are answered in their order") {
  Bench bench;
  auto client = bench.connect();
  Bytes all;
  for (int i = 0; i < 200; ++i) {
    const Bytes frame = wire::test::encode_frame(wire::FrameType::request, as_bytes(info_with_id(i)));
    all.insert(all.end(), frame.begin(), frame.end());
  }
  client.send_raw(all);
  for (int i = 0; i < 200; ++i) {
    const auto answer = client.next();
    REQUIRE(answer.has_value());
    CHECK(answer->body.starts_with(R"({"jsonrpc":"2.0","id":)" + std::to_string(i) + ","));
  }
}

TEST_CASE("a request that arrives byte by byte is answered") {
  Bench bench;
  auto client = bench.connect();
  for (const std::uint8_t byte : wire::test::encode_frame(wire::FrameType::request, as_bytes(info_request))) {
    client.send_raw(ByteView(&byte, 1));
    bench.turn();
  }
  CHECK(client.next()->body.find("\"result\"") != std::string::npos);
}

TEST_CASE(
    "a first frame that is no HELLO, an unknown type, a length over the limit or a stray reply closes the "
    "connection") {
  Bench bench;
  const auto closes = [&](const Bytes& bytes, bool after_hello) {
    Bench::Client client{.bench = bench, .socket = bench.listener.connect(), .received = {}};
    if (after_hello) client.send(wire::FrameType::hello, wire::encode_hello());
    client.send_raw(bytes);
    return client.is_closed();
  };
  const Bytes request = wire::test::encode_frame(wire::FrameType::request, as_bytes(info_request));
  CHECK(closes(request, false));
  CHECK(closes(wire::test::encode_frame(wire::FrameType::hello, as_bytes("{}")), false));
  CHECK(closes(wire::test::encode_frame(wire::FrameType::hello, as_bytes(wire::encode_hello())), true));
  CHECK(closes({0, 0, 0, 0, 99}, true));
  CHECK(closes({0xff, 0xff, 0xff, 0xff, 1}, true));
  for (const auto type : {wire::FrameType::response, wire::FrameType::persist, wire::FrameType::ack,
                          wire::FrameType::kms_decrypt, wire::FrameType::kms_reply}) {
    CHECK(closes(wire::test::encode_frame(type, Bytes(32, 0)), true));
  }
  auto good = bench.connect();
  CHECK(good.ask(info_request).find("\"result\"") != std::string::npos);
}

TEST_CASE("peers that send half a frame, or nothing, do not keep a good one waiting") {
  Bench bench;
  std::vector<Bench::Client> idle;
  for (int i = 0; i < 10; ++i) {
    idle.push_back(bench.connect());
    idle.back().send_raw(Bytes{0, 0, 1});
  }
  auto good = bench.connect();
  CHECK(good.ask(info_request).find("\"result\"") != std::string::npos);
}

TEST_CASE("the seventeenth connection is closed at once, and room is made when one goes") {
  Bench bench;
  std::vector<Bench::Client> clients;
  for (std::size_t i = 0; i < server::connections_max; ++i) clients.push_back(bench.connect());
  Bench::Client extra{.bench = bench, .socket = bench.listener.connect(), .received = {}};
  CHECK(extra.is_closed());
  clients.pop_back();
  bench.turn();
  auto next = bench.connect();
  CHECK(next.ask(info_request).find("\"result\"") != std::string::npos);
}

TEST_CASE(
    "requests over the memory of all are answered busy with a proof over their bytes, and nothing else "
    "suffers") {
  Bench bench;
  // Two peers announce 12 MiB each and keep them coming; a third does not fit into 32 MiB any more.
  std::vector<Bench::Client> hogs;
  for (int i = 0; i < 2; ++i) {
    hogs.push_back(bench.connect());
    hogs.back().send_raw(Bytes{0, 0xc0, 0, 0, 1, '{'});
    bench.turn();
  }
  auto third = bench.connect();
  const std::string large =
      R"({"jsonrpc":"2.0","id":1,"method":"get_info"})" + std::string(11UL * 1024 * 1024, ' ');
  third.send(wire::FrameType::request, large);
  const auto answer = third.next();
  REQUIRE(answer.has_value());
  CHECK(answer->body.find("rpc-busy") != std::string::npos);
  const signer::Reply reply{.type = wire::FrameType::response, .body = to_bytes(as_bytes(answer->body))};
  CHECK(bench.node.parse(reply, as_bytes(large)).is_error);
  CHECK(third.ask(info_request).find("\"result\"") != std::string::npos);

  // With the memory given back the same request is read: too much white space is no error.
  hogs.clear();
  bench.turn();
  third.send(wire::FrameType::request, large);
  CHECK(third.next()->body.find("\"result\"") != std::string::npos);
}

TEST_CASE("an operation goes on with its replies, and a connection that ends in between ends it") {
  Bench bench;
  const auto genesis_request = [&] {
    return R"({"jsonrpc":"2.0","id":1,"method":"genesis","params":)" +
           Node::genesis_params(bench.node.genesis_payload(bench.node.boot_id(), bench.node.config_hash()),
                                {&bench.node.alice, &bench.node.bob}) +
           "}";
  };
  {
    auto client = bench.connect();
    client.send(wire::FrameType::request, genesis_request());
    CHECK(client.next()->type == wire::FrameType::kms_decrypt);
    auto other = bench.connect();
    CHECK(other.ask(info_request).find("\"state\":\"EMPTY\"") != std::string::npos);
    CHECK(other.ask(genesis_request()).find("state-busy") != std::string::npos);
  }
  bench.turn();
  auto client = bench.connect();
  client.send(wire::FrameType::request, genesis_request());
  const auto question = client.next();
  REQUIRE(question->type == wire::FrameType::kms_decrypt);
  client.send(wire::FrameType::kms_reply, as_text(bench.node.honest_kms(as_bytes(question->body))));
  const auto persist = client.next();
  REQUIRE(persist->type == wire::FrameType::persist);
  client.send(wire::FrameType::ack, as_text(sha256(as_bytes(persist->body))));
  CHECK(client.next()->body.find("\"sealed_seed\"") != std::string::npos);
  CHECK(client.ask(info_request).find("\"state\":\"LOCKED\"") != std::string::npos);
}

TEST_CASE("a request on the connection of a running operation closes it and ends the operation") {
  Bench bench;
  auto client = bench.connect();
  client.send(
      wire::FrameType::request,
      R"({"jsonrpc":"2.0","id":1,"method":"genesis","params":)" +
          Node::genesis_params(bench.node.genesis_payload(bench.node.boot_id(), bench.node.config_hash()),
                               {&bench.node.alice, &bench.node.bob}) +
          "}");
  REQUIRE(client.next()->type == wire::FrameType::kms_decrypt);
  client.send(wire::FrameType::request, info_request);
  CHECK(client.is_closed());
  CHECK(bench.node.genesis().tag() == "");
}

}  // namespace
}  // namespace ben::test
