// Published vectors of the algorithms the signer uses, as a table: RFC 8032 7.1, RFC 5869 A, RFC 8439 2.8.2
// and A.5, FIPS 180, BIP 340's tagged hash.
#include <string>

#include <doctest/doctest.h>

#include "base/hex.hpp"
#include "crypto/cipher.hpp"
#include "crypto/ed25519.hpp"
#include "crypto/hash.hpp"
#include "crypto/rsa.hpp"

namespace ben {
namespace {

Bytes unhex(std::string_view text) { return *parse_hex(text); }

TEST_CASE("hashes of \"abc\" are those of FIPS 180-4 and of the RIPEMD-160 paper") {
  const ByteView abc = as_bytes("abc");
  CHECK(encode_hex(sha256(abc)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(encode_hex(sha384({abc})) ==
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7");
  CHECK(encode_hex(sha512({abc})) ==
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
        "454d4423643ce80e2a9ac94fa54ca49f");
  CHECK(encode_hex(sha256d(as_bytes("hello"))) ==
        "9595c9df90075148eb06860365df33584b75bff782a510c6cd4883a419833d50");
  CHECK(encode_hex(hash160(unhex("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"))) ==
        "751e76e8199196d454941c45d1b3a323f1433bd6");
  CHECK(sha256({as_bytes("a"), as_bytes("bc")}) == sha256(abc));
}

TEST_CASE("a tagged hash is SHA256(SHA256(tag) || SHA256(tag) || message)") {
  const Hash256 tag = sha256(as_bytes("BIP0340/challenge"));
  CHECK(tagged_sha256("BIP0340/challenge").update(as_bytes("x")).finish() ==
        sha256({tag, tag, as_bytes("x")}));
}

TEST_CASE("Ed25519 signs as RFC 8032 section 7.1 says, and verifies nothing else") {
  struct Case {
    const char* seed;
    const char* key;
    const char* message;
    const char* signature;
  };
  const Case cases[] = {
      {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
       "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
       "d25bf5f0595bbe24655141438e7a100b"},
      {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
       "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
       "387b2eaeb4302aeeb00d291612bb0c00"},
      {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
       "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
       "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
       "4a7c15e9716ed28dc027beceea1ec40a"},
      {"f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5",
       "278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e",
       "08b8b2b733424243760fe426a4b54908632110a66c2f6591eabd3345e3e4eb98fa6e264bf09efe12ee50f8f54e9f77b1"
       "e355f6c50544e23fb1433ddf73be84d879de7c0046dc4996d9e773f4bc9efe5738829adb26c81b37c93a1b270b20329d"
       "658675fc6ea534e0810a4432826bf58c941efb65d57a338bbd2e26640f89ffbc1a858efcb8550ee3a5e1998bd177e93a"
       "7363c344fe6b199ee5d02e82d522c4feba15452f80288a821a579116ec6dad2b3b310da903401aa62100ab5d1a36553e"
       "06203b33890cc9b832f79ef80560ccb9a39ce767967ed628c6ad573cb116dbefefd75499da96bd68a8a97b928a8bbc10"
       "3b6621fcde2beca1231d206be6cd9ec7aff6f6c94fcd7204ed3455c68c83f4a41da4af2b74ef5c53f1d8ac70bdcb7ed1"
       "85ce81bd84359d44254d95629e9855a94a7c1958d1f8ada5d0532ed8a5aa3fb2d17ba70eb6248e594e1a2297acbbb39d"
       "502f1a8c6eb6f1ce22b3de1a1f40cc24554119a831a9aad6079cad88425de6bde1a9187ebb6092cf67bf2b13fd65f270"
       "88d78b7e883c8759d2c4f5c65adb7553878ad575f9fad878e80a0c9ba63bcbcc2732e69485bbc9c90bfbd62481d9089b"
       "eccf80cfe2df16a2cf65bd92dd597b0707e0917af48bbb75fed413d238f5555a7a569d80c3414a8d0859dc65a46128ba"
       "b27af87a71314f318c782b23ebfe808b82b0ce26401d2e22f04d83d1255dc51addd3b75a2b1ae0784504df543af8969b"
       "e3ea7082ff7fc9888c144da2af58429ec96031dbcad3dad9af0dcbaaaf268cb8fcffead94f3c7ca495e056a9b47acdb7"
       "51fb73e666c6c655ade8297297d07ad1ba5e43f1bca32301651339e22904cc8c42f58c30c04aafdb038dda0847dd988d"
       "cda6f3bfd15c4b4c4525004aa06eeff8ca61783aacec57fb3d1f92b0fe2fd1a85f6724517b65e614ad6808d6f6ee34df"
       "f7310fdc82aebfd904b01e1dc54b2927094b2db68d6f903b68401adebf5a7e08d78ff4ef5d63653a65040cf9bfd4aca7"
       "984a74d37145986780fc0b16ac451649de6188a7dbdf191f64b5fc5e2ab47b57f7f7276cd419c17a3ca8e1b939ae49e4"
       "88acba6b965610b5480109c8b17b80e1b7b750dfc7598d5d5011fd2dcc5600a32ef5b52a1ecc820e308aa342721aac09"
       "43bf6686b64b2579376504ccc493d97e6aed3fb0f9cd71a43dd497f01f17c0e2cb3797aa2a2f256656168e6c496afc5f"
       "b93246f6b1116398a346f1a641f3b041e989f7914f90cc2c7fff357876e506b50d334ba77c225bc307ba537152f3f161"
       "0e4eafe595f6d9d90d11faa933a15ef1369546868a7f3a45a96768d40fd9d03412c091c6315cf4fde7cb68606937380d"
       "b2eaaa707b4c4185c32eddcdd306705e4dc1ffc872eeee475a64dfac86aba41c0618983f8741c5ef68d3a101e8a3b8ca"
       "c60c905c15fc910840b94c00a0b9d0",
       "0aab4c900501b3e24d7cdf4663326a3a87df5e4843b2cbdb67cbf6e460fec350aa5371b1508f9f4528ecea23c436d94b"
       "5e8fcd4f681e30a6ac00a9704a188a03"},
      {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
       "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
       "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
       "454d4423643ce80e2a9ac94fa54ca49f",
       "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030"
       "3dca179c138ac17ad9bef1177331a704"},
  };
  CHECK(std::size(cases) == 5);
  for (const Case& c : cases) {
    const Ed25519Key key{Secret<32>(to_array<32>(unhex(c.seed)))};
    const Bytes message = unhex(c.message);
    CHECK(encode_hex(key.public_key()) == c.key);
    auto signature = key.sign(message);
    CHECK(encode_hex(signature) == c.signature);
    CHECK(ed25519_verify(key.public_key(), message, signature));
    for (std::size_t i = 0; i < signature.size(); ++i) {
      signature[i] ^= 1U;
      CHECK_FALSE(ed25519_verify(key.public_key(), message, signature));
      signature[i] ^= 1U;
    }
  }
}

TEST_CASE("HKDF-SHA-256 gives the outputs of RFC 5869 appendix A.1 to A.3") {
  const Bytes key_material(22, 0x0b);
  const auto a1 = hkdf_sha256<42>(key_material, unhex("000102030405060708090a0b0c"),
                                  std::string_view("\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9"));
  CHECK(encode_hex(a1.expose()) ==
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  const auto range = [](std::uint8_t first) {
    Bytes bytes(80);
    for (std::uint8_t& byte : bytes) byte = first++;
    return bytes;
  };
  const auto a2 = hkdf_sha256<82>(range(0x00), range(0x60), as_text(range(0xb0)));
  CHECK(encode_hex(a2.expose()) ==
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da32"
        "75600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
  const auto a3 = hkdf_sha256<42>(key_material, {}, "");
  CHECK(encode_hex(a3.expose()) ==
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST_CASE("HMAC-SHA-512 gives the output of RFC 4231 case 2") {
  CHECK(encode_hex(hmac_sha512(as_bytes("Jefe"), as_bytes("what do ya want for nothing?")).expose()) ==
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fd"
        "caeab1a34d4a6b4b636e070a38bce737");
}

TEST_CASE(
    "ChaCha20-Poly1305 seals as RFC 8439 section 2.8.2 says, and a flipped bit anywhere does not open") {
  const Secret<32> key(
      to_array<32>(unhex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f")));
  const auto nonce = to_array<12>(unhex("070000004041424344454647"));
  const Bytes aad = unhex("50515253c0c1c2c3c4c5c6c7");
  const std::string_view text =
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen "
      "would be it.";
  Bytes sealed = aead_seal(key, nonce, aad, as_bytes(text));
  CHECK(encode_hex(sealed) ==
        "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b"
        "1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
        "3ff4def08e4b7a9de576d26586cec64b6116"
        "1ae10b594f09e26a7e902ecbd0600691");
  Bytes opened(text.size());
  REQUIRE(aead_open(key, nonce, aad, sealed, opened));
  CHECK(as_text(opened) == text);
  for (std::uint8_t& byte : sealed) {
    byte ^= 0x80U;
    CHECK_FALSE(aead_open(key, nonce, aad, sealed, opened));
    byte ^= 0x80U;
  }
  CHECK_FALSE(aead_open(key, nonce, {}, sealed, opened));
  CHECK_FALSE(aead_open(key, nonce, aad, ByteView(sealed).first(15), opened));
}

TEST_CASE("ChaCha20-Poly1305 opens what RFC 8439 appendix A.5 sealed") {
  const Secret<32> key(
      to_array<32>(unhex("1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0")));
  const Bytes sealed = unhex(
      "64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb24c6cfc18755d43eea09ee94e382d26b0"
      "bdb7b73c321b0100d4f03b7f355894cf332f830e710b97ce98c8a84abd0b948114ad176e008d33bd60f982b1ff37c855"
      "9797a06ef4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53c867e4b9166c767b804d46a59b5216cde7a4e9"
      "9040c5a40433225ee282a1b0a06c523eaf4534d7f83fa1155b0047718cbc546a0d072b04b3564eea1b422273f548271a"
      "0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a6727627097a1049e617d91d361094fa68f0ff77987130"
      "305beaba2eda04df997b714d6c6f2c29a6ad5cb4022b02709b"
      "eead9d67890cbb22392336fea1851f38");
  Bytes opened(sealed.size() - aead_tag_bytes);
  REQUIRE(aead_open(key, to_array<12>(unhex("000000000102030405060708")), unhex("f33388860000000000004e91"),
                    sealed, opened));
  CHECK(
      as_text(opened) ==
      "Internet-Drafts are draft documents valid for a maximum of six months and may be updated, replaced, "
      "or obsoleted by other documents at any time. It is inappropriate to use Internet-Drafts as reference "
      "material or to cite them other than as /\xe2\x80\x9cwork in progress./\xe2\x80\x9d");
}

TEST_CASE("AES-256-CBC decrypts the blocks of NIST SP 800-38A F.2.6") {
  const Secret<32> key(
      to_array<32>(unhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")));
  Bytes plain(32);
  aes256_cbc_decrypt(key, to_array<16>(unhex("000102030405060708090a0b0c0d0e0f")),
                     unhex("f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"), plain);
  CHECK(encode_hex(plain) == "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
}

TEST_CASE(
    "an RSA recipient key opens what OpenSSL encrypts to its public key only with OAEP-SHA-256 and 32 "
    "bytes") {
  const auto key = RsaRecipientKey::generate();
  REQUIRE(key.has_value());
  CHECK(key->spki_der().size() == 294);
  Secret<32> out;
  CHECK_FALSE(key->decrypt_oaep(Bytes(256, 1), out));
  CHECK_FALSE(key->decrypt_oaep({}, out));
  CHECK_FALSE(RsaPublicKey::parse(key->spki_der()).has_value());  // RSA-2048 is no KMS wrapping key of ours
  CHECK_FALSE(RsaPublicKey::parse({}).has_value());
}

}  // namespace
}  // namespace ben
