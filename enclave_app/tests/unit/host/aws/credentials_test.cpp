#include "aws/credentials.hpp"

#include <map>

#include <doctest/doctest.h>

#include "host/http/scripted_server.hpp"

namespace ben {
namespace {

using namespace std::chrono_literals;
using test::http_reply;
using test::ScriptedServer;

Environment environment_of(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string() : found->second;
  };
}

constexpr std::chrono::sys_seconds noon = std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) + 12h;

std::string role_credentials(const std::string& id, const std::string& expiration) {
  return http_reply("200 OK", R"({"Code":"Success","AccessKeyId":")" + id +
                                  R"(","SecretAccessKey":"secret","Token":"token","Expiration":")" +
                                  expiration + R"("})");
}

TEST_CASE("credentials of the environment are taken without asking the metadata service") {
  CredentialsProvider provider(environment_of({{"AWS_ACCESS_KEY_ID", "id"},
                                               {"AWS_SECRET_ACCESS_KEY", "secret"},
                                               {"AWS_SESSION_TOKEN", "token"},
                                               {"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1"}}));
  const auto credentials = provider.get(noon);
  REQUIRE(static_cast<bool>(credentials));
  CHECK(credentials->access_key_id == "id");
  CHECK(credentials->secret_access_key == "secret");
  CHECK(credentials->session_token == "token");
}

TEST_CASE(
    "the role's credentials are asked for with a session token, and kept until five minutes before they "
    "expire") {
  ScriptedServer metadata({http_reply("200 OK", "session"), http_reply("200 OK", "host-role\n"),
                           role_credentials("first", "2026-11-22T18:00:00Z"), http_reply("200 OK", "session"),
                           http_reply("200 OK", "host-role"),
                           role_credentials("second", "2026-11-23T00:00:00Z")});
  CredentialsProvider provider(environment_of({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.url()}}));
  CHECK(provider.get(noon)->access_key_id == "first");
  const auto requests = metadata.requests();
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].starts_with("PUT /latest/api/token HTTP/1.1\r\n"));
  CHECK(requests[0].find("X-aws-ec2-metadata-token-ttl-seconds: 21600\r\n") != std::string::npos);
  CHECK(requests[1].starts_with("GET /latest/meta-data/iam/security-credentials/ HTTP/1.1\r\n"));
  CHECK(requests[2].starts_with("GET /latest/meta-data/iam/security-credentials/host-role HTTP/1.1\r\n"));
  CHECK(requests[2].find("X-aws-ec2-metadata-token: session\r\n") != std::string::npos);

  CHECK(provider.get(noon + 5h + 54min)->access_key_id == "first");
  CHECK(metadata.requests().size() == 3);
  CHECK(provider.get(noon + 5h + 55min)->access_key_id == "second");
  CHECK(metadata.requests().size() == 6);
}

TEST_CASE("while the metadata service fails, credentials are given out until they expire and not after") {
  ScriptedServer metadata({http_reply("200 OK", "session"), http_reply("200 OK", "host-role"),
                           role_credentials("first", "2026-11-22T18:00:00Z"), http_reply("500 Oops", "")});
  CredentialsProvider provider(environment_of({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.url()}}));
  CHECK(provider.get(noon)->access_key_id == "first");
  CHECK(provider.get(noon + 5h + 59min)->access_key_id == "first");
  const auto late = provider.get(noon + 6h);
  REQUIRE_FALSE(static_cast<bool>(late));
  CHECK(late.failure().error.tag.view() == "aws-credentials");
  CHECK(late.failure().detail.find("status 500") != std::string::npos);
}

TEST_CASE("a metadata service without a usable role is no source of credentials") {
  const std::string session = http_reply("200 OK", "session");
  const std::string role = http_reply("200 OK", "host-role");
  const std::vector<std::vector<std::string>> scripts = {
      {http_reply("403 Forbidden", "")},
      {session, http_reply("404 Not Found", "")},
      {session, role, http_reply("200 OK", "not json")},
      {session, role, http_reply("200 OK", R"({"Code":"Failed","Message":"no role"})")},
      {session, role, role_credentials("", "2026-11-22T18:00:00Z")},
      {session, role, role_credentials("id", "soon")},
      {session, role, role_credentials("id", "2026-11-22T12:00:00Z")},
  };
  for (const auto& script : scripts) {
    ScriptedServer metadata(script);
    CredentialsProvider provider(environment_of({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.url()}}));
    const auto credentials = provider.get(noon);
    REQUIRE_FALSE(static_cast<bool>(credentials));
    CHECK(credentials.failure().error.tag.view() == "aws-credentials");
  }
}

TEST_CASE("times of AWS are read exactly") {
  CHECK(*parse_aws_time("2026-11-22T12:00:00Z") == noon);
  CHECK(*parse_aws_time("2024-02-29T23:59:59Z") ==
        std::chrono::sys_days(std::chrono::year(2024) / 3 / 1) - 1s);
  for (const std::string text :
       {"", "2026-11-22", "2026-11-22T12:00:00", "2026-11-22t12:00:00Z", "2026-02-29T12:00:00Z",
        "2026-13-01T12:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22T12:60:00Z", "2026-11-22T12:00:60Z",
        "2026-11-22T12:00:0xZ", "2026-11-22T12:00:00Z "}) {
    CAPTURE(text);
    CHECK_FALSE(parse_aws_time(text).has_value());
  }
}

}  // namespace
}  // namespace ben
