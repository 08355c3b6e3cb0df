#include "http/client.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "folder.hpp"
#include "host/http/scripted_server.hpp"

namespace ben {
namespace {

using namespace std::chrono_literals;
using test::http_reply;
using test::ScriptedServer;

HttpRequest get(const std::string& url) {
  return {.method = "GET", .url = *parse_url(url), .headers = {}, .body = {}};
}

// A self-signed certificate for `name`, also as the PEM file of the only root.
class TlsIdentity {
 public:
  TlsIdentity(const std::string& name, long lifetime_seconds) : context_(SSL_CTX_new(TLS_server_method())) {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -7200);
    X509_gmtime_adj(X509_getm_notAfter(certificate), lifetime_seconds);
    X509_set_pubkey(certificate, key);
    X509_NAME* subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"),
                               -1, -1, 0);
    X509_set_issuer_name(certificate, subject);
    X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, name.c_str());
    X509_add_ext(certificate, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(certificate, key, EVP_sha256());
    SSL_CTX_use_certificate(context_, certificate);
    SSL_CTX_use_PrivateKey(context_, key);
    std::FILE* file = std::fopen(root_file().c_str(), "w");
    REQUIRE(file != nullptr);
    PEM_write_X509(file, certificate);
    std::fclose(file);
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  ~TlsIdentity() { SSL_CTX_free(context_); }
  TlsIdentity(const TlsIdentity&) = delete;
  TlsIdentity& operator=(const TlsIdentity&) = delete;

  [[nodiscard]] SSL_CTX* context() const { return context_; }
  [[nodiscard]] std::string root_file() const { return folder_ / "root.pem"; }

 private:
  SSL_CTX* context_;
  test::Folder folder_;
};

TEST_CASE("a URL is taken apart into scheme, host, port and target") {
  struct Case {
    std::string text;
    bool tls;
    std::string host;
    std::uint16_t port;
    std::string target;
    std::string authority;
  };
  const Case cases[] = {
      {"http://a.example", false, "a.example", 80, "/", "a.example"},
      {"https://a.example/x?y=z", true, "a.example", 443, "/x?y=z", "a.example"},
      {"https://a.example:8443", true, "a.example", 8443, "/", "a.example:8443"},
      {"http://127.0.0.1:80/", false, "127.0.0.1", 80, "/", "127.0.0.1"},
      {"http://[::1]:4566/rpc", false, "::1", 4566, "/rpc", "[::1]:4566"},
      {"http://a.example?q", false, "a.example", 80, "/?q", "a.example"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const auto url = parse_url(c.text);
    REQUIRE(url.has_value());
    CHECK(url->tls == c.tls);
    CHECK(url->host == c.host);
    CHECK(url->port == c.port);
    CHECK(url->target == c.target);
    CHECK(url->authority() == c.authority);
  }
}

TEST_CASE("a URL that could mean two things is malformed") {
  for (const std::string text : {"",
                                 "a.example",
                                 "ftp://a.example",
                                 "http://",
                                 "http://:80",
                                 "http:///x",
                                 "http://a.example:",
                                 "http://a:0",
                                 "http://a:65536",
                                 "http://a:+80",
                                 "http://a:80x",
                                 "http://u@a",
                                 "http://u:p@a/",
                                 "http://a/#f",
                                 "http://a\\b",
                                 "http://a b",
                                 "http://a/\r\nX: y",
                                 "http://[::1",
                                 "http://[]",
                                 "http://[::1]x",
                                 "http://a/\x7f",
                                 "HTTP://a"}) {
    CAPTURE(text);
    const auto url = parse_url(text);
    REQUIRE_FALSE(url.has_value());
    CHECK(url.error().tag.view() == "http-url");
  }
  CHECK_FALSE(parse_url("http://a/" + std::string(2048, 'x')).has_value());
}

TEST_CASE("a request arrives as given, and its reply comes back with status, headers and body") {
  ScriptedServer server({http_reply("418 I'm a teapot", "short and stout", "X-Test: one\r\n")});
  const auto response = send_http({.method = "POST",
                                   .url = *parse_url(server.url() + "/rpc?x=1"),
                                   .headers = {{"Content-Type", "application/json"}},
                                   .body = "{}"});
  REQUIRE(static_cast<bool>(response));
  CHECK(response->status == 418);
  CHECK(response->body == "short and stout");
  CHECK(response->header("x-test") == "one");
  CHECK_FALSE(response->header("x-absent").has_value());
  const std::string request = server.requests().at(0);
  CHECK(request.starts_with("POST /rpc?x=1 HTTP/1.1\r\n"));
  CHECK(request.find("Host: 127.0.0.1:" + std::to_string(server.port()) + "\r\n") != std::string::npos);
  CHECK(request.find("Content-Type: application/json\r\n") != std::string::npos);
  CHECK(request.find("Content-Length: 2\r\n") != std::string::npos);
  CHECK(request.ends_with("\r\n\r\n{}"));
}

TEST_CASE("a reply in chunks is joined, and a redirect is not followed") {
  ScriptedServer server(
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
       http_reply("302 Found", "", "Location: http://127.0.0.1:1/\r\n")});
  CHECK(send_http(get(server.url()))->body == "abcde");
  CHECK(send_http(get(server.url()))->status == 302);
  CHECK(server.requests().size() == 2);
}

TEST_CASE("a reply that is cut, too large or not HTTP is malformed") {
  const HttpOptions options{.timeout = 2s, .body_bytes_max = 1000, .ca_bundle = {}};
  for (const std::string& reply :
       {std::string(), std::string("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"),
        std::string("SSH-2.0-x\r\n\r\n"), http_reply("200 OK", std::string(1001, 'x')),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"),
        "HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + std::string(2000, 'x') +
            "\r\n0\r\n\r\n"}) {
    CAPTURE(reply.substr(0, 60));
    ScriptedServer server({reply});
    const auto response = send_http(get(server.url()), options);
    REQUIRE_FALSE(static_cast<bool>(response));
    CHECK(response.failure().error.tag.view() == "http-reply");
    CHECK_FALSE(response.failure().detail.empty());
  }
  ScriptedServer server({http_reply("200 OK", std::string(1000, 'x'))});
  CHECK(send_http(get(server.url()), options)->body.size() == 1000);
}

TEST_CASE("a server that never answers costs no more than the timeout") {
  ScriptedServer server({test::never_answer});
  const auto start = std::chrono::steady_clock::now();
  const auto response =
      send_http(get(server.url()), {.timeout = 100ms, .body_bytes_max = 1000, .ca_bundle = {}});
  CHECK(std::chrono::steady_clock::now() - start < 2s);
  REQUIRE_FALSE(static_cast<bool>(response));
  CHECK(response.failure().error.tag.view() == "http-timeout");
}

TEST_CASE("a port where nobody listens is unreachable") {
  std::uint16_t port = 0;
  {
    port = ScriptedServer({""}).port();
  }
  const auto response = send_http(get("http://127.0.0.1:" + std::to_string(port)));
  REQUIRE_FALSE(static_cast<bool>(response));
  CHECK(response.failure().error.code == ErrorCode::unavailable);
  CHECK(response.failure().error.tag.view() == "http-unreachable");
}

TEST_CASE("https asks for a certificate of a trusted root, of this host, and of today") {
  std::signal(SIGPIPE, SIG_IGN);  // the server writes to a client that has hung up
  struct Case {
    std::string what;
    std::string name;
    long lifetime_seconds;
    bool is_root_trusted;
    bool is_accepted;
  };
  const Case cases[] = {{"good", "IP:127.0.0.1", 3600, true, true},
                        {"another host", "DNS:kms.us-east-1.amazonaws.com", 3600, true, false},
                        {"unknown root", "IP:127.0.0.1", 3600, false, false},
                        {"expired", "IP:127.0.0.1", -3600, true, false}};
  for (const Case& c : cases) {
    CAPTURE(c.what);
    const TlsIdentity identity(c.name, c.lifetime_seconds);
    ScriptedServer server({http_reply("200 OK", "sealed")}, identity.context());
    HttpOptions options;
    if (c.is_root_trusted) options.ca_bundle = identity.root_file();
    const auto response = send_http(get(server.url()), options);
    REQUIRE(static_cast<bool>(response) == c.is_accepted);
    if (response) {
      CHECK(response->body == "sealed");
    } else {
      CHECK(response.failure().error.tag.view() == "http-tls");
      CHECK(server.requests().empty());  // nothing was said to a server that proved nothing
    }
  }
}

TEST_CASE(
    "https to a server that speaks plain HTTP, or with a missing bundle, fails before anything is sent") {
  ScriptedServer server({http_reply("200 OK", "plain")});
  const std::string url = "https://127.0.0.1:" + std::to_string(server.port());
  const auto plain = send_http(get(url));
  REQUIRE_FALSE(static_cast<bool>(plain));
  CHECK(plain.failure().error.tag.view() == "http-tls");
  const auto no_bundle =
      send_http(get(url), {.timeout = 1s, .body_bytes_max = 10, .ca_bundle = "/nowhere.pem"});
  REQUIRE_FALSE(static_cast<bool>(no_bundle));
  CHECK(no_bundle.failure().error.tag.view() == "http-tls");
}

}  // namespace
}  // namespace ben
