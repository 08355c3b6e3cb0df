#include "aws/sigv4.hpp"

#include <doctest/doctest.h>

namespace ben {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::sys_seconds signing_time =
    std::chrono::sys_days(std::chrono::year(2015) / 8 / 30) + 12h + 36min;

const AwsCredentials suite_credentials{.access_key_id = "AKIDEXAMPLE",
                                       .secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                                       .session_token = {}};

HttpRequest request_of(std::string method, std::string target, std::vector<HttpHeader> headers,
                       std::string body) {
  return {.method = std::move(method),
          .url = {.tls = true, .host = "example.amazonaws.com", .port = 443, .target = std::move(target)},
          .headers = std::move(headers),
          .body = std::move(body)};
}

std::string authorization(const HttpRequest& request) {
  for (const HttpHeader& header : request.headers) {
    if (header.name == "Authorization") return header.value;
  }
  return {};
}

TEST_CASE("requests are signed as AWS's signing test suite says") {
  // awslabs/aws-c-auth:tests/aws-signing-test-suite/v4, header-signed-request.txt of the case named: all 38.
  const std::string session_token = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";
  const std::string sts_token =
      "AQoDYXdzEPT//////////"
      "wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8Y"
      "UuwthAx7mSEI/qkPpKPi/"
      "kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE"
      "8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+"
      "scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2"
      "ICCR/oLxBA==";
  const std::string unreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const std::string body_hash = "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e";
  struct Case {
    std::string name;
    HttpRequest request;
    std::string token;
    std::string signed_headers;
    std::string signature;
    PathForm path = PathForm::normalized;
  };
  const Case cases[] = {
      {"get-header-key-duplicate",
       request_of("GET", "/", {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}},
                  ""),
       "", "host;my-header1;x-amz-date", "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
      {"get-header-value-order",
       request_of("GET", "/",
                  {{"My-Header1", "value4"},
                   {"My-Header1", "value1"},
                   {"My-Header1", "value3"},
                   {"My-Header1", "value2"}},
                  ""),
       "", "host;my-header1;x-amz-date", "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"},
      {"get-header-value-trim",
       request_of("GET", "/", {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}}, ""), "",
       "host;my-header1;my-header2;x-amz-date",
       "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
      {"get-unreserved", request_of("GET", "/" + unreserved, {}, ""), "", "host;x-amz-date",
       "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
      {"get-vanilla-empty-query-key", request_of("GET", "/?Param1=value1", {}, ""), "", "host;x-amz-date",
       "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
      {"get-vanilla-query-order-encoded",
       request_of("GET", "/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1", {}, ""), "", "host;x-amz-date",
       "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac"},
      {"get-vanilla-query-order-key-case", request_of("GET", "/?Param2=value2&Param1=value1", {}, ""), "",
       "host;x-amz-date", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
      {"get-vanilla-query-unreserved", request_of("GET", "/?" + unreserved + "=" + unreserved, {}, ""), "",
       "host;x-amz-date", "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
      {"get-vanilla-with-session-token", request_of("GET", "/", {}, ""), session_token,
       "host;x-amz-date;x-amz-security-token",
       "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8"},
      {"post-header-key-sort", request_of("POST", "/", {{"My-Header1", "value1"}}, ""), "",
       "host;my-header1;x-amz-date", "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
      {"post-header-value-case", request_of("POST", "/", {{"My-Header1", "VALUE1"}}, ""), "",
       "host;my-header1;x-amz-date", "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"},
      {"post-sts-header-before", request_of("POST", "/", {}, ""), sts_token,
       "host;x-amz-date;x-amz-security-token",
       "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"},
      {"post-vanilla", request_of("POST", "/", {}, ""), "", "host;x-amz-date",
       "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
      {"post-vanilla-query", request_of("POST", "/?Param1=value1", {}, ""), "", "host;x-amz-date",
       "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
      {"post-x-www-form-urlencoded",
       request_of("POST", "/",
                  {{"Content-Type", "application/x-www-form-urlencoded"},
                   {"Content-Length", "13"},
                   {"x-amz-content-sha256", body_hash}},
                  "Param1=value1"),
       "", "content-length;content-type;host;x-amz-content-sha256;x-amz-date",
       "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b"},
      {"post-x-www-form-urlencoded-parameters",
       request_of("POST", "/",
                  {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
                   {"Content-Length", "13"},
                   {"x-amz-content-sha256", body_hash}},
                  "Param1=value1"),
       "", "content-length;content-type;host;x-amz-content-sha256;x-amz-date",
       "328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422"},
      // Folded over three lines there, which HTTP no longer allows; the suite takes them for three values.
      {"get-header-value-multiline",
       request_of("GET", "/",
                  {{"My-Header1", "value1"}, {"My-Header1", "  value2"}, {"My-Header1", "     value3"}}, ""),
       "", "host;my-header1;x-amz-date", "ba17b383a53190154eb5fa66a1b836cc297cc0a3d70a5d00705980573d8ff790"},
      {"get-relative-normalized", request_of("GET", "/example/..", {}, ""), "", "host;x-amz-date",
       "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"get-relative-relative-normalized", request_of("GET", "/example1/example2/../..", {}, ""), "",
       "host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"get-relative-relative-unnormalized", request_of("GET", "/example1/example2/../..", {}, ""), "",
       "host;x-amz-date", "dc33e0856fd4baca4d7aa2146c38958283844764f38c74252a333df5e613003b",
       PathForm::as_sent},
      {"get-relative-unnormalized", request_of("GET", "/example/..", {}, ""), "", "host;x-amz-date",
       "eca7ead57bb5aa5c8e28007acd4ff04e1ff9a0ff3b237ec1554a184887ff9282", PathForm::as_sent},
      {"get-slash-dot-slash-normalized", request_of("GET", "/./", {}, ""), "", "host;x-amz-date",
       "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"get-slash-dot-slash-unnormalized", request_of("GET", "/./", {}, ""), "", "host;x-amz-date",
       "68714168e6557f8f2de0ef956fc24dc2593a4bd2961f8df51898d8a134695145", PathForm::as_sent},
      {"get-slash-normalized", request_of("GET", "//", {}, ""), "", "host;x-amz-date",
       "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"get-slash-pointless-dot-normalized", request_of("GET", "/./example", {}, ""), "", "host;x-amz-date",
       "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"},
      {"get-slash-pointless-dot-unnormalized", request_of("GET", "/./example", {}, ""), "", "host;x-amz-date",
       "beb03f223f7deae4146464f06e29eebbee9c8afbe15c290cf07aa8b119e14cff", PathForm::as_sent},
      {"get-slash-unnormalized", request_of("GET", "//", {}, ""), "", "host;x-amz-date",
       "c88bcd3d312d75078c0cd961d6deae3f4c754924b01669efcfcb439fd5e5b76e", PathForm::as_sent},
      {"get-slashes-normalized", request_of("GET", "//example//", {}, ""), "", "host;x-amz-date",
       "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
      {"get-slashes-unnormalized", request_of("GET", "//example//", {}, ""), "", "host;x-amz-date",
       "87cca117541a147f6df867677d98a7d80dff226d2bfca9e4ffa899665623c7e5", PathForm::as_sent},
      {"get-space-normalized", request_of("GET", "/example space/", {}, ""), "", "host;x-amz-date",
       "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
      {"get-space-unnormalized", request_of("GET", "/example space/", {}, ""), "", "host;x-amz-date",
       "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741", PathForm::as_sent},
      {"get-utf8", request_of("GET", "/\u1234", {}, ""), "", "host;x-amz-date",
       "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
      {"get-vanilla", request_of("GET", "/", {}, ""), "", "host;x-amz-date",
       "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"get-vanilla-query", request_of("GET", "/", {}, ""), "", "host;x-amz-date",
       "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"get-vanilla-utf8-query", request_of("GET", "/?\u1234=bar", {}, ""), "", "host;x-amz-date",
       "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
      {"post-header-key-case", request_of("POST", "/", {}, ""), "", "host;x-amz-date",
       "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
      // The token of this case is added after signing.
      {"post-sts-header-after", request_of("POST", "/", {}, ""), "", "host;x-amz-date",
       "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
      {"post-vanilla-empty-query-value", request_of("POST", "/?Param1=value1", {}, ""), "", "host;x-amz-date",
       "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
  };
  CHECK(std::size(cases) == 38);
  for (const Case& c : cases) {
    CAPTURE(c.name);
    HttpRequest request = c.request;
    AwsCredentials credentials = suite_credentials;
    credentials.session_token = c.token;
    sign_request(request, credentials, "us-east-1", "service", signing_time, c.path);
    CHECK(authorization(request) ==
          "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=" +
              c.signed_headers + ", Signature=" + c.signature);
  }
}

TEST_CASE("the host that is signed names a port only where it is not the scheme's own") {
  HttpRequest usual = request_of("POST", "/", {}, "{}");
  HttpRequest local = usual;
  local.url.port = 4566;
  sign_request(usual, suite_credentials, "us-east-1", "kms", signing_time);
  sign_request(local, suite_credentials, "us-east-1", "kms", signing_time);
  CHECK(authorization(usual) != authorization(local));
}

TEST_CASE("a date is written with leading zeros") {
  CHECK(format_amz_date(std::chrono::sys_days(std::chrono::year(2026) / 1 / 2) + 3h + 4min + 5s) ==
        "20260102T030405Z");
}

}  // namespace
}  // namespace ben
